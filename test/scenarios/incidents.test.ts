import { CreateSnapshotCommand } from '@aws-sdk/client-ec2';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { BatchImportFindingsCommand, SecurityHubClient } from '@aws-sdk/client-securityhub';
import { TestInstances } from '../support/instances';
import { TestTwin } from '../support/twin';
import { about, type Course, imported, newFindingId, subjects, TestWorkflow, ways } from '../support/workflow';

// The workflow as it is deployed, under the settings `{"mode": "enforce"}`: who can make it act, and who cannot.

let twin: TestTwin;
let instances: TestInstances;
let workflow: TestWorkflow;
beforeAll(async () => {
  twin = await TestTwin.start('incidents');
  instances = new TestInstances(twin);
  workflow = new TestWorkflow(twin);
});
afterAll(() => twin.stop());
afterEach(() => twin.clearFaults());

const NOTIFY = 'AssessIncident DetermineResponse NotifySOC UpdateFindings Done';
const LOG = 'AssessIncident DetermineResponse LogIncident Done';
const JOIN = 'AssessIncident DetermineResponse Duplicate';
const ISOLATE = expect.stringMatching(/^AssessIncident .* IsolateInstance .* Done$/);

/** What roles of Suture changed outside of its own ledger, evidence and messages. */
const changes = ({ calls }: Course) =>
  calls.filter(
    ({ principal, service, operation, error }) =>
      principal.includes(':assumed-role/') &&
      error === null &&
      ['ec2', 'iam', 'autoscaling', 'elasticloadbalancing'].includes(service) &&
      !/^(Describe|Get|List|CreateSnapshots)/.test(operation),
  );

/** A finding of GuardDuty about an instance, of some severity. */
function finding(instanceId: string, parts: Readonly<Record<string, unknown>> = {}) {
  const event = about(instanceId);
  return { ...event, detail: { ...event.detail, ...parts } };
}

describe('a severity', () => {
  it.each<[unknown, string | typeof ISOLATE]>([
    [0, LOG],
    [3.9, LOG],
    [4, NOTIFY],
    [6.9, NOTIFY],
    [7, ISOLATE],
    [9.5, ISOLATE],
    [10, ISOLATE],
    ['7', ISOLATE],
    [null, NOTIFY],
    [undefined, NOTIFY],
    [-1, NOTIFY],
    [{ severity: 9 }, NOTIFY],
  ])('of %p takes its way', async (severity, way) => {
    const instanceId = await instances.launch();
    const course = await workflow.send(finding(instanceId, { severity }));
    expect(ways(course)).toEqual([way]);
    expect(course.runs[0]?.status).toBe('SUCCEEDED');
    expect(changes(course).length > 0).toBe(way === ISOLATE);
    expect(course.messages).toHaveLength(way === LOG ? 0 : 1);
  });
});

describe('evidence', () => {
  it('is written before anything is changed', async () => {
    const instanceId = await instances.launch({}, { interfaces: 2 });
    const course = await workflow.send(about(instanceId));
    const first = Math.min(...changes(course).map(({ seq }) => seq));
    const by = (operation: string) => course.calls.filter((call) => call.operation === operation && !call.error);
    expect(by('PutObject')).toHaveLength(1);
    expect(by('CreateSnapshots')).toHaveLength(1);
    for (const { seq } of [...by('PutObject'), ...by('CreateSnapshots')]) expect(seq).toBeLessThan(first);
  });

  it('is not taken for kept because somebody put the tag on a snapshot of some volume', async () => {
    const BlockDeviceMappings = ['/dev/xvda', '/dev/xvdb'].map((DeviceName) => ({
      DeviceName,
      Ebs: { VolumeSize: 8 },
    }));
    const instanceId = await instances.launch({ BlockDeviceMappings });
    const event = about(instanceId);
    const { BlockDeviceMappings: [first] = [] } = await instances.described(instanceId);
    const Tags = [{ Key: 'soc:incident', Value: `gd-${event.detail.id}` }];
    const planted = await twin.ec2.send(
      new CreateSnapshotCommand({
        VolumeId: first?.Ebs?.VolumeId,
        TagSpecifications: [{ ResourceType: 'snapshot', Tags }],
      }),
    );
    const course = await workflow.send(event);
    expect(course.calls.filter(({ operation }) => operation === 'CreateSnapshots')).toHaveLength(1);
    expect(course.messages[0]?.body).toMatch(/^Snapshots: snap-\w+, snap-\w+$/m);
    expect(course.messages[0]?.body).not.toContain(planted.SnapshotId);
  });

  it('that cannot be kept leaves everything as it is, and people are told', async () => {
    const instanceId = await instances.launch();
    await twin.fault({
      operation: 's3:PutObject',
      error: 'AccessDenied',
      times: 50,
      principal: 'PreserveEvidenceRole',
    });
    const course = await workflow.during(async () => {
      await twin.emit(about(instanceId));
      await twin.advance(1800);
    });
    expect(course.runs).toMatchObject([{ status: 'FAILED', error: 'IncidentUnresolvedError' }]);
    expect(changes(course)).toEqual([]);
    expect(subjects(course)).toContain(
      `Suture HIGH: the response to Backdoor:EC2/C&CActivity.B!DNS on ${instanceId} stopped half-way`,
    );
  });
});

