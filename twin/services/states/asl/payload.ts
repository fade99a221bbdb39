import type { Json, State } from './definition';
import { runtimeError, StateError } from './errors';
import { compileExpression, type Data, readPath } from './expression';
import { IntrinsicFailureError } from './intrinsics';
import { InvalidPathError, NoSuchPathError, parsePath } from './json-path';

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html#service-limits-task-executions */
export const PAYLOAD_BYTES = 262_144;

export const isTooLarge = (value: Json): boolean => {
  const text = JSON.stringify(value) ?? '';
  // Most are so short that no character could make them too long.
  return text.length * 3 > PAYLOAD_BYTES && Buffer.byteLength(text) > PAYLOAD_BYTES;
};

/** @throws StateError for what no state may hand on. */
export function checkSize(value: Json, from: string): void {
  if (isTooLarge(value))
    throw new StateError(
      'States.DataLimitExceeded',
      `The state/task '${from}' returned a result with a size exceeding the maximum number of bytes service limit.`,
    );
}

/** Where in an execution something goes wrong, as causes tell it. */
export type Place = (what: string) => StateError;

/** How causes begin. */
export const placeOf =
  (name: string, enteredId: number): Place =>
  (what) =>
    runtimeError(
      `An error occurred while executing the state '${name}' (entered at the event id #${enteredId}). ${what}`,
    );

/**
 * InputPath and OutputPath: `null` empties, absent is all.
 *
 * @throws StateError if there is nothing at the path.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html
 */
export function select(path: string | null | undefined, data: Data, place: Place): Json {
  if (path === undefined || path === '$') return data.input;
  if (path === null) return {};
  return tolerant(
    () => readPath(path, data),
    () => place(`Invalid path '${path}' : No results for path: ${path}`),
    place,
  );
}

/**
 * Fills a template: keys that end in `.$` hold a path or an intrinsic function, the others are taken as they are.
 *
 * @throws StateError
 */
export function fill(template: Json, data: Data, place: Place): Json {
  if (Array.isArray(template)) return template.map((item) => fill(item, data, place));
  if (template === null || typeof template !== 'object') return template;
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) => {
      if (!key.endsWith('.$')) return [key, fill(value, data, place)];
      const path = String(value);
      const from = path.startsWith('$$') ? data.context : data.input;
      const filled = tolerant(
        () => compileExpression(path)(data),
        (missing) =>
          place(
            `The JSONPath '${missing}' specified for the field '${key}' could not be found in the input '${JSON.stringify(from)}'`,
          ),
        place,
      );
      return [key.slice(0, -2), filled];
    }),
  );
}

function tolerant(read: () => Json, missing: (path: string) => StateError, place: Place): Json {
  try {
    return read();
  } catch (error) {
    if (error instanceof NoSuchPathError) throw missing(error.message);
    if (error instanceof IntrinsicFailureError) throw new StateError('States.IntrinsicFailure', error.message);
    if (error instanceof InvalidPathError) throw place(error.message);
    throw error;
  }
}

/** A number or time that a path names, or the state gives. */
export function valueAt<T>(
  given: T | undefined,
  path: string | undefined,
  { data, place, field }: { data: Data; place: Place; field: string },
): T | undefined {
  if (path === undefined) return given;
  return tolerant(
    () => readPath(path, data),
    () => place(`The ${field} parameter does not reference an input value: ${path}`),
    place,
  ) as T;
}

/**
 * What becomes of a result: ResultSelector makes it, ResultPath puts it into the state's input, OutputPath cuts from that.
 *
 * @throws StateError
 */
export function outputOf(
  state: Pick<State, 'ResultSelector' | 'ResultPath' | 'OutputPath'>,
  { result, data, place, name }: { result: Json; data: Data; place: Place; name: string },
): Json {
  const selected =
    state.ResultSelector === undefined ? result : fill(state.ResultSelector, { ...data, input: result }, place);
  const joined = insert(state.ResultPath, data.input, selected);
  const output = select(state.OutputPath, { ...data, input: joined }, place);
  checkSize(output, name);
  return output;
}

/**
 * Puts a result where ResultPath says, without touching the input itself.
 *
 * @throws StateError where the input has no room for it.
 */
export function insert(path: string | null | undefined, input: Json, result: Json): Json {
  if (path === null) return input;
  const reference = path === undefined ? [] : (parsePath(path).reference ?? []);
  const put = (into: Json, [first, ...rest]: readonly (string | number)[]): Json => {
    if (first === undefined) return result;
    const refuse = () =>
      new StateError(
        'States.ResultPathMatchFailure',
        `Unable to apply step "${first}" to input ${JSON.stringify(input)}`,
      );
    if (typeof first === 'number') {
      if (!Array.isArray(into) || first < 0 || first >= into.length) throw refuse();
      return into.map((item, at) => (at === first ? put(item, rest) : item));
    }
    if (into !== undefined && (into === null || typeof into !== 'object' || Array.isArray(into))) throw refuse();
    return { ...into, [first]: put(into?.[first], rest) };
  };
  return put(input, reference);
}
