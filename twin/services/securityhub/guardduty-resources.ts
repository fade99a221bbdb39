import type { Resource } from '@aws-sdk/client-securityhub';
import type { FindingDetail } from '../guardduty/state';

// biome-ignore lint/suspicious/noExplicitAny: what GuardDuty tells of a resource is JSON of any shape
type Details = Record<string, any>;

/** What is known of each kind of details. */
const KINDS: Readonly<Record<string, (details: Details, finding: FindingDetail) => Partial<Resource>>> = {
  instanceDetails: (instance, { accountId, region }) => {
    const [network = {}] = (instance.networkInterfaces ?? []) as Details[];
    return {
      Type: 'AwsEc2Instance',
      Id: `arn:aws:ec2:${region}:${accountId}:instance/${instance.instanceId}`,
      Tags: tagsOf(instance.tags),
      Details: {
        AwsEc2Instance: {
          Type: instance.instanceType,
          VpcId: network.vpcId,
          ImageId: instance.imageId,
          IpV4Addresses: [network.publicIp, network.privateIpAddress].filter(Boolean) as string[],
          SubnetId: network.subnetId,
          LaunchedAt: instance.launchTime,
          IamInstanceProfileArn: instance.iamInstanceProfile?.arn,
        },
      },
    };
  },
  accessKeyDetails: (key) => ({
    Type: 'AwsIamAccessKey',
    Id: `AWS::IAM::AccessKey:${key.accessKeyId}`,
    Details: {
      AwsIamAccessKey: {
        PrincipalId: key.principalId,
        PrincipalType: key.userType,
        PrincipalName: key.userName,
      },
    },
  }),
  eksClusterDetails: (cluster) => ({ Type: 'AwsEksCluster', Id: cluster.arn, Tags: tagsOf(cluster.tags) }),
  lambdaDetails: (lambda) => ({ Type: 'AwsLambdaFunction', Id: lambda.functionArn, Tags: tagsOf(lambda.tags) }),
  rdsDbInstanceDetails: (database) => ({
    Type: 'AwsRdsDbInstance',
    Id: database.dbInstanceArn,
    Tags: tagsOf(database.tags),
  }),
};

function bucket(details: Details): Partial<Resource> {
  return {
    Type: 'AwsS3Bucket',
    Id: details.arn,
    Tags: tagsOf(details.tags),
    Details: { AwsS3Bucket: { OwnerId: details.owner?.id } },
  };
}

const tagsOf = (tags: { key: string; value: string }[] | undefined): Record<string, string> | undefined =>
  tags && tags.length > 0 ? Object.fromEntries(tags.map(({ key, value }) => [key, value])) : undefined;

/**
 * The resources of a finding in ASFF: one for each kind of details. What is not known by them is the account.
 *
 * @see https://docs.aws.amazon.com/securityhub/latest/userguide/asff-resources.html
 */
export function resourcesOf(finding: FindingDetail): Resource[] {
  const { resource, accountId, region } = finding;
  const buckets = ((resource.s3BucketDetails ?? []) as Details[]).map(bucket);
  const others = Object.entries(KINDS).flatMap(([name, describe]) =>
    resource[name] ? [describe(resource[name] as Details, finding)] : [],
  );
  const found = [...buckets, ...others];
  const all = found.length > 0 ? found : [{ Type: 'AwsAccount', Id: `AWS::::Account:${accountId}` }];
  return all.map(({ Type, Id, ...rest }) => ({
    Partition: 'aws',
    Type,
    Region: String(region),
    Id: Id ?? `AWS::::Account:${accountId}`,
    ...(JSON.parse(JSON.stringify(rest)) as Partial<Resource>),
  }));
}
