import type { AwsSecurityFinding, ControlFindingGenerator } from '@aws-sdk/client-securityhub';
import { AwsError, type Call, type Operations, type Scope } from '../../service';
import type { Twin } from '../../twin';

export type Sdk = typeof import('@aws-sdk/client-securityhub');
export type HubCall = Call<HubState>;
export type HubOperations = Operations<Sdk, HubState>;

/** Where something happens: an account and Region, their Security Hub, and the twin around it. */
export interface Place extends Scope {
  readonly twin: Twin;
  readonly state: HubState;
}

export interface Hub {
  readonly arn: string;
  readonly subscribedAt: Date;
  autoEnableControls: boolean;
  generator: ControlFindingGenerator;
}

/** What the API and events write alike. @see https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html */
export type Asff = { -readonly [K in keyof AwsSecurityFinding]: AwsSecurityFinding[K] };

export interface Finding {
  asff: Asff;
  /** What told of it last, as JSON. */
  lastTold: string;
  /** Members that the customer has set, which its product cannot change any more. */
  readonly customised: Set<string>;
}

/** A finding in the Open Cybersecurity Schema Framework. @see https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-ocsf.html */
export interface Ocsf {
  readonly metadata: { readonly uid: string; readonly product?: { readonly uid?: string } };
  readonly finding_info?: { readonly uid?: string };
  readonly cloud?: { readonly account?: { readonly uid?: string } };
  [member: string]: unknown;
}

export interface OcsfFinding {
  ocsf: Ocsf;
  lastTold: string;
}

export interface ActionTarget {
  readonly arn: string;
  name: string;
  description: string;
}

export interface HubState {
  hub?: Hub;
  hubV2?: { readonly arn: string; readonly subscribedAt: Date };
  /** ARNs of standards that are enabled. */
  readonly standards: Set<string>;
  /** By product and id. */
  readonly findings: Map<string, Finding>;
  /** By the id that Security Hub gave them. */
  readonly findingsV2: Map<string, OcsfFinding>;
  /** By ARN. */
  readonly actionTargets: Map<string, ActionTarget>;
}

/** The service as far as its state can be found by. */
export const SECURITYHUB = {
  prefix: 'securityhub',
  initial: (): HubState => ({
    standards: new Set(),
    findings: new Map(),
    findingsV2: new Map(),
    actionTargets: new Map(),
  }),
} as const;

export const placeOf = (twin: Twin, { account, region }: Scope): Place => ({
  twin,
  account,
  region,
  state: twin.state(SECURITYHUB, { account, region }),
});

/** Errors carry their code twice. @see https://docs.aws.amazon.com/securityhub/1.0/APIReference/CommonErrors.html */
const error = (code: string, status: number, message: string): AwsError =>
  new AwsError(code, message, { status, members: { Code: code } });

export const invalidInput = (message: string): AwsError => error('InvalidInputException', 400, message);
export const conflict = (message: string): AwsError => error('ResourceConflictException', 409, message);
export const notFound = (message: string): AwsError => error('ResourceNotFoundException', 404, message);
export const notSimulated = (what: string): AwsError =>
  new AwsError('NotImplemented', `the twin does not simulate ${what}`, { status: 501 });

/** @throws AwsError if the account has not enabled it here. */
export function hubOf({ state: { hub }, account }: Pick<Place, 'state' | 'account'>): Hub {
  if (!hub) throw error('InvalidAccessException', 401, `Account ${account} is not subscribed to AWS Security Hub`);
  return hub;
}

/** @throws AwsError if the account has not enabled it here. */
export function hubV2Of({ state: { hubV2 }, account }: Pick<Place, 'state' | 'account'>): { readonly arn: string } {
  if (!hubV2) throw error('AccessDeniedException', 403, `Account ${account} is not subscribed to AWS Security Hub V2`);
  return hubV2;
}

export const hubArn = ({ account, region }: Scope): string => `arn:aws:securityhub:${region}:${account}:hub/default`;

export const keyOf = ({ ProductArn, Id }: { ProductArn?: string | undefined; Id?: string | undefined }): string =>
  `${ProductArn}/${Id}`;
