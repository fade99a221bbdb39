import type { AwsSecurityFinding } from '@aws-sdk/client-securityhub';
import type { Access, Service } from '../../service';
import { actionTargetOperations } from './action-targets';
import { findingOperations } from './findings';
import { hubOperations } from './hub';
import { importOperations } from './import-findings';
import { keepEmitted } from './keep';
import { standardsOperations } from './standards';
import { type HubCall, type HubState, hubArn, type Sdk, SECURITYHUB } from './state';
import { securityhubTerraform } from './terraform';
import { pathsOf, updateOperations } from './update-findings';
import { v2Operations } from './v2';

export { importFromGuardDuty } from './from-guardduty';

/** Security Hub: findings of products and of other services, in both formats. It checks nothing by itself. */
export const securityhub: Service<Sdk, HubState> = {
  ...SECURITYHUB,
  accessDenied: 'AccessDeniedException',
  sdk: () => require('@aws-sdk/client-securityhub') as Sdk,
  client: 'SecurityHubClient',
  resources: (_operation, _input, call) => [hubArn(call)],
  access,
  operations: {
    ...hubOperations,
    ...standardsOperations,
    ...actionTargetOperations,
    ...findingOperations,
    ...importOperations,
    ...updateOperations,
    ...v2Operations,
  },
  terraform: securityhubTerraform,
  emitted: keepEmitted,
};

/**
 * Findings are imported on behalf of products, and what an update sets can be limited, in both formats by one action.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecurityhub.html
 */
function access(
  operation: string,
  input: { readonly Findings?: readonly AwsSecurityFinding[] },
  call: HubCall,
): Access[] | undefined {
  const hubV2 = call.state.hubV2?.arn ?? call.arn('hubv2/*');
  switch (operation) {
    case 'BatchImportFindings':
      return (input.Findings ?? []).map(({ ProductArn = '*', AwsAccountId = '' }) => ({
        action: 'securityhub:BatchImportFindings',
        resources: [ProductArn],
        context: { 'securityhub:TargetAccount': AwsAccountId },
      }));
    case 'BatchUpdateFindings':
      return [{ action: 'securityhub:BatchUpdateFindings', resources: [hubArn(call)], context: paths('ASFF', input) }];
    case 'BatchUpdateFindingsV2':
      return [{ action: 'securityhub:BatchUpdateFindings', resources: [hubV2], context: paths('OCSF', input) }];
    case 'GetFindingsV2':
      return [{ action: 'securityhub:GetFindings', resources: [hubV2] }];
    default:
      return undefined;
  }
}

const paths = (format: 'ASFF' | 'OCSF', input: object): Record<string, string> =>
  Object.fromEntries(pathsOf(input).map(([path, value]) => [`securityhub:${format}SyntaxPath/${path}`, value]));
