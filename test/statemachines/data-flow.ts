import type { Branch, ChoiceRule, Json, State } from '../../twin/services/states/asl/definition';
import { type Edge, edgesFrom } from '../support/incident-machine';

/** What is known to be there, by name: of a value that is no object, nothing. */
export interface Shape {
  readonly [name: string]: Shape;
}

/** What there is in a value. */
export const shapeOf = (value: Json): Shape =>
  value === null || typeof value !== 'object' || Array.isArray(value)
    ? {}
    : Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shapeOf(member as Json)]));

/** What a task answers for certain, and what the items of a Map are when a rule has found them to be of some kind. */
export interface Answers {
  answerOf(state: State): Shape;
  itemOf(kind: string): Shape;
}

/**
 * Follows what states write, along every way through a machine.
 *
 * @returns each path that a state reads and that not every way to the state has written.
 */
export function missingPaths(branch: Branch, answers: Answers, input: Shape = {}): string[] {
  const missing = new Set<string>();
  const known = new Map<string, Shape>([[branch.StartAt, input]]);
  const waiting = [branch.StartAt];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const state = branch.States[name];
    if (!state) continue;
    for (const edge of edgesFrom(name, state)) {
      const output = outputBy(edge, state, known.get(name) ?? {}, answers);
      const before = known.get(edge.to);
      const after = before ? meet(before, output) : output;
      if (before && size(before) === size(after)) continue;
      known.set(edge.to, after);
      waiting.push(edge.to);
    }
  }
  for (const [name, state] of Object.entries(branch.States)) {
    const shape = known.get(name) ?? {};
    const report = (path: string, of = shape) => {
      if (!has(of, path)) missing.add(`${name}: ${path}`);
    };
    for (const path of readsOf(state)) report(path);
    const answer = answers.answerOf(state);
    for (const path of pathsIn(state.ResultSelector)) report(path, answer);
    for (const rule of state.Choices ?? []) unguarded(rule, shape, report);
    if (state.ItemProcessor)
      for (const path of missingPaths(
        state.ItemProcessor,
        answers,
        filled(state.ItemSelector, shape, answers.itemOf('')),
      ))
        missing.add(path);
  }
  return [...missing];
}

const names = (path: string): string[] => path.split('.').slice(1);

const has = (shape: Shape, path: string): boolean => {
  let at: Shape | undefined = shape;
  for (const name of names(path)) at = at?.[name];
  return at !== undefined;
};

const size = (shape: Shape): number => Object.values(shape).reduce((sum, member) => sum + 1 + size(member), 0);

const meet = (one: Shape, other: Shape): Shape =>
  Object.fromEntries(
    Object.entries(one).flatMap(([name, member]) => {
      const also = other[name];
      return also ? [[name, meet(member, also)]] : [];
    }),
  );

/** A shape with something at a path: over what was there, or, where a rule has only found it to be there, beside it. */
function put(shape: Shape, [first, ...rest]: readonly string[], value: Shape): Shape {
  return first === undefined ? value : { ...shape, [first]: put(shape[first] ?? {}, rest, value) };
}

/** The paths in a template's values, and in the intrinsic functions there. Those of the context object are not looked at. */
function pathsIn(template: Json): string[] {
  if (template === null || typeof template !== 'object') return [];
  return Object.entries(template as Readonly<Record<string, Json>>).flatMap(([key, value]) =>
    key.endsWith('.$') ? (String(value).match(/(?<!\$)\$(\.\w+)+/g) ?? []) : pathsIn(value),
  );
}

const readsOf = ({ Parameters, ItemSelector, ItemsPath, InputPath, OutputPath, TimeoutSecondsPath }: State): string[] =>
  [ItemsPath, InputPath, OutputPath, TimeoutSecondsPath]
    .flatMap((path) => path ?? [])
    .concat(pathsIn(Parameters), pathsIn(ItemSelector));

/** @param item what each item of a Map has, whatever it is */
function filled(template: Json, shape: Shape, item: Shape = {}): Shape {
  if (template === null || typeof template !== 'object' || Array.isArray(template)) return {};
  return Object.fromEntries(
    Object.entries(template as Readonly<Record<string, Json>>).map(([key, value]) => {
      if (!key.endsWith('.$')) return [key, filled(value, shape, item)];
      const path = String(value);
      if (path === '$$.Map.Item.Value') return [key.slice(0, -2), item];
      let at: Shape = path.startsWith('$$') ? {} : shape;
      for (const name of names(path)) at = at[name] ?? {};
      return [key.slice(0, -2), at];
    }),
  );
}

/** What goes from a state to the next. */
function outputBy({ by }: Edge, state: State, input: Shape, answers: Answers): Shape {
  const written = (path: string | null | undefined, value: Shape) =>
    path === null ? input : put(input, names(path ?? '$'), value);
  const catcher = state.Catch?.[Number(/^Catch\[(\d+)\]$/.exec(by)?.[1] ?? Number.NaN)];
  if (catcher) return written(catcher.ResultPath, { Error: {} });
  const rule = state.Choices?.[Number(/^Choices\[(\d+)\]$/.exec(by)?.[1] ?? Number.NaN)];
  if (rule) return found(rule, input, answers);
  switch (state.Type) {
    case 'Choice':
      return input;
    case 'Pass': {
      const made = state.Parameters === undefined ? input : filled(state.Parameters, input);
      return written(state.ResultPath, state.Result === undefined ? made : shapeOf(state.Result));
    }
    default: {
      const answer = state.Type === 'Map' ? {} : answers.answerOf(state);
      return written(
        state.ResultPath,
        state.ResultSelector === undefined ? answer : filled(state.ResultSelector, answer),
      );
    }
  }
}

/** What a rule that holds has found to be there. */
function found(rule: ChoiceRule, input: Shape, answers: Answers): Shape {
  if (rule.And) return rule.And.reduce((shape: Shape, inner) => found(inner, shape, answers), input);
  if (rule.Variable === undefined || rule.IsPresent === false) return input;
  const [first = '', ...rest] = names(rule.Variable);
  if (rest.join() === 'kind') return { ...input, [first]: answers.itemOf(String(rule.StringEquals)) };
  return has(input, rule.Variable) ? input : put(input, [first, ...rest], {});
}

/** What a rule compares without having asked whether it is there. */
function unguarded(rule: ChoiceRule, shape: Shape, report: (path: string, of: Shape) => void): void {
  if (rule.And) {
    let sure = shape;
    for (const inner of rule.And) {
      unguarded(inner, sure, report);
      if (inner.IsPresent === true && inner.Variable !== undefined && !has(sure, inner.Variable))
        sure = put(sure, names(inner.Variable), {});
    }
  } else if (rule.Not) unguarded(rule.Not, shape, report);
  else if (rule.Variable !== undefined && rule.IsPresent === undefined) report(rule.Variable, shape);
}
