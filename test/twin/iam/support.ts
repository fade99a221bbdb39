import { EC2 } from '@aws-sdk/client-ec2';
import type { IAM } from '@aws-sdk/client-iam';
import type { Ec2Bench } from '../ec2/support';

export const policy = (...Statement: object[]): string => JSON.stringify({ Version: '2012-10-17', Statement });

export const allow = (Action: string | string[], Resource: string | string[] = '*') => ({
  Effect: 'Allow',
  Action,
  Resource,
});

/** The trust of a role. */
export const trusting = (principal: object): string =>
  policy({ Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole' });

export const codeOf = async (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'nothing failed',
    (error: Error) => error.name,
  );

/** A user with a key, and EC2 as it sees it. */
export async function userWithKey({ settings }: Ec2Bench, iam: IAM, name: string) {
  await iam.createUser({ UserName: name });
  const { AccessKey } = await iam.createAccessKey({ UserName: name });
  const credentials = { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' };
  return { id: credentials.accessKeyId, ec2: new EC2({ ...settings, credentials }) };
}
