import { type Condition, parseOperator } from './conditions';

/** What a policy is attached to; each kind has elements that it must or must not have. */
export type PolicyKind = 'identity' | 'resource' | 'trust';

/** Names of an element, or with `not` (as in `NotAction`) everything else. */
export interface Selection<T> {
  readonly not: boolean;
  readonly values: readonly T[];
}

/** `"*"` is read as `{ "AWS": "*" }`: AWS calls the two equivalent. */
export interface PolicyPrincipal {
  readonly type: 'AWS' | 'Service' | 'Federated' | 'CanonicalUser';
  readonly value: string;
}

export interface Statement {
  readonly sid: string | undefined;
  readonly effect: 'Allow' | 'Deny';
  readonly principals: Selection<PolicyPrincipal> | undefined;
  readonly actions: Selection<string>;
  readonly resources: Selection<string> | undefined;
  /** All of which must be met. */
  readonly conditions: readonly Condition[];
}

export interface PolicyDocument {
  /** Variables exist since 2012-10-17. */
  readonly version: '2008-10-17' | '2012-10-17';
  readonly statements: readonly Statement[];
}

/** A document that AWS would refuse to store. The message says where and what; each service has an error code of its own for it. */
export class MalformedPolicyError extends Error {
  override readonly name = 'MalformedPolicyError';

  constructor(where: string, what: string) {
    super(`${where}: ${what}`);
  }
}

function fail(where: string, what: string): never {
  throw new MalformedPolicyError(where, what);
}

type Fields = Readonly<Record<string, unknown>>;

