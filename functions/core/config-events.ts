import * as z from 'zod/mini';
import { InvalidEventError } from './errors';
import { once } from './once';
import { parseEvent, type Trigger } from './schema';

/**
 * What AWS Config says of a resource's compliance with one of its rules, ours excepted.
 *
 * @see https://docs.aws.amazon.com/config/latest/developerguide/example-sns-notification.html
 */
export interface ComplianceWake {
  readonly kind: 'compliance';
  readonly trigger: Trigger;
  readonly account: string;
  readonly region: string;
  readonly resourceType: string;
  /** For some types no name: IAM users go by their unique id. */
  readonly resourceId: string;
  readonly complianceType: string;
  /** `PROACTIVE` checks a template, not a resource. */
  readonly evaluationMode: string;
}

const ComplianceEvent = once(() =>
  z.looseObject({
    'detail-type': z.literal('Config Rules Compliance Change'),
    id: z.string(),
    time: z.iso.datetime(),
    detail: z.looseObject({
      resourceId: z.string(),
      resourceType: z.string(),
      awsAccountId: z.string(),
      awsRegion: z.string(),
      configRuleName: z.string(),
      newEvaluationResult: z.looseObject({
        complianceType: z.string(),
        evaluationResultIdentifier: z.optional(
          z.looseObject({
            orderingTimestamp: z.optional(z.iso.datetime()),
            evaluationResultQualifier: z.optional(z.looseObject({ evaluationMode: z.optional(z.string()) })),
          }),
        ),
      }),
    }),
  }),
);

/** @throws InvalidEventError if the event is none of the kind. */
export function parseComplianceChange(event: unknown): ComplianceWake {
  const { id, time, detail } = parseEvent(ComplianceEvent(), event);
  const { complianceType, evaluationResultIdentifier: of } = detail.newEvaluationResult;
  return {
    kind: 'compliance',
    trigger: { kind: 'config', name: detail.configRuleName, id, at: of?.orderingTimestamp ?? time },
    account: detail.awsAccountId,
    region: detail.awsRegion,
    resourceType: detail.resourceType,
    resourceId: detail.resourceId,
    complianceType,
    evaluationMode: of?.evaluationResultQualifier?.evaluationMode ?? 'DETECTIVE',
  };
}

/** What AWS Config recorded of a resource at a moment. */
export interface ConfigurationItem {
  readonly resourceType: string;
  readonly resourceId: string;
  /** ISO 8601, UTC. Evaluations are ordered by it. */
  readonly capturedAt: string;
  readonly tags: Readonly<Record<string, string>>;
  /** As Config writes it for the type. Undefined where the event had no room for it: then it is to be fetched. */
  readonly configuration?: unknown;
}

/**
 * An invocation by a custom rule of ours. Each one is answered with `PutEvaluations`.
 *
 * @see https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_example-events.html
 */
export interface ConfigRuleWake {
  readonly kind: 'config-rule';
  readonly trigger: Trigger;
  readonly account: string;
  readonly region: string;
  readonly resultToken: string;
  /** Somebody tries the function: nothing is changed, nothing is recorded. */
  readonly testMode: boolean;
  readonly about:
    | { readonly kind: 'item'; readonly item: ConfigurationItem }
    /** Deleted, not recorded any more, or out of the rule's scope. */
    | { readonly kind: 'not applicable'; readonly item: ConfigurationItem }
    | { readonly kind: 'everything'; readonly at: string };
}

const RuleInvocation = once(() =>
  z.looseObject({
    invokingEvent: z.string(),
    resultToken: z.string().check(z.minLength(1)),
    eventLeftScope: z.optional(z.boolean()),
    configRuleName: z.string(),
    configRuleArn: z.string(),
    accountId: z.string(),
  }),
);

const Item = once(() =>
  z.looseObject({
    resourceType: z.string(),
    resourceId: z.string(),
    configurationItemStatus: z.string(),
    configurationItemCaptureTime: z.iso.datetime(),
    configurationStateId: z.optional(z.union([z.number(), z.string()])),
    awsRegion: z.string(),
    tags: z.nullish(z.record(z.string(), z.string())),
    configuration: z.nullish(z.unknown()),
  }),
);

const InvokingEvent = once(() =>
  z.discriminatedUnion('messageType', [
    z.looseObject({ messageType: z.literal('ConfigurationItemChangeNotification'), configurationItem: Item() }),
    z.looseObject({
      messageType: z.literal('OversizedConfigurationItemChangeNotification'),
      configurationItemSummary: Item(),
    }),
    z.looseObject({ messageType: z.literal('ScheduledNotification'), notificationCreationTime: z.iso.datetime() }),
  ]),
);

/** Config's own convention for trying a function. */
const TEST_TOKEN = 'TESTMODE';
const RECORDED = ['OK', 'ResourceDiscovered'];

/** @throws InvalidEventError if the input is none of the kind. */
export function parseRuleInvocation(event: unknown): ConfigRuleWake {
  const { resultToken, eventLeftScope, configRuleName, configRuleArn, accountId, ...rest } = parseEvent(
    RuleInvocation(),
    event,
  );
  const invoking = parseEvent(InvokingEvent(), fromJson(rest.invokingEvent));
  const common = {
    kind: 'config-rule' as const,
    account: accountId,
    resultToken,
    testMode: resultToken === TEST_TOKEN,
  };
  const trigger = (id: string, at: string): Trigger => ({ kind: 'config', name: configRuleName, id, at });
  if (invoking.messageType === 'ScheduledNotification') {
    const { notificationCreationTime: at } = invoking;
    const region = configRuleArn.split(':')[3] ?? '';
    return { ...common, region, trigger: trigger(at, at), about: { kind: 'everything', at } };
  }
  const recorded =
    invoking.messageType === 'ConfigurationItemChangeNotification'
      ? invoking.configurationItem
      : invoking.configurationItemSummary;
  const { resourceType, resourceId, configurationItemCaptureTime: capturedAt, tags, configuration } = recorded;
  const isApplicable = RECORDED.includes(recorded.configurationItemStatus) && eventLeftScope !== true;
  const item = { resourceType, resourceId, capturedAt, tags: tags ?? {}, configuration: configuration ?? undefined };
  return {
    ...common,
    region: recorded.awsRegion,
    trigger: trigger(String(recorded.configurationStateId ?? capturedAt), capturedAt),
    about: { kind: isApplicable ? 'item' : 'not applicable', item },
  };
}

/** @throws InvalidEventError for text that is no JSON. */
function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidEventError('invokingEvent is not JSON');
  }
}
