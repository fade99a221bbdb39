import { randomUUID } from 'node:crypto';
import type { ControlFindingGenerator } from '@aws-sdk/client-securityhub';
import { enableDefaultStandards } from './standards';
import {
  conflict,
  type Hub,
  type HubOperations,
  hubArn,
  hubOf,
  hubV2Of,
  invalidInput,
  notFound,
  type Place,
} from './state';

const GENERATORS = ['SECURITY_CONTROL', 'STANDARD_CONTROL'];

function generatorOf(given: string): ControlFindingGenerator {
  if (!GENERATORS.includes(given)) throw invalidInput(`Invalid parameter: ControlFindingGenerator: ${given}`);
  return given as ControlFindingGenerator;
}

/**
 * Enables Security Hub in the account and Region.
 *
 * @see https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_EnableSecurityHub.html
 * @throws AwsError if it is enabled already.
 */
export function enableHub(
  place: Place,
  { defaultStandards = true, generator = 'SECURITY_CONTROL' }: { defaultStandards?: boolean; generator?: string } = {},
): Hub {
  const { state, twin } = place;
  if (state.hub) throw conflict('Account is already subscribed to Security Hub');
  const hub: Hub = {
    arn: hubArn(place),
    subscribedAt: twin.clock.now(),
    autoEnableControls: true,
    generator: generatorOf(generator),
  };
  state.hub = hub;
  if (defaultStandards) enableDefaultStandards(place);
  return hub;
}

/** Enables the Security Hub that speaks OCSF. @throws AwsError if it is enabled already. */
export function enableHubV2({ state, twin, account, region }: Place): { readonly arn: string } {
  if (state.hubV2) throw conflict('Account is already subscribed to Security Hub V2');
  state.hubV2 = {
    arn: `arn:aws:securityhub:${region}:${account}:hubv2/${randomUUID()}`,
    subscribedAt: twin.clock.now(),
  };
  return state.hubV2;
}

export const hubOperations: HubOperations = {
  EnableSecurityHub({ EnableDefaultStandards, ControlFindingGenerator }, call) {
    enableHub(call, {
      ...(EnableDefaultStandards !== undefined && { defaultStandards: EnableDefaultStandards }),
      ...(ControlFindingGenerator !== undefined && { generator: ControlFindingGenerator }),
    });
    return {};
  },
  DescribeHub({ HubArn }, call) {
    const { arn, subscribedAt, autoEnableControls, generator } = hubOf(call);
    if (HubArn !== undefined && HubArn !== arn) throw notFound(`Hub ${HubArn} is not found`);
    return {
      HubArn: arn,
      SubscribedAt: subscribedAt.toISOString(),
      AutoEnableControls: autoEnableControls,
      ControlFindingGenerator: generator,
    };
  },
  UpdateSecurityHubConfiguration({ AutoEnableControls, ControlFindingGenerator }, call) {
    const hub = hubOf(call);
    if (ControlFindingGenerator !== undefined) hub.generator = generatorOf(ControlFindingGenerator);
    if (AutoEnableControls !== undefined) hub.autoEnableControls = AutoEnableControls;
    return {};
  },
  /** Its findings, standards and actions go with it. */
  DisableSecurityHub(_input, call) {
    hubOf(call);
    const { state } = call;
    delete state.hub;
    for (const kept of [state.standards, state.findings, state.actionTargets]) kept.clear();
    return {};
  },
  EnableSecurityHubV2: (_input, call) => ({ HubV2Arn: enableHubV2(call).arn }),
  DescribeSecurityHubV2(_input, call) {
    const { arn } = hubV2Of(call);
    return { HubV2Arn: arn, SubscribedAt: call.state.hubV2?.subscribedAt.toISOString() };
  },
};
