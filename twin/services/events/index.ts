import type { Service } from '../../service';
import { putEventsOperations } from './put-events';
import { ruleOperations } from './rules';
import { busName, EVENTS, type EventsState, ruleArn, type Sdk } from './state';
import { eventsTerraform } from './terraform';

export { putEvents } from './delivery';
export type { EventEnvelope } from './state';

/** Buses, rules with patterns and schedules, and their targets. */
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
        ...new Set((input.Entries ?? []).map(({ EventBusName }) => call.arn(`event-bus/${busName(EventBusName)}`))),
      ];
    if (/EventBus$/.test(operation)) return [call.arn(`event-bus/${busName(input.Name)}`)];
    const name = input.Rule ?? input.Name;
    return name === undefined ? ['*'] : [ruleArn(call, busName(input.EventBusName), name)];
  },
  operations: { ...putEventsOperations, ...ruleOperations },
  terraform: eventsTerraform,
};
