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
  // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
  access: (
    operation,
    { Entries = [] }: { Entries?: { EventBusName?: string; Source?: string; DetailType?: string }[] },
    call,
  ) =>
    operation !== 'PutEvents'
      ? undefined
      : Entries.map(({ EventBusName, Source = '', DetailType = '' }) => ({
          action: 'events:PutEvents',
          resources: [EventBusName?.startsWith('arn:') ? EventBusName : call.arn(`event-bus/${busName(EventBusName)}`)],
          context: { 'events:source': [Source], 'events:detail-type': [DetailType] },
        })),
  resources: (operation, input: { Name?: string; Rule?: string; EventBusName?: string }, call) => {
    if (/EventBus$/.test(operation)) return [call.arn(`event-bus/${busName(input.Name)}`)];
    const name = input.Rule ?? input.Name;
    return name === undefined ? ['*'] : [ruleArn(call, busName(input.EventBusName), name)];
  },
  resourcePolicy: policyOf,
  operations: { ...putEventsOperations, ...busOperations, ...ruleOperations, ...destinationOperations },
  terraform: eventsTerraform,
};
