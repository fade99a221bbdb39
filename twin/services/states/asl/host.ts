import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { Branch, Json, State } from './definition';

/** What an event tells beside its type, time and place. */
export type EventDetails = Omit<HistoryEvent, 'id' | 'previousEventId' | 'timestamp' | 'type'>;
export type EventType = NonNullable<HistoryEvent['type']>;

/** Which state a branch is in. */
export interface Position {
  readonly name: string;
  readonly input: Json;
  /** Number of the event of its entering. */
  readonly enteredId: number;
  readonly enteredTime: string;
  retries: number;
  /** Of a Parallel or Map state. */
  children?: Frame[];
}

/** A branch that runs, or ran: kept so that a redrive can go on from where it stopped. */
export interface Frame {
  readonly branch: Branch;
  readonly input: Json;
  /** Number of its latest event. */
  previous: number;
  position?: Position;
  /** Of a Map state: which item, and where in `$$.Map`. */
  readonly item?: { readonly Index: number; readonly Value: Json };
  readonly parent?: Frame;
  /** In a list, as null is an output too. */
  output?: readonly [Json];
}

/** A task to be done, once. */
export interface TaskCall {
  readonly state: State;
  readonly name: string;
  readonly parameters: Json;
  /** For `.waitForTaskToken`. */
  readonly token: string;
}

/** How a task went so far: what the service answered. */
export interface TaskKind {
  /** Of `TaskScheduled` and the like; undefined for a function's own ARN, which has events of its own. */
  readonly resourceType?: string;
  readonly resource: string;
  readonly waitsForToken: boolean;
  run(call: TaskCall): Promise<Json>;
}

/** What an interpreter needs from around it. */
export interface Host {
  readonly region: string;
  now(): Date;
  /** Resolves when the time has come, unless the signal comes first. */
  pause(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** Writes an event down and tells its number. */
  record(type: EventType, previous: number, details: EventDetails): number;
  /** `$$` without `State`, `Task` and `Map`. */
  context(): Readonly<Record<string, Json>>;
  /** Understands a Task's Resource. */
  task(resource: string): TaskKind;
  /** Waits for somebody to answer a token; `beat` is called at each heartbeat. */
  answer(token: string, signal: AbortSignal, beat: () => void): Promise<Json>;
  random(): number;
}

/** Texts of events are JSON, and never truncated here. */
export const inputOf = (value: Json) => ({ input: JSON.stringify(value), inputDetails: { truncated: false } });
export const outputText = (value: Json) => ({ output: JSON.stringify(value), outputDetails: { truncated: false } });
