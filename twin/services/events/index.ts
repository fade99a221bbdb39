import type { Service } from '../../service';
import { busOperations } from './buses';
import { destinationOperations } from './destinations';
import { putEventsOperations } from './put-events';
import { policyOf } from './roles';
import { ruleOperations } from './rules';
import { busName, EVENTS, type EventsState, ruleArn, type Sdk } from './state';
import { eventsTerraform } from './terraform';

export { putEvents } from './delivery';
export type { EventEnvelope } from './state';

/** Buses, rules with patterns and schedules, their targets, and addresses outside AWS. */
export const events: Service<Sdk, EventsState> = {
  ...EVENTS,
  sdk: () => require('@aws-sdk/client-eventbridge') as Sdk,
  client: 'EventBridgeClient',
  dataEvents: ['PutEvents'],
  resources: (
    operation,
    input: { Name?: string; Rule?: string; EventBusName?: string; Entries?: { EventBusName?: string }[] },
    call,
  ) => {
    if (operation === 'PutEvents')
      return [
        ...new Set(
          (input.Entries ?? []).map(({ EventBusName }) =>
            EventBusName?.startsWith('arn:') ? EventBusName : call.arn(`event-bus/${busName(EventBusName)}`),
          ),
        ),
      ];
    if (/EventBus$/.test(operation)) return [call.arn(`event-bus/${busName(input.Name)}`)];
    const name = input.Rule ?? input.Name;
    return name === undefined ? ['*'] : [ruleArn(call, busName(input.EventBusName), name)];
  },
  resourcePolicy: policyOf,
  operations: { ...putEventsOperations, ...busOperations, ...ruleOperations, ...destinationOperations },
  terraform: eventsTerraform,
};
