import type { NormalizedSchema } from '@smithy/core/schema';

/**
 * A value in the words of its XML, as CloudTrail writes requests to S3: elements by the names that they have on the wire, attributes
 * among them, a list as its elements.
 *
 * @param alwaysLists elements of which one is written as a list, too; of others it is the element itself
 */
export function inXmlWords(schema: NormalizedSchema, value: unknown, alwaysLists: readonly string[]): unknown {
  if (value instanceof Date) return value.toISOString();
  if (!schema.isStructSchema() || value === null || typeof value !== 'object') return value;
  const { xmlNamespace } = schema.getMergedTraits();
  const words: Record<string, unknown> = namespaceOf(xmlNamespace);
  for (const [name, member] of schema.structIterator()) {
    const inner = (value as Record<string, unknown>)[name];
    if (inner === undefined || inner === null) continue;
    const { xmlName = name, xmlFlattened } = member.getMergedTraits();
    const word = String(xmlName);
    if (!member.isListSchema()) {
      words[word] = inXmlWords(member, inner, alwaysLists);
      continue;
    }
    const items = (inner as unknown[]).map((item) => inXmlWords(member.getValueSchema(), item, alwaysLists));
    const itemName = String(member.getValueSchema().getMergedTraits().xmlName ?? 'member');
    const listed = (element: string) => (items.length === 1 && !alwaysLists.includes(element) ? items[0] : items);
    words[word] = xmlFlattened ? listed(word) : items.length === 0 ? '' : { [itemName]: listed(itemName) };
  }
  return words;
}

/** `xmlns`, or `xmlns:xsi` where there is a prefix. */
function namespaceOf(trait: unknown): Record<string, unknown> {
  if (typeof trait === 'string') return { xmlns: trait };
  if (!Array.isArray(trait)) return {};
  const [prefix, uri] = trait as string[];
  return { [`xmlns:${prefix}`]: uri };
}
