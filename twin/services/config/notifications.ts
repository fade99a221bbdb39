import { randomUUID } from 'node:crypto';
import { servicePrincipal } from '../../iam/principal';
import { deliver } from '../deliver';
import { putEvents } from '../events';
import { sourceArn, writeOversized } from './delivery';
import { diffOf, type ItemDiff } from './item-diff';
import { eventItem, itemSummary } from './items';
import { type Item, isDeleted, type Place, type Result, type Rule } from './state';

/** Of a message. What is longer is written to the bucket. @see https://docs.aws.amazon.com/config/latest/developerguide/oversized-notification-example.html */
const LONGEST_MESSAGE = 256 * 1024;

/** What Config tells of an item, in an event and in the invocation of a function alike. */
export interface ChangeMessage {
  readonly messageType: 'ConfigurationItemChangeNotification' | 'OversizedConfigurationItemChangeNotification';
  readonly [member: string]: unknown;
}

/** An item's message, or its summary if that is too long. Without a difference for an item that did not just change. */
export function messageOf(place: Place, item: Item, configurationItemDiff: ItemDiff | null): ChangeMessage {
  const message: ChangeMessage = {
    configurationItemDiff,
    configurationItem: eventItem(item, place),
    notificationCreationTime: place.twin.clock.now().toISOString(),
    messageType: 'ConfigurationItemChangeNotification',
    recordVersion: '1.3',
  };
  const text = JSON.stringify(message);
  if (text.length <= LONGEST_MESSAGE && Buffer.byteLength(text) <= LONGEST_MESSAGE) return message;
  return {
    configurationItemSummary: itemSummary(item, place, configurationItemDiff?.changeType ?? 'UPDATE'),
    s3DeliverySummary: writeOversized(place, item, text),
    notificationCreationTime: place.twin.clock.now().toISOString(),
    messageType: 'OversizedConfigurationItemChangeNotification',
    recordVersion: '1.0',
  };
}

/** Puts an item's event onto the default bus. */
export function announceChange(place: Place, item: Item, previous: Item | undefined): ChangeMessage {
  const message = messageOf(place, item, diffOf(previous, item));
  const { type, id, status } = item;
  const done = isDeleted(item) ? 'Deleted' : status === 'ResourceDiscovered' ? 'Created' : 'Updated';
  put(place, 'Config Configuration Item Change', [item.arn], message, `${type} ${id} ${done}`);
  return message;
}

/**
 * Puts a change of compliance onto the default bus.
 *
 * @see https://docs.aws.amazon.com/config/latest/developerguide/monitor-config-with-cloudwatchevents.html
 */
export function announceCompliance(place: Place, rule: Rule, result: Result, old: Result | undefined): void {
  const subject = `${result.type} ${result.id} is ${result.compliance} with ${rule.name}`;
  const detail = {
    resourceId: result.id,
    awsRegion: place.region,
    awsAccountId: place.account,
    configRuleName: rule.name,
    recordVersion: '1.0',
    configRuleARN: rule.arn,
    messageType: 'ComplianceChangeNotification',
    newEvaluationResult: resultIn(rule, result),
    ...(old && { oldEvaluationResult: resultIn(rule, old) }),
    notificationCreationTime: place.twin.clock.now().toISOString(),
    resourceType: result.type,
  };
  put(place, 'Config Rules Compliance Change', [], detail, subject);
}

const resultIn = (rule: Rule, { type, id, ordering, compliance, recorded, invoked, annotation }: Result) => ({
  evaluationResultIdentifier: {
    evaluationResultQualifier: {
      configRuleName: rule.name,
      resourceType: type,
      resourceId: id,
      evaluationMode: 'DETECTIVE',
    },
    orderingTimestamp: ordering.toISOString(),
  },
  complianceType: compliance,
  resultRecordedTime: recorded.toISOString(),
  configRuleInvokedTime: invoked.toISOString(),
  ...(annotation !== undefined && { annotation }),
});

/** Onto the default bus, and to the channel's topic. */
function put(place: Place, detailType: string, resources: string[], detail: object, subject: string): void {
  const { twin, account, region, state } = place;
  const event = {
    version: '0',
    id: randomUUID(),
    'detail-type': detailType,
    source: 'aws.config',
    account,
    time: `${twin.clock.now().toISOString().slice(0, 19)}Z`,
    region,
    resources,
    detail,
  };
  putEvents(twin, { account, region }, 'default', [event]);
  const topic = state.channel?.settings.snsTopicARN;
  if (topic === undefined) return;
  const notice = {
    arn: topic,
    body: JSON.stringify(detail),
    principal: servicePrincipal('config.amazonaws.com', account, sourceArn(place)),
    // A subject longer than SNS takes is cut.
    subject: `[AWS Config:${region}] ${subject} in Account ${account}`.slice(0, 100),
  };
  // What the topic refuses is lost: Config says so only in the status of its channel.
  void twin.clock.track(deliver(twin, notice).catch(() => undefined));
}
