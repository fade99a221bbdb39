import { DescribeSnapshotsCommand } from '@aws-sdk/client-ec2';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { TestInstances } from '../support/instances';
import { type Call, type Fault, TestTwin } from '../support/twin';
import { about, subjects, TestWorkflow } from '../support/workflow';

// Whatever goes wrong at whichever call of the workflow's functions, the end is the same: the instance is isolated once, with one piece of evidence and
// one snapshot of its volume, and one message. What goes wrong for good leaves contained what is contained, is told, and a redrive completes it.

let twin: TestTwin;
let instances: TestInstances;
let workflow: TestWorkflow;
let subnetId: string;
beforeAll(async () => {
  twin = await TestTwin.start('incidents');
  instances = new TestInstances(twin);
  workflow = new TestWorkflow(twin);
  ({ subnetId } = await instances.subnet());
  await (await arrange()).act();
});
afterAll(() => twin.stop());
afterEach(() => twin.clearFaults());

/** An instance with a role of its own, and how its finding is sent and answered. */
async function arrange() {
  const role = await instances.role();
  const instanceId = await instances.launch({ SubnetId: subnetId, IamInstanceProfile: { Name: role } });
  const event = about(instanceId);
  const others = await instances.others(instanceId);
  const act = (fault?: Fault) =>
    workflow.during(async () => {
      if (fault) await twin.fault(fault);
      await twin.emit(event);
      await twin.advance(600);
    });
  return { instanceId, role, id: `gd-${event.detail.id}`, others, act };
}

type Arranged = Awaited<ReturnType<typeof arrange>>;

const changesOf = (calls: readonly Call[]) =>
  calls.filter(
    ({ principal, operation, error }) =>
      principal.includes('/IsolateInstanceRole/') &&
      error === null &&
      !/^(Describe|Get|List|BatchGet|TransactWrite|UpdateItem)/.test(operation),
  );

async function expectIsolatedOnce({ instanceId, role, id, others }: Arranged, calls: readonly Call[]): Promise<void> {
  for (const { Groups = [] } of await instances.interfaces(instanceId))
    expect(Groups.map(({ GroupName }) => GroupName)).toEqual(['suture-quarantine']);
  expect(await instances.profile(instanceId)).toBe('SutureQuarantine');
  expect(await instances.revocation(role)).toContain('aws:TokenIssueTime');
  expect(await instances.others(instanceId)).toEqual(others);
  const done = changesOf(calls)
    .filter(({ operation }) => operation !== 'PutRolePolicy')
    .map(({ operation, parameters }) => JSON.stringify([operation, parameters]));
  expect(new Set(done).size).toBe(done.length);

  const { Snapshots = [] } = await twin.ec2.send(
    new DescribeSnapshotsCommand({ Filters: [{ Name: 'tag:soc:incident', Values: [id] }] }),
  );
  expect(Snapshots).toHaveLength(1);
  const { Contents = [] } = await new S3Client({ ...twin.config, forcePathStyle: true }).send(
    new ListObjectsV2Command({ Bucket: 'suture-evidence-111122223333-us-east-1', Prefix: `incidents/${id}/` }),
  );
  expect(Contents).toHaveLength(1);
  expect(calls.filter(({ operation, error }) => operation === 'PutObject' && error === null)).toHaveLength(1);
  await twin.chain(instanceId, 'AWS::EC2::Instance');
  const [last] = (await twin.chain(id, 'Suture::Incident')).slice(-1);
  expect(last?.details).toMatchObject({
    status: 'ended',
    originals: {
      [`arn:aws:ec2:us-east-1:111122223333:instance/${instanceId}`]: {
        roleName: role,
        interfaces: [{ groups: [expect.not.stringContaining('quarantine')] }],
      },
    },
  });
}

const role = ({ principal }: Call) => /assumed-role\/([^/]+)\//.exec(principal)?.[1] ?? '';

/** Of the functions that an isolation takes. */
const ROLES = ['AssessIncident', 'PreserveEvidence', 'IsolateInstance', 'VerifyContainment', 'UpdateFindings'].map(
  (name) => `${name}Role`,
);

/** Calls that leave nothing behind: to be ended at one of them is as good as at any other. */
const isRead = ({ operation }: Call) => /^(Describe|Get|List|BatchGet)/.test(operation);

/** Which of a function's calls a fault is shown at. */
type Which = (call: Call, index: number) => boolean;

describe.each<[string, Omit<Fault, 'operation'>, Which]>([
  ['killed before', { kill: 'before' }, (call, index) => index === 0 || !isRead(call)],
  ['killed after', { kill: 'after' }, (call) => !isRead(call)],
  // The SDK waits before it asks again: that is shown once for each function.
  ['refused for a while', { error: 'ThrottlingException', times: 2 }, (_call, index) => index === 0],
])('when a call is %s', (_kind, fault, which) => {
  it('the end is the same, whichever call it is', async () => {
    const { calls } = await (await arrange()).act();
    const faulty = ROLES.flatMap((name) => {
      const own = calls.filter((call) => role(call) === name);
      expect(own.length).toBeGreaterThan(2);
      const distinct = new Map(own.map((call) => [`${call.service}:${call.operation}`, call]));
      return [...distinct.values()].filter(which);
    });
    for (const call of faulty) {
      const arranged = await arrange();
      const operation = `${call.service}:${call.operation}`;
      const course = await arranged.act({ operation, principal: role(call), ...fault });
      const { faults } = await twin.control<{ faults: unknown[] }>('GET', '/faults');
      await twin.clearFaults();
      const context = { role: role(call), operation };
      expect({ ...context, faults, ends: course.runs.map(({ status }) => status), told: subjects(course) }).toEqual({
        ...context,
        faults: [],
        ends: ['SUCCEEDED'],
        told: [`Suture HIGH: ${arranged.instanceId} is isolated`],
      });
      await expectIsolatedOnce(arranged, course.calls);
    }
  });
});

describe('what goes wrong for good is told, ends in a failure, and a redrive completes it', () => {
  it.each([
    ['AssessIncidentRole', 'dynamodb:BatchGetItem', 'AssessIncident'],
    ['PreserveEvidenceRole', 's3:PutObject', 'PreserveEvidence'],
    ['IsolateInstanceRole', 'ec2:ModifyNetworkInterfaceAttribute', 'IsolateInstance'],
    ['IsolateInstanceRole', 'iam:PutRolePolicy', 'IsolateInstance'],
    ['VerifyContainmentRole', 'dynamodb:BatchGetItem', 'VerifyContainment'],
    ['UpdateFindingsRole', 'guardduty:ArchiveFindings', 'UpdateFindings'],
  ])('%s is denied %s', async (principal, operation, state) => {
    const arranged = await arrange();
    const failed = await arranged.act({ operation, principal, error: 'AccessDeniedException', times: 1000 });
    const [run] = failed.runs;
    expect(run?.status).toBe('FAILED');
    expect(run?.states).toContain(state);
    expect(subjects(failed).filter((subject) => subject.startsWith('Suture'))).toHaveLength(
      state === 'UpdateFindings' ? 2 : 1,
    );
    await twin.clearFaults();

    const redriven = await workflow.during(async () => {
      expect((await workflow.redrive(run?.arn ?? '')).status).toBe('SUCCEEDED');
    });
    // Nothing of what was done is done again.
    await expectIsolatedOnce(arranged, [...failed.calls, ...redriven.calls]);
    expect(subjects(redriven)).toContain(`Suture HIGH: ${arranged.instanceId} is isolated`);
  });
});
