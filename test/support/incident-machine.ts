import { type Assessment, assessmentHandler } from '../../functions/assess-incident/handler';
import { asError } from '../../functions/core/errors';
import type { LambdaContext } from '../../functions/core/handler';
import type { Outcome } from '../../functions/core/outcomes';
import { type Message, messageOf, type NoticeEvent } from '../../functions/incident/notice';
import type { Verification } from '../../functions/verify-containment/handler';
import { incidentResponse, renderDefinition } from '../../statemachines/definition';
import { holds } from '../../twin/services/states/asl/choice';
import type { Branch, ChoiceRule, Definition, Json, State } from '../../twin/services/states/asl/definition';
import { isFor, StateError } from '../../twin/services/states/asl/errors';
import { placeOf } from '../../twin/services/states/asl/payload';
import { type Event, Interpretation } from '../twin/states/interpreting';
import { EXECUTION, incident } from './incident';

export const FUNCTIONS = [
  'AssessIncident',
  'PreserveEvidence',
  'RequestApproval',
  'IsolateInstance',
  'ContainPrincipal',
  'S3BucketSelfHeal',
  'SecurityGroupSelfHeal',
  'VerifyContainment',
  'UpdateFindings',
] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

const functionArn = (name: string): string => `arn:aws:lambda:eu-west-1:111122223333:function:${name}`;
export const CONTEXT: LambdaContext = {
  awsRequestId: 'request-1',
  functionName: 'AssessIncident',
  invokedFunctionArn: functionArn('AssessIncident'),
  getRemainingTimeInMillis: () => 60_000,
};

/** What the placeholders of the definition stand for. */
export const VALUES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(FUNCTIONS.map((name) => [`${name}FunctionArn`, functionArn(name)])),
  Partition: 'aws',
  AlertTopicArn: 'arn:aws:sns:eu-west-1:111122223333:SutureAlerts',
};
export const RENDERED = renderDefinition(incidentResponse(), VALUES);
export const MACHINE = JSON.parse(RENDERED) as Definition;

/** A message as functions make them. */
export const message = (event: NoticeEvent = 'told'): Message =>
  messageOf(incident(), event, { headline: event, lines: ['A line.'], nextSteps: [] });

/** What AssessIncident answers about an incident that is contained without asking, but for the parts that a test is about. */
export const assessment = (parts: Partial<Assessment> = {}): Assessment => ({
  incidentId: incident().id,
  execution: EXECUTION,
  status: 'claimed',
  why: 'critical',
  band: 'critical',
  response: 'contain',
  mode: 'contain',
  dryRun: false,
  approval: { needed: false, seconds: 3600, onExpiry: 'deny' },
  targets: [{ kind: 'instance', instanceId: 'i-0abc0123456789def', index: 0 }],
  trigger: { kind: 'incident', name: incident().type, id: incident().id, at: incident().at },
  told: message('told'),
  failed: message('failed'),
  decision: { decision: 'none' },
  ...parts,
});

/** What VerifyContainment answers. */
export const verification = (parts: Partial<Verification> = {}): Verification => ({
  status: 'contained',
  outcome: 'REMEDIATED',
  message: message('contained'),
  ...parts,
});

/** What containing functions answer, as far as the machine takes note of it. */
interface Answer {
  readonly outcome: Outcome;
  readonly reason: string;
  readonly resourceId: string;
}
const answer = (): Answer => ({ outcome: 'REMEDIATED', reason: 'contained', resourceId: 'a resource' });

type Given = Readonly<Record<string, Json>>;

/** One for each task, with the types of the functions' own answers. Each may throw. */
export interface Stubs {
  AssessIncident(payload: Given): Assessment | Promise<Assessment | { readonly redrives: number }>;
  PreserveEvidence(payload: Given): {
    readonly evidence: readonly string[];
    readonly snapshots: readonly string[];
    readonly notes: readonly string[];
  };
  RequestApproval(payload: Given): { readonly expires: string };
  IsolateInstance(payload: Given): Answer;
  ContainPrincipal(payload: Given): Answer;
  S3BucketSelfHeal(payload: Given): Answer;
  SecurityGroupSelfHeal(payload: Given): Answer;
  VerifyContainment(payload: Given): Verification | Promise<Verification>;
  UpdateFindings(payload: Given): { readonly updated: readonly string[] };
  /** What the topic answers. */
  publish(message: Given): { readonly MessageId: string };
  /** What comes for the task token. */
  decide(): Json;
}

