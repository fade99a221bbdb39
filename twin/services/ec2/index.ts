import { type Access, AwsError, type Service } from '../../service';
import { kindOf } from './ids';
import { prefixListOperations } from './prefix-lists';
import { recordedGroups } from './recorded';
import { ruleOperations } from './rules';
import { securityGroupOperations } from './security-groups';
import type { Ec2Call, Ec2Operations, Ec2State, Sdk } from './state';
import { tagOperations } from './tags';
import { ec2Trail, rememberRequestId } from './trail';
import { defaultRegion, vpcOperations } from './vpcs';

/** Security groups, prefix lists, VPCs. Instances come with the incidents. */
export const ec2: Service<Sdk, Ec2State> = {
  prefix: 'ec2',
  sdk: () => require('@aws-sdk/client-ec2') as Sdk,
  client: 'EC2Client',
  initial: defaultRegion,
  operations: asCalls({
    ...vpcOperations,
    ...securityGroupOperations,
    ...ruleOperations,
    ...prefixListOperations,
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

/** Calls that change one resource, which IAM knows by its ARN. Describe calls know none, and are left to the default. */
function accessOf(operation: string, input: Record<string, unknown>, call: Ec2Call): Access[] | undefined {
  const ids = idsIn(operation, input, call);
  if (ids.length === 0 || operation.startsWith('Describe')) return undefined;
  const context = { 'ec2:Region': call.region };
  const access = ids.map((id) => ({
    action: `ec2:${operation}`,
    resources: [arnOf(call, id)],
    context: { ...context, ...tagContext(call, id), ...(id.startsWith('sg-') && groupContext(call, id)) },
  }));
  const tagged = ((input.TagSpecifications ?? []) as { ResourceType?: string }[]).map(({ ResourceType }) => ({
    action: 'ec2:CreateTags',
    resources: [call.arn(`${ResourceType}/*`)],
    context: { ...context, 'ec2:CreateAction': operation },
  }));
  return [...access, ...tagged];
}

function idsIn(operation: string, input: Record<string, unknown>, { state }: Ec2Call): string[] {
  if (operation === 'CreateTags' || operation === 'DeleteTags') return (input.Resources ?? []) as string[];
  if (operation === 'CreateSecurityGroup') return [];
  const byName =
    input.GroupName === undefined
      ? undefined
      : [...state.groups.values()].find(
          ({ name, vpcId }) => name === input.GroupName && state.vpcs.get(vpcId)?.isDefault,
        );
  const rules =
    operation === 'ModifySecurityGroupRules'
      ? ((input.SecurityGroupRules ?? []) as { SecurityGroupRuleId?: string }[]).map(
          ({ SecurityGroupRuleId = '' }) => SecurityGroupRuleId,
        )
      : [];
  return [input.GroupId ?? byName?.id, input.PrefixListId, input.VpcId, ...rules].filter(
    (id): id is string => typeof id === 'string',
  );
}

/** AWS's own lists count as the account's here: nobody needs a policy of AWS's to read them. */
const arnOf = ({ arn }: Ec2Call, id: string): string => arn(`${kindOf(id) ?? '*'}/${id}`);

const tagContext = ({ state }: Ec2Call, id: string): Record<string, string> =>
  Object.fromEntries(
    [...(state.tags.get(id) ?? [])].flatMap(([key, value]) =>
      [`aws:ResourceTag/${key}`, `ec2:ResourceTag/${key}`].map((name) => [name, value]),
    ),
  );

const groupContext = ({ state, arn }: Ec2Call, id: string): Record<string, string> => ({
  'ec2:SecurityGroupID': id,
  'ec2:Vpc': arn(`vpc/${state.groups.get(id)?.vpcId ?? ''}`),
});
