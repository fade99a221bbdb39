import type { Twin } from '../twin';

/** How often a function may come by in one chain of invocations. @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html */
const MOST_IN_A_CHAIN = 16;

/** How often each function came by in the chain of invocations that led to one, by ARN. Lambda carries it in the trace header. */
export type Lineage = ReadonlyMap<string, number>;

const lineages = new WeakMap<Twin, Map<string, Lineage>>();

/** The chain that a caller stands at the end of, known by the key of its invocation. */
export const lineageOf = (twin: Twin, accessKeyId: string): Lineage =>
  lineages.get(twin)?.get(accessKeyId) ?? new Map<string, number>();

/** Whether one more invocation would be one too many. */
export const isLoop = (lineage: Lineage, functionArn: string): boolean =>
  (lineage.get(functionArn) ?? 0) >= MOST_IN_A_CHAIN;

/** Keeps the chain of an invocation while it runs. Returns what forgets it. */
export function follow(twin: Twin, accessKeyId: string, lineage: Lineage, functionArn: string): () => void {
  const known = lineages.get(twin) ?? new Map<string, Lineage>();
  lineages.set(twin, known);
  known.set(accessKeyId, new Map([...lineage, [functionArn, (lineage.get(functionArn) ?? 0) + 1]]));
  return () => known.delete(accessKeyId);
}
