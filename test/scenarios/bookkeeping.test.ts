import { randomUUID } from 'node:crypto';
import { ofInstance, ofUser, TestFindings, type Told } from '../support/findings';
import { TestInstances } from '../support/instances';
import { TestPrincipals } from '../support/principals';
import { TestTwin } from '../support/twin';

// What the workflow writes down about findings at their own services, and that it does not wake itself by that.

let twin: TestTwin;
let findings: TestFindings;
let instances: TestInstances;
let principals: TestPrincipals;
beforeAll(async () => {
  twin = await TestTwin.start('notified');
  findings = new TestFindings(twin);
  instances = new TestInstances(twin);
  principals = new TestPrincipals(twin);
});
afterAll(() => twin.stop());
afterEach(() => twin.clearFaults());

/** What the workflow set a finding to, one after the other. */
async function statuses(since: number): Promise<unknown[]> {
  return (await twin.journal(since))
    .filter(
      ({ principal, operation }) => principal.includes('/UpdateFindingsRole/') && operation.startsWith('BatchUpdate'),
    )
    .map(({ parameters: { Workflow, StatusId } }) => (Workflow as { Status?: string })?.Status ?? StatusId);
}

const executions = async () => (await findings.executions()).length;
const statusAtHub = async (id: string) => (await findings.atHub(id))?.Workflow?.Status;
const noticesOf = async ({ incidentId }: Told) =>
  (await twin.control<{ channel: string; body: string }[]>('GET', '/outbox'))
    .filter(({ channel, body }) => channel === 'https' && body.includes(incidentId))
    .map(({ body }) => (JSON.parse(body) as { event_action: string }).event_action);

/** GuardDuty's about a key of a user, which is contained fast. */
async function aboutUser(parts: object = {}): Promise<Told> {
  const { name, keys: [key] = [] } = await principals.user();
  return findings.guardDutyFinding(ofUser(name, key?.accessKeyId ?? ''), { ...parts });
}

describe('a finding of GuardDuty', () => {
  it('is told, and resolved and archived once what it is about is verified as contained', async () => {
    const instanceId = await instances.launch({ IamInstanceProfile: { Name: await instances.role() } });
    const told = await findings.guardDutyFinding(ofInstance(instanceId));
    const [since, before] = [await twin.mark(), await executions()];
    await twin.emit(told.event);
    expect(await statusAtHub(told.id)).toBe('NEW');
    await twin.settle();
    expect(await statuses(since)).toEqual(['NOTIFIED', 'RESOLVED']);
    expect(await statusAtHub(told.id)).toBe('RESOLVED');
    expect((await findings.atHub(told.id))?.Note?.Text).toBe(`Suture: incident ${told.incidentId}, resolved`);
    expect(await findings.isArchived(told.id)).toBe(true);

    // Only after somebody looked: in the order of calls, verification stands between containment and RESOLVED.
    const calls = (await twin.journal(since)).filter(({ error }) => error === null);
    const last = (role: string, operation: RegExp) =>
      calls.findLastIndex((one) => one.principal.includes(`/${role}/`) && operation.test(one.operation));
    const changed = last('IsolateInstanceRole', /^(Modify|Replace|Put)/);
    const looked = last('VerifyContainmentRole', /^DescribeNetworkInterfaces$/);
    const resolved = calls.findIndex(({ operation }) => operation === 'ArchiveFindings');
    expect(changed).toBeGreaterThan(0);
    expect(looked).toBeGreaterThan(changed);
    expect(resolved).toBeGreaterThan(looked);

    // Security Hub told of each update, CloudTrail of each call: none starts anything, and none closes the incident.
    expect(await executions()).toBe(before + 1);
    expect((await findings.details(told.incidentId)).status).toBe('ended');
    expect(await noticesOf(told)).toEqual(['trigger']);
  });

  it('of which people were told stays so', async () => {
    const told = await aboutUser({ severity: 5 });
    const before = await executions();
    await findings.tell(told);
    expect(await statusAtHub(told.id)).toBe('NOTIFIED');
    expect(await findings.isArchived(told.id)).toBe(false);
    expect(await executions()).toBe(before + 1);
  });

  it('below what people are told of stays as it is', async () => {
    const told = await aboutUser({ severity: 2 });
    await findings.tell(told);
    expect(await statusAtHub(told.id)).toBe('NEW');
    expect((await findings.details(told.incidentId)).status).toBe('claimed');
  });

  it('is new until its containment, which failed, is completed by a redrive', async () => {
    await twin.fault({
      operation: 'iam:UpdateAccessKey',
      error: 'ServiceFailure',
      times: 500,
      principal: 'ContainPrincipalRole',
    });
    const told = await aboutUser();
    await findings.tell(told);
    await twin.advance(600);
    const { execution } = await findings.details(told.incidentId);
    expect((await findings.executions()).find(({ executionArn }) => executionArn === execution)?.status).toBe('FAILED');
    expect(await statusAtHub(told.id)).toBe('NEW');
    expect(await findings.isArchived(told.id)).toBe(false);
    await twin.clearFaults();
    await findings.redrive(execution);
    expect(await statusAtHub(told.id)).toBe('RESOLVED');
    expect(await findings.isArchived(told.id)).toBe(true);
  });

  it('without a copy at Security Hub is archived all the same', async () => {
    const told = await aboutUser();
    await twin.fault({ operation: 'securityhub:BatchUpdateFindings', error: 'InvalidAccessException', times: 50 });
    await findings.tell(told);
    expect(await findings.isArchived(told.id)).toBe(true);
    expect((await findings.details(told.incidentId)).status).toBe('ended');
  });
});

