import { createHash } from 'node:crypto';
import { digest } from '../core/canonical';
import { INCIDENT_TYPE } from '../core/ledger-keys';
import type { Home, Subject } from '../core/remediation';

/**
 * How grave an incident is.
 *
 * | severity            | band     |
 * | ------------------- | -------- |
 * | 9 to 10             | critical |
 * | 7 to 8.9            | high     |
 * | 4 to 6.9            | medium   |
 * | 0 to 3.9            | low      |
 * | none, or no such    | unknown  |
 *
 * @see https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html
 */
export const bands = ['low', 'unknown', 'medium', 'high', 'critical'] as const;
export type Band = (typeof bands)[number];

/** What can be contained, and what not. One incident may be about several. */
export type Target =
  | { readonly kind: 'instance'; readonly instanceId: string }
  | {
      readonly kind: 'user';
      readonly userName: string;
      /** `AKIA…` of a key of its own, `ASIA…` of a session. Absent if the finding names none. */
      readonly accessKeyId?: string;
    }
  | { readonly kind: 'role'; readonly roleName: string }
  | { readonly kind: 'bucket'; readonly bucketName: string }
  | { readonly kind: 'security-group'; readonly groupId: string };

/** A finding that feeds an incident, as its own service names it. */
export type FindingReference =
  | { readonly service: 'guardduty'; readonly detectorId: string; readonly findingId: string }
  | { readonly service: 'securityhub'; readonly id: string; readonly productArn: string }
  | { readonly service: 'securityhub-v2'; readonly uid: string };

/**
 * What the workflow does about an incident.
 *
 * | action    | meaning                                                        |
 * | --------- | -------------------------------------------------------------- |
 * | contain   | evidence, containment, verification, message                   |
 * | rehearse  | the same, but nothing is changed: the message says what would be |
 * | notify    | people are told                                                |
 * | log       | it is written down                                             |
 */
export const responses = ['log', 'notify', 'rehearse', 'contain'] as const;
export type Response = (typeof responses)[number];

/** What is known of an incident. Everything in it that came from a finding is cut and free of control characters. */
export interface Incident {
  /** Names it everywhere: in the ledger, in tags, in messages, on the command line. */
  readonly id: string;
  readonly account: string;
  readonly region: string;
  /** The finding's own type: `Backdoor:EC2/C&CActivity.B!DNS`, `security-control/EC2.19`, `Security Test`. */
  readonly type: string;
  readonly title: string;
  /** As far as it is a number, on GuardDuty's scale of 0 to 10. */
  readonly severity: number | null;
  readonly band: Band;
  /** When it was found, ISO 8601, UTC. */
  readonly at: string;
  /** Who says so: `GuardDuty`, `Security Hub`, the product's name, `custom event`. */
  readonly source: string;
  /** Whether the finding was read again at its source, and stands there. */
  readonly vouched: boolean;
  readonly findings: readonly FindingReference[];
  /** What it is about, as far as it can be contained. */
  readonly targets: readonly Target[];
  /** How many more it is about than one incident takes on. @default 0 */
  readonly leftOut?: number;
  /** ARNs or ids of what it is about, all of it, for people. */
  readonly resources: readonly string[];
  readonly response: Response;
  /** Whether a person must agree before anything is changed. */
  readonly needsApproval: boolean;
  /** Why this response and not more. */
  readonly why: string;
  /** People are told without a page. @default false */
  readonly quiet?: boolean;
}

/** The id of an incident that a GuardDuty finding tells of, by whichever way it arrived. */
export const guardDutyIncidentId = (findingId: string): string => `gd-${findingId}`;

/**
 * The id of an incident that a finding of Security Hub tells of, in either of its versions. A product names its findings as it likes: what another product
 * imports under the same name is another incident, and stands in nobody's way.
 *
 * @param product ARN of the product, `arn:aws:securityhub:eu-west-1::product/aws/inspector`; `productv2/…` in the second version
 */
export const securityHubIncidentId = (product: string, id: string): string =>
  incidentIdOf('sh', product.replace(/^.*:product(v2)?\//, ''), id);

/** The id of any other incident, of what names its finding in a way that lasts. */
export const incidentIdOf = (prefix: 'sh' | 'custom' | 'tamper' | 'unverified', ...names: readonly string[]): string =>
  `${prefix}-${createHash('sha256').update(JSON.stringify(names)).digest('hex').slice(0, 32)}`;

/** What a person is asked about, in eight characters: another finding of the same name may be about something else by the time of the answer. */
export const askedAbout = ({ targets }: Pick<Incident, 'targets'>): string => digest({ targets }).slice(0, 8);

export const INCIDENT_ID = /^[a-z]{2,10}-[0-9a-f]{8,64}$/;

/** An incident as a subject of the ledger. */
export const incidentSubject = (id: string, home: Home): Subject => ({
  ...home,
  type: INCIDENT_TYPE,
  id,
  arn: `arn:${home.partition}:suture:${home.region}:${home.account}:incident/${id}`,
});

/** A target's ARN. */
export function targetArn(target: Target, { partition, region, account }: Home): string {
  switch (target.kind) {
    case 'instance':
      return `arn:${partition}:ec2:${region}:${account}:instance/${target.instanceId}`;
    case 'user':
      return `arn:${partition}:iam::${account}:user/${target.userName}`;
    case 'role':
      return `arn:${partition}:iam::${account}:role/${target.roleName}`;
    case 'bucket':
      return `arn:${partition}:s3:::${target.bucketName}`;
    case 'security-group':
      return `arn:${partition}:ec2:${region}:${account}:security-group/${target.groupId}`;
  }
}

/** How people call a target. */
export function targetName(target: Target): string {
  switch (target.kind) {
    case 'instance':
      return target.instanceId;
    case 'user':
      return `user ${plainText(target.userName, 64)}`;
    case 'role':
      return `role ${plainText(target.roleName, 64)}`;
    case 'bucket':
      return `bucket ${plainText(target.bucketName, 63)}`;
    case 'security-group':
      return target.groupId;
  }
}

/**
 * A severity as a number from 0 to 10, whichever way it was written. Undefined for what is none.
 *
 * @param value 7, 7.0, "7", null, nothing, anything
 */
export function severityOf(value: unknown): number | null {
  const number = typeof value === 'string' && /^\d{1,2}(\.\d{1,3})?$/.test(value.trim()) ? Number(value) : value;
  return typeof number === 'number' && number >= 0 && number <= 10 ? number : null;
}

/** See `bands`. */
export function bandOf(severity: number | null): Band {
  if (severity === null) return 'unknown';
  if (severity >= 9) return 'critical';
  if (severity >= 7) return 'high';
  return severity >= 4 ? 'medium' : 'low';
}

/** Text from a finding, as it may stand in a message: one line, no control characters, not longer than `length`. */
export function plainText(value: unknown, length: number): string {
  const text = (typeof value === 'string' ? value : '').replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  // Never half of a character that takes two units.
  return text.length > length ? `${text.slice(0, length - 1).replace(/[\ud800-\udbff]$/, '')}…` : text;
}
