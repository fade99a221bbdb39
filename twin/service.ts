import type { Principal } from './iam/principal';
import type { Twin } from './twin';
import type { RestRequest } from './wire/rest';

/** Where a resource lives. State is kept apart for each. */
export interface Scope {
  /** 12 digits. */
  readonly account: string;
  /** Such as `eu-west-1`. Global services keep their state in one Region. */
  readonly region: string;
}

/** One API call, as a handler sees it. */
export interface Call<State> extends Scope {
  readonly twin: Twin;
  /** The service's state in this account and Region. */
  readonly state: State;
  readonly principal: Principal;
  readonly requestId: string;
  /** Builds an ARN of the service in this account and Region: `arn('table/Ledger')`. */
  arn(resource: string): string;
}

/** One thing that IAM must allow before an operation runs. */
export interface Access {
  /** Such as `ec2:RevokeSecurityGroupIngress`. */
  readonly action: string;
  /** ARNs, all of which must be allowed; `*` for actions without resource-level permissions. */
  readonly resources: readonly string[];
  /** Whose the resources are, where their ARNs do not say. @default the caller's account */
  readonly account?: string;
  /** Condition keys that the call carries, beside the global ones. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
}

type InputOf<C> = C extends new (...args: infer A) => unknown ? NonNullable<A[0]> : never;
type OutputOf<C> = C extends new (
  ...args: never[]
) => { resolveMiddleware(...args: never[]): (args: never) => Promise<{ output: infer O }> }
  ? Omit<O & object, '$metadata'>
  : never;

/** A handler for each operation that is simulated, typed by the SDK's own command of that name. */
export type Operations<Sdk, State> = {
  readonly [K in keyof Sdk as K extends `${infer Name}Command` ? Name : never]?: (
    input: InputOf<Sdk[K]>,
    call: Call<State>,
  ) => OutputOf<Sdk[K]> | Promise<OutputOf<Sdk[K]>>;
};

/** Arguments of a Terraform resource, references resolved. Each one that is read counts as simulated; the others are listed. */
// biome-ignore lint/suspicious/noExplicitAny: Terraform's arguments are JSON of any shape
export type Arguments = Readonly<Record<string, any>>;

/** Where a Terraform resource is made. */
export interface Making extends Scope {
  readonly twin: Twin;
  /** In Terraform: `aws_sqs_queue.dead-letters`. */
  readonly address: string;
  /** The resource's tags over the provider's default ones. */
  readonly tags: Readonly<Record<string, string>>;
  /** Where a file is that the stack names. */
  file(relative: string): string;
}

/** What becomes of a Terraform resource. Returns the attributes that other resources may refer to. */
export type ResourceType = (args: Arguments, making: Making) => Record<string, unknown>;

/** A resource as AWS Config writes it down. Without what Config itself adds. */
export interface RecordedResource {
  readonly name: string | null;
  readonly arn: string;
  readonly availabilityZone: string;
  readonly created: Date | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly relationships: readonly {
    readonly resourceType: string;
    readonly resourceId: string;
    /** Such as `Is contained in Vpc`. */
    readonly name: string;
  }[];
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly supplementaryConfiguration: Readonly<Record<string, unknown>>;
}

/** A type of resources that AWS Config records. */
export interface RecordedType<State> {
  /** Such as `AWS::EC2::SecurityGroup`. */
  readonly type: string;
  /** Recorded in each Region alike, as it belongs to the account. @default false */
  readonly everywhere?: boolean;
  /** All there are in an account and Region. */
  ids(state: State, scope: Scope): Iterable<string>;
  /** A resource as it is now, or undefined if there is none. */
  describe(id: string, state: State, scope: Scope): RecordedResource | undefined;
  /**
   * Those that a call may change. Asked before the call, without an output, and after it; must not cost more the more
   * resources there are, but for calls that are rare.
   */
  touched(operation: string, input: never, output: never | undefined, state: State): Iterable<string>;
}

/** A simulated AWS service: one readable file, or one folder, in `services/`. */
export interface Service<Sdk = object, State = unknown> {
  /** As in IAM actions, faults and the journal: `ec2`, `logs`. */
  readonly prefix: string;
  /** Names in a request's credential scope. @default the prefix */
  readonly signingNames?: readonly string[];
  /** One state for all Regions. @default false */
  readonly global?: boolean;
  /** Where what a call touches lives: Config records it and CloudTrail logs it there. @default where it was asked */
  readonly placeOf?: (
    operation: string,
    input: never,
    call: Pick<Call<State>, 'state' | 'account' | 'region'>,
  ) => Scope;
  /** Whether a request is for this service, where another signs with the same name. */
  readonly claims?: (request: RestRequest) => boolean;
  /** Where an unsigned request goes, if the service takes it. @default it takes none */
  readonly anonymous?: (request: RestRequest, twin: Twin) => Scope | undefined;
  /** The member that begins each path, where the SDK leaves that to the host name: S3's bucket. */
  readonly pathMember?: string;
  /** The SDK package whose schemas describe the wire, loaded when the first request arrives. */
  readonly sdk: () => Sdk;
  readonly client: keyof Sdk & `${string}Client`;
  /** What an account has in a Region before anything was made there. */
  readonly initial: (scope: Scope, twin: Twin) => State;
  readonly operations: Operations<Sdk, State>;
  /**
   * ARNs that a call touches, for operations with resource-level permissions.
   * Operations for which IAM knows none are checked against `*`.
   */
  readonly resources?: (operation: string, input: never, call: Call<State>) => readonly string[];
  /** What a call needs, where that is not one action of its own name. */
  readonly access?: (operation: string, input: never, call: Call<State>) => readonly Access[] | undefined;
  /** The policy attached to a resource, where there is one, as far as it is in force for who calls. */
  readonly resourcePolicy?: (state: State, arn: string, call: Call<State>) => string | object | undefined;
  /** How the service says that IAM refused. @default `AccessDenied` in XML, `AccessDeniedException` in JSON */
  readonly accessDenied?: string;
  /** Headers that go with every error. */
  readonly errorHeaders?: (input: never, state: State) => Readonly<Record<string, string>>;
  /** Operations that CloudTrail does not log as management events. */
  readonly dataEvents?: readonly string[];
  /** Where CloudTrail calls an operation otherwise than the API: `PutPublicAccessBlock` is `PutBucketPublicAccessBlock`. */
  readonly trailNames?: Readonly<Record<string, string>>;
  /** How CloudTrail writes request and answer. @default both with lower-case first letters */
  readonly trail?: (
    operation: string,
    input: never,
    output: never | undefined,
    call: Pick<Call<State>, 'state' | 'account' | 'region'>,
  ) => {
    requestParameters: unknown;
    responseElements: unknown;
    /** What it was about, where CloudTrail says so. */
    resources?: readonly { readonly accountId: string; readonly type: string; readonly ARN: string }[];
  };
  /** What AWS Config records of it. */
  readonly recorded?: readonly RecordedType<State>[];
  readonly terraform?: Readonly<Record<string, ResourceType>>;
  /** What Terraform's data sources find, by their types. Each throws where there is nothing to be found. */
  readonly dataSources?: Readonly<Record<string, (place: Scope & { readonly twin: Twin }) => Record<string, unknown>>>;
  /** What an event leaves behind in the service that it says it is from: a finding can be read where it was found. */
  readonly emitted?: (event: EmittedEvent, twin: Twin) => void;
}

/** A whole event, as somebody who sets a scene gives it. */
export interface EmittedEvent extends Scope {
  readonly source: string;
  readonly 'detail-type': string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** An error as AWS would answer it. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  constructor(
    /** As clients see it: `InvalidGroup.NotFound`. */
    readonly code: string,
    message: string,
    readonly options: {
      /** HTTP status. @default 400 */
      readonly status?: number;
      /** Further members of the error's shape. */
      readonly members?: Readonly<Record<string, unknown>>;
      /** The code in the query protocol that a JSON service spoke before. */
      readonly queryCode?: string;
    } = {},
  ) {
    super(message);
  }
}
