import { DataAwsPartition } from '@cdktf/provider-aws/lib/data-aws-partition';
import { OrganizationsPolicy } from '@cdktf/provider-aws/lib/organizations-policy';
import { OrganizationsPolicyAttachment } from '@cdktf/provider-aws/lib/organizations-policy-attachment';
import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { ConfigurationError } from '../functions/core/errors';
import type { Settings } from '../functions/core/settings';
import { Backend, localState } from './backend';
import { guardrailPolicies, PARTITION } from './guardrail-policy';
import { literal } from './literal';
import { names } from './names';

/**
 * Service control policies that keep Suture's parts from everybody but its deployers: a stack of its own, since it is applied in the organization's
 * management account, or one that administers policies for it. They bind neither the management account nor service-linked roles.
 *
 * @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
 */
export class GuardrailStack extends TerraformStack {
  /** @throws ConfigurationError if the settings ask for no guardrail, or name no deployers */
  constructor(scope: Construct, settings: Settings) {
    const table = names(settings.prefix);
    super(scope, table.guardrail.stack);
    const { guardrail } = settings;
    if (guardrail === null) throw new ConfigurationError('guardrail: the settings ask for none');
    const policies = guardrailPolicies(table, settings);
    new AwsProvider(this, 'aws', {
      region: settings.region,
      defaultTags: [{ tags: { Application: 'Suture' } }],
    });
    // Never the backend of the other stack: under the same key one would take the other one's state for its own.
    new Backend(this, 'backend', guardrail.backend ?? localState(settings.prefix, table.guardrail.stack));
    this.addOverride('terraform.required_version', '>= 1.5.0');
    this.addOverride('terraform.required_providers.aws.version', '>= 6.25.0, < 7.0.0');
    const { partition } = new DataAwsPartition(this, 'partition');
    for (const [index, content] of policies.entries()) {
      const number = index === 0 ? '' : String(index + 1);
      const policy = new OrganizationsPolicy(this, `policy${number}`, {
        name: `${table.guardrail.policy}${number}`,
        description: `Keeps the parts of ${settings.prefix}Suture from everybody but its deployers`,
        type: 'SERVICE_CONTROL_POLICY',
        content: literal(content).replaceAll(PARTITION, partition),
      });
      for (const target of guardrail.targets)
        new OrganizationsPolicyAttachment(this, `policy${number}-${target}`, {
          policyId: policy.id,
          targetId: target,
        });
    }
  }
}
