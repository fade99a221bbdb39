import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { HOME_ACCOUNT } from '../../../twin/twin';

export const ACCOUNT = HOME_ACCOUNT;
export const REGION = 'eu-west-1';
export const BUCKET = 'config-logs';
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/AwsConfigRole`;
export const FUNCTION = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:judge`;

export type Resources = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;

/** A function that calls a group bad which lets the world in on port 22, and does as `mode` in its parameters says. */
const JUDGE = `
const call = (operation, body) => fetch(process.env.AWS_ENDPOINT_URL, {
  method: 'POST',
  headers: {
    authorization: 'AWS4-HMAC-SHA256 Credential=' + process.env.AWS_ACCESS_KEY_ID + '/20261121/${REGION}/config/aws4_request',
    'x-amz-security-token': process.env.AWS_SESSION_TOKEN,
    'x-amz-target': 'StarlingDoveService.' + operation,
    'content-type': 'application/x-amz-json-1.1',
  },
  body: JSON.stringify(body),
});
exports.handler = async (event) => {
  const { mode } = JSON.parse(event.ruleParameters);
  if (mode === 'throw') throw new Error('the function is broken');
  if (mode === 'silent') return;
  const message = JSON.parse(event.invokingEvent);
  const item = message.configurationItem ?? message.configurationItemSummary;
  const gone = event.eventLeftScope || item?.configurationItemStatus === 'ResourceDeleted';
  const open = (item?.configuration?.ipPermissions ?? []).some(
    ({ fromPort, ipRanges }) => fromPort === 22 && ipRanges.includes('0.0.0.0/0'),
  );
  const answer = await call('PutEvaluations', {
    ResultToken: event.resultToken,
    Evaluations: [{
      ComplianceResourceType: item?.resourceType ?? 'AWS::::Account',
      ComplianceResourceId: item?.resourceId ?? event.accountId,
      ComplianceType: gone ? 'NOT_APPLICABLE' : open ? 'NON_COMPLIANT' : 'COMPLIANT',
      OrderingTimestamp: Date.parse(item?.configurationItemCaptureTime ?? message.notificationCreationTime) / 1000,
      ...(open && { Annotation: 'open to the world' }),
    }],
  });
  if (!answer.ok) throw new Error(await answer.text());
};
`;

const trusting = (service: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
  });

/** What a recorder needs around it: a role, a bucket that it may write to, and a function for custom rules. */
export const FOUNDATION: Resources = {
  aws_s3_bucket: { logs: { bucket: BUCKET } },
  aws_s3_bucket_policy: {
    logs: {
      bucket: '${aws_s3_bucket.logs.id}',
      policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'config.amazonaws.com' },
            Action: ['s3:GetBucketAcl', 's3:ListBucket'],
            Resource: `arn:aws:s3:::${BUCKET}`,
            Condition: { StringEquals: { 'AWS:SourceAccount': ACCOUNT } },
          },
          {
            Effect: 'Allow',
            Principal: { Service: 'config.amazonaws.com' },
            Action: 's3:PutObject',
            Resource: `arn:aws:s3:::${BUCKET}/AWSLogs/${ACCOUNT}/Config/*`,
            Condition: {
              StringEquals: { 'AWS:SourceAccount': ACCOUNT, 's3:x-amz-acl': 'bucket-owner-full-control' },
            },
          },
        ],
      }),
    },
  },
  aws_iam_role: {
    config: { name: 'AwsConfigRole', assume_role_policy: trusting('config.amazonaws.com') },
    judge: { name: 'JudgeRole', assume_role_policy: trusting('lambda.amazonaws.com') },
  },
  aws_iam_role_policy: {
    judge: {
      role: '${aws_iam_role.judge.name}',
      name: 'evaluations',
      policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'config:PutEvaluations', Resource: '*' }],
      }),
    },
  },
  aws_lambda_function: {
    judge: {
      function_name: 'judge',
      role: '${aws_iam_role.judge.arn}',
      runtime: 'nodejs24.x',
      handler: 'index.handler',
      filename: 'judge.zip',
    },
  },
  aws_lambda_permission: {
    config: {
      statement_id: 'config',
      function_name: '${aws_lambda_function.judge.function_name}',
      action: 'lambda:InvokeFunction',
      principal: 'config.amazonaws.com',
      source_account: ACCOUNT,
    },
  },
};

const directories: string[] = [];
process.once('exit', () => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** Resources of Terraform in a folder of their own, with the function's zip. */
export function stackOf(resources: Resources, region = REGION): string {
  const directory = mkdtempSync(join(tmpdir(), 'suture-config-'));
  directories.push(directory);
  writeFileSync(join(directory, 'judge.zip'), zipSync({ 'index.js': new TextEncoder().encode(JUDGE) }));
  writeFileSync(
    join(directory, 'cdk.tf.json'),
    JSON.stringify({ provider: { aws: [{ region }] }, resource: resources }),
  );
  return directory;
}
