import { randomBytes } from 'node:crypto';
import type {
  ComplianceType,
  ConfigRule,
  ConfigurationItemStatus,
  DeliveryChannel,
  MaximumExecutionFrequency,
  RecordingGroup,
} from '@aws-sdk/client-config-service';
import { AwsError, type Call, type Operations, type RecordedResource, type Scope } from '../../service';
import type { Twin } from '../../twin';

export type Sdk = typeof import('@aws-sdk/client-config-service');
export type ConfigCall = Call<ConfigState>;
export type ConfigOperations = Operations<Sdk, ConfigState>;

/** Where something happens: an account and Region, their Config, and the twin around it. */
export interface Place extends Scope {
  readonly twin: Twin;
  readonly state: ConfigState;
}

export interface Recorder {
  readonly name: string;
  readonly arn: string;
  roleArn: string;
  group: RecordingGroup;
  recording: boolean;
  startedAt?: Date;
  stoppedAt?: Date;
  changedAt: Date;
}

/** How the last attempt to deliver something went. */
export interface Attempt {
  readonly at: Date;
  readonly error?: { readonly code: string; readonly message: string };
  readonly lastSuccess?: Date;
}

export interface Channel {
  readonly name: string;
  settings: Omit<DeliveryChannel, 'name'>;
  snapshot?: Attempt;
  stream?: Attempt;
  nextSnapshotAt?: Date;
  /** Calls off the next periodic snapshot. */
  stopSnapshots?: () => void;
}

/** A resource as it was at a moment. Kept as JSON, as there are many. */
export interface Item extends Omit<RecordedResource, 'configuration' | 'supplementaryConfiguration' | 'created'> {
  readonly type: string;
  readonly id: string;
  readonly status: ConfigurationItemStatus;
  readonly captured: Date;
  readonly created: string | null;
  /** JSON; null for a deleted resource. */
  readonly configuration: string | null;
  readonly supplementary: string;
}

/** What a rule said of a resource. */
export interface Result {
  readonly type: string;
  readonly id: string;
  readonly compliance: ComplianceType;
  readonly annotation?: string;
  /** When the resource was as it was judged. */
  readonly ordering: Date;
  readonly invoked: Date;
  readonly recorded: Date;
}

export interface Rule {
  readonly name: string;
  readonly id: string;
  readonly arn: string;
  readonly activatedAt: Date;
  /** As it was put, without name, id and ARN. */
  definition: Omit<ConfigRule, 'ConfigRuleName' | 'ConfigRuleArn' | 'ConfigRuleId' | 'ConfigRuleState'>;
  /** By resource. */
  readonly results: Map<string, Result>;
  readonly status: RuleStatus;
  /** Calls off the next periodic evaluation. */
  stopSchedule?: () => void;
}

export interface RuleStatus {
  invokedAt?: Date;
  invocationFailedAt?: Date;
  evaluatedAt?: Date;
  evaluationFailedAt?: Date;
  error?: { readonly code: string; readonly message: string };
  /** When an evaluation was last asked for. */
  startedAt?: Date;
}

export interface ConfigState {
  recorder?: Recorder;
  channel?: Channel;
  retentionDays?: number;
  /** By name. */
  readonly rules: Map<string, Rule>;
  /** By type and id; newest last. */
  readonly items: Map<string, Map<string, Item[]>>;
  /** By ARN. */
  readonly tags: Map<string, Map<string, string>>;
  /** What result tokens are signed with. */
  readonly secret: Uint8Array;
  /** Tokens of invocations that run and have not been answered. */
  readonly unanswered: Set<string>;
}

export const initialState = (): ConfigState => ({
  rules: new Map(),
  items: new Map(),
  tags: new Map(),
  secret: randomBytes(32),
  unanswered: new Set(),
});

/** The service as far as its state can be found by. */
export const CONFIG = { prefix: 'config', initial: initialState } as const;

export const error = (code: string, message: string): AwsError => new AwsError(code, message);
export const invalid = (message: string): AwsError => error('InvalidParameterValueException', message);

/** @throws AwsError if there is none. */
export function recorderOf({ recorder }: ConfigState): Recorder {
  if (!recorder)
    throw error(
      'NoAvailableConfigurationRecorderException',
      'Configuration recorder is not available to put delivery channel or rules, or to record resources.',
    );
  return recorder;
}

/** @throws AwsError if there is none. */
export function ruleNamed({ rules }: ConfigState, name: string | undefined): Rule {
  const found = rules.get(name ?? '');
  if (!found)
    throw error(
      'NoSuchConfigRuleException',
      `The ConfigRule '${name}' provided in the request is invalid. Please check the configRule name`,
    );
  return found;
}

export const resourceKey = (type: string, id: string): string => `${type}/${id}`;

export const historyOf = ({ items }: ConfigState, type: string, id: string): readonly Item[] =>
  items.get(type)?.get(id) ?? [];

export const isDeleted = ({ status }: Item): boolean =>
  status === 'ResourceDeleted' || status === 'ResourceDeletedNotRecorded';

/** The newest item of a resource that is there. */
export function liveItem(state: ConfigState, type: string, id: string): Item | undefined {
  const last = historyOf(state, type, id).at(-1);
  return last && !isDeleted(last) ? last : undefined;
}

/** The newest item of each resource of a type that is there. */
export function* liveItems({ items }: ConfigState, type: string): Iterable<Item> {
  for (const history of items.get(type)?.values() ?? []) {
    const last = history.at(-1);
    if (last && !isDeleted(last)) yield last;
  }
}

const HOURS: Readonly<Record<MaximumExecutionFrequency, number>> = {
  One_Hour: 1,
  Three_Hours: 3,
  Six_Hours: 6,
  Twelve_Hours: 12,
  TwentyFour_Hours: 24,
};

export const millisecondsOf = (frequency: MaximumExecutionFrequency): number => HOURS[frequency] * 3_600_000;
export const isFrequency = (text: string): text is MaximumExecutionFrequency => text in HOURS;
