import { readFileSync } from 'node:fs';
import { DisableRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import {
  CreateBucketCommand,
  DeletePublicAccessBlockCommand,
  GetBucketPolicyCommand,
  GetPublicAccessBlockCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { fixtureNames } from '../support/fixtures';
import { TestInstances } from '../support/instances';
import { TestPrincipals } from '../support/principals';
import { TestTwin } from '../support/twin';
import { about, sample, subjects, TestWorkflow, ways } from '../support/workflow';

// Every sample event that may start the workflow, and the way that it takes, under the settings `{"mode": "enforce"}`.

let twin: TestTwin;
let instances: TestInstances;
let principals: TestPrincipals;
let workflow: TestWorkflow;
beforeAll(async () => {
  twin = await TestTwin.start('incidents');
  instances = new TestInstances(twin);
  principals = new TestPrincipals(twin);
  workflow = new TestWorkflow(twin);
});
afterAll(() => twin.stop());

const BEFORE = 'AssessIncident DetermineResponse';
const AFTER = 'NotifySOC UpdateFindings Done';
const CONTAIN = (by: string) =>
  `${BEFORE} PreserveEvidence NeedsApproval ContainTargets RouteResource ${by} VerifyContainment IsContained ${AFTER}`;
const NOTIFY = `${BEFORE} ${AFTER}`;
const LOG = `${BEFORE} LogIncident Done`;
const ASK = `${BEFORE} PreserveEvidence NeedsApproval RequestApproval`;

it.each([
  ['guardduty-severity-exactly-7', 'HIGH'],
  ['guardduty-severity-7-0-float', 'HIGH'],
  ['guardduty-ec2-c2-high-8', 'HIGH'],
  ['guardduty-severity-8-9', 'HIGH'],
  ['guardduty-ec2-no-instance-profile', 'HIGH'],
  ['guardduty-updated-finding-count-12', 'HIGH'],
])('%s isolates the instance, and nothing else is changed', async (name, band) => {
  const instanceId = await instances.launch({}, { interfaces: 2 });
  await twin.settle();
  const others = await instances.others(instanceId);
  const course = await workflow.send(about(instanceId, name));
  expect(ways(course)).toEqual([CONTAIN('IsolateInstance')]);
  expect(course.runs[0]?.states.length).toBeLessThanOrEqual(12);
  expect(course.runs[0]?.status).toBe('SUCCEEDED');
  expect(subjects(course)).toEqual([`Suture ${band}: ${instanceId} is isolated`]);
  const interfaces = await instances.interfaces(instanceId);
  expect(interfaces).toHaveLength(2);
  for (const { Groups = [] } of interfaces)
    expect(Groups.map(({ GroupName }) => GroupName)).toEqual(['suture-quarantine']);
  expect(await instances.others(instanceId)).toEqual(others);
});

it.each([
  ['guardduty-severity-low-2', LOG, []],
  ['guardduty-severity-6-9', NOTIFY, [/^Suture MEDIUM: CryptoCurrency:EC2\/BitcoinTool\.B on i-/]],
  ['guardduty-unknown-future-type', NOTIFY, [/^Suture HIGH: DefenseImpairment/]],
  ['guardduty-member-account-finding-in-admin', NOTIFY, [/^Suture HIGH: UnauthorizedAccess:EC2\/SSHBruteForce on i-/]],
  ['guardduty-runtime-eks-node-instance', NOTIFY, [/^Suture MEDIUM: Execution:Runtime\/NewBinaryExecuted on prod/]],
  ['guardduty-eks-anonymous-access', NOTIFY, [/^Suture MEDIUM: Discovery:Kubernetes/]],
  ['guardduty-iam-root-credential', NOTIFY, [/^Suture LOW: Policy:IAMUser\/RootCredentialUsage on Root/]],
  ['guardduty-stealth-cloudtrail-disabled', NOTIFY, [/^Suture LOW: Stealth:IAMUser\/CloudTrailLoggingDisabled/]],
  ['guardduty-s3-block-public-access-disabled-low', NOTIFY, [/^Suture LOW: Policy:S3\/BucketBlockPublicAccess/]],
  ['guardduty-iam-user-access-key', NOTIFY, [/^Suture MEDIUM: UnauthorizedAccess:IAMUser\/MaliciousIPCaller/]],
  ['custom-security-test-empty-detail', NOTIFY, [/^Suture UNKNOWN SEVERITY: Security Test on account 111122223333$/]],
])('%s changes nothing', async (name, way, told) => {
  const instanceId = await instances.launch();
  const everything = await instances.others();
  const course = await workflow.send(about(instanceId, name));
  expect(ways(course)).toEqual([way]);
  expect(subjects(course)).toEqual(told.map((subject) => expect.stringMatching(subject)));
  expect(await instances.others()).toEqual(everything);
});

it.each([
  'guardduty-sample-finding',
  'guardduty-archived-finding',
  'securityhub-imported-guardduty-duplicate',
  'securityhub-imported-passed-informational',
  'securityhub-imported-record-archived',
  'securityhub-imported-suppressed',
  'securityhub-v2-findings-imported-detection',
  'cloudtrail-delete-trail',
  'cloudtrail-stop-logging',
  'cloudtrail-update-trail-weakened',
  'stepfunctions-execution-failed',
])('%s starts nothing', async (name) => {
  expect(await workflow.send(about('i-0abc1234def567890', name))).toMatchObject({ runs: [], messages: [] });
});

it('a custom event is rehearsed: evidence and a message, and nothing is changed', async () => {
  const instanceId = await instances.launch();
  const event = sample('custom-security-test-severity-7');
  event.detail = { ...event.detail, resourceType: 'AWS::EC2::Instance', resourceId: instanceId };
  const everything = await instances.others();
  const course = await workflow.send(event);
  expect(ways(course)).toEqual([CONTAIN('IsolateInstance')]);
  expect(subjects(course)).toEqual([`Suture HIGH: ${instanceId} is as before: this would have been contained`]);
  expect(await instances.others()).toEqual(everything);
});

it('an attack sequence is one incident: the key that it names is switched off', async () => {
  const { name, keys: [key] = [] } = await principals.user();
  const course = await workflow.send(
    sample('guardduty-attack-sequence-critical-9-5', {
      'ci-deployer': name,
      AKIAIOSFODNN7EXAMPLE: key?.accessKeyId ?? '',
    }),
  );
  expect(ways(course)).toEqual([CONTAIN('ContainPrincipal')]);
  expect(subjects(course)).toEqual([`Suture CRITICAL: user ${name} lost key ${key?.accessKeyId}`]);
  expect(key && (await principals.works(key))).toBe(false);
});

it("credentials of an instance seen elsewhere: the role's sessions so far are denied", async () => {
  const roleName = await instances.role();
  const instanceId = await instances.launch();
  const course = await workflow.send(
    about(instanceId, 'guardduty-iam-instance-credential-exfiltration', { 'web-role': roleName }),
  );
  expect(ways(course)).toEqual([CONTAIN('ContainPrincipal')]);
  expect(await instances.revocation(roleName)).toContain('aws:TokenIssueTime');
});

it('a bucket that GuardDuty finds open is closed by the remediation of buckets', async () => {
  const s3 = new S3Client({ ...twin.config, forcePathStyle: true });
  const Bucket = 'acme-customer-exports';
  // Nothing but the finding tells of it.
  const events = new EventBridgeClient(twin.config);
  await events.send(new DisableRuleCommand({ Name: 'S3BucketPublicAccessDetection' }));
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
  const Statement = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/*` };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  const course = await workflow.send(sample('guardduty-s3-anonymous-access-granted'));
  expect(ways(course)).toEqual([CONTAIN('ContainBucket')]);
  expect(subjects(course)).toContain(`Suture HIGH: bucket ${Bucket} is closed to the internet`);
  const { PublicAccessBlockConfiguration } = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
  expect(Object.values(PublicAccessBlockConfiguration ?? {})).toEqual([true, true, true, true]);
  expect((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toBe(Policy);
});

it('the custom action has contained what GuardDuty found, once a person agrees', async () => {
  const instanceId = await instances.launch();
  const finding = sample('guardduty-severity-6-9', { 'i-0abc1234def567890': instanceId });
  expect(ways(await workflow.send(finding))).toEqual([NOTIFY]);
  const everything = await instances.others();
  const copied = /finding\/([0-9a-f]{32})/.exec(JSON.stringify(sample('securityhub-custom-action-isolate')))?.[1] ?? '';
  const course = await workflow.send(sample('securityhub-custom-action-isolate', { [copied]: finding.detail.id }));
  expect(ways(course)).toEqual([ASK]);
  expect(subjects(course)).toEqual([`Suture MEDIUM: approve or deny: isolate ${instanceId}`]);
  expect(await instances.others()).toEqual(everything);
});

it('the custom action on what GuardDuty does not have is told, and says so', async () => {
  const course = await workflow.send(sample('securityhub-custom-action-isolate'));
  expect(ways(course)).toEqual([NOTIFY]);
  expect(course.messages[0]?.body).toContain('Nothing was changed: GuardDuty does not have this finding.');
});

it.each([
  ['securityhub-imported-s3-high', 'HIGH', 'close bucket acme-marketing-assets to the public'],
  ['securityhub-imported-sg-critical', 'CRITICAL', 'close what sg-0a1b2c3d4e5f60718 opens to the internet'],
])('%s waits for a person: whoever may import findings could have made it up', async (name, band, what) => {
  const course = await workflow.send(sample(name));
  expect(ways(course)).toEqual([ASK]);
  expect(subjects(course)).toEqual([`Suture ${band}: approve or deny: ${what}`]);
});

it('five findings in one event are five incidents, of which those that are known join and those that are closed are ignored', async () => {
  const course = await workflow.send(sample('securityhub-imported-multi-finding-batch'));
  expect(ways(course).sort()).toEqual(
    [NOTIFY, `${BEFORE} Duplicate`, `${BEFORE} Duplicate`, `${BEFORE} Ignored`, `${BEFORE} Ignored`].sort(),
  );
});

it('the second version of Security Hub tells of a finding that the first has told of: it joins', async () => {
  expect(ways(await workflow.send(sample('securityhub-v2-findings-imported-compliance')))).toEqual([
    `${BEFORE} Duplicate`,
  ]);
});

it('no sample is left out', () => {
  const text = readFileSync(__filename, 'utf8');
  const starting = fixtureNames.filter((name) => /^(guardduty|securityhub|custom|stepfunctions)-/.test(name));
  expect(starting.filter((name) => !text.includes(`'${name}'`))).toEqual([]);
});
