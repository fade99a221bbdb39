import { FromStringShapeDeserializer } from '@smithy/core/protocols';
import type { NormalizedSchema } from '@smithy/core/schema';

/** `Filter.1.Name=x` as `{Filter: {1: {Name: 'x'}}}`. */
type Tree = Map<string, Tree> & { text?: string };

const simple = new FromStringShapeDeserializer({
  timestampFormat: { useTrait: true, default: 5 },
  httpBindings: false,
} as never);

/**
 * Reads the parameters of a query-protocol request.
 *
 * @param ec2 EC2's dialect: capital first letters, names of its own, every list flattened
 * @see https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 * @see https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html
 */
export function readForm(schema: NormalizedSchema, parameters: URLSearchParams, ec2: boolean): Record<string, unknown> {
  const root: Tree = new Map();
  for (const [key, value] of parameters) {
    let node = root;
    for (const part of key.split('.')) {
      let child = node.get(part);
      if (!child) {
        child = new Map() as Tree;
        node.set(part, child);
      }
      node = child;
    }
    node.text = value;
  }
  return schema.isStructSchema() ? readStruct(schema, root, ec2) : {};
}

function readStruct(schema: NormalizedSchema, tree: Tree, ec2: boolean): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, member] of schema.structIterator()) {
    const node = tree.get(keyOf(name, member, ec2));
    if (node) result[name] = readValue(member, node, ec2);
  }
  return result;
}

function readValue(schema: NormalizedSchema, tree: Tree, ec2: boolean): unknown {
  const flat = ec2 || Boolean(schema.getMergedTraits().xmlFlattened);
  if (schema.isStructSchema()) return readStruct(schema, tree, ec2);
  if (schema.isListSchema()) {
    const member = schema.getValueSchema();
    const items = flat ? tree : tree.get(text(member.getMergedTraits().xmlName) ?? 'member');
    return numbered(items).map((item) => readValue(member, item, ec2));
  }
  if (schema.isMapSchema()) {
    const [key, value] = [schema.getKeySchema(), schema.getValueSchema()];
    const entries = numbered(flat ? tree : tree.get('entry'));
    return Object.fromEntries(
      entries.map((entry) => [
        entry.get(text(key.getMergedTraits().xmlName) ?? 'key')?.text ?? '',
        readValue(value, entry.get(text(value.getMergedTraits().xmlName) ?? 'value') ?? (new Map() as Tree), ec2),
      ]),
    );
  }
  return simple.read(schema, tree.text ?? '');
}

const text = (trait: unknown): string | undefined => (typeof trait === 'string' ? trait : undefined);

function keyOf(name: string, member: NormalizedSchema, ec2: boolean): string {
  const traits = member.getMergedTraits();
  const key = text(traits.xmlName) ?? name;
  if (!ec2) return key;
  return text(traits.ec2QueryName) ?? key.charAt(0).toUpperCase() + key.slice(1);
}

/** Children in the order of their numbers. */
function numbered(tree: Tree | undefined): Tree[] {
  return [...(tree ?? [])]
    .filter(([key]) => /^\d+$/.test(key))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, child]) => child);
}
