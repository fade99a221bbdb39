import { ConfigurationError } from '../functions/core/errors';
import {
  type PartKind,
  type PartNames,
  REFUSALS,
  spelled,
  TAMPER_CALLS,
  type TamperCalls,
} from '../functions/core/tamper-calls';
import type { Names } from './names';

/** A rule that watches for calls on Suture's own parts. */
export interface TamperRule {
  /** Short, for its address in Terraform. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly pattern: object;
}

/** Quota of a new account. @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const MAX_PATTERN = 2048;

/** What one rule watches: the end of its name, and the kinds of parts. The rules themselves are watched by a pair of their own. */
const GROUPS: readonly { readonly suffix: string; readonly of: string; readonly kinds: readonly PartKind[] }[] = [
  {
    suffix: 'Recording',
    of: 'trails, the Config recorder and its rules, the detector and Security Hub',
    kinds: ['trail', 'recorder', 'config-rule', 'detector', 'hub'],
  },
  {
    suffix: 'Channels',
    of: "Suture's pager and chat",
    kinds: ['connection', 'api-destination', 'chat-channel'],
  },
  { suffix: 'Functions', of: "Suture's functions", kinds: ['function'] },
  { suffix: 'Roles', of: "Suture's roles", kinds: ['role'] },
  {
    suffix: 'Stores',
    of: "Suture's table, topic, queue and buckets",
    kinds: ['table', 'topic', 'queue', 'bucket'],
  },
  { suffix: 'Workflow', of: "Suture's workflow and logs", kinds: ['state-machine', 'log-group'] },
  { suffix: 'Alarms', of: "Suture's alarms", kinds: ['alarm'] },
];

/** Calls of one kind that a rule watches for, and the texts by which they may name a part. */
interface Branch extends Pick<TamperCalls, 'service' | 'eventNames' | 'parameter' | 'anyCase'> {
  /** In which `*` is any text. */
  readonly texts: readonly string[];
}

/**
 * The rules of the home Region that watch for calls on the parts of an installation: as many as the patterns need. No part is watched by two of
 * them, and none watches itself, since a rule that was just disabled tells nobody: of those that watch over rules each watches the other one.
 *
 * @throws ConfigurationError if a name is too long for any pattern
 */
export function tamperRules({ incident: { rules, tamper } }: Names, parts: PartNames): TamperRule[] {
  const { rule: watched = [] } = parts;
  return [
    ...GROUPS.flatMap(({ suffix, of, kinds }) =>
      packed(
        suffix.toLowerCase(),
        `${rules.tamper}${suffix}`,
        `Calls that stop, change or delete ${of}`,
        kinds.flatMap((kind) => branchesOf(kind, parts[kind] ?? [])),
      ),
    ),
    ...packed('rules', tamper.rules, "Calls that switch off, change or delete Suture's rules", [
      ...namingRule(
        'name',
        watched.filter((name) => name !== tamper.rules),
      ),
      ...namingRule('rule', [tamper.targets]),
    ]),
    ...packed('targets', tamper.targets, "Calls that change what Suture's rules start", [
      ...namingRule(
        'rule',
        watched.filter((name) => name !== tamper.targets),
      ),
      ...namingRule('name', [tamper.rules]),
    ]),
  ];
}

/**
 * Where calls on some kinds of parts arrive, whatever the home Region is. Those of IAM all arrive in one Region, those of chat where they were made: its
 * API has four endpoints, and each changes the one configuration that there is.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html#cloudtrail-concepts-global-service-events
 * @see https://docs.aws.amazon.com/chatbot/latest/APIReference/Welcome.html "Your AWS CloudTrail events are logged in whatever Region you call from"
 */
export const ARRIVALS = {
  role: ['us-east-1'],
  'chat-channel': ['us-east-2', 'us-west-2', 'eu-west-1', 'ap-southeast-1'],
} as const;

/**
 * The rules of a Region where calls on a kind of parts arrive that bring them to the home Region. Again each watches the other one, and its role.
 */
export function forwardingRules(
  { incident: { tamper } }: Names,
  parts: PartNames,
  kind: keyof typeof ARRIVALS,
): { readonly forwarding: TamperRule[]; readonly relay: TamperRule[] } {
  const of = (
    own: Names['incident']['tamper']['relay'],
    other: Names['incident']['tamper']['relay'],
    watched: readonly string[],
  ) =>
    packed(
      'bring',
      own.rule,
      `Brings calls that change Suture's ${kind === 'role' ? 'roles' : 'chat channel'}, and the other rule that does so, to the home Region`,
      [
        ...branchesOf(kind, watched),
        ...namingRule('name', [`${other.rule}*`]),
        ...namingRule('rule', [`${other.rule}*`]),
      ],
    );
  return {
    forwarding: of(
      tamper.forwarding,
      tamper.relay,
      (parts[kind] ?? []).filter((name) => name !== tamper.forwarding.role),
    ),
    relay: of(tamper.relay, tamper.forwarding, kind === 'role' ? [tamper.forwarding.role] : []),
  };
}

const branchesOf = (kind: PartKind, names: readonly string[]): Branch[] =>
  TAMPER_CALLS.filter((calls) => calls.kind === kind && (names.length > 0 || !calls.parameter)).map((calls) => ({
    ...calls,
    texts: calls.parameter ? names.flatMap((name) => spelled(calls, name)) : [],
  }));

/** Calls on rules, of which some say `name` and some `rule`. */
const namingRule = (as: 'name' | 'rule', names: readonly string[]): Branch[] =>
  branchesOf('rule', names).filter(({ parameter: [key] = [] }) => key === as);

/** As few rules as their patterns allow. The second one's name ends in 2. */
function packed(id: string, name: string, description: string, branches: readonly Branch[]): TamperRule[] {
  const patterns: Branch[][] = [];
  for (const branch of branches.flatMap(fitting)) {
    const last = patterns.at(-1);
    if (last && fits([...last, branch])) last.push(branch);
    else patterns.push([branch]);
  }
  return patterns.map((of, index) => {
    const number = index === 0 ? '' : String(index + 1);
    return { id: `${id}${number}`, name: `${name}${number}`, description, pattern: patternOf(of) };
  });
}

/** A branch, or the parts of it that fit into a pattern each. */
function fitting(branch: Branch): Branch[] {
  if (fits([branch])) return [branch];
  const { texts } = branch;
  if (texts.length < 2)
    throw new ConfigurationError(`${texts[0]} is too long for an event pattern; shorten the prefix`);
  const half = Math.ceil(texts.length / 2);
  return [texts.slice(0, half), texts.slice(half)].flatMap((part) => fitting({ ...branch, texts: part }));
}

const fits = (branches: readonly Branch[]): boolean => JSON.stringify(patternOf(branches)).length <= MAX_PATTERN;

function patternOf(branches: readonly Branch[]): object {
  const details = branches.map(({ service, eventNames, parameter, texts, anyCase }) => ({
    eventSource: [`${service}.amazonaws.com`],
    eventName: eventNames.map((text) => item(text)),
    ...(parameter && {
      requestParameters: parameter.reduceRight<unknown>(
        (inner, key) => ({ [key]: inner }),
        texts.map((text) => item(text, anyCase)),
      ),
    }),
  }));
  const [only, ...more] = details;
  return {
    source: [...new Set(branches.map(({ service }) => `aws.${service}`))],
    'detail-type': ['AWS API Call via CloudTrail'],
    detail: {
      // A call that failed changed nothing. One that IAM refused was an attempt.
      errorCode: [{ exists: false }, ...REFUSALS],
      ...(more.length > 0 ? { $or: details } : only),
    },
  };
}

/** A text in which `*` is any text, as the cheapest operator that says so: only wildcards count against a limit of their own. */
function item(text: string, anyCase = false): unknown {
  const [first = '', second, ...more] = text.split('*');
  if (second === undefined) return anyCase ? { 'equals-ignore-case': text } : text;
  if (more.length === 0 && first === '' && second !== '') return { suffix: second };
  if (more.length === 0 && second === '' && first !== '') return { prefix: first };
  return { wildcard: text };
}
