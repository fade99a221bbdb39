/**
 * Made when it is first asked for. For what most invocations do without, such as the client of a service or the schema of an event of another
 * kind: each costs every cold start its part of a millisecond, and the schemas of all kinds took a seventh of it.
 */
export function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
