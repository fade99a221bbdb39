import { AwsError } from '../../service';
import type { Twin } from '../../twin';
import { isOperator } from './asl/choice';
import type { Branch, ChoiceRule, Json, State } from './asl/definition';
import { compileExpression } from './asl/expression';
import { InvalidPathError, parsePath } from './asl/json-path';
import { fieldsOf, parseResource } from './integrations';

/** What is wrong with a definition, and where. */
export interface Diagnostic {
  readonly code: string;
  readonly message: string;
  /** `/States/Name/Field` */
  readonly location: string;
}

const COMMON = ['Type', 'Comment', 'InputPath', 'OutputPath', 'QueryLanguage'];
const GOES_ON = ['Next', 'End'];
const RESULT = ['Parameters', 'ResultSelector', 'ResultPath', 'Retry', 'Catch'];
const TIMES = ['TimeoutSeconds', 'TimeoutSecondsPath', 'HeartbeatSeconds', 'HeartbeatSecondsPath'];

/** Which fields each type of state has. @see https://states-language.net/#state-type-table */
const FIELDS: Readonly<Record<State['Type'], readonly string[]>> = {
  Task: [...COMMON, ...GOES_ON, ...RESULT, ...TIMES, 'Resource'],
  Parallel: [...COMMON, ...GOES_ON, ...RESULT, 'Branches'],
  Map: [...COMMON, ...GOES_ON, ...RESULT, 'ItemProcessor', 'Iterator', 'ItemsPath', 'ItemSelector', 'MaxConcurrency'],
  Pass: [...COMMON, ...GOES_ON, 'Parameters', 'Result', 'ResultPath'],
  Wait: [...COMMON, ...GOES_ON, 'Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'],
  Choice: [...COMMON, 'Choices', 'Default'],
  Succeed: COMMON,
  Fail: ['Type', 'Comment', 'Error', 'ErrorPath', 'Cause', 'CausePath', 'QueryLanguage'],
};
const REQUIRED: Readonly<Partial<Record<State['Type'], readonly string[]>>> = {
  Task: ['Resource'],
  Parallel: ['Branches'],
  Choice: ['Choices'],
};

const refuse = (what: string): never => {
  throw new AwsError('NotImplemented', `the twin does not simulate ${what}; see docs/twin.md`, { status: 501 });
};

/**
 * What Step Functions would not take in a definition.
 *
 * @throws AwsError `NotImplemented` for what it would take and the twin cannot run.
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinition.html
 */
export function diagnose(twin: Twin, text: string): Diagnostic[] {
  let definition: Json;
  try {
    definition = JSON.parse(text);
  } catch (error) {
    return [{ code: 'INVALID_JSON_DESCRIPTION', message: (error as Error).message, location: '/' }];
  }
  const found: Diagnostic[] = [];
  const report = (code: string, message: string, location: string) => found.push({ code, message, location });
  const names = new Set<string>();
  checkBranch(definition, '', { twin, report, names });
  return found;
}

interface Checking {
  readonly twin: Twin;
  readonly report: (code: string, message: string, location: string) => void;
  /** Of all states so far: each may be used once. */
  readonly names: Set<string>;
}

const SCHEMA = 'SCHEMA_VALIDATION_FAILED';

function checkBranch(branch: Branch, at: string, checking: Checking): void {
  const { report, names } = checking;
  if ((branch as Json).QueryLanguage === 'JSONata') refuse('JSONata');
  const missing = ['States', 'StartAt'].filter((field) => !(field in branch));
  if (missing.length > 0) {
    report(SCHEMA, `These fields are required: [${missing.join(', ')}]`, at || '/');
    return;
  }
  const { StartAt, States } = branch;
  if (!(StartAt in States))
    report('MISSING_TRANSITION_TARGET', `Missing 'StartAt' target: ${StartAt}`, `${at}/StartAt`);
  for (const [name, state] of Object.entries(States)) {
    const here = `${at}/States/${name}`;
    if (names.has(name)) report('DUPLICATE_STATE_NAME', `Duplicate State name: ${name}`, here);
    names.add(name);
    if (name.length > 80) report(SCHEMA, 'A name of a state must not be longer than 80 characters', here);
    checkState(state, here, checking);
    for (const target of targetsOf(state))
      if (!(target in States)) report('MISSING_TRANSITION_TARGET', `Missing 'Next' target: ${target}`, `${here}/Next`);
  }
  const reachable = reachableFrom(branch);
  for (const name of Object.keys(States))
    if (!reachable.has(name))
      report('MISSING_TRANSITION_TARGET', `State "${name}" is not reachable.`, `${at}/States/${name}`);
}

