import { ConfigConfigurationRecorder } from '@cdktf/provider-aws/lib/config-configuration-recorder';
import { ConfigConfigurationRecorderStatus } from '@cdktf/provider-aws/lib/config-configuration-recorder-status';
import { ConfigDeliveryChannel } from '@cdktf/provider-aws/lib/config-delivery-channel';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { IamRolePolicyAttachment } from '@cdktf/provider-aws/lib/iam-role-policy-attachment';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { Account } from './account';
import { LogBucket } from './log-bucket';
import type { Names } from './names';
import { policyDocument, trustService } from './policy-document';

/** What our remediations look at. Recorded as it changes: DAILY would delay a rule by up to 24 hours. */
const RECORDED_TYPES = ['AWS::EC2::SecurityGroup', 'AWS::S3::Bucket', 'AWS::S3::AccountPublicAccessBlock'];

/**
 * AWS Config's recorder with its delivery channel: one per account and Region, so that only an account without one may have this.
 *
 * @see https://docs.aws.amazon.com/config/latest/developerguide/stop-start-recorder.html
 * @see https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-policy.html
 * @see https://docs.aws.amazon.com/config/latest/developerguide/iamrole-permissions.html
 */
export class ConfigRecorder extends Construct {
  /** Rules need a recorder that is switched on. */
  readonly on: ITerraformDependable;

  constructor(
    scope: Construct,
    id: string,
    { names, account }: { readonly names: Names['config']; readonly account: Account },
  ) {
    super(scope, id);
    const ofAccount = { 'aws:SourceAccount': account.id };
    const config = { Service: 'config.amazonaws.com' };
    const bucket = new LogBucket(this, 'bucket', {
      bucketPrefix: names.bucketPrefix,
      account,
      statements: ({ arn }) => [
        {
          Sid: 'ConfigLooks',
          Principal: config,
          Action: ['s3:GetBucketAcl', 's3:ListBucket'],
          Resource: arn,
          Condition: { StringEquals: ofAccount },
        },
        {
          Sid: 'ConfigWrites',
          Principal: config,
          Action: 's3:PutObject',
          Resource: `${arn}/AWSLogs/${account.id}/Config/*`,
          Condition: { StringEquals: { ...ofAccount, 's3:x-amz-acl': 'bucket-owner-full-control' } },
        },
      ],
    });
    const role = new IamRole(this, 'role', {
      name: names.role,
      description: 'Lets AWS Config read what it records',
      assumeRolePolicy: trustService('config.amazonaws.com'),
    });
    const reads = new IamRolePolicyAttachment(this, 'reads', {
      role: role.name,
      policyArn: `arn:${account.partition}:iam::aws:policy/service-role/AWS_ConfigRole`,
    });
    const writes = new IamRolePolicy(this, 'writes', {
      name: 'delivery',
      role: role.name,
      policy: policyDocument([
        { Sid: 'LookAtTheBucket', Action: 's3:GetBucketAcl', Resource: bucket.arn },
        {
          Sid: 'WriteIntoTheBucket',
          Action: 's3:PutObject',
          Resource: `${bucket.arn}/AWSLogs/${account.id}/Config/*`,
          Condition: { StringEquals: { 's3:x-amz-acl': 'bucket-owner-full-control' } },
        },
      ]),
    });
    const recorder = new ConfigConfigurationRecorder(this, 'recorder', {
      name: names.recorder,
      roleArn: role.arn,
      recordingGroup: {
        allSupported: false,
        resourceTypes: RECORDED_TYPES,
        recordingStrategy: [{ useOnly: 'INCLUSION_BY_RESOURCE_TYPES' }],
      },
      recordingMode: { recordingFrequency: 'CONTINUOUS' },
    });
    const channel = new ConfigDeliveryChannel(this, 'channel', {
      name: names.recorder,
      s3BucketName: bucket.name,
      dependsOn: [recorder, bucket.policy, reads, writes],
    });
    this.on = new ConfigConfigurationRecorderStatus(this, 'status', {
      name: recorder.name,
      isEnabled: true,
      dependsOn: [channel],
    });
  }
}