describe('a finding of another product', () => {
  const resource = async () => {
    const id = await twin.makeGroup();
    const arn = `arn:aws:ec2:${twin.ready.region}:${twin.ready.accountId}:security-group/${id}`;
    return { asff: { Type: 'AwsEc2SecurityGroup', Id: arn }, ocsf: { type: 'AWS::EC2::SecurityGroup', uid: arn } };
  };

  it.each([
    ['approved', 'RESOLVED'],
    ['denied', 'NOTIFIED'],
  ] as const)('in ASFF, whose containment is %s, becomes %s', async (decision, status) => {
    const told = await findings.asff((await resource()).asff);
    const [since, before] = [await twin.mark(), await executions()];
    await findings.tell(told);
    expect(await statusAtHub(told.id)).toBe('NEW');
    await findings.decide(told.incidentId, decision);
    expect(await statusAtHub(told.id)).toBe(status);
    expect(await statuses(since)).toEqual(status === 'RESOLVED' ? ['NOTIFIED', 'RESOLVED'] : ['NOTIFIED']);
    expect(await executions()).toBe(before + 1);
    expect((await findings.details(told.incidentId)).status).toBe('ended');
  });

  it.each([
    ['approved', 4],
    ['denied', 2],
  ] as const)('in OCSF, whose containment is %s, gets the status %i', async (decision, status) => {
    const told = await findings.ocsf((await resource()).ocsf);
    const before = await executions();
    await findings.tell(told);
    await findings.decide(told.incidentId, decision);
    expect((await findings.atHubV2(told.id))?.status_id).toBe(status);
    expect(await executions()).toBe(before + 1);
  });
});

it('a member account leaves the archive to its administrator', async () => {
  const { event } = await aboutUser();
  await twin.emit({ ...event, id: randomUUID(), account: '999988887777' });
  const told = await aboutUser();
  const since = await twin.mark();
  await findings.tell(told);
  expect(await statusAtHub(told.id)).toBe('RESOLVED');
  expect(await findings.isArchived(told.id)).toBe(false);
  expect((await twin.journal(since)).map(({ operation }) => operation)).not.toContain('ArchiveFindings');
});
