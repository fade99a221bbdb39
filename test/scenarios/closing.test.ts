import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { ArchiveFindingsCommand, GuardDutyClient } from '@aws-sdk/client-guardduty';
import {
  BatchUpdateFindingsCommand,
  BatchUpdateFindingsV2Command,
  type OcsfFindingIdentifier,
  SecurityHubClient,
} from '@aws-sdk/client-securityhub';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { ofUser, TestFindings, type Told } from '../support/findings';
import { type Keys, TestPrincipals } from '../support/principals';
import { TestTwin } from '../support/twin';

// A person deals with a finding where it stands, at GuardDuty or Security Hub: that closes the incident, once.

let twin: TestTwin;
let findings: TestFindings;
let principals: TestPrincipals;
beforeAll(async () => {
  twin = await TestTwin.start('notified');
  findings = new TestFindings(twin);
  principals = new TestPrincipals(twin);
});
afterAll(() => twin.stop());
afterEach(() => twin.clearFaults());

/** GuardDuty's about a key of a user, which is contained at once. */
async function contained(): Promise<Told> {
  const { name, keys: [key] = [] } = await principals.user();
  const told = await findings.guardDutyFinding(ofUser(name, key?.accessKeyId ?? ''));
  await findings.tell(told);
  return told;
}

async function archive(...ids: readonly string[]): Promise<void> {
  const DetectorId = await findings.detectorId();
  await findings.guardDuty.send(new ArchiveFindingsCommand({ DetectorId, FindingIds: [...ids] }));
  await twin.settle();
}

async function setAtHub(id: string, Status: 'RESOLVED' | 'SUPPRESSED' | 'NEW', hub = findings.hub): Promise<void> {
  const { Id, ProductArn } = (await findings.atHub(id)) ?? {};
  const FindingIdentifiers = [{ Id, ProductArn }];
  await hub.send(new BatchUpdateFindingsCommand({ FindingIdentifiers, Workflow: { Status } }));
  await twin.settle();
}

/** What the pager and the mailbox got about an incident. */
async function outbox({ incidentId }: Told) {
  const all = await twin.control<{ channel: string; subject: string; body: string }[]>('GET', '/outbox');
  const about = all.filter(({ body }) => body.includes(incidentId));
  const of = (wanted: string) => about.filter(({ channel }) => channel === wanted);
  return {
    pages: of('https').map(({ body }) => (JSON.parse(body) as { event_action: string }).event_action),
    mails: of('email').map(({ subject }) => subject),
    chats: of('chat').length,
  };
}
const closings = (mails: readonly string[]) => mails.filter((subject) => subject.includes(': closed: '));

it.each<[string, (told: Told) => Promise<void>, string]>([
  ['archives it at GuardDuty', ({ id }) => archive(id), 'archived at GuardDuty'],
  ['resolves it at Security Hub', ({ id }) => setAtHub(id, 'RESOLVED'), 'resolved at Security Hub'],
  ['suppresses it at Security Hub', ({ id }) => setAtHub(id, 'SUPPRESSED'), 'resolved at Security Hub'],
])('who %s closes the incident; pager, mail and chat tell once', async (_what, act, reason) => {
  const told = await contained();
  expect((await findings.details(told.incidentId)).status).toBe('ended');
  const before = await outbox(told);
  await act(told);
  const { status, closed } = await findings.details(told.incidentId);
  expect({ status, closed }).toEqual({
    status: 'closed',
    closed: { by: 'arn:aws:iam::111122223333:user/operator', reason },
  });
  // Dealt with again, by the same way and another.
  await archive(told.id);
  await setAtHub(told.id, 'RESOLVED');
  const { pages, mails, chats } = await outbox(told);
  expect(pages).toEqual(['trigger', 'resolve']);
  expect(closings(mails)).toHaveLength(1);
  expect([mails.length, chats]).toEqual([before.mails.length + 1, before.chats + 1]);
});

it('several at once are closed each by itself; what made no incident is passed over', async () => {
  const [one, other] = [await contained(), await contained()];
  const { name } = await principals.user();
  const sample = await findings.guardDutyFinding(ofUser(name, ''), {
    service: { detectorId: await findings.detectorId(), archived: true },
  });
  await findings.tell(sample);
  await archive(one.id, sample.id, other.id);
  for (const told of [one, other]) expect((await outbox(told)).pages).toEqual(['trigger', 'resolve']);
});

it('what comes again after that is claimed anew', async () => {
  const told = await contained();
  const { execution } = await findings.details(told.incidentId);
  await findings.tell(await findings.again(told));
  expect((await findings.details(told.incidentId)).execution).toBe(execution);
  await archive(told.id);
  await twin.advance(60);
  await findings.tell(await findings.again(told));
  const again = await findings.details(told.incidentId);
  expect(again.execution).not.toBe(execution);
  expect(again.status).toBe('ended');
  expect((await outbox(told)).pages).toEqual(['trigger', 'resolve', 'trigger']);
});

