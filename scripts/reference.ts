import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { plannedKeys, Settings } from '../functions/core/settings';
import { services } from '../twin/services';

/** A JSON Schema, as far as the reference reads it. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly pattern?: string;
  readonly required?: readonly string[];
}

const docs = resolve(__dirname, '..', 'docs');
const schema = z.toJSONSchema(Settings, { io: 'input', target: 'draft-7' }) as Schema;

/** What the reference pages ought to hold, by file name. Generated from code, and checked by a test. */
export function references(): Record<string, string> {
  return {
    'settings.schema.json': `${JSON.stringify(schema, null, 2)}\n`,
    'settings.md': settingsPage(),
    'twin.md': withTable(readFileSync(join(docs, 'twin.md'), 'utf8'), operationsTable()),
  };
}

function settingsPage(): string {
  const rows = keysOf(schema, '').map(
    ({ path, of, planned }) =>
      `| \`${path}\` | ${typeText(of)} | ${of.default === undefined ? '' : `\`${JSON.stringify(of.default)}\``} | ${of.description ?? ''}${planned ? ' **Not built yet: has no effect.**' : ''} |`,
  );
  return `# Settings

One file, \`settings.json\` in the project's directory or the one that \`SUTURE_SETTINGS\` or \`--settings\` names, read when the Terraform is synthesized.
Every key has a default, so \`{}\` is valid and observes everywhere. A wrong value or an unknown key stops the synthesis with its path, the value given
and what would be right; a key whose part does not exist yet is named by a warning. Editors complete the file from
[settings.schema.json](settings.schema.json): put \`"$schema": "./docs/settings.schema.json"\` into it.

This page is generated from the schema by \`npm run reference\`.

| key | values | default | meaning |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

function keysOf(node: Schema, path: string): { path: string; of: Schema; planned: boolean }[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, raw]) => {
    const here = path ? `${path}.${name}` : name;
    const inner = raw.anyOf?.find(({ properties }) => properties) ?? raw;
    const planned = plannedKeys.some((key) => here === key || here.startsWith(`${key}.`) || here.startsWith(`${key}[`));
    if (inner.properties)
      return [
        { path: here, of: { ...inner, ...raw, ...(raw.anyOf ? {} : { default: undefined }) }, planned },
        ...keysOf(inner, here),
      ].map((entry) => ({ ...entry, planned: entry.planned || planned }));
    if (inner.items?.properties) return [{ path: here, of: raw, planned }, ...keysOf(inner.items, `${here}[]`)];
    return [{ path: here, of: raw, planned }];
  });
}

function typeText({ type, enum: values, items, anyOf, properties }: Schema): string {
  if (values) return values.map((value) => `\`${String(value)}\``).join(', ');
  if (anyOf) return anyOf.map(typeText).join(' or ');
  if (type === 'array') return `list of ${items ? typeText(items).replace(/^object$/, 'objects') : 'anything'}`;
  if (properties) return 'object';
  return type === 'null' ? '`null`' : (type ?? 'anything');
}

const [BEGIN, END] = ['<!-- generated: operations -->', '<!-- end -->'];

/** @throws Error if the page has lost its marks. */
function withTable(page: string, table: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`docs/twin.md must hold ${BEGIN} and ${END}`);
  return `${page.slice(0, from + BEGIN.length)}\n\n${table}\n\n${page.slice(to)}`;
}

function operationsTable(): string {
  const rows = services.map(
    ({ prefix, operations, terraform = {} }) =>
      `| \`${prefix}\` | ${Object.keys(operations).sort().join(', ')} | ${Object.keys(terraform)
        .sort()
        .map((type) => `\`${type}\``)
        .join(', ')} |`,
  );
  return ['| service | operations | Terraform |', '| --- | --- | --- |', ...rows].join('\n');
}

if (require.main === module)
  for (const [file, text] of Object.entries(references())) writeFileSync(join(docs, file), text);