export const STUBS: Stubs = {
  AssessIncident: () => assessment(),
  PreserveEvidence: () => ({ evidence: ['s3://evidence/one'], snapshots: ['snap-0abc'], notes: ['a note'] }),
  RequestApproval: () => ({ expires: '2026-11-21T11:00:00.000Z' }),
  IsolateInstance: answer,
  ContainPrincipal: answer,
  S3BucketSelfHeal: answer,
  SecurityGroupSelfHeal: answer,
  VerifyContainment: () => verification(),
  UpdateFindings: () => ({ updated: [] }),
  publish: () => ({ MessageId: 'message-1' }),
  decide: () => ({ decision: 'approved', by: 'arn:aws:iam::111122223333:user/jo', reason: 'go' }),
};

/** The end of a failed execution is AssessIncident too, which then needs nothing around it: the function itself. */
const resume = assessmentHandler({} as Parameters<typeof assessmentHandler>[0]);

/** Errors that a stub throws, `times` calls long; for good if not said. */
export type Failures = Partial<Record<keyof Stubs, { readonly error: string; readonly times?: number }>>;

/** A run of the machine with stubs. */
export class IncidentRun {
  readonly interpretation: Interpretation;
  /** What was published, in order. */
  readonly published: Given[] = [];
  /** What reached each function, in order. */
  readonly calls: { readonly name: FunctionName; readonly payload: Given }[] = [];
  private stubs: Stubs;
  private failures: Failures;
  private readonly failed = new Map<string, number>();

  constructor(stubs: Partial<Stubs> = {}, failures: Failures = {}, input: Json = { id: 'event-1' }) {
    this.stubs = { ...STUBS, ...stubs };
    this.failures = failures;
    const invoke = (parameters: Json) => this.invoke(parameters);
    this.interpretation = new Interpretation(MACHINE, input, {
      'arn:aws:states:::lambda:invoke': [invoke],
      'arn:aws:states:::lambda:invoke.waitForTaskToken': [invoke],
      'arn:aws:states:::sns:publish': [(parameters) => this.publish(parameters)],
      answer: [() => this.stubs.decide()],
    });
    // No jitter, or the longest waits would be the shortest.
    this.interpretation.random = 1;
  }

  run = () => this.interpretation.run();

  /** Goes on after a failure, with other stubs. */
  redrive(stubs: Partial<Stubs> = {}, failures: Failures = {}): ReturnType<Interpretation['run']> {
    this.stubs = { ...this.stubs, ...stubs };
    this.failures = failures;
    this.failed.clear();
    return this.interpretation.redrive();
  }

  /** The states that were entered, in order. */
  get path(): string[] {
    return this.interpretation.events.flatMap(({ details }) => details.stateEnteredEventDetails?.name ?? []);
  }

  get subjects(): string[] {
    return this.published.map(({ Subject }) => String(Subject));
  }

  /** The largest output of any state, in bytes. */
  get largestOutput(): { readonly name: string; readonly bytes: number } {
    const outputs = this.interpretation.events.flatMap(({ details: { stateExitedEventDetails } }) =>
      stateExitedEventDetails
        ? [{ name: stateExitedEventDetails.name ?? '', bytes: Buffer.byteLength(stateExitedEventDetails.output ?? '') }]
        : [],
    );
    return outputs.reduce((most, one) => (one.bytes > most.bytes ? one : most), { name: '', bytes: 0 });
  }

  get edges(): string[] {
    return edgesTaken(this.interpretation.events);
  }

