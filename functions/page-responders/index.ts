import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { clientConfig, requiredVariable } from '../core/aws';
import { PAGE_EVENT } from '../core/page-event';
import { LambdaTelemetry } from '../core/telemetry';
import { relay } from '../incident/alert';
import { pageFor } from './page';

const events = new EventBridgeClient(clientConfig);
const pagingAlarms = requiredVariable('PAGING_ALARMS').split(',');

/**
 * Pages responders about what the topic for people tells, as far as it is for a pager. The request to PagerDuty is an event: EventBridge holds the
 * key, sends it, and tries again for as long as PagerDuty does not answer.
 *
 * @throws Error if EventBridge did not take the event: PutEvents answers 200 all the same
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export const handler = relay('pager', new LambdaTelemetry(requiredVariable('METRIC_NAMESPACE')), async (alert) => {
  const page = pageFor(alert, pagingAlarms);
  if (!page) return 'nothing to page about';
  const { FailedEntryCount, Entries = [] } = await events.send(
    new PutEventsCommand({
      Entries: [{ Source: PAGE_EVENT.source, DetailType: PAGE_EVENT.detailType, Detail: JSON.stringify(page) }],
    }),
  );
  const [entry] = Entries;
  if (FailedEntryCount !== 0)
    throw new Error(`EventBridge did not take the page: ${entry?.ErrorCode}: ${entry?.ErrorMessage}`);
  return page.event_action;
});
