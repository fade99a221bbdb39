import { ConfigConfigRule } from '@cdktf/provider-aws/lib/config-config-rule';
import { LambdaPermission } from '@cdktf/provider-aws/lib/lambda-permission';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { Settings } from '../functions/core/settings';
import type { Account } from './account';
import { literal } from './literal';
import type { Names } from './names';
import type { NodeFunction } from './node-function';

export interface ManagedRulesProps {
  readonly names: Names['config'];
  readonly rules: Settings['managedRules'];
  /** The recorder, if it is made here. */
  readonly recorder: ITerraformDependable | undefined;
}

/** Rules that AWS writes and keeps. Always by their identifier: several have another name. */
export class ManagedRules extends Construct {
  constructor(scope: Construct, id: string, { names, rules, recorder }: ManagedRulesProps) {
    super(scope, id);
    for (const { name, identifier, parameters } of rules) {
      new ConfigConfigRule(this, name, {
        name: names.managedRule(name),
        source: { owner: 'AWS', sourceIdentifier: identifier },
        ...(Object.keys(parameters).length > 0 && { inputParameters: literal(JSON.stringify(parameters)) }),
        ...(recorder && { dependsOn: [recorder] }),
      });
    }
  }
}

export interface CustomRuleProps {
  readonly ruleName: string;
  readonly description: string;
  readonly resourceType: string;
  readonly target: NodeFunction;
  readonly account: Account;
  /** The recorder, if it is made here. */
  readonly recorder: ITerraformDependable | undefined;
}

/**
 * A rule that a function of ours decides, on each change of a resource.
 *
 * @see https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_lambda-functions.html
 */
export class CustomRule extends Construct {
  constructor(scope: Construct, id: string, props: CustomRuleProps) {
    super(scope, id);
    const { ruleName, description, resourceType, target, account, recorder } = props;
    // Config asks whether it may invoke the function when the rule is made, so that the rule's own ARN cannot be a condition.
    const permission = new LambdaPermission(this, 'permission', {
      statementId: ruleName,
      action: 'lambda:InvokeFunction',
      functionName: target.functionName,
      principal: 'config.amazonaws.com',
      sourceAccount: account.id,
    });
    new ConfigConfigRule(this, 'rule', {
      name: ruleName,
      description,
      scope: { complianceResourceTypes: [resourceType] },
      source: {
        owner: 'CUSTOM_LAMBDA',
        sourceIdentifier: target.functionArn,
        sourceDetail: ['ConfigurationItemChangeNotification', 'OversizedConfigurationItemChangeNotification'].map(
          (messageType) => ({ eventSource: 'aws.config', messageType }),
        ),
      },
      dependsOn: [permission, ...(recorder ? [recorder] : [])],
    });
  }
}
