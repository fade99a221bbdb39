import { AwsError } from '../../service';
import { checkRole } from './roles';
import { arm, checkTriggers } from './scheduled-rules';
import {
  bus,
  busName,
  compile,
  type EventsOperations,
  type Rule,
  type RuleState,
  ruleArn,
  ruleOf,
  type Target,
} from './state';

/** @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const TARGETS_PER_RULE = 5;

const describe = ({ name, arn, pattern, schedule, state, description, bus: on }: Rule) => ({
  Name: name,
  Arn: arn,
  ...(pattern !== undefined && { EventPattern: pattern }),
  ...(schedule !== undefined && { ScheduleExpression: schedule }),
  State: state,
  Description: description,
  EventBusName: on,
});

const describeTarget = ({
  id,
  arn,
  input,
  inputPath,
  transformer,
  deadLetterArn,
  maximumAgeSeconds,
  maximumRetries,
  roleArn,
  http,
}: Target) => ({
  Id: id,
  Arn: arn,
  ...(input !== undefined && { Input: input }),
  ...(inputPath !== undefined && { InputPath: inputPath }),
  ...(transformer && {
    InputTransformer: { InputPathsMap: { ...transformer.paths }, InputTemplate: transformer.template },
  }),
  ...(deadLetterArn !== undefined && { DeadLetterConfig: { Arn: deadLetterArn } }),
  ...(roleArn !== undefined && { RoleArn: roleArn }),
  ...(http && { HttpParameters: { PathParameterValues: [...http.paths], QueryStringParameters: { ...http.query } } }),
  RetryPolicy: { MaximumEventAgeInSeconds: maximumAgeSeconds, MaximumRetryAttempts: maximumRetries },
});

/** Rules and their targets. */
export const ruleOperations: EventsOperations = {
  PutRule({ Name = '', EventPattern, ScheduleExpression, State = 'ENABLED', Description = '', EventBusName }, call) {
    const rules = bus(call, EventBusName);
    const on = busName(EventBusName);
    checkTriggers(EventPattern, ScheduleExpression, on);
    const arn = ruleArn(call, on, Name);
    const old = rules.get(Name);
    old?.callOff?.();
    const rule: Rule = {
      name: Name,
      arn,
      bus: on,
      description: Description,
      ...(EventPattern !== undefined && { pattern: EventPattern, matches: compile(EventPattern) }),
      ...(ScheduleExpression !== undefined && { schedule: ScheduleExpression }),
      state: State as RuleState,
      targets: old?.targets ?? new Map(),
    };
    rules.set(Name, rule);
    arm(call.twin, call, rule);
    return { RuleArn: arn };
  },
  DeleteRule({ Name, EventBusName }, call) {
    const rule = bus(call, EventBusName).get(Name ?? '');
    if (rule && rule.targets.size > 0)
      throw new AwsError('ValidationException', "Rule can't be deleted since it has targets.");
    rule?.callOff?.();
    bus(call, EventBusName).delete(Name ?? '');
    return {};
  },
  DescribeRule: ({ Name, EventBusName }, call) => describe(ruleOf(call, Name, EventBusName)),
  ListRules: ({ NamePrefix = '', EventBusName }, call) => ({
    Rules: [...bus(call, EventBusName).values()]
      .filter(({ name }) => name.startsWith(NamePrefix))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(describe),
  }),
  EnableRule({ Name, EventBusName }, call) {
    const rule = ruleOf(call, Name, EventBusName);
    rule.state = 'ENABLED';
    arm(call.twin, call, rule);
    return {};
  },
  DisableRule({ Name, EventBusName }, call) {
    const rule = ruleOf(call, Name, EventBusName);
    rule.state = 'DISABLED';
    arm(call.twin, call, rule);
    return {};
  },
  PutTargets({ Rule, EventBusName, Targets = [] }, call) {
    const { targets } = ruleOf(call, Rule, EventBusName);
    for (const target of Targets) {
      const { Id = '', Arn = '', Input, InputPath, InputTransformer, DeadLetterConfig, RetryPolicy } = target;
      const { RoleArn, HttpParameters: http } = target;
      checkRole({ arn: Arn, ...(RoleArn !== undefined && { roleArn: RoleArn }) }, call);
      if (targets.size >= TARGETS_PER_RULE && !targets.has(Id))
        throw new AwsError('LimitExceededException', 'The requested resource exceeds the maximum number allowed.');
      targets.set(Id, {
        id: Id,
        arn: Arn,
        maximumAgeSeconds: RetryPolicy?.MaximumEventAgeInSeconds ?? 86_400,
        maximumRetries: RetryPolicy?.MaximumRetryAttempts ?? 185,
        ...(Input !== undefined && { input: Input }),
        ...(InputPath !== undefined && { inputPath: InputPath }),
        ...(InputTransformer && {
          transformer: {
            paths: InputTransformer.InputPathsMap ?? {},
            template: InputTransformer.InputTemplate ?? '',
          },
        }),
        ...(DeadLetterConfig?.Arn !== undefined && { deadLetterArn: DeadLetterConfig.Arn }),
        ...(RoleArn !== undefined && { roleArn: RoleArn }),
        ...(http && { http: { paths: http.PathParameterValues ?? [], query: http.QueryStringParameters ?? {} } }),
      });
    }
    return { FailedEntryCount: 0, FailedEntries: [] };
  },
  RemoveTargets({ Rule, EventBusName, Ids = [] }, call) {
    const { targets } = ruleOf(call, Rule, EventBusName);
    for (const id of Ids) targets.delete(id);
    return { FailedEntryCount: 0, FailedEntries: [] };
  },
  ListTargetsByRule: ({ Rule, EventBusName }, call) => ({
    Targets: [...ruleOf(call, Rule, EventBusName).targets.values()].map(describeTarget),
  }),
  ListRuleNamesByTarget: ({ TargetArn, EventBusName }, call) => ({
    RuleNames: [...bus(call, EventBusName).values()]
      .filter(({ targets }) => [...targets.values()].some(({ arn }) => arn === TargetArn))
      .map(({ name }) => name),
  }),
  TestEventPattern({ EventPattern = '', Event = '' }) {
    return { Result: compile(EventPattern)(JSON.parse(Event) as object) };
  },
};
