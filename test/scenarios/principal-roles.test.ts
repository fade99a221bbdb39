import { DeleteUserPolicyCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { Target } from '../../functions/incident/incident';
import { EXECUTION } from '../support/incident';
import { TestPrincipals } from '../support/principals';
import { provesRole } from '../support/role-proof';
import type { TestTwin } from '../support/twin';

/** Users and roles, contained by the function that is deployed, under its own role. */
async function doEverything(twin: TestTwin): Promise<void> {
  const principals = new TestPrincipals(twin);
  const lambda = new LambdaClient(twin.config);
  const contain = async (target: Target) => {
    const { id } = await principals.claim(target);
    const { Payload } = await lambda.send(
      new InvokeCommand({
        FunctionName: 'ContainPrincipal',
        Payload: JSON.stringify({ incidentId: id, execution: EXECUTION, target: 0, mode: 'contain' }),
      }),
    );
    return JSON.parse(Buffer.from(Payload ?? []).toString()) as { outcome?: string };
  };
  const { name, keys: [key] = [] } = await principals.user();
  const roleName = await principals.role();
  await principals.wear(roleName);
  const accessKeyId = key?.accessKeyId ?? '';
  const user = { kind: 'user', userName: name, accessKeyId } as const;
  expect(await contain(user)).toMatchObject({ outcome: 'REMEDIATED' });
  expect(key && (await principals.works(key))).toBe(false);
  expect(await contain({ kind: 'role', roleName })).toMatchObject({ outcome: 'REMEDIATED' });
  expect(await contain({ kind: 'role', roleName: 'ContainPrincipalRole' })).toMatchObject({ outcome: 'HELD' });
  // What IAM refuses is understood by the bundle, too.
  expect(await contain({ ...user, userName: 'nobody' })).toMatchObject({ outcome: 'GONE' });
  const statement = { Sid: 'x'.repeat(1_900), Effect: 'Deny', Action: 's3:*', Resource: '*' };
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  await principals.iam.send(new DeleteUserPolicyCommand({ UserName: name, PolicyName: 'AWSRevokeOlderSessions' }));
  await principals.iam.send(new PutUserPolicyCommand({ UserName: name, PolicyName: 'own', PolicyDocument }));
  expect(await contain(user)).toMatchObject({ outcome: 'HELD' });
  await twin.settle();
}

describe('the role ContainPrincipalRole', () => {
  const incident = 'RES#111122223333#REGION#Suture::Incident#gd-0123456789abcdef';
  provesRole({
    role: 'ContainPrincipalRole',
    bundle: 'contain-principal',
    variant: 'enforce',
    // The first two only to take a containment back, which a person does; the third for sweeps, which nobody makes of principals.
    unreachable: ['iam:DeleteUserPolicy', 'iam:DeleteRolePolicy', 'dynamodb:Query'],
    doEverything,
    fenced: [
      ['write the policy', 'dynamodb:PutItem', 'POLICY'],
      ['write about an incident', 'dynamodb:PutItem', incident],
      ['count against the budget of another', 'dynamodb:UpdateItem', 'BUDGET#instance'],
      ['write about an instance', 'dynamodb:PutItem', 'RES#111122223333#REGION#AWS::EC2::Instance#i-0'],
      ['write about a user of another Region', 'dynamodb:PutItem', 'RES#111122223333#us-west-2#AWS::IAM::User#a'],
    ],
    own: 'RES#111122223333#REGION#AWS::IAM::User#alice',
    forbidden: [
      'iam:AttachRolePolicy',
      'iam:AttachUserPolicy',
      'iam:CreateAccessKey',
      'iam:DeleteAccessKey',
      'iam:DeleteLoginProfile',
      'iam:DeleteRolePolicy',
      'iam:DeleteUserPolicy',
      'iam:PassRole',
      'iam:UpdateAssumeRolePolicy',
      'sts:AssumeRole',
      'lambda:InvokeFunction',
      's3:GetObject',
      'ec2:TerminateInstances',
    ],
  });
});
