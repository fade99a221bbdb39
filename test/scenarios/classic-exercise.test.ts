import { AwsCli, pythonEnvironment } from '../support/python';
import { TestTwin } from '../support/twin';

// The self-healing exercise as its authors tell it, with the AWS CLI: a group with a blueprint of two ports, a careless change, and what
// Config and the log show of it.

let twin: TestTwin;
let cli: AwsCli;
let groupId: string;
beforeAll(async () => {
  pythonEnvironment();
  twin = await TestTwin.startWithConfig('blueprint');
  cli = AwsCli.start(twin.ready.environment);
}, 300_000);
afterAll(async () => {
  cli?.stop();
  await twin?.stop();
});

const aws = (...given: string[]) => cli.run(...given);
const open = (port: number) =>
  aws(
    ...['ec2', 'authorize-security-group-ingress', '--group-id', groupId],
    ...['--protocol', 'tcp', '--port', String(port), '--cidr', '0.0.0.0/0'],
  );

it('the careless change is taken back', async () => {
  ({ GroupId: groupId } = await aws(
    ...['ec2', 'create-security-group', '--group-name', 'LabSG1', '--description', 'two web ports, and no other'],
  ));
  for (const port of [80, 443]) await open(port);
  await twin.settle();
  for (const port of [465, 993]) await open(port);
  await twin.settle();
  const { SecurityGroups } = await aws('ec2', 'describe-security-groups', '--group-ids', groupId);
  expect(
    SecurityGroups[0].IpPermissions.map(({ FromPort }: { FromPort: number }) => FromPort).sort(
      (a: number, b: number) => a - b,
    ),
  ).toEqual([80, 443]);
});

it('the log says what was revoked, and what was remediated', async () => {
  const lines = async (pattern: string) => {
    const { events } = await aws(
      ...['logs', 'filter-log-events', '--log-group-name', '/aws/lambda/SecurityAutoRemediation'],
      ...['--filter-pattern', pattern],
    );
    return (events as { message: string }[]).map(({ message }) => JSON.parse(message).message as string);
  };
  expect(await lines('Revoking')).toEqual(expect.arrayContaining(['Revoking for port 465', 'Revoking for port 993']));
  expect(await lines('Remediated')).toContain(`Remediated security group ${groupId}`);
});

it('Config shows the group compliant again, under the rule of the exercise', async () => {
  const { EvaluationResults } = await aws(
    ...['configservice', 'get-compliance-details-by-config-rule', '--config-rule-name', 'SecurityGroupIngressPolicy'],
    ...['--compliance-types', 'COMPLIANT'],
  );
  expect(JSON.stringify(EvaluationResults)).toContain(groupId);
  const { configurationItems } = await aws(
    ...['configservice', 'get-resource-config-history', '--resource-type', 'AWS::EC2::SecurityGroup'],
    ...['--resource-id', groupId],
  );
  expect(configurationItems.length).toBeGreaterThanOrEqual(4);
});

it('the rules are found by the name that runbooks look for', async () => {
  const { Rules } = await aws('events', 'list-rules', '--name-prefix', 'ConfigCompliance');
  expect(Rules.map(({ Name }: { Name: string }) => Name)).toEqual([
    'ConfigComplianceS3Buckets',
    'ConfigComplianceSecurityGroups',
  ]);
  const { ConfigurationRecordersStatus } = await aws('configservice', 'describe-configuration-recorder-status');
  expect(ConfigurationRecordersStatus).toMatchObject([{ recording: true }]);
});