const targetsOf = ({ Next, Default, Choices = [], Catch = [] }: State): string[] =>
  [Next, Default, ...Choices.map((rule) => rule.Next), ...Catch.map((catcher) => catcher.Next)].filter(
    (name) => name !== undefined,
  );

function reachableFrom({ StartAt, States }: Branch): Set<string> {
  const reached = new Set<string>();
  const visit = (name: string): void => {
    const state = States[name];
    if (!state || reached.has(name)) return;
    reached.add(name);
    targetsOf(state).forEach(visit);
  };
  visit(StartAt);
  return reached;
}

function checkState(state: State, at: string, checking: Checking): void {
  const { report } = checking;
  const wrong = (message: string, location = at) => report(SCHEMA, message, location);
  const fields = FIELDS[state.Type];
  if (!fields) {
    wrong(`The value of 'Type' must be one of ${Object.keys(FIELDS).join(', ')}`, `${at}/Type`);
    return;
  }
  if ((state as Json).QueryLanguage === 'JSONata') refuse('JSONata');
  for (const field of ['Assign', 'Credentials', 'ItemReader', 'ItemBatcher', 'ResultWriter', 'ToleratedFailureCount'])
    if (field in state) refuse(`${field} of a ${state.Type} state`);
  for (const field of Object.keys(state))
    if (!fields.includes(field)) wrong(`Field is not supported: ${field}`, `${at}/${field}`);
  const missing = (REQUIRED[state.Type] ?? []).filter((field) => !(field in state));
  if (missing.length > 0) wrong(`These fields are required: [${missing.join(', ')}]`);
  if (fields.includes('Next') && (state.Next !== undefined) === (state.End === true))
    wrong("Exactly one of 'Next' and 'End' must be given");
  checkPaths(state, at, wrong);
  checkRetries(state, at, wrong);
  checkType(state, at, checking, wrong);
}

type Wrong = (message: string, location?: string) => void;

function checkType(state: State, at: string, checking: Checking, wrong: Wrong): void {
  switch (state.Type) {
    case 'Task':
      if (state.Resource !== undefined) checkResource(state, at, checking.twin, wrong);
      break;
    case 'Choice':
      if (state.Choices?.length === 0) wrong('Choices must not be empty', `${at}/Choices`);
      for (const [index, rule] of (state.Choices ?? []).entries())
        checkRule(rule, `${at}/Choices[${index}]`, true, wrong);
      break;
    case 'Wait': {
      const given = ['Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'].filter((field) => field in state);
      if (given.length !== 1) wrong('Exactly one of Seconds, SecondsPath, Timestamp and TimestampPath must be given');
      break;
    }
    case 'Fail':
      for (const field of ['Error', 'Cause'] as const)
        if (field in state && `${field}Path` in state) wrong(`Only one of ${field} and ${field}Path may be given`);
      break;
    case 'Parallel':
      for (const [index, branch] of (state.Branches ?? []).entries())
        checkBranch(branch, `${at}/Branches[${index}]`, checking);
      break;
    case 'Map': {
      const processor = state.ItemProcessor ?? state.Iterator;
      if (!processor) {
        wrong('These fields are required: [ItemProcessor]');
        return;
      }
      if ((processor as Json).ProcessorConfig?.Mode === 'DISTRIBUTED') refuse('a distributed Map state');
      checkBranch(processor, `${at}/ItemProcessor`, checking);
    }
  }
}

function checkResource({ Resource = '', Parameters }: State, at: string, twin: Twin, wrong: Wrong): void {
  if (!/^arn:[\w-]+:[\w-]+:[\w-]*:\d*:.+$/.test(Resource)) {
    wrong('Value is not a valid resource ARN', `${at}/Resource`);
    return;
  }
  const resource = parseResource(Resource);
  const service = resource && twin.service(resource.service);
  if (!resource || !service) {
    refuse(`the resource ${Resource}`);
    return;
  }
  const fields = fieldsOf(service, resource.operation);
  if (!fields) {
    wrong(
      `The resource provided ${Resource} is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.`,
      `${at}/Resource`,
    );
    return;
  }
  if (resource.waitsForToken && !JSON.stringify(Parameters ?? {}).includes('$$.Task.Token'))
    wrong('The task token must be passed on: $$.Task.Token is not used', `${at}/Parameters`);
  if (resource.resourceType === undefined) return;
  for (const key of Object.keys(Parameters ?? {})) {
    const name = key.replace(/\.\$$/, '');
    if (!fields.some((field) => field.charAt(0).toUpperCase() + field.slice(1) === name))
      wrong(`The field "${name}" is not supported by Step Functions`, `${at}/Parameters`);
  }
}

