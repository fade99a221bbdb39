import { DescribeSnapshotsCommand } from '@aws-sdk/client-ec2';
import { ArchiveFindingsCommand } from '@aws-sdk/client-guardduty';
import { UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { ofInstance, TestFindings } from '../support/findings';
import { TestInstances } from '../support/instances';
import { TestPrincipals } from '../support/principals';
import { TestTwin } from '../support/twin';

// Evidence is what was so before the first change, and stays that.

const Bucket = 'suture-evidence-111122223333-eu-west-1';

let twin: TestTwin;
let findings: TestFindings;
let instances: TestInstances;
let s3: S3Client;
beforeAll(async () => {
  twin = await TestTwin.start('enforce');
  findings = new TestFindings(twin);
  instances = new TestInstances(twin);
  s3 = new S3Client(twin.config);
});
afterAll(() => twin.stop());
afterEach(() => twin.clearFaults());

/** An incident about an instance that was contained, and where its evidence lies. */
async function contained(severity = 9) {
  const role = await instances.role();
  const instanceId = await instances.launch({ IamInstanceProfile: { Name: role } });
  const told = await findings.guardDutyFinding(ofInstance(instanceId), { severity });
  await findings.tell(told);
  return { told, role, instanceId, Key: `incidents/${told.incidentId}/0-${instanceId}.json` };
}

async function kept(Key: string) {
  const { Body, VersionId } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  // biome-ignore lint/suspicious/noExplicitAny: evidence is JSON of any shape
  return { version: VersionId, evidence: JSON.parse((await Body?.transformToString()) ?? '') as any };
}

async function snapshots(incidentId: string) {
  const Filters = [{ Name: 'tag:soc:incident', Values: [incidentId] }];
  return (await twin.ec2.send(new DescribeSnapshotsCommand({ Filters }))).Snapshots ?? [];
}

const failure = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'nothing',
    (error: Error) => error.name,
  );

it('tells what was so before anything was changed; a graver repeat keeps that', async () => {
  const { told, role, instanceId, Key } = await contained(8);
  const { version, evidence } = await kept(Key);
  expect(evidence.resource).toMatch(new RegExp(`:instance/${instanceId}$`));
  expect(evidence.parts.roleName).toBe(role);
  const [before] = evidence.parts.networkInterfaces.NetworkInterfaces;
  expect(before.Groups.map(({ GroupName }: { GroupName: string }) => GroupName)).toEqual(['default']);
  expect((await instances.interfaces(instanceId))[0]?.Groups?.[0]?.GroupName).toBe('suture-quarantine');

  await findings.tell(await findings.again(told, { severity: 9.5 }));
  const { incident, execution } = await findings.details(told.incidentId);
  expect(incident.severity).toBe(9.5);
  expect(execution).toBe((await findings.executions())[0]?.executionArn);
  expect((await kept(Key)).version).toBe(version);
});

it('is written over and deleted by nobody, neither by the role that wrote it nor by an administrator', async () => {
  const { Key } = await contained();
  const { version } = await kept(Key);
  const principals = new TestPrincipals(twin);
  const Principal = { AWS: '111122223333', Service: 'lambda.amazonaws.com' };
  const Statement = [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' }];
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  const RoleName = 'PreserveEvidenceRole';
  await principals.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }));
  const writer = new S3Client({ ...twin.config, credentials: await principals.assume(RoleName) });
  for (const client of [writer, s3]) {
    expect(await failure(client.send(new PutObjectCommand({ Bucket, Key, Body: '{}' })))).toBe('AccessDenied');
    expect(await failure(client.send(new PutObjectCommand({ Bucket, Key, Body: '{}', IfNoneMatch: '*' })))).toBe(
      'PreconditionFailed',
    );
    expect(await failure(client.send(new DeleteObjectCommand({ Bucket, Key })))).toBe('AccessDenied');
    expect(await failure(client.send(new DeleteObjectCommand({ Bucket, Key, VersionId: version })))).toBe(
      'AccessDenied',
    );
  }
  expect((await kept(Key)).version).toBe(version);
});

it('is kept anew of what is found again after a person closed the incident', async () => {
  const { told, role, instanceId } = await contained();
  const first = await snapshots(told.incidentId);
  const DetectorId = await findings.detectorId();
  await findings.guardDuty.send(new ArchiveFindingsCommand({ DetectorId, FindingIds: [told.id] }));
  // Somebody gave it back to its network, with another role.
  const other = await instances.role();
  await instances.giveBack(instanceId, other);
  await twin.advance(3600);
  await findings.tell(await findings.again(told));
  expect(await instances.revocation(other)).toContain('aws:TokenIssueTime');
  expect(await instances.profile(instanceId)).toBe('SutureQuarantine');
  const { originals, reopened } = await findings.details(told.incidentId);
  expect(Object.values(originals ?? {})).toMatchObject([{ roleName: other }]);
  expect(Object.values(reopened?.originals ?? {})).toMatchObject([{ roleName: role }]);
  const again = `incidents/${told.incidentId}/${reopened?.at.replace(/[-:]/g, '')}/0-${instanceId}.json`;
  expect((await kept(again)).evidence.parts.roleName).toBe(other);
  expect((await snapshots(told.incidentId)).length).toBe(2 * first.length);
});

it('what cannot be read is not taken for what there is not: the role of the instance loses its sessions all the same', async () => {
  await twin.fault({
    operation: 'iam:GetInstanceProfile',
    error: 'ServiceFailure',
    times: 50,
    principal: 'PreserveEvidenceRole',
  });
  const { told, role, instanceId, Key } = await contained();
  expect(await instances.profile(instanceId)).toBe('SutureQuarantine');
  expect(await instances.revocation(role)).toContain('aws:TokenIssueTime');
  const { evidence } = await kept(Key);
  expect(evidence.parts.roleName.unreadable).toMatch(/^ServiceFailure/);
  const { originals } = await findings.details(told.incidentId);
  expect(originals).toBeUndefined();
});

it('goes once its bucket has no policy any more, of which people are told', async () => {
  const { Key } = await contained();
  await s3.send(new DeleteBucketPolicyCommand({ Bucket }));
  await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  expect(await failure(kept(Key))).toBe('NoSuchKey');
  await twin.settle();
  const told = await twin.control<{ subject: string }[]>('GET', '/outbox');
  expect(told.map(({ subject }) => subject)).toContainEqual(
    expect.stringMatching(/Tampering:Suture\/DeleteBucketPolicy/),
  );
});
