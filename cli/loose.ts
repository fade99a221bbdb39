/** Members of a record, whatever they are. */
export type Loose = Readonly<Record<string, unknown>>;

export const loose = (value: unknown): Loose => (value !== null && typeof value === 'object' ? (value as Loose) : {});

/** One alone is no list. */
export const listIn = (value: unknown): Loose[] =>
  value === undefined || value === null ? [] : Array.isArray(value) ? value.map(loose) : [loose(value)];
