import type { Service } from '../../service';
import { executionOperations } from './execution-operations';
import { machineOperations } from './machine-operations';
import { type Sdk, STATES, type StatesState } from './state';
import { tokenOperations } from './task-tokens';
import { statesTerraform } from './terraform';

/** Step Functions: standard workflows, their executions and the tokens that tasks wait for. */
export const states: Service<Sdk, StatesState> = {
  ...STATES,
  sdk: () => require('@aws-sdk/client-sfn') as Sdk,
  client: 'SFNClient',
  // https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
  resources: (_operation, input: { stateMachineArn?: string; executionArn?: string; resourceArn?: string }) => [
    input.stateMachineArn ?? input.executionArn ?? input.resourceArn ?? '*',
  ],
  // https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cloud-trail.html
  dataEvents: ['SendTaskHeartbeat'],
  operations: { ...machineOperations, ...executionOperations, ...tokenOperations },
  terraform: statesTerraform,
};