describe('a finding that comes again', () => {
  it('joins: nothing is done twice, and nobody is told twice', async () => {
    const instanceId = await instances.launch();
    const event = finding(instanceId);
    await workflow.send(event);
    const course = await workflow.send({
      ...event,
      detail: {
        ...event.detail,
        updatedAt: '2026-11-21T11:00:00.000Z',
        service: { ...event.detail.service, count: 12 },
      },
    });
    expect(ways(course)).toEqual([JOIN]);
    expect(course.messages).toEqual([]);
    expect(changes(course)).toEqual([]);
  });

  it('joins when it comes at the same moment', async () => {
    const instanceId = await instances.launch();
    const event = finding(instanceId);
    const course = await workflow.send(event, { ...event, id: newFindingId() }, { ...event, id: newFindingId() });
    expect(ways(course).sort()).toEqual([JOIN, JOIN, ISOLATE].sort());
    expect(course.messages).toHaveLength(1);
  });

  it('acts when it is of a higher band', async () => {
    const instanceId = await instances.launch();
    const event = finding(instanceId, { severity: 5 });
    expect(ways(await workflow.send(event))).toEqual([NOTIFY]);
    const course = await workflow.send({
      ...event,
      detail: { ...event.detail, severity: 8, updatedAt: '2026-11-21T11:00:00.000Z' },
    });
    expect(ways(course)).toEqual([ISOLATE]);
    expect(changes(course).length).toBeGreaterThan(0);
  });

  it('of another finding on an isolated instance: it is looked at, told, and nothing is changed', async () => {
    const instanceId = await instances.launch();
    await workflow.send(about(instanceId));
    const everything = await instances.others();
    const course = await workflow.send(about(instanceId, 'guardduty-severity-8-9'));
    expect(ways(course)).toEqual([ISOLATE]);
    expect(subjects(course)).toEqual([`Suture HIGH: ${instanceId} is isolated`]);
    expect(changes(course)).toEqual([]);
    expect(await instances.others()).toEqual(everything);
  });
});

