/** Text that is put into a page as it is. */
export class Markup {
  constructor(readonly text: string) {}
}

/** Fills a template. Everything that is not markup itself is escaped, and stripped of control characters. */
export function html(strings: TemplateStringsArray, ...values: readonly unknown[]): Markup {
  const fill = (value: unknown): string => {
    if (value instanceof Markup) return value.text;
    if (Array.isArray(value)) return value.map(fill).join('');
    return String(value)
      .replace(/\p{Cc}/gu, '?')
      .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  };
  return new Markup(strings.reduce((text, part, index) => text + fill(values[index - 1]) + part));
}