  private async invoke({ FunctionName, Payload }: { FunctionName: string; Payload: Given }): Promise<Json> {
    const name = FUNCTIONS.find((one) => functionArn(one) === FunctionName);
    if (!name) throw new Error(`there is no function ${FunctionName}`);
    this.calls.push({ name, payload: Payload });
    this.failIfSaid(name);
    const stub = 'unresolved' in Payload ? (payload: Given) => resume(payload, CONTEXT) : this.stubs[name];
    try {
      return { Payload: JSON.parse(JSON.stringify(await stub(Payload))) as Json, StatusCode: 200 };
    } catch (error) {
      // As Lambda tells of what a function throws.
      const { name: errorType, message: errorMessage } = asError(error);
      throw new StateError(errorType, JSON.stringify({ errorType, errorMessage, trace: [] }));
    }
  }

  private publish(parameters: Given): Json {
    this.failIfSaid('publish');
    this.published.push(parameters);
    return this.stubs.publish(parameters);
  }

  private failIfSaid(name: keyof Stubs): void {
    const { error, times = Number.POSITIVE_INFINITY } = this.failures[name] ?? {};
    const failed = this.failed.get(name) ?? 0;
    if (error === undefined || failed >= times) return;
    this.failed.set(name, failed + 1);
    throw new StateError(error, 'as the test says');
  }
}

/** The definition's branches: its own, and those of its Map states. */
export function branchesOf(branch: Branch): Branch[] {
  const inner = Object.values(branch.States).flatMap(({ ItemProcessor }) => (ItemProcessor ? [ItemProcessor] : []));
  return [branch, ...inner.flatMap(branchesOf)];
}

/** All states, with those of Map states. */
export const statesOf = (branch: Branch): [string, State][] =>
  branchesOf(branch).flatMap(({ States }) => Object.entries(States));

/** A way from one state to the next. */
export interface Edge {
  readonly from: string;
  /** `Next`, `Default`, `Choices[0]`, `Catch[0]` */
  readonly by: string;
  readonly to: string;
}
export const edgeName = ({ from, by, to }: Edge): string => `${from} -${by}-> ${to}`;

/** The ways out of a state. */
export const edgesFrom = (from: string, { Next, Default, Choices = [], Catch = [] }: State): Edge[] => [
  ...(Next === undefined ? [] : [{ from, by: 'Next', to: Next }]),
  ...Choices.map((rule, index) => ({ from, by: `Choices[${index}]`, to: rule.Next ?? '' })),
  ...(Default === undefined ? [] : [{ from, by: 'Default', to: Default }]),
  ...Catch.map((catcher, index) => ({ from, by: `Catch[${index}]`, to: catcher.Next })),
];

/** Reads from a history which ways were taken: two of them may lead to the same state. */
function edgesTaken(events: readonly Event[]): string[] {
  const states = new Map(statesOf(MACHINE));
  const before = ({ previous }: Event): Event | undefined => events[previous - 1];
  return events.flatMap((entered) => {
    const to = entered.details.stateEnteredEventDetails?.name;
    const exited = before(entered);
    const from = exited?.details.stateExitedEventDetails?.name;
    const state = from === undefined ? undefined : states.get(from);
    if (!exited || to === undefined || from === undefined || !state) return [];
    return [edgeName({ from, by: wayOut(state, exited, before), to })];
  });
}

function wayOut(state: State, exited: Event, before: (event: Event) => Event | undefined): string {
  const last = before(exited);
  if (state.Type === 'Choice') {
    const input: Json = JSON.parse(last?.details.stateEnteredEventDetails?.input ?? '{}');
    const chosen = (rule: ChoiceRule) => holds(rule, { input, context: {} }, placeOf('a choice', 0));
    const index = state.Choices?.findIndex(chosen) ?? -1;
    return index < 0 ? 'Default' : `Choices[${index}]`;
  }
  if (state.Type === 'Pass' || last?.type.endsWith('Succeeded')) return 'Next';
  const { taskFailedEventDetails, taskTimedOutEventDetails } = last?.details ?? {};
  const error = taskFailedEventDetails?.error ?? taskTimedOutEventDetails?.error ?? 'unknown';
  return `Catch[${state.Catch?.findIndex(({ ErrorEquals }) => isFor(ErrorEquals, new StateError(error)))}]`;
}
