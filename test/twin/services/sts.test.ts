import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  GetUserCommand,
  IAMClient,
  PutUserPolicyCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts';
import { TestTwin } from '../../support/twin';

// What GetSessionToken gives: the user itself for a time, without IAM and most of STS.

let twin: TestTwin;
let iam: IAMClient;
beforeAll(async () => {
  twin = await TestTwin.startWithConfig('enforce');
  iam = new IAMClient(twin.config);
});
afterAll(() => twin.stop());

interface Keys {
  readonly AccessKeyId?: string | undefined;
  readonly SecretAccessKey?: string | undefined;
  readonly SessionToken?: string | undefined;
}
const as = ({ AccessKeyId = '', SecretAccessKey = '', SessionToken }: Keys) => ({
  ...twin.config,
  credentials: {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    ...(SessionToken !== undefined && { sessionToken: SessionToken }),
  },
});
const document = (...Statement: readonly object[]) => JSON.stringify({ Version: '2012-10-17', Statement });
const everything = { Effect: 'Allow', Action: '*', Resource: '*' };

async function makeUser(UserName: string, PolicyDocument = document(everything)) {
  await iam.send(new CreateUserCommand({ UserName }));
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'own', PolicyDocument }));
  const { AccessKey = {} } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  return AccessKey as Keys;
}
const sessionOf = async (keys: Keys, DurationSeconds?: number): Promise<Keys> =>
  (await new STSClient(as(keys)).send(new GetSessionTokenCommand({ DurationSeconds }))).Credentials ?? {};
const vpcs = (keys: Keys) => new EC2Client(as(keys)).send(new DescribeVpcsCommand({}));

it('a session is its user, with the permissions of the user', async () => {
  const session = await sessionOf(await makeUser('reader', document({ ...everything, Action: 'ec2:DescribeVpcs' })));
  expect(session.AccessKeyId).toMatch(/^ASIA/);
  expect(await new STSClient(as(session)).send(new GetCallerIdentityCommand({}))).toMatchObject({
    Arn: 'arn:aws:iam::111122223333:user/reader',
  });
  expect((await vpcs(session)).Vpcs).toHaveLength(1);
  await iam.send(
    new PutUserPolicyCommand({
      UserName: 'reader',
      PolicyName: 'own',
      PolicyDocument: document({ ...everything, Action: 's3:*' }),
    }),
  );
  await expect(vpcs(session)).rejects.toMatchObject({ name: 'UnauthorizedOperation' });
});

it('a session outlives its key, and ends when its time is over', async () => {
  const key = await makeUser('leaver');
  const session = await sessionOf(key, 900);
  await iam.send(
    new UpdateAccessKeyCommand({ UserName: 'leaver', AccessKeyId: key.AccessKeyId ?? '', Status: 'Inactive' }),
  );
  await expect(vpcs(key)).rejects.toThrow();
  expect((await vpcs(session)).Vpcs).toHaveLength(1);
  await twin.advance(901);
  await expect(vpcs(session)).rejects.toMatchObject({ name: 'ExpiredToken' });
});

it('a denial by the time of issue hits the sessions from before, not those from after, nor the key', async () => {
  const key = await makeUser('revoked');
  const before = await sessionOf(key);
  await twin.advance(2);
  const { now } = await twin.advance(1);
  const denial = {
    Effect: 'Deny',
    Action: '*',
    Resource: '*',
    Condition: { DateLessThan: { 'aws:TokenIssueTime': now } },
  };
  await iam.send(new PutUserPolicyCommand({ UserName: 'revoked', PolicyName: 'no', PolicyDocument: document(denial) }));
  await twin.advance(2);
  const after = await sessionOf(key);
  await expect(vpcs(before)).rejects.toMatchObject({ name: 'UnauthorizedOperation' });
  expect((await vpcs(after)).Vpcs).toHaveLength(1);
  expect((await vpcs(key)).Vpcs).toHaveLength(1);
});

it('a session calls neither IAM, nor GetSessionToken again', async () => {
  const session = await sessionOf(await makeUser('climber'));
  await expect(new IAMClient(as(session)).send(new GetUserCommand({}))).rejects.toMatchObject({
    name: 'InvalidClientTokenId',
  });
  await expect(sessionOf(session)).rejects.toMatchObject({ name: 'AccessDenied' });
});

it.each([899, 129_601])('no session lasts %d seconds', async (seconds) => {
  const key = await makeUser(`patient-${seconds}`);
  await expect(sessionOf(key, seconds)).rejects.toMatchObject({ name: 'ValidationError' });
});
