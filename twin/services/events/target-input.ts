import type { EventEnvelope, Rule, Target } from './state';

/** What a target receives. @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html */
export function inputFor(target: Target, rule: Rule, event: EventEnvelope, now: Date): string {
  if (target.input !== undefined) return target.input;
  if (target.inputPath !== undefined) return JSON.stringify(atPath(event, target.inputPath) ?? {});
  if (!target.transformer) return JSON.stringify(event);
  const { paths, template } = target.transformer;
  const reserved: Record<string, unknown> = {
    'aws.events.rule-arn': rule.arn,
    'aws.events.rule-name': rule.name,
    'aws.events.event.ingestion-time': now.toISOString(),
    'aws.events.event': event,
    'aws.events.event.json': event,
  };
  const quoted = (at: number): boolean => (template.slice(0, at).match(/(?<!\\)"/g) ?? []).length % 2 === 1;
  return template.replace(/<([\w.-]+)>/g, (whole, name: string, at: number) => {
    const path = paths[name];
    const value = path === undefined ? reserved[name] : atPath(event, path);
    if (path === undefined && !(name in reserved)) return whole;
    if (value === undefined) return '';
    // Within quotes a text is put in as it is, unescaped: what it holds can break the template.
    return typeof value === 'string' && quoted(at) ? value : JSON.stringify(value);
  });
}

/** `$.detail.items[0].name` */
function atPath(event: unknown, path: string): unknown {
  const parts = [...path.replace(/^\$/, '').matchAll(/\.([\w-]+)|\[(\d+)\]|\['([^']+)'\]/g)].map(
    ([, name, index, quoted]) => name ?? index ?? quoted ?? '',
  );
  return parts.reduce<unknown>(
    (value, part) =>
      value === null || typeof value !== 'object' ? undefined : (value as Record<string, unknown>)[part],
    event,
  );
}
