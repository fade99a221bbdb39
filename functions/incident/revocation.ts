import { digest } from '../core/canonical';

/** The inline policy that ends the older sessions of a role or user, by the name that the IAM console gives it, too. */
export const REVOCATION_POLICY = 'AWSRevokeOlderSessions';

type Statement = Readonly<Record<string, unknown>>;

/**
 * The time before which sessions are denied everything, by the text of a policy. The latest, if there are several.
 *
 * | statement                                                     | counts |
 * | ------------------------------------------------------------- | ------ |
 * | denies `*` on `*` if `aws:TokenIssueTime` is before a time    | yes    |
 * | the same, narrowed by a further condition                     | no     |
 * | anything else                                                 | no     |
 *
 * @returns ISO 8601, UTC, with milliseconds. Undefined if none are denied.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
 */
export function cutoffIn(text: string | undefined): string | undefined {
  const times = statementsIn(text).flatMap((statement) => cutoffOf(statement) ?? []);
  return times.length === 0 ? undefined : new Date(Math.max(...times)).toISOString();
}

/**
 * The text of a policy that denies everything to sessions from before a time. What stood there beside such a time stays: it may deny more.
 *
 * @param standing the text of the policy that is there
 * @param cutoff ISO 8601, UTC; never earlier than one that stands
 * @param sid letters and digits: whose doing it is
 */
export function withCutoff(
  standing: string | undefined,
  { cutoff, sid }: { readonly cutoff: string; readonly sid: string },
): string {
  const present = cutoffIn(standing);
  const latest = present !== undefined && present > cutoff ? present : cutoff;
  const deny = {
    Sid: sid,
    Effect: 'Deny',
    Action: '*',
    Resource: '*',
    Condition: { DateLessThan: { 'aws:TokenIssueTime': latest } },
  };
  return JSON.stringify({ Version: '2012-10-17', Statement: [...othersIn(standing), deny] });
}

/** Whether a policy is what `withCutoff` made of another, whatever the time. */
export function isMadeOf(standing: string | undefined, made: string | undefined, sid: string): boolean {
  const ours = statementsIn(made).filter((statement) => cutoffOf(statement) !== undefined);
  return ours.length === 1 && ours[0]?.Sid === sid && digest(othersIn(made)) === digest(othersIn(standing));
}

/** Whether two texts are the same policy. */
export const isSamePolicy = (one: string | undefined, other: string | undefined): boolean =>
  one === undefined || other === undefined ? one === other : digest(JSON.parse(one)) === digest(JSON.parse(other));

/** What a policy says beside the time. */
const othersIn = (text: string | undefined): Statement[] =>
  statementsIn(text).filter((statement) => cutoffOf(statement) === undefined);

/** One statement may stand without a list. IAM keeps nothing that is not JSON. */
function statementsIn(text: string | undefined): Statement[] {
  if (text === undefined) return [];
  const { Statement = [] } = JSON.parse(text) as { Statement?: Statement | Statement[] };
  return Array.isArray(Statement) ? Statement : [Statement];
}

/** In ms since 1970. Of several times, to be before any suffices. Undefined for a statement that says anything else. */
function cutoffOf({ Effect, Action, Resource, Condition, ...rest }: Statement): number | undefined {
  const { Sid: _sid, ...more } = rest;
  if (Effect !== 'Deny' || !isAll(Action) || !isAll(Resource) || Object.keys(more).length > 0) return undefined;
  const [condition, ...others] = Object.entries((Condition ?? {}) as Record<string, Record<string, unknown>>);
  if (condition?.[0] !== 'DateLessThan' || others.length > 0) return undefined;
  const [key, ...keys] = Object.entries(condition[1]);
  if (key?.[0].toLowerCase() !== 'aws:tokenissuetime' || keys.length > 0) return undefined;
  const times = [key[1]].flat().map(timeOf);
  return times.length === 0 || times.some((time) => Number.isNaN(time)) ? undefined : Math.max(...times);
}

const isAll = (value: unknown): boolean => value === '*' || (Array.isArray(value) && value.includes('*'));

/** Seconds since 1970, or ISO 8601 that leaves no doubt about the time zone. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date */
function timeOf(value: unknown): number {
  const text = String(value);
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  return /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:?\d\d))?$/.test(text) ? Date.parse(text) : Number.NaN;
}
