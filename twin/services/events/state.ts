import { compileEventPattern, InvalidEventPatternError } from '../../event-pattern';
import { AwsError, type Call, type Operations } from '../../service';
import type { Connection, Destination } from './destinations';

export type Sdk = typeof import('@aws-sdk/client-eventbridge');
export type EventsCall = Call<EventsState>;
export type EventsOperations = Operations<Sdk, EventsState>;

export interface Target {
  readonly id: string;
  readonly arn: string;
  readonly input?: string;
  readonly inputPath?: string;
  readonly transformer?: { readonly paths: Readonly<Record<string, string>>; readonly template: string };
  readonly deadLetterArn?: string;
  readonly maximumAgeSeconds: number;
  readonly maximumRetries: number;
  /** For state machines, API destinations and buses elsewhere. */
  readonly roleArn?: string;
  /** For API destinations: what stands for each `*` of the endpoint's path, and what is added to its query. */
  readonly http?: { readonly paths: readonly string[]; readonly query: Readonly<Record<string, string>> };
}

export type RuleState = 'ENABLED' | 'DISABLED' | 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS';

/** Set off by events that match its pattern, by its schedule, or by both. */
export interface Rule {
  readonly name: string;
  readonly arn: string;
  readonly bus: string;
  readonly description: string;
  readonly pattern?: string;
  readonly matches?: (event: object) => boolean;
  readonly schedule?: string;
  state: RuleState;
  readonly targets: Map<string, Target>;
  /** Calls off the schedule's next time. */
  callOff?: () => void;
}

export interface EventsState {
  /** By name. */
  readonly buses: Map<string, Map<string, Rule>>;
  /** By name of the bus: statements by their id. */
  readonly policies: Map<string, Map<string, object>>;
  /** By name. */
  readonly connections: Map<string, Connection>;
  /** By name. */
  readonly destinations: Map<string, Destination>;
}

/** An event as targets receive it. */
export type EventEnvelope = Record<string, unknown>;

/** The service as far as its state can be found by. */
export const EVENTS = {
  prefix: 'events',
  initial: (): EventsState => ({
    buses: new Map([['default', new Map()]]),
    policies: new Map(),
    connections: new Map(),
    destinations: new Map(),
  }),
} as const;

export const busName = (reference = 'default'): string => reference.split('/').at(-1) ?? 'default';

/** @throws AwsError if there is none. */
export function bus({ state }: { readonly state: EventsState }, reference: string | undefined): Map<string, Rule> {
  const name = busName(reference);
  const found = state.buses.get(name);
  if (!found) throw new AwsError('ResourceNotFoundException', `Event bus ${name} does not exist.`);
  return found;
}

/** @throws AwsError if there is none. */
export function ruleOf(call: { readonly state: EventsState }, name: string | undefined, on: string | undefined): Rule {
  const found = bus(call, on).get(name ?? '');
  if (!found)
    throw new AwsError('ResourceNotFoundException', `Rule ${name} does not exist on EventBus ${busName(on)}.`);
  return found;
}

/** @throws AwsError for a pattern that EventBridge would not take. */
export function compile(pattern: string): (event: object) => boolean {
  try {
    return compileEventPattern(pattern);
  } catch (error) {
    if (error instanceof InvalidEventPatternError)
      throw new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${error.message}`);
    throw error;
  }
}

export const ruleArn = (call: Pick<Call<unknown>, 'arn'>, on: string, name: string): string =>
  call.arn(on === 'default' ? `rule/${name}` : `rule/${on}/${name}`);
