import type { MaximumExecutionFrequency, MessageType } from '@aws-sdk/client-config-service';
import { managedRule } from './managed';
import type { Item, Rule } from './state';

/** Whether a rule judges a resource as it is. Without a scope a rule judges everything that is recorded. */
export function isInScope({ definition }: Rule, { type, id, tags }: Item): boolean {
  const { ComplianceResourceTypes = [], ComplianceResourceId, TagKey, TagValue } = definition.Scope ?? {};
  const types = managedRule(definition)?.types;
  if (types && !types.includes(type)) return false;
  if (ComplianceResourceTypes.length > 0 && !ComplianceResourceTypes.includes(type)) return false;
  if (ComplianceResourceId !== undefined && ComplianceResourceId !== id) return false;
  if (TagKey === undefined) return true;
  return TagKey in tags && (TagValue === undefined || tags[TagKey] === TagValue);
}

/** What sets a rule off. */
export interface Triggers {
  readonly messages: ReadonlySet<MessageType>;
  /** How often a periodic rule runs. */
  readonly frequency?: MaximumExecutionFrequency;
}

const CHANGES: readonly MessageType[] = [
  'ConfigurationItemChangeNotification',
  'OversizedConfigurationItemChangeNotification',
];

/** @see https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config-rules.html */
export function triggersOf({ definition }: Rule): Triggers {
  const { Source, MaximumExecutionFrequency } = definition;
  if (Source?.Owner === 'AWS') {
    const managed = managedRule(definition);
    return {
      messages: new Set(managed?.onChange ? CHANGES : []),
      ...(managed?.periodic && { frequency: MaximumExecutionFrequency ?? 'TwentyFour_Hours' }),
    };
  }
  const details = Source?.SourceDetails ?? [];
  const scheduled = details.find(({ MessageType: type }) => type === 'ScheduledNotification');
  return {
    messages: new Set(details.flatMap(({ MessageType: type }) => (type === undefined ? [] : [type]))),
    ...(scheduled && {
      frequency: scheduled.MaximumExecutionFrequency ?? MaximumExecutionFrequency ?? 'TwentyFour_Hours',
    }),
  };
}
