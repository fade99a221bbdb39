import { Clock } from '../../../twin/clock';
import type { Definition, Json, State } from '../../../twin/services/states/asl/definition';
import { runtimeError, StateError } from '../../../twin/services/states/asl/errors';
import type { EventDetails, EventType, Frame, Host } from '../../../twin/services/states/asl/host';
import { runBranch } from '../../../twin/services/states/asl/interpreter';
import { unlessAborted } from '../../../twin/services/states/asl/waiting';
import { MOST_EVENTS } from '../../../twin/services/states/redrivable';

/** What a task does: each call takes the next entry, and the last one over and over. */
export type Script = readonly ((parameters: Json, beat: () => void) => Json)[];

export interface Event {
  readonly id: number;
  readonly type: string;
  readonly previous: number;
  readonly details: EventDetails;
}

export const fail = (error: string, cause?: string) => (): never => {
  throw new StateError(error, cause);
};
export const never = () => new Promise(() => undefined);

/** A workflow on a clock of its own, with scripts for its tasks by name of the resource. */
export class Interpretation {
  readonly clock = new Clock();
  readonly events: Event[] = [];
  readonly frame: Frame;
  /** What reached each task. */
  readonly calls: { readonly resource: string; readonly parameters: Json; readonly seconds: number }[] = [];
  private readonly began = this.clock.now().getTime();
  random = 1;
  /** How often it was redriven. */
  redrives = 0;
  /** What goes wrong in Step Functions itself, once, as an event is written. */
  readonly mishaps = new Map<EventType, StateError>();

  constructor(
    definition: Definition,
    readonly input: Json,
    private readonly scripts: Readonly<Record<string, Script>> = {},
  ) {
    this.frame = { branch: definition, input, previous: 0 };
  }

  /** Seconds since the beginning. */
  get elapsed(): number {
    return Math.round((this.clock.now().getTime() - this.began) / 1000);
  }

  get types(): string[] {
    return this.events.map(({ type }) => type);
  }

  /** Runs to the end, however long it takes. */
  async run(
    signal = new AbortController().signal,
  ): Promise<{ output?: Json; error?: string; cause?: string | undefined }> {
    const work = runBranch(this.host, this.frame, signal).then(
      (output) => ({ output }),
      (error: unknown) => {
        if (!(error instanceof StateError)) throw error;
        return { error: error.error, cause: error.cause };
      },
    );
    let ended = false;
    void work
      .finally(() => {
        ended = true;
      })
      .catch(() => undefined);
    for (let step = 0; step < 400; step++) {
      await this.clock.settle();
      if (ended) break;
      await this.clock.advance(step < 120 ? 1 : 3600);
    }
    this.clock.stop();
    if (!ended) throw new Error('the workflow goes on and on');
    return work;
  }

  /** Goes on from the states that did not end well, with the input that they had, as RedriveExecution does. */
  redrive(): ReturnType<Interpretation['run']> {
    this.redrives++;
    const goOn = (frame: Frame): void => {
      if (frame.position) frame.position.retries = 0;
      for (const child of frame.position?.children ?? []) if (child.output === undefined) goOn(child);
    };
    goOn(this.frame);
    return this.run();
  }

  private readonly host: Host = {
    region: 'eu-west-1',
    now: () => this.clock.now(),
    pause: (milliseconds, signal) => {
      let callOff = (): void => undefined;
      const due = new Promise<void>((resolve) => {
        callOff = this.clock.after(milliseconds, resolve);
      });
      return unlessAborted(due, signal).finally(callOff);
    },
    record: (type, previous, details) => {
      const mishap = this.mishaps.get(type);
      this.mishaps.delete(type);
      if (mishap) throw mishap;
      // As in AWS, so that what goes round for ever ends.
      if (this.events.length >= MOST_EVENTS) throw runtimeError(`there are ${MOST_EVENTS} events`);
      return this.events.push({ id: this.events.length + 1, type, previous, details });
    },
    context: () => ({
      Execution: { Id: 'arn', Name: 'run', Input: this.input, RedriveCount: this.redrives },
      StateMachine: { Name: 'machine' },
    }),
    task: (resource) => {
      const script = this.scripts[resource];
      if (!script) throw runtimeError(`no script for ${resource}`);
      const waitsForToken = resource.endsWith('.waitForTaskToken');
      return {
        resourceType: 'test',
        resource,
        waitsForToken,
        run: async ({ parameters }) => {
          const seconds = this.elapsed;
          const nth = this.calls.filter((call) => call.resource === resource).length;
          this.calls.push({ resource, parameters, seconds });
          return await script[Math.min(nth, script.length - 1)]?.(parameters, () => undefined);
        },
      };
    },
    answer: (token, signal, beat) =>
      unlessAborted(
        Promise.resolve().then(() => this.scripts.answer?.[0]?.(token, beat)),
        signal,
      ),
    random: () => this.random,
  };
}

/** A workflow of one state under test, which ends in `Done` and is caught, if it is, by `Caught`. */
export const around = (state: State): Definition => ({
  StartAt: 'It',
  States: {
    It: state,
    ...(JSON.stringify(state).includes('"Done"') && { Done: { Type: 'Succeed' } }),
    ...(JSON.stringify(state).includes('"Caught"') && { Caught: { Type: 'Pass', End: true } }),
    ...(JSON.stringify(state).includes('"Other"') && { Other: { Type: 'Pass', Result: 'other', End: true } }),
  },
});

/** What one state makes of an input. */
export const outcome = (state: State, input: Json, scripts: Readonly<Record<string, Script>> = {}) =>
  new Interpretation(around(state), input, scripts).run();
