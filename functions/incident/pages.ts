/** What there is on every page of a listing. */
export async function everyPage<T>(
  page: (
    token: string | undefined,
  ) => Promise<{ readonly items: readonly T[] | undefined; readonly next: string | undefined }>,
): Promise<T[]> {
  const all: T[] = [];
  let token: string | undefined;
  do {
    const { items = [], next } = await page(token);
    all.push(...items);
    token = next;
  } while (token);
  return all;
}

/** Runs something for each, so many at a time, in their order. */
export async function bounded<T, R>(items: readonly T[], atATime: number, run: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(items.length);
  const waiting = items.entries();
  const worker = async () => {
    for (const [index, item] of waiting) results[index] = await run(item);
  };
  await Promise.all(Array.from({ length: Math.min(atATime, items.length) }, worker));
  return results;
}
