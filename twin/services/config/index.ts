import type { Service } from '../../service';
import { channelOperations } from './channels';
import { complianceOperations } from './compliance';
import { historyOperations } from './history';
import { evaluationOperations } from './put-evaluations';
import { recorderOperations } from './recorders';
import { ruleOperations } from './rules';
import { CONFIG, type ConfigCall, type ConfigState, type Sdk } from './state';
import { tagOperations } from './tags';
import { configTerraform } from './terraform';

/** AWS Config: what is recorded of resources, rules that judge it, and what they found. */
export const config: Service<Sdk, ConfigState> = {
  ...CONFIG,
  sdk: () => require('@aws-sdk/client-config-service') as Sdk,
  client: 'ConfigServiceClient',
  resources: (_operation, input: Input, call) => resourcesOf(input, call),
  operations: {
    ...recorderOperations,
    ...channelOperations,
    ...ruleOperations,
    ...evaluationOperations,
    ...complianceOperations,
    ...historyOperations,
    ...tagOperations,
  },
  terraform: configTerraform,
};

interface Input {
  readonly ConfigRule?: { readonly ConfigRuleName?: string };
  readonly ConfigRuleName?: string;
  readonly ConfigRuleNames?: readonly string[];
  readonly ResourceArn?: string;
}

/** Rules are known to IAM by their ids, which new ones do not have yet. */
function resourcesOf({ ConfigRule, ConfigRuleName, ConfigRuleNames, ResourceArn }: Input, call: ConfigCall): string[] {
  if (ResourceArn !== undefined) return [ResourceArn];
  const names = ConfigRuleNames ?? [ConfigRuleName ?? ConfigRule?.ConfigRuleName].filter((name) => name !== undefined);
  if (names.length === 0) return call.state.recorder ? [call.state.recorder.arn] : ['*'];
  return names.map((name) => call.state.rules.get(name)?.arn ?? call.arn('config-rule/*'));
}