function checkRule(rule: ChoiceRule, at: string, isTop: boolean, wrong: Wrong): void {
  if (isTop && rule.Next === undefined) wrong('These fields are required: [Next]', at);
  if (!isTop && rule.Next !== undefined) wrong('Next is allowed in the outermost rule only', at);
  const inner = rule.And ?? rule.Or ?? (rule.Not && [rule.Not]);
  if (inner) {
    for (const [index, one] of inner.entries()) checkRule(one, `${at}[${index}]`, false, wrong);
    return;
  }
  if (Object.keys(rule).filter(isOperator).length !== 1) wrong('Exactly one comparison operator must be given', at);
  if (rule.Variable === undefined) wrong('These fields are required: [Variable]', at);
  for (const [field, value] of Object.entries(rule))
    if (field === 'Variable' || (/Path$/.test(field) && isOperator(field))) checkPath(value, `${at}/${field}`, wrong);
}

function checkPaths(state: State, at: string, wrong: Wrong): void {
  for (const [field, value] of Object.entries(state)) {
    if (field.endsWith('Path') && value !== null && !/^(Error|Cause)Path$/.test(field))
      checkPath(value, `${at}/${field}`, wrong);
    if (['Parameters', 'ResultSelector', 'ItemSelector'].includes(field)) checkTemplate(value, `${at}/${field}`, wrong);
  }
}

function checkPath(path: Json, at: string, wrong: Wrong): void {
  try {
    const parsed = parsePath(String(path).startsWith('$$') ? String(path).slice(1) : String(path));
    if (at.endsWith('/ResultPath') && (!parsed.reference || String(path).startsWith('$$')))
      wrong(`Value is not a Reference Path: ${path}`, at);
  } catch (error) {
    if (!(error instanceof InvalidPathError)) throw error;
    wrong(`Value is not a valid JSONPath: ${error.message}`, at);
  }
}

function checkTemplate(template: Json, at: string, wrong: Wrong): void {
  if (template === null || typeof template !== 'object') return;
  for (const [key, value] of Object.entries(template)) {
    if (!key.endsWith('.$') || Array.isArray(template)) {
      checkTemplate(value, `${at}/${key}`, wrong);
      continue;
    }
    try {
      compileExpression(String(value));
    } catch (error) {
      if (!(error instanceof InvalidPathError)) throw error;
      wrong(
        `The value for the field '${key}' must be a valid JSONPath or a valid intrinsic function call`,
        `${at}/${key}`,
      );
    }
  }
}

function checkRetries(
  { Retry = [], Catch = [], TimeoutSeconds, HeartbeatSeconds }: State,
  at: string,
  wrong: Wrong,
): void {
  for (const [field, handlers] of [
    ['Retry', Retry],
    ['Catch', Catch],
  ] as const)
    for (const [index, { ErrorEquals = [] }] of handlers.entries()) {
      const here = `${at}/${field}[${index}]/ErrorEquals`;
      if (ErrorEquals.length === 0) wrong('ErrorEquals must not be empty', here);
      if (ErrorEquals.includes('States.ALL') && (ErrorEquals.length > 1 || index < handlers.length - 1))
        wrong('States.ALL must appear alone, and in the last place', here);
    }
  for (const [
    index,
    { IntervalSeconds = 1, MaxAttempts = 3, BackoffRate = 2, MaxDelaySeconds, JitterStrategy = 'NONE' },
  ] of Retry.entries()) {
    const here = `${at}/Retry[${index}]`;
    if (!Number.isInteger(IntervalSeconds) || IntervalSeconds < 1)
      wrong('IntervalSeconds must be a positive integer', here);
    if (!Number.isInteger(MaxAttempts) || MaxAttempts < 0) wrong('MaxAttempts must be a non-negative integer', here);
    if (BackoffRate < 1) wrong('BackoffRate must be at least 1.0', here);
    if (MaxDelaySeconds !== undefined && MaxDelaySeconds <= IntervalSeconds)
      wrong('MaxDelaySeconds must be greater than IntervalSeconds', here);
    if (!['FULL', 'NONE'].includes(JitterStrategy)) wrong('JitterStrategy must be FULL or NONE', here);
  }
  if (TimeoutSeconds !== undefined && HeartbeatSeconds !== undefined && HeartbeatSeconds >= TimeoutSeconds)
    wrong('HeartbeatSeconds must be smaller than TimeoutSeconds', `${at}/HeartbeatSeconds`);
}
