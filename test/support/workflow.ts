import { randomUUID } from 'node:crypto';
import type { AwsSecurityFinding } from '@aws-sdk/client-securityhub';
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  ListExecutionsCommand,
  RedriveExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { Json } from '../../twin/services/states/asl/definition';
import { fixture } from './fixtures';
import type { Call, TestTwin } from './twin';

/** What became of one execution. */
export interface Run {
  readonly arn: string;
  readonly status: string;
  /** States that it entered, in their order. */
  readonly states: readonly string[];
  /** What the last state put out, as far as it did. */
  readonly output: Record<string, Json>;
  readonly error?: string | undefined;
  readonly history: readonly HistoryEvent[];
}

/** What came of something: executions that were started, messages that were sent, calls that were made. */
export interface Course {
  readonly runs: readonly Run[];
  readonly messages: readonly { readonly channel: string; readonly subject: string; readonly body: string }[];
  readonly calls: readonly Call[];
}

/** The states that each execution entered. */
export const ways = ({ runs }: Course): string[] => runs.map(({ states }) => states.join(' '));

/** What people read first. */
export const subjects = ({ messages }: Course): string[] => messages.map(({ subject }) => subject);

/** The longest output of a state, in bytes, as the issue has it. */
const LONGEST_OUTPUT = 32 * 1024;

/** The instance that sample events are about. */
const SAMPLE_INSTANCE = 'i-0abc1234def567890';

/** The workflow of incidents in a twin, as it is deployed, woken by the events that it would be woken by. */
export class TestWorkflow {
  readonly sfn: SFNClient;

  constructor(readonly twin: TestTwin) {
    this.sfn = new SFNClient(twin.config);
  }

  get machine(): string {
    const { region, accountId } = this.twin.ready;
    return `arn:aws:states:${region}:${accountId}:stateMachine:SecurityIncidentResponse`;
  }

  /** Sends events as AWS would, and waits until nothing is left to be done. */
  send = (...events: readonly object[]): Promise<Course> =>
    this.during(async () => {
      await this.twin.emit(...events);
    });

  /** Starts the workflow by hand. */
  start = (input: unknown): Promise<Course> =>
    this.during(async () => {
      await this.sfn.send(
        new StartExecutionCommand({ stateMachineArn: this.machine, name: randomUUID(), input: JSON.stringify(input) }),
      );
    });

  /** What came of something that somebody does, once all is settled. */
  async during(act: () => Promise<unknown>): Promise<Course> {
    await this.twin.settle();
    const [before, told, since] = [await this.arns(), (await this.twin.outbox()).length, await this.twin.mark()];
    await act();
    await this.twin.settle();
    const arns = (await this.arns()).filter((arn) => !before.includes(arn)).reverse();
    const runs = await Promise.all(arns.map((arn) => this.run(arn)));
    for (const run of runs) expectSound(run);
    return { runs, messages: (await this.twin.outbox()).slice(told), calls: await this.twin.journal(since) };
  }

  async run(arn: string): Promise<Run> {
    const history: HistoryEvent[] = [];
    for (let nextToken: string | undefined, isFirst = true; isFirst || nextToken; isFirst = false) {
      const page: { events?: HistoryEvent[] | undefined; nextToken?: string | undefined } = await this.sfn.send(
        new GetExecutionHistoryCommand({ executionArn: arn, maxResults: 1000, ...(nextToken && { nextToken }) }),
      );
      history.push(...(page.events ?? []));
      nextToken = page.nextToken;
    }
    const { status = 'unknown', error } = await this.sfn.send(new DescribeExecutionCommand({ executionArn: arn }));
    const outputs = history.flatMap(({ stateExitedEventDetails }) => stateExitedEventDetails?.output ?? []);
    return {
      arn,
      status,
      states: history.flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []),
      output: JSON.parse(outputs.at(-1) ?? '{}'),
      error,
      history,
    };
  }

  /** Goes on with an execution that failed. */
  async redrive(executionArn: string): Promise<Run> {
    await this.sfn.send(new RedriveExecutionCommand({ executionArn }));
    await this.twin.settle();
    const run = await this.run(executionArn);
    expectSound(run);
    return run;
  }

  private async arns(): Promise<string[]> {
    const { executions = [] } = await this.sfn.send(
      new ListExecutionsCommand({ stateMachineArn: this.machine, maxResults: 1000 }),
    );
    return executions.map(({ executionArn = '' }) => executionArn);
  }
}

/** No execution runs into what the definition did not think of, and none carries more than it should. */
function expectSound({ history }: Run): void {
  expect(JSON.stringify(history)).not.toMatch(/States\.(NoChoiceMatched|Runtime|DataLimitExceeded)/);
  for (const { stateExitedEventDetails: exited } of history)
    if (exited)
      expect({ state: exited.name, long: (exited.output ?? '').length > LONGEST_OUTPUT }).toMatchObject({
        long: false,
      });
}

/** A sample event about a finding of its own; every text in it may be replaced by another. */
export function sample(name: string, replacements: Readonly<Record<string, string>> = {}): Json {
  const event = fixture(name);
  const findingId = /^guardduty-/.test(name) ? (event.detail.id as string) : undefined;
  const all: Record<string, string> = {
    [String(event.id)]: randomUUID(),
    ...(findingId && { [findingId]: newFindingId() }),
    ...replacements,
  };
  return JSON.parse(
    Object.entries(all).reduce((text, [one, other]) => text.replaceAll(one, other), JSON.stringify(event)),
  );
}

/** A sample event of GuardDuty about an instance. */
export const about = (
  instanceId: string,
  name = 'guardduty-ec2-c2-high-8',
  replacements: Record<string, string> = {},
): Json => sample(name, { [SAMPLE_INSTANCE]: instanceId, ...replacements });

/** A finding of some product about something, as whoever may import findings says it: for BatchImportFindings. */
export const imported = (
  { accountId, region }: TestTwin['ready'],
  resource: { readonly Type: string; readonly Id: string },
  Id: string = randomUUID(),
): AwsSecurityFinding => ({
  SchemaVersion: '2018-10-08',
  Id,
  ProductArn: `arn:aws:securityhub:${region}:${accountId}:product/${accountId}/default`,
  GeneratorId: 'scanner',
  AwsAccountId: accountId,
  Types: ['TTPs/Command and Control'],
  CreatedAt: '2026-11-21T10:00:00.000Z',
  UpdatedAt: '2026-11-21T10:00:00.000Z',
  Severity: { Label: 'CRITICAL' },
  Title: 'Something talks to a command and control server',
  Description: 'As a product sees it.',
  Resources: [resource],
});

/** As GuardDuty names findings. */
export const newFindingId = (): string => randomUUID().replaceAll('-', '');
