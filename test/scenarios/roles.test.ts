import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateManagedPrefixListCommand, ModifyManagedPrefixListCommand } from '@aws-sdk/client-ec2';
import { marshall } from '@aws-sdk/util-dynamodb';
import { provesRole } from '../support/role-proof';
import type { Variant } from '../support/stacks';
import { type TestTwin, tcp } from '../support/twin';

const ROLE = 'AwsConfigLambdaSGRole';

describe.each<[Variant, string[]]>([
  ['enforce', ['ec2:AuthorizeSecurityGroupIngress']], // only with keepAllowedPorts
  ['narrow', []],
])('the role of security groups with the settings "%s"', (variant, unreachable) => {
  provesRole({
    role: ROLE,
    bundle: 'remediate-security-group',
    variant,
    unreachable,
    doEverything,
    fenced: [
      ['write the policy', 'dynamodb:PutItem', 'POLICY'],
      ['change the policy', 'dynamodb:UpdateItem', 'POLICY'],
      ['lift a pause', 'dynamodb:UpdateItem', 'PAUSE'],
      ['grant itself an exception', 'dynamodb:PutItem', 'EXCEPTIONS'],
      ['write about a bucket', 'dynamodb:PutItem', 'RES#111122223333#REGION#AWS::S3::Bucket#b'],
      ['write about another account', 'dynamodb:PutItem', 'RES#444455556666#REGION#AWS::EC2::SecurityGroup#sg-1'],
      ['spend the budget of another remediation', 'dynamodb:UpdateItem', 'BUDGET#bucket'],
      ['find what another remediation has pending', 'dynamodb:Query', 'bucket'],
      ['read about a bucket', 'dynamodb:BatchGetItem', 'RES#111122223333#REGION#AWS::S3::Bucket#b'],
      ['delete a receipt', 'dynamodb:DeleteItem', 'RES#111122223333#REGION#AWS::EC2::SecurityGroup#sg-1'],
    ],
    own: 'RES#111122223333#REGION#AWS::EC2::SecurityGroup#sg-1',
    forbidden: [
      'ec2:RevokeSecurityGroupEgress',
      'ec2:DeleteSecurityGroup',
      'ec2:ModifySecurityGroupRules',
      'ec2:AuthorizeSecurityGroupEgress',
      'iam:PassRole',
      'sts:AssumeRole',
    ],
  });
});

const oversized = ({ ready: { region, accountId } }: TestTwin, resourceId: string) => ({
  invokingEvent: JSON.stringify({
    messageType: 'OversizedConfigurationItemChangeNotification',
    configurationItemSummary: {
      resourceType: 'AWS::EC2::SecurityGroup',
      resourceId,
      configurationItemStatus: 'OK',
      configurationItemCaptureTime: new Date().toISOString(),
      awsRegion: region,
    },
  }),
  resultToken: 'TESTMODE',
  configRuleName: 'SecurityGroupIngressPolicy',
  configRuleArn: `arn:aws:config:${region}:${accountId}:config-rule/config-rule-a1b2c3`,
  accountId,
});

/** Every path of the function: a fix, a join, a list, a message. */
async function doEverything(twin: TestTwin): Promise<void> {
  const groupId = await twin.makeGroup();
  const { PrefixList: { PrefixListId = '' } = {} } = await twin.ec2.send(
    new CreateManagedPrefixListCommand({ PrefixListName: 'l', AddressFamily: 'IPv4', MaxEntries: 55 }),
  );
  await twin.advance(1);
  await twin.authorize(groupId, { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, PrefixListIds: [{ PrefixListId }] });
  await twin.settle();
  await twin.ec2.send(
    new ModifyManagedPrefixListCommand({ PrefixListId, CurrentVersion: 1, AddEntries: [{ Cidr: '0.0.0.0/0' }] }),
  );
  await twin.settle();
  await twin.fault({ operation: 'ec2:RevokeSecurityGroupIngress', delayMs: 400, principal: ROLE });
  await twin.authorize(groupId, tcp([0, 500]));
  await twin.authorize(groupId, tcp(993));
  await twin.settle();
  await twin.invoke('SecurityGroupSelfHeal', { sweep: {} });
  // An item too large for its event is read from Config.
  await twin.invoke('SecurityGroupSelfHeal', oversized(twin, groupId));
  // Somebody must be told: the hour's budget is used up.
  const { now } = await twin.control<{ now: string }>('GET', '/health');
  await twin.dynamodb.send(
    new PutItemCommand({
      TableName: 'SutureLedger',
      Item: marshall({ pk: 'BUDGET#security-group', sk: 'CURRENT', window: now.slice(0, 13), used: 100 }),
    }),
  );
  await twin.authorize(groupId, tcp(465));
  await twin.settle();
}
