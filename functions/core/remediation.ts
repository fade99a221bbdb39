import type { ConfigurationItem } from './config-events';
import type { CloudTrailWake } from './events';
import type { Mode, Policy } from './policy';

/** The account and Region that an installation looks after. */
export interface Home {
  /** `aws`, `aws-cn`, `aws-us-gov`. */
  readonly partition: string;
  /** 12 digits. */
  readonly account: string;
  readonly region: string;
}

/** One AWS resource that can be looked at and healed. */
export interface Subject extends Home {
  /** AWS's own spelling: `AWS::EC2::SecurityGroup`. */
  readonly type: string;
  readonly id: string;
  readonly arn: string;
}

/** A kind of AWS resources, as far as functions are asked about it. */
export interface ResourceKind {
  /** AWS's own spelling: `AWS::EC2::SecurityGroup`. */
  readonly type: string;
  /** How people call it in messages: `security group`. */
  readonly noun: string;
  /** The key of the id in the function's own input: `groupId`. */
  readonly idKey: string;
  readonly idPattern: RegExp;
  arn(id: string, home: Home): string;
}

/** A change, as data. Each remediation has its own kinds; a kind echoes the API call it causes. */
export interface Action {
  readonly kind: string;
  /** Index of an earlier action of the same plan that must be in effect before this one may run. */
  readonly needs?: number;
}

/** What a planner wants, and what it leaves alone. */
export interface Plan<A extends Action> {
  /** In the order in which they are applied. */
  readonly actions: readonly A[];
  /** One sentence; the same for the same decision. */
  readonly reason: string;
  /** Parts that would have been changed but for a registered exception. */
  readonly exempt: readonly { readonly target: string; readonly exception: string }[];
  /** Why a person must decide about a part of it. Whatever is not in question is done all the same, and then the person is told. */
  readonly held?: string;
}

/** What one action came to, as AWS answered it. */
export interface Applied {
  /** Request ids of the calls that changed something; empty if it was so already. */
  readonly requestIds: readonly string[];
  /** Set when AWS has no room for the change: a person must decide. */
  readonly held?: string;
}

/** What differs between one kind of resource and another. Everything else about a decision is the same (heal.ts). */
export interface Remediation<State, A extends Action> {
  /** Names its budget and its metrics: `security-group`. */
  readonly name: string;
  readonly resource: ResourceKind;
  /** The mode that the policy sets for it. */
  mode(policy: Policy): Mode;
  /** Live, at the source, all that the policy asks about. Undefined if it does not exist. */
  read(subject: Subject, policy: Policy): Promise<State | undefined>;
  /** What actions can change, at the source, over a state that was read before: a read-back need not cost a whole read. */
  readBack(subject: Subject, before: State): Promise<State | undefined>;
  /** Pure. Planning again after the plan was applied yields no action. */
  plan(state: State, policy: Policy): Plan<A>;
  /** The narrowest call. "Already so" is success. */
  apply(action: A, subject: Subject, signal: AbortSignal): Promise<Applied>;
  /** Whether the state shows the action in effect. Pure. */
  isDone(action: A, state: State): boolean;
  /** The parts of the state that a plan touches, whole, so that a receipt suffices to take it back. Pure. */
  touched(actions: readonly A[], state: State): unknown;
  /** What takes a change back, or why it cannot be. Pure. */
  invert(change: { readonly actions: readonly A[]; readonly touched: unknown }, state: State): Plan<A> | Conflict;
  /** Log lines for an action, one for each thing that changes. */
  describe(action: A, state: State): readonly string[];
}

/** A remediation of resources that events and sweeps watch over; others are asked for by the incident workflow alone. */
export interface WatchingRemediation<State, A extends Action> extends Remediation<State, A> {
  /** API calls that concern it, as CloudTrail spells them. */
  readonly calls: readonly string[];
  /**
   * What such a call is about: ids that it names (healed at once), ids that were looked up (one invocation each), or all of the kind.
   *
   * @throws InvalidEventError if it names none
   */
  subjects(wake: CloudTrailWake, home: Home): Promise<Subjects>;
  /**
   * The state that AWS Config recorded, as far as it takes to judge it, where a rule of ours asks for it.
   *
   * @throws InvalidEventError if it is none of the kind
   */
  recorded?(item: ConfigurationItem, subject: Subject): Promise<State>;
  /**
   * Every resource of the kind in an account and Region, page by page, as far as it takes to judge whether there is anything to do.
   *
   * @param from the token of the page to begin with
   */
  discover(home: Home, policy: Policy, from?: string): AsyncIterable<Discovered<State>>;
}

/** What an API call is about. */
export type Subjects = { readonly named: readonly string[] } | { readonly lookedUp: readonly string[] } | 'all';

/** A page of what there is. */
export interface Discovered<State> {
  readonly resources: readonly (
    | { readonly id: string; readonly state: State; readonly unreadable?: undefined }
    /** Why it could not be read. */
    | { readonly id: string; readonly unreadable: string }
  )[];
  /** The token of the next page. */
  readonly next?: string;
}

/** Somebody changed what an undo would restore. */
export interface Conflict {
  readonly conflict: string;
}
