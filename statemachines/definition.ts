import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A value in the definition: an ARN, or a reference that Terraform resolves. */
export type Values = Readonly<Record<string, string>>;

/** What stands for a value in a definition: `${IsolateInstanceFunctionArn}`. */
const PLACEHOLDER = /\$\{([^}]*)\}/g;

/** The state machine of the incident workflow, before its values are filled in. */
export const incidentResponse = (): string => readFileSync(join(__dirname, 'incident-response.asl.json'), 'utf8');

/**
 * Fills a definition's placeholders in, without comments of its formatting.
 *
 * @returns minified JSON
 * @throws Error if a placeholder has no value, or a value no placeholder: Terraform would take the first for a reference of its own
 */
export function renderDefinition(definition: string, values: Values): string {
  const used = new Set<string>();
  const rendered = JSON.stringify(JSON.parse(definition)).replace(PLACEHOLDER, (_whole, name: string) => {
    const value = values[name];
    if (!value) throw new Error(`the definition asks for \${${name}}, and there is no value for it`);
    used.add(name);
    return value;
  });
  const left = Object.keys(values).filter((name) => !used.has(name));
  if (left.length > 0) throw new Error(`the definition asks for none of ${left.join(', ')}`);
  return rendered;
}
