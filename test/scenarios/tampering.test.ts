import { CloudTrail } from '@aws-sdk/client-cloudtrail';
import { EventBridge } from '@aws-sdk/client-eventbridge';
import { IAM } from '@aws-sdk/client-iam';
import { SFN } from '@aws-sdk/client-sfn';
import { tamperIncident, tamperingIn } from '../../functions/assess-incident/tamper';
import { parseSettings } from '../../functions/core/settings';
import { names } from '../../modules/names';
import { partNames } from '../../modules/part-names';
import { policyDocument } from '../../modules/policy-document';
import { defendedStack } from '../support/defended';
import { stackDirectory } from '../support/stacks';
import { TestTwin } from '../support/twin';

// Somebody stops or changes Suture itself, in an account where another installation lives as well.

const settings = { region: 'eu-west-1' };
const MACHINE = 'arn:aws:states:eu-west-1:111122223333:stateMachine:SecurityIncidentResponse';

let twin: TestTwin;
let trails: CloudTrail;
let events: EventBridge;
let iam: IAM;
let sfn: SFN;
let directory: string;
beforeAll(() => {
  directory = defendedStack('scenario', settings);
});
beforeEach(async () => {
  twin = await TestTwin.of(directory, 'SutureLedger', '--stack', stackDirectory('second'));
  trails = new CloudTrail(twin.config);
  events = new EventBridge(twin.config);
  iam = new IAM(twin.config);
  sfn = new SFN(twin.config);
});
afterEach(async () => {
  for (const client of [trails, events, iam, sfn]) client.destroy();
  await twin.stop();
});

/** What started the workflow: the event, and the incident that the function makes of it. */
async function started() {
  await twin.settle();
  const { executions = [] } = await sfn.listExecutions({ stateMachineArn: MACHINE });
  const inputs = await Promise.all(
    executions.map(async ({ executionArn }) => (await sfn.describeExecution({ executionArn })).input ?? ''),
  );
  const parts = partNames(names(''), parseSettings(settings));
  const home = { partition: 'aws', region: 'eu-west-1', account: '111122223333' };
  return inputs.map((input) => {
    const tampering = tamperingIn(JSON.parse(input), parts);
    return tampering && tamperIncident(tampering, { deployers: { roles: [] }, home });
  });
}

const critical = (type: string, resource: string) =>
  expect.objectContaining({
    type: `Tampering:Suture/${type}`,
    band: 'critical',
    resources: [resource, 'arn:aws:iam::111122223333:user/operator'],
  });

it.each<[what: string, call: () => Promise<unknown>, type: string, resource: string]>([
  [
    'the trail is stopped',
    () => trails.stopLogging({ Name: 'SelfHealTrail' }),
    'StopLogging',
    'arn:aws:cloudtrail:eu-west-1:111122223333:trail/SelfHealTrail',
  ],
  [
    'a rule is disabled',
    () => events.disableRule({ Name: 'SecurityGroupIngressDetection' }),
    'DisableRule',
    'arn:aws:events:eu-west-1:111122223333:rule/SecurityGroupIngressDetection',
  ],
  [
    'a rule that watches over the others is disabled',
    () => events.disableRule({ Name: 'SutureTamperRules' }),
    'DisableRule',
    'arn:aws:events:eu-west-1:111122223333:rule/SutureTamperRules',
  ],
  [
    'a role may do more, of which IAM tells in us-east-1',
    () =>
      iam.putRolePolicy({
        RoleName: 'AwsConfigLambdaSGRole',
        PolicyName: 'more',
        PolicyDocument: policyDocument([{ Action: 's3:*', Resource: '*' }]),
      }),
    'PutRolePolicy',
    'arn:aws:iam::111122223333:role/AwsConfigLambdaSGRole',
  ],
  [
    'the role that brings such events may bring them no more',
    () => iam.deleteRolePolicy({ RoleName: 'SutureTamperForwardingRole', PolicyName: 'permissions' }),
    'DeleteRolePolicy',
    'arn:aws:iam::111122223333:role/SutureTamperForwardingRole',
  ],
])('the workflow is started once if %s', async (_what, call, type, resource) => {
  await call();
  expect(await started()).toEqual([critical(type, resource)]);
});

it('the rule that brings them is watched where it is', async () => {
  const american = new EventBridge({ ...twin.config, region: 'us-east-1' });
  await american.disableRule({ Name: 'SutureTamperForwarding' });
  american.destroy();
  expect(await started()).toEqual([
    critical('DisableRule', 'arn:aws:events:us-east-1:111122223333:rule/SutureTamperForwarding'),
  ]);
});

it('what is done to others, and what Suture does by itself, starts nothing', async () => {
  await events.disableRule({ Name: 'team-b-SecurityGroupIngressDetection' });
  await iam.deleteRolePolicy({ RoleName: 'team-b-AwsConfigLambdaSGRole', PolicyName: 'permissions' });
  await events.putRule({ Name: 'theirs', ScheduleExpression: 'rate(1 day)' });
  await iam.createUser({ UserName: 'somebody' });
  // A group is made, looked at, and evaluated; sweeps run.
  await twin.makeGroup();
  await twin.advance(7 * 3600);
  expect(await started()).toEqual([]);
});
