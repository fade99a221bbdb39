import type { ConfigRule } from '@aws-sdk/client-config-service';
import { AwsError } from '../../service';
import { invocable } from '../lambda';
import { evaluateRule, invoker, schedule } from './evaluation';
import { isManaged, managedRule } from './managed';
import { NextToken, pageOf } from './paging';
import { type ConfigOperations, error, invalid, type Place, type Rule, recorderOf, ruleNamed } from './state';
import { setTags } from './tags';

/** @see https://docs.aws.amazon.com/config/latest/developerguide/configlimits.html */
const MOST_RULES = 1000;
const LONGEST_PARAMETERS = 1024;
/** Rules that one call may name, and that a page holds. */
const RULES_PER_CALL = 25;

const EVENT_SOURCE = 'aws.config';

export const describeRule = ({ name, arn, id, definition }: Rule): ConfigRule => ({
  ConfigRuleName: name,
  ConfigRuleArn: arn,
  ConfigRuleId: id,
  ...definition,
  ConfigRuleState: 'ACTIVE',
  EvaluationModes: definition.EvaluationModes ?? [{ Mode: 'DETECTIVE' }],
});

/**
 * Makes a rule or changes the one of its name. It is not evaluated yet.
 *
 * @throws AwsError if Config would not take it.
 */
export function putRule(place: Place, given: ConfigRule): Rule {
  const { state, twin, account, region } = place;
  recorderOf(state);
  const { ConfigRuleName, ConfigRuleArn, ConfigRuleId, ConfigRuleState: _state, ...definition } = given;
  const old = [...state.rules.values()].find(
    ({ name, id, arn }) => name === ConfigRuleName || id === ConfigRuleId || arn === ConfigRuleArn,
  );
  const name = old?.name ?? ConfigRuleName;
  if (!name) throw invalid('The ConfigRuleName is required to create a rule.');
  if (!old && state.rules.size >= MOST_RULES)
    throw error(
      'MaxNumberOfConfigRulesExceededException',
      `Failed to add the Config rule because the account already contains the maximum number of ${MOST_RULES} rules.`,
    );
  const id = old?.id ?? `config-rule-${twin.hex(6)}`;
  const arn = old?.arn ?? `arn:aws:config:${region}:${account}:config-rule/${id}`;
  checkDefinition(definition);
  if (definition.Source?.Owner === 'CUSTOM_LAMBDA') checkFunction(place, definition.Source.SourceIdentifier ?? '', arn);
  if (old) old.definition = definition;
  const rule: Rule = old ?? {
    name,
    id,
    arn,
    activatedAt: twin.clock.now(),
    definition,
    results: new Map(),
    status: {},
  };
  state.rules.set(name, rule);
  schedule(place, rule);
  return rule;
}

function checkDefinition(definition: Rule['definition']): void {
  const { Source, Scope, InputParameters, MaximumExecutionFrequency, EvaluationModes = [] } = definition;
  if (!Source?.Owner) throw invalid('The Source and its Owner are required.');
  if (EvaluationModes.some(({ Mode }) => Mode === 'PROACTIVE'))
    throw new AwsError('NotImplemented', 'the twin does not simulate proactive evaluation', { status: 501 });
  const parameters = parametersIn(InputParameters);
  if (Scope?.ComplianceResourceId !== undefined && Scope.ComplianceResourceTypes?.length !== 1)
    throw invalid(
      'If you specify a resource ID, you must specify exactly one resource type for ComplianceResourceTypes.',
    );
  if (Scope?.TagValue !== undefined && Scope.TagKey === undefined)
    throw invalid('If you specify a tag value, you must also specify a tag key.');
  switch (Source.Owner) {
    case 'AWS': {
      if (Source.SourceDetails?.length) throw invalid('SourceDetails should be null/empty if the owner is AWS.');
      const managed = managedRule(definition);
      if (managed && MaximumExecutionFrequency !== undefined && !managed.periodic)
        throw invalid(
          `The maximum execution frequency cannot be specified for the rule ${Source.SourceIdentifier}, which is triggered by configuration changes.`,
        );
      const unknown = managed && Object.keys(parameters).filter((name) => !managed.parameters.includes(name));
      if (unknown && unknown.length > 0)
        throw invalid(`Unknown parameters provided in the inputParameters: ${JSON.stringify(unknown)}`);
      return;
    }
    case 'CUSTOM_LAMBDA': {
      const details = Source.SourceDetails ?? [];
      if (details.length === 0) throw invalid('SourceDetails is required if the owner is CUSTOM_LAMBDA.');
      for (const { EventSource, MessageType, MaximumExecutionFrequency: frequency } of details) {
        if (EventSource !== EVENT_SOURCE) throw invalid(`The EventSource must be ${EVENT_SOURCE}.`);
        if (frequency !== undefined && MessageType !== 'ScheduledNotification')
          throw invalid(`A MaximumExecutionFrequency is not allowed with the MessageType ${MessageType}.`);
      }
      return;
    }
    default:
      throw new AwsError('NotImplemented', `the twin does not simulate rules of owner ${Source.Owner}`, {
        status: 501,
      });
  }
}