describe('a forged finding isolates nothing', () => {
  let instanceId: string;
  let everything: unknown;
  beforeEach(async () => {
    instanceId = await instances.launch();
    everything = await instances.others();
  });
  const expectUntouched = async (course: Course) => {
    expect(changes(course)).toEqual([]);
    expect(await instances.others()).toEqual(everything);
  };

  it('put on the bus in the name of GuardDuty: EventBridge refuses it', async () => {
    const course = await workflow.during(async () => {
      const { Entries = [] } = await new EventBridgeClient(twin.config).send(
        new PutEventsCommand({
          Entries: [
            {
              Source: 'aws.guardduty',
              DetailType: 'GuardDuty Finding',
              Detail: JSON.stringify(about(instanceId).detail),
            },
          ],
        }),
      );
      expect(Entries).toMatchObject([{ ErrorCode: 'NotAuthorizedForSourceException' }]);
    });
    expect(course.runs).toEqual([]);
    await expectUntouched(course);
  });

  it('put on the bus as a test, whatever it says: it is rehearsed at most', async () => {
    const course = await workflow.during(async () => {
      const Detail = JSON.stringify({
        ...about(instanceId).detail,
        severity: 10,
        resourceType: 'AWS::EC2::Instance',
        resourceId: instanceId,
      });
      await new EventBridgeClient(twin.config).send(
        new PutEventsCommand({ Entries: [{ Source: 'test.security', DetailType: 'Security Test', Detail }] }),
      );
    });
    expect(subjects(course)).toEqual([`Suture CRITICAL: ${instanceId} is as before: this would have been contained`]);
    await expectUntouched(course);
  });

  it('imported into Security Hub: a person is asked; the real one is not shadowed by its name', async () => {
    const real = about(instanceId);
    const { region, accountId } = twin.ready;
    const course = await workflow.during(() =>
      new SecurityHubClient(twin.config).send(
        new BatchImportFindingsCommand({
          Findings: [
            imported(
              twin.ready,
              { Type: 'AwsEc2Instance', Id: `arn:aws:ec2:${region}:${accountId}:instance/${instanceId}` },
              real.detail.arn,
            ),
          ],
        }),
      ),
    );
    expect(ways(course)).toEqual([expect.stringMatching(/RequestApproval$/)]);
    expect(subjects(course)).toEqual([`Suture CRITICAL: approve or deny: isolate ${instanceId}`]);
    await expectUntouched(course);
    expect(ways(await workflow.send(real))).toEqual([ISOLATE]);
  });

  it('given to the workflow by hand: GuardDuty does not have it; the real one of that id is contained when it comes', async () => {
    const event = about(instanceId);
    const course = await workflow.start(event);
    expect(ways(course)).toEqual([NOTIFY]);
    expect(course.messages[0]?.body).toContain('GuardDuty does not have this finding');
    await expectUntouched(course);
    expect(ways(await workflow.send(event))).toEqual([ISOLATE]);
  });

  it('given by hand with the id of a real one: what GuardDuty says counts, not what the input says', async () => {
    const harmless = await instances.launch();
    const real = finding(harmless, { severity: 2 });
    await workflow.send(real);
    everything = await instances.others();
    const course = await workflow.start({
      ...about(instanceId),
      detail: { ...about(instanceId).detail, id: real.detail.id, severity: 10 },
    });
    expect(ways(course)).toEqual([JOIN]);
    await expectUntouched(course);
  });

  it('asked of the function itself: only an execution that holds an incident may have it contained', async () => {
    const real = finding(instanceId, { severity: 5 });
    await workflow.send(real);
    const invoke = async (payload: object) => {
      const { FunctionError } = await new LambdaClient(twin.config).send(
        new InvokeCommand({ FunctionName: 'IsolateInstance', Payload: JSON.stringify(payload) }),
      );
      return FunctionError;
    };
    const [{ arn: execution } = { arn: '' }] = (await workflow.start(real)).runs;
    const asked = { incidentId: `gd-${real.detail.id}`, execution, target: 0, mode: 'contain' };
    const course = await workflow.during(async () => {
      expect(await invoke(asked)).toBe('Unhandled');
      expect(await invoke({ ...asked, incidentId: `gd-${newFindingId()}` })).toBe('Unhandled');
      expect(await invoke({ ...asked, instanceId })).toBe('Unhandled');
    });
    await expectUntouched(course);
  });

  it.each<[string, unknown]>([
    ['nothing', {}],
    ['a text', 'isolate everything'],
    ['null', null],
    ['a list', [{ source: 'aws.guardduty' }]],
    ['an event of another service', { ...about('i-0abc1234def567890'), source: 'aws.ec2' }],
    ['what a later state carries', { incident: { response: 'contain' }, targets: [{ kind: 'instance' }] }],
  ])('%s as input: it fails, and people are told', async (_what, input) => {
    const course = await workflow.start(input);
    expect(course.runs).toMatchObject([{ status: 'FAILED' }]);
    expect(course.runs[0]?.states).toEqual(['AssessIncident', 'NotifyUnassessed', 'RecordUnassessed', 'Unassessed']);
    expect(subjects(course)).toContainEqual(expect.stringMatching(/^Suture/));
    await expectUntouched(course);
  });
});