describe("what the finding's own subject does closes nothing", () => {
  const as = ({ sessionToken, ...keys }: Keys) => ({
    ...twin.config,
    credentials: { ...keys, ...(sessionToken !== undefined && { sessionToken }) },
  });

  it('as a user who resolves it at Security Hub', async () => {
    const { name, keys: [key] = [] } = await principals.user();
    const told = await findings.asff({ Type: 'AwsIamUser', Id: `arn:aws:iam::${twin.ready.accountId}:user/${name}` });
    await findings.tell(told);
    await setAtHub(told.id, 'RESOLVED', new SecurityHubClient(as(key as Keys)));
    expect((await findings.details(told.incidentId)).status).toBe('waiting');
    expect(closings((await outbox(told)).mails)).toEqual([]);
    await findings.decide(told.incidentId, 'denied');
    await setAtHub(told.id, 'RESOLVED');
    expect((await findings.details(told.incidentId)).status).toBe('closed');
  });

  it('as a session of a role that has the name of the user, who archives it at GuardDuty among others', async () => {
    const { name, keys: [key] = [] } = await principals.user();
    const own = await findings.guardDutyFinding(ofUser(name, key?.accessKeyId ?? ''));
    await findings.tell(own);
    const other = await contained();
    const RoleArn = `arn:aws:iam::${twin.ready.accountId}:role/${await principals.role()}`;
    const sts = new STSClient(twin.config);
    const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: name.toUpperCase() }));
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
    const keys = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
    const DetectorId = await findings.detectorId();
    const FindingIds = [own.id, other.id];
    await new GuardDutyClient(as(keys)).send(new ArchiveFindingsCommand({ DetectorId, FindingIds }));
    await twin.settle();
    expect((await findings.details(own.incidentId)).status).toBe('ended');
    expect((await findings.details(other.incidentId)).status).toBe('closed');
    expect((await outbox(own)).pages).toEqual(['trigger']);
    const { events = [] } = await new CloudWatchLogsClient(twin.config).send(
      new FilterLogEventsCommand({
        logGroupName: '/aws/lambda/SecurityAutoRemediation',
        filterPattern: `"${own.incidentId}"`,
      }),
    );
    expect(events.map(({ message = '' }) => JSON.parse(message))).toContainEqual(
      expect.objectContaining({
        message: expect.stringMatching(
          new RegExp(`may not close ${own.incidentId}: the finding is about user ${name}`),
        ),
      }),
    );
  });
});

it('what is set back to new closes nothing', async () => {
  const told = await contained();
  await setAtHub(told.id, 'NEW');
  expect((await findings.details(told.incidentId)).status).toBe('ended');
});

it.each([
  ['the id that Security Hub gave it', (uid: string) => ({ MetadataUids: [uid] })],
  ['its own name', (_uid: string, name: OcsfFindingIdentifier) => ({ FindingIdentifiers: [name] })],
] as const)('so does who resolves one in OCSF, by %s', async (_by, named) => {
  const arn = `arn:aws:ec2:${twin.ready.region}:${twin.ready.accountId}:security-group/${await twin.makeGroup()}`;
  const told = await findings.ocsf({ type: 'AWS::EC2::SecurityGroup', uid: arn });
  await findings.tell(told);
  await findings.decide(told.incidentId, 'denied');
  const ocsf = (await findings.atHubV2(told.id)) as unknown as {
    cloud: { account: { uid: string } };
    finding_info: { uid: string };
    metadata: { product: { uid: string } };
  };
  const name = {
    CloudAccountUid: ocsf.cloud.account.uid,
    FindingInfoUid: ocsf.finding_info.uid,
    MetadataProductUid: ocsf.metadata.product.uid,
  };
  const deal = (StatusId: number) =>
    findings.hub.send(new BatchUpdateFindingsV2Command({ ...named(told.id, name), StatusId }));
  await deal(2);
  await twin.settle();
  expect((await findings.details(told.incidentId)).status).toBe('ended');
  await deal(4);
  await twin.settle();
  expect((await findings.details(told.incidentId)).status).toBe('closed');
  expect((await outbox(told)).pages.at(-1)).toBe('resolve');
});

it('whom nobody could tell is told by the next try', async () => {
  const told = await contained();
  await twin.fault({ operation: 'sns:Publish', principal: 'CloseIncidentRole', error: 'ServiceUnavailable', times: 5 });
  await archive(told.id);
  await twin.advance(180);
  const { pages, mails } = await outbox(told);
  expect(pages).toEqual(['trigger', 'resolve']);
  expect(closings(mails)).toHaveLength(1);
});

describe('an incident that is closed while it waits for a person', () => {
  it('is not asked about any more, and the finding stays as the person left it', async () => {
    const arn = `arn:aws:ec2:${twin.ready.region}:${twin.ready.accountId}:security-group/${await twin.makeGroup()}`;
    const told = await findings.asff({ Type: 'AwsEc2SecurityGroup', Id: arn });
    await findings.tell(told);
    await setAtHub(told.id, 'SUPPRESSED');
    const { mails } = await outbox(told);
    expect(closings(mails)).toHaveLength(1);
    await twin.advance(61 * 60);
    expect((await findings.executions())[0]?.status).toBe('SUCCEEDED');
    expect((await findings.atHub(told.id))?.Workflow?.Status).toBe('SUPPRESSED');
    expect((await findings.details(told.incidentId)).status).toBe('closed');
    expect((await outbox(told)).pages).toEqual(['trigger', 'resolve']);
  });
});
