import { AwsError, type Service } from '../../service';
import { accessOf } from './access';
import { instanceOperations } from './instances';
import { interfaceOperations } from './interfaces';
import { prefixListOperations } from './prefix-lists';
import { recordedGroups } from './recorded';
import { ruleOperations } from './rules';
import { securityGroupOperations } from './security-groups';
import type { Ec2Call, Ec2Operations, Ec2State, Sdk } from './state';
import { snapshotOperations } from './storage/snapshots';
import { volumeOperations } from './storage/volumes';
import { subnetOperations } from './subnets';
import { tagOperations } from './tags';
import { ec2Trail, rememberRequestId } from './trail';
import { defaultRegion, vpcOperations } from './vpcs';

/** VPCs with their groups and prefix lists; instances with their interfaces, volumes and addresses. */
export const ec2: Service<Sdk, Ec2State> = {
  prefix: 'ec2',
  sdk: () => require('@aws-sdk/client-ec2') as Sdk,
  client: 'EC2Client',
  initial: defaultRegion,
  operations: asCalls({
    ...vpcOperations,
    ...subnetOperations,
    ...securityGroupOperations,
    ...ruleOperations,
    ...prefixListOperations,
    ...interfaceOperations,
    ...instanceOperations,
    ...volumeOperations,
    ...snapshotOperations,
    ...tagOperations,
  }),
  recorded: [recordedGroups],
  access: (operation, input: Record<string, unknown>, call) => accessOf(operation, input, call),
  trail: (operation, input: Record<string, unknown>, output: Record<string, unknown> | undefined) =>
    ec2Trail(operation, input, output),
};

/** What all calls have in common. A dry run ends where IAM has allowed it. @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html */
function asCalls(operations: Ec2Operations): Ec2Operations {
  type Handler = (request: { DryRun?: boolean }, call: Ec2Call) => object;
  const wrapped = Object.entries(operations).map(([name, operation]) => [
    name,
    (request: { DryRun?: boolean }, call: Ec2Call) => {
      if (request.DryRun)
        throw new AwsError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', { status: 412 });
      return rememberRequestId((operation as Handler)(request, call), call.requestId);
    },
  ]);
  return Object.fromEntries(wrapped) as Ec2Operations;
}