function parametersIn(text: string | undefined): Record<string, unknown> {
  if (!text) return {};
  if (text.length > LONGEST_PARAMETERS)
    throw error(
      'ValidationException',
      `1 validation error detected: Value at 'configRule.inputParameters' failed to satisfy constraint: Member must have length less than or equal to ${LONGEST_PARAMETERS}`,
    );
  try {
    const value: unknown = JSON.parse(text);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw invalid('The inputParameters provided in the request is invalid. Please provide a valid JSON.');
}

/** Function and permission must be there before the rule. */
function checkFunction({ twin, account }: Place, functionArn: string, ruleArn: string): void {
  try {
    invocable(twin, functionArn, invoker(account, ruleArn));
  } catch (thrown) {
    if (!(thrown instanceof AwsError)) throw thrown;
    throw error(
      'InsufficientPermissionsException',
      `The AWS Lambda function ${functionArn} cannot be invoked. Check the specified function ARN, and check the function's permissions.`,
    );
  }
}

export const ruleOperations: ConfigOperations = {
  PutConfigRule({ ConfigRule, Tags = [] }, call) {
    const { Source } = ConfigRule ?? {};
    if (Source?.Owner === 'AWS' && !isManaged(Source.SourceIdentifier))
      throw new AwsError('NotImplemented', `the twin does not have the managed rule ${Source.SourceIdentifier}`, {
        status: 501,
      });
    const isNew = !call.state.rules.has(ConfigRule?.ConfigRuleName ?? '');
    const rule = putRule(call, ConfigRule ?? ({} as ConfigRule));
    if (isNew) setTags(call.state, rule.arn, Tags);
    call.twin.clock.after(0, () => evaluateRule(call, rule));
    return {};
  },

  DeleteConfigRule({ ConfigRuleName }, { state }) {
    const rule = ruleNamed(state, ConfigRuleName);
    rule.stopSchedule?.();
    state.rules.delete(rule.name);
    state.tags.delete(rule.arn);
    return {};
  },

  DescribeConfigRules({ ConfigRuleNames = [], NextToken: token }, { state }) {
    const { items, next } = pageOf(named(state, ConfigRuleNames), token, { usual: RULES_PER_CALL });
    return { ConfigRules: items.map(describeRule), ...NextToken(next) };
  },

  DescribeConfigRuleEvaluationStatus({ ConfigRuleNames = [], NextToken: token, Limit }, { state }) {
    const { items, next } = pageOf(named(state, ConfigRuleNames), token, { limit: Limit, usual: 150, most: 150 });
    return {
      ConfigRulesEvaluationStatus: items.map(({ name, arn, id, activatedAt, status }) => ({
        ConfigRuleName: name,
        ConfigRuleArn: arn,
        ConfigRuleId: id,
        LastSuccessfulInvocationTime: status.invokedAt,
        LastFailedInvocationTime: status.invocationFailedAt,
        LastSuccessfulEvaluationTime: status.evaluatedAt,
        LastFailedEvaluationTime: status.evaluationFailedAt,
        FirstActivatedTime: activatedAt,
        LastErrorCode: status.error?.code,
        LastErrorMessage: status.error?.message,
        FirstEvaluationStarted: status.invokedAt !== undefined,
      })),
      ...NextToken(next),
    };
  },

  /** @see https://docs.aws.amazon.com/config/latest/APIReference/API_StartConfigRulesEvaluation.html for once in a minute */
  StartConfigRulesEvaluation({ ConfigRuleNames = [] }, call) {
    if (ConfigRuleNames.length === 0 || ConfigRuleNames.length > RULES_PER_CALL)
      throw error(
        'ValidationException',
        `1 validation error detected: Value at 'configRuleNames' failed to satisfy constraint: Member must have length between 1 and ${RULES_PER_CALL}`,
      );
    const rules = ConfigRuleNames.map((name) => ruleNamed(call.state, name));
    const now = call.twin.clock.now();
    if (rules.some(({ status: { startedAt } }) => startedAt && now.getTime() - startedAt.getTime() < 60_000))
      throw error(
        'LimitExceededException',
        'You have reached the limit of evaluations: one in a minute for each rule.',
      );
    for (const rule of rules) {
      rule.status.startedAt = now;
      call.twin.clock.after(0, () => evaluateRule(call, rule));
    }
    return {};
  },
};

/** Those that are named, or all. @throws AwsError for a name that no rule has. */
export function named(state: Place['state'], names: readonly string[]): Rule[] {
  if (names.length > RULES_PER_CALL)
    throw error(
      'ValidationException',
      `1 validation error detected: Value at 'configRuleNames' failed to satisfy constraint: Member must have length less than or equal to ${RULES_PER_CALL}`,
    );
  if (names.length > 0) return names.map((name) => ruleNamed(state, name));
  return [...state.rules.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
