import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { suture } from '../support/command';
import { TestInstances } from '../support/instances';
import { TestTwin } from '../support/twin';
import { about, TestWorkflow } from '../support/workflow';

// Findings that do not reach the workflow: nothing is lost, and people are told.

let twin: TestTwin;
let instances: TestInstances;
let workflow: TestWorkflow;
beforeAll(async () => {
  twin = await TestTwin.start('incidents');
  instances = new TestInstances(twin);
  workflow = new TestWorkflow(twin);
});
afterAll(() => twin.stop());
beforeEach(() => twin.advance(3600)); // Alarms of the test before are over.
afterEach(() => twin.clearFaults());

async function waiting(): Promise<number> {
  const { Attributes = {} } = await new SQSClient(twin.config).send(
    new GetQueueAttributesCommand({
      QueueUrl: `${twin.ready.endpoint}/${twin.ready.accountId}/SutureDeadLetters`,
      AttributeNames: ['All'],
    }),
  );
  return Number(Attributes.ApproximateNumberOfMessages) + Number(Attributes.ApproximateNumberOfMessagesNotVisible);
}

const ALARM = expect.stringMatching(/^ALARM: "SutureDeadLettersWaiting"/);

it('what could not start the workflow waits, is told of, and is contained once it is sent again', async () => {
  const instanceId = await instances.launch();
  await twin.fault({ operation: 'states:StartExecution', error: 'AccessDeniedException', times: 1000 });
  const event = about(instanceId);
  const refused = await workflow.during(async () => {
    await twin.emit(event);
    await twin.advance(2 * 3600);
  });
  expect(refused.runs).toEqual([]);
  expect(refused.messages.map(({ subject }) => subject)).toEqual([ALARM]);
  expect(await waiting()).toBe(1);

  await twin.clearFaults();
  const course = await workflow.during(async () => {
    const { status, stdout } = await suture(twin, 'redrive', '--json');
    expect({ status, results: JSON.parse(stdout) }).toEqual({
      status: 0,
      results: [
        {
          messageId: expect.any(String),
          sentAt: expect.any(String),
          from: 'eventbridge',
          about: `GuardDuty Finding ${event.detail.id}`,
          sentTo: 'SecurityIncidentResponse',
        },
      ],
    });
  });
  expect(course.runs).toMatchObject([{ status: 'SUCCEEDED' }]);
  expect(course.messages.map(({ subject }) => subject)).toEqual([`Suture HIGH: ${instanceId} is isolated`]);
  expect(await waiting()).toBe(0);
});

it('what is too large for the workflow waits, is told of, and stays for a person', async () => {
  const event = about('i-0abc1234def567890');
  event.detail.description = 'x'.repeat(262_144);
  const course = await workflow.during(async () => {
    await twin.emit(event);
    await twin.advance(2 * 3600);
  });
  expect(course.runs).toEqual([]);
  expect(course.messages.map(({ subject }) => subject)).toEqual([ALARM]);
  expect(await waiting()).toBe(1);
  const { status, stdout } = await suture(twin, 'redrive', '--json');
  expect({ status, results: JSON.parse(stdout) }).toMatchObject({
    status: 1,
    results: [
      {
        left: expect.stringMatching(/^its \d+ bytes are more than SecurityIncidentResponse takes \(262144\): a person/),
      },
    ],
  });
  expect(await waiting()).toBe(1);
});
