import type { ResourceType } from '../../service';
import { made } from '../../terraform/made';
import { createActionTarget } from './action-targets';
import { enableHub } from './hub';
import { enableStandard, subscriptionArn } from './standards';
import { placeOf } from './state';

/** What Terraform makes of Security Hub. */
export const securityhubTerraform: Readonly<Record<string, ResourceType>> = {
  aws_securityhub_account: (args, making) => {
    const hub = made(making, () =>
      enableHub(placeOf(making.twin, making), {
        defaultStandards: args.enable_default_standards !== false,
        generator: args.control_finding_generator ?? 'SECURITY_CONTROL',
      }),
    );
    hub.autoEnableControls = args.auto_enable_controls !== false;
    return { id: making.account, arn: hub.arn };
  },

  aws_securityhub_standards_subscription: (args, making) => {
    const arn = String(args.standards_arn);
    made(making, () => enableStandard(placeOf(making.twin, making), arn));
    return { id: subscriptionArn(making, arn) };
  },

  aws_securityhub_action_target: (args, making) => {
    const { arn } = made(making, () =>
      createActionTarget(
        placeOf(making.twin, making),
        String(args.identifier),
        String(args.name),
        String(args.description),
      ),
    );
    return { id: arn, arn };
  },
};