/** The fields of an object that have a value. */
function fieldsOf(value: unknown, where: string, known?: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(where, 'must be an object');
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  for (const [name] of fields) if (known && !known.includes(name)) fail(`${where}.${name}`, 'unknown element');
  return Object.fromEntries(fields);
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

function stringsOf(value: unknown, where: string): readonly string[] {
  return listOf(value).map((item) =>
    typeof item === 'string' ? item : fail(where, 'must be a string or a list of strings'),
  );
}

/** Reads an element or its `Not…` twin; undefined when the statement has neither. */
function selectionOf<T>(
  statement: Fields,
  name: string,
  where: string,
  read: (value: unknown, where: string) => readonly T[],
): Selection<T> | undefined {
  const found = [name, `Not${name}`].filter((element) => element in statement);
  if (found.length > 1) fail(where, `has both ${name} and Not${name}`);
  const element = found[0];
  return element === undefined
    ? undefined
    : { not: element !== name, values: read(statement[element], `${where}.${element}`) };
}

/** `service:Name` with wildcards in the name, or everything. */
function actionsOf(value: unknown, where: string): readonly string[] {
  const actions = stringsOf(value, where);
  for (const action of actions) {
    if (!/^(\*(:\*)?|[\w-]+:[\w*?-]+)$/.test(action)) fail(where, `"${action}" is no action such as s3:GetObject`);
  }
  return actions;
}

/** Partition and service must not have wildcards. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
function resourcesOf(value: unknown, where: string): readonly string[] {
  const resources = stringsOf(value, where);
  for (const resource of resources) {
    if (!/^(\*|arn:[\w-]+:[\w-]+(:.*)?)$/s.test(resource)) fail(where, `"${resource}" is neither an ARN nor "*"`);
  }
  return resources;
}

const PRINCIPALS = ['AWS', 'Service', 'Federated', 'CanonicalUser'] as const;

/** Only `"*"` as a whole may be a wildcard, and only for everyone. */
function principalsOf(value: unknown, where: string): readonly PolicyPrincipal[] {
  if (value === '*') return [{ type: 'AWS', value }];
  const map = fieldsOf(value, where, PRINCIPALS);
  return PRINCIPALS.filter((type) => type in map).flatMap((type) =>
    stringsOf(map[type], `${where}.${type}`).map((name) => {
      const isValid = type === 'AWS' ? /^(\*|\d{12}|arn:[^*?]+|A[A-Z0-9]{15,})$/.test(name) : /^[^*?]+$/.test(name);
      return isValid ? { type, value: name } : fail(`${where}.${type}`, `"${name}" is no principal`);
    }),
  );
}

function conditionsOf(value: unknown, where: string): readonly Condition[] {
  return Object.entries(fieldsOf(value, where)).flatMap(([name, keys]) => {
    const operator = parseOperator(name) ?? fail(`${where}.${name}`, 'unknown condition operator');
    return Object.entries(fieldsOf(keys, `${where}.${name}`)).map(([key, values]) => {
      const at = `${where}.${name}.${key}`;
      if (!/^[^:]+:./.test(key)) fail(at, 'is no condition key such as aws:SourceArn');
      const texts = listOf(values).map((item) =>
        ['string', 'number', 'boolean'].includes(typeof item)
          ? String(item)
          : fail(at, 'must be text, a number, true or false'),
      );
      return { operator, key, values: texts };
    });
  });
}

/** What a kind of policy must and must not have, beside the grammar that all share. */
function checkKind(statement: Fields, kind: PolicyKind, where: string): void {
  const has = (name: string): boolean => name in statement || `Not${name}` in statement;
  if (kind === 'identity' && has('Principal')) fail(where, 'an identity-based policy must not name a principal');
  if (kind === 'trust' && has('Resource')) fail(where, 'a trust policy must not name a resource');
  if (kind === 'trust' && 'NotPrincipal' in statement) fail(where, 'a trust policy must not have NotPrincipal');
  if (kind === 'trust' && !stringsOf(statement.Action ?? 'sts:', where).every((action) => /^sts:/i.test(action))) {
    fail(`${where}.Action`, 'a trust policy may only name actions of STS');
  }
  if (kind !== 'resource' && /[^A-Za-z0-9]/.test(String(statement.Sid ?? '')))
    fail(`${where}.Sid`, 'must have letters and digits only');
  if (kind !== 'identity' && !has('Principal')) fail(where, 'Principal is missing');
  if (kind !== 'trust' && !has('Resource')) fail(where, 'Resource is missing');
}

const ELEMENTS = ['Sid', 'Effect', 'Condition'].concat(
  ['Principal', 'Action', 'Resource'].flatMap((name) => [name, `Not${name}`]),
);

function statementOf(value: unknown, where: string, kind: PolicyKind | undefined): Statement {
  const statement = fieldsOf(value, where, ELEMENTS);
  const { Sid: sid, Effect: effect, Condition: condition } = statement;
  if (sid !== undefined && typeof sid !== 'string') fail(`${where}.Sid`, 'must be a string');
  if (effect === undefined) fail(where, 'Effect is missing');
  if (effect !== 'Allow' && effect !== 'Deny') fail(`${where}.Effect`, 'must be Allow or Deny');
  if (effect === 'Allow' && 'NotPrincipal' in statement) fail(where, 'NotPrincipal must be used with Deny');
  if (kind) checkKind(statement, kind, where);
  return {
    sid,
    effect,
    principals: selectionOf(statement, 'Principal', where, principalsOf),
    actions: selectionOf(statement, 'Action', where, actionsOf) ?? fail(where, 'Action is missing'),
    resources: selectionOf(statement, 'Resource', where, resourcesOf),
    conditions: condition === undefined ? [] : conditionsOf(condition, `${where}.Condition`),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return fail('Policy', `is no JSON (${String(error)})`);
  }
}

/**
 * Reads a policy, as text or as what the text says. Without a kind, only what holds for all policies is checked.
 *
 * @throws MalformedPolicyError for what IAM does not accept.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html for its limits
 */
export function parsePolicy(text: string | object, kind?: PolicyKind): PolicyDocument {
  const policy = fieldsOf(typeof text === 'string' ? jsonOf(text) : text, 'Policy', ['Version', 'Id', 'Statement']);
  const { Version: version = '2008-10-17', Id: id, Statement: statement } = policy;
  if (version !== '2008-10-17' && version !== '2012-10-17') fail('Version', 'must be 2012-10-17 or 2008-10-17');
  if (id !== undefined && typeof id !== 'string') fail('Id', 'must be a string');
  const values = listOf(statement ?? []);
  if (values.length === 0) fail('Policy', 'Statement is missing');
  const statements = values.map((value, index) => statementOf(value, `Statement[${index}]`, kind));
  const sids = statements.flatMap(({ sid }) => sid ?? []);
  const repeated = sids.find((sid, index) => sids.indexOf(sid) !== index);
  if (repeated !== undefined) fail('Policy', `several statements have the Sid "${repeated}"`);
  return { version, statements };
}
