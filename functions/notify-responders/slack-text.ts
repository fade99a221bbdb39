import { plainText } from '../incident/incident';

/**
 * Text that somebody else wrote, so that it does nothing in Slack but be read.
 *
 * | in the text                            | comes out as         | because it would                                     |
 * | -------------------------------------- | -------------------- | ---------------------------------------------------- |
 * | `&` `<` `>`                            | entities             | link, mention (`<!channel>`), quote                  |
 * | `*` `~` and backticks                  | `∗` `∼` `ˋ`          | format; Slack knows no escape                        |
 * | `_`, but not between letters or digits | `ˍ`                  | format; within a name it does not, and can be copied |
 * | `@` and `#`, not within a word         | `＠` `＃`            | mention or link where names are looked for           |
 * | `://`                                  | `[:]//`              | become a link                                        |
 * | line breaks, control characters, marks of direction | a blank | look like lines of ours, or turn text around         |
 *
 * @param length longest result, in UTF-16 units, entities counted as they are sent
 * @see https://docs.slack.dev/messaging/formatting-message-text#escaping
 */
export function inert(text: string, length: number): string {
  return cut(
    plainText(text, length)
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;')
      .replace(/\*/g, '∗')
      .replace(/~/g, '∼')
      .replace(/`/g, 'ˋ')
      .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, 'ˍ')
      .replace(/(?<![A-Za-z0-9])@/g, '＠')
      .replace(/(?<![A-Za-z0-9])#/g, '＃')
      .replaceAll('://', '[:]//'),
    length,
  );
}

/**
 * A title as a finding has it: besides, names of hosts are broken up (`evil[.]example`), as Slack makes links of them, and those that a
 * finding names are the last that a responder should open by mistake.
 */
export const unlinked = (text: string, length: number): string =>
  cut(inert(text, length).replace(/(?<=[A-Za-z0-9-])\.(?=[A-Za-z]{2})/g, '[.]'), length);

/** An id, a type, an ARN: as code, where nothing is formatted and looked for, so that it can be copied as it is. */
export function code(text: string, length: number): string {
  const escaped = plainText(text, length)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/`/g, 'ˋ');
  return `\`${cut(escaped, length - 2) || ' '}\``;
}

/** Not longer than allowed, and no entity or character cut in half. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text
    .slice(0, length - 1)
    .replace(/&[a-z]{0,3}$/, '')
    .replace(/[\ud800-\udbff]$/, '')}…`;
}
