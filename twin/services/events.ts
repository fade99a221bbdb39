import { randomUUID } from 'node:crypto';
import { compileEventPattern, InvalidEventPatternError } from '../event-pattern';
import { servicePrincipal } from '../iam/principal';
import { AwsError, type Call, type Scope, type Service } from '../service';
import { block } from '../terraform/arguments';
import type { Twin } from '../twin';
import { putMetric } from './cloudwatch';
import { deliver } from './deliver';

type Sdk = typeof import('@aws-sdk/client-eventbridge');

interface Target {
  readonly id: string;
  readonly arn: string;
  readonly input?: string;
  readonly inputPath?: string;
  readonly transformer?: { readonly paths: Readonly<Record<string, string>>; readonly template: string };
  readonly deadLetterArn?: string;
  readonly maximumAgeSeconds: number;
  readonly maximumRetries: number;
}

type RuleState = 'ENABLED' | 'DISABLED' | 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS';

interface Rule {
  readonly name: string;
  readonly arn: string;
  readonly bus: string;
  readonly description: string;
  readonly pattern: string;
  readonly matches: (event: object) => boolean;
  state: RuleState;
  readonly targets: Map<string, Target>;
}

interface EventsState {
  /** By name. */
  readonly buses: Map<string, Map<string, Rule>>;
}

/** An event as targets receive it. */
export type EventEnvelope = Record<string, unknown>;

/** @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const TARGETS_PER_RULE = 5;

const busName = (reference = 'default'): string => reference.split('/').at(-1) ?? 'default';

function bus({ state }: { readonly state: EventsState }, reference: string | undefined): Map<string, Rule> {
  const name = busName(reference);
  const found = state.buses.get(name);
  if (!found) throw new AwsError('ResourceNotFoundException', `Event bus ${name} does not exist.`);
  return found;
}

function ruleOf(call: { readonly state: EventsState }, name: string | undefined, on: string | undefined): Rule {
  const found = bus(call, on).get(name ?? '');
  if (!found)
    throw new AwsError('ResourceNotFoundException', `Rule ${name} does not exist on EventBus ${busName(on)}.`);
  return found;
}

function compile(pattern: string): Rule['matches'] {
  try {
    return compileEventPattern(pattern);
  } catch (error) {
    if (error instanceof InvalidEventPatternError)
      throw new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${error.message}`);
    throw error;
  }
}

const ruleArn = (call: Pick<Call<unknown>, 'arn'>, on: string, name: string): string =>
  call.arn(on === 'default' ? `rule/${name}` : `rule/${on}/${name}`);

const describe = ({ name, arn, pattern, state, description, bus: on }: Rule) => ({
  Name: name,
  Arn: arn,
  EventPattern: pattern,
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
}: Target) => ({
  Id: id,
  Arn: arn,
  ...(input !== undefined && { Input: input }),
  ...(inputPath !== undefined && { InputPath: inputPath }),
  ...(transformer && {
    InputTransformer: { InputPathsMap: { ...transformer.paths }, InputTemplate: transformer.template },
  }),
  ...(deadLetterArn !== undefined && { DeadLetterConfig: { Arn: deadLetterArn } }),
  RetryPolicy: { MaximumEventAgeInSeconds: maximumAgeSeconds, MaximumRetryAttempts: maximumRetries },
});

/** Buses, rules and their targets. Schedules come with the sweep. */
export const events: Service<Sdk, EventsState> = {
  prefix: 'events',
  sdk: () => require('@aws-sdk/client-eventbridge') as Sdk,
  client: 'EventBridgeClient',
  initial: () => ({ buses: new Map([['default', new Map()]]) }),
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
  operations: {
    PutEvents({ Entries = [] }, { twin, account, region }) {
      if (Entries.length > 10)
        throw new AwsError(
          'ValidationException',
          "1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length less than or equal to 10",
        );
      const results = Entries.map(({ Source, DetailType, Detail, EventBusName, Resources = [], Time }) => {
        const problem = entryProblem(Source, DetailType, Detail);
        if (problem) return { ErrorCode: problem[0], ErrorMessage: problem[1] };
        const id = randomUUID();
        const time = `${(Time ?? twin.clock.now()).toISOString().slice(0, 19)}Z`;
        const event = {
          version: '0',
          id,
          'detail-type': DetailType,
          source: Source,
          account,
          time,
          region,
          resources: Resources,
          detail: JSON.parse(Detail ?? '{}') as object,
        };
        putEvents(twin, { account, region }, busName(EventBusName), [event]);
        return { EventId: id };
      });
      return { FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length, Entries: results };
    },
    PutRule({ Name = '', EventPattern, ScheduleExpression, State = 'ENABLED', Description = '', EventBusName }, call) {
      if (ScheduleExpression !== undefined || EventPattern === undefined)
        throw new AwsError('NotImplemented', 'the twin does not simulate schedules yet', { status: 501 });
      const rules = bus(call, EventBusName);
      const on = busName(EventBusName);
      const arn = ruleArn(call, on, Name);
      rules.set(Name, {
        name: Name,
        arn,
        bus: on,
        description: Description,
        pattern: EventPattern,
        matches: compile(EventPattern),
        state: State as RuleState,
        targets: rules.get(Name)?.targets ?? new Map(),
      });
      return { RuleArn: arn };
    },
    DeleteRule({ Name, EventBusName }, call) {
      const rule = bus(call, EventBusName).get(Name ?? '');
      if (rule && rule.targets.size > 0)
        throw new AwsError('ValidationException', "Rule can't be deleted since it has targets.");
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
      ruleOf(call, Name, EventBusName).state = 'ENABLED';
      return {};
    },
    DisableRule({ Name, EventBusName }, call) {
      ruleOf(call, Name, EventBusName).state = 'DISABLED';
      return {};
    },
    PutTargets({ Rule, EventBusName, Targets = [] }, call) {
      const { targets } = ruleOf(call, Rule, EventBusName);
      for (const { Id = '', Arn = '', Input, InputPath, InputTransformer, DeadLetterConfig, RetryPolicy } of Targets) {
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
    ListEventBuses: ({ NamePrefix = '' }, { state, arn }) => ({
      EventBuses: [...state.buses.keys()]
        .filter((name) => name.startsWith(NamePrefix))
        .map((name) => ({ Name: name, Arn: arn(`event-bus/${name}`) })),
    }),
    DescribeEventBus({ Name }, call) {
      bus(call, Name);
      return { Name: busName(Name), Arn: call.arn(`event-bus/${busName(Name)}`) };
    },
    TestEventPattern({ EventPattern = '', Event = '' }) {
      return { Result: compile(EventPattern)(JSON.parse(Event) as object) };
    },
  },
  terraform: {
    aws_cloudwatch_event_rule: (args, making) => {
      const name = String(args.name);
      const on = busName(args.event_bus_name as string | undefined);
      const state = making.twin.state(events, making);
      const rules = bus({ state }, on);
      const arn = `arn:aws:events:${making.region}:${making.account}:rule/${on === 'default' ? '' : `${on}/`}${name}`;
      if (args.schedule_expression !== undefined)
        throw new Error(`${making.address}: the twin does not simulate schedules yet`);
      const pattern = String(args.event_pattern);
      rules.set(name, {
        name,
        arn,
        bus: on,
        description: String(args.description ?? ''),
        pattern,
        matches: compile(pattern),
        state: (args.state as RuleState | undefined) ?? 'ENABLED',
        targets: new Map(),
      });
      return { arn, id: name };
    },
    aws_cloudwatch_event_target: (args, making) => {
      const state = making.twin.state(events, making);
      const rule = ruleOf({ state }, String(args.rule), args.event_bus_name as string | undefined);
      const id = String(args.target_id);
      const transformer = block(args.input_transformer);
      const retry = block(args.retry_policy);
      const deadLetterArn: unknown = block(args.dead_letter_config).arn;
      rule.targets.set(id, {
        id,
        arn: String(args.arn),
        maximumAgeSeconds: Number(retry.maximum_event_age_in_seconds ?? 86_400),
        maximumRetries: Number(retry.maximum_retry_attempts ?? 185),
        ...(args.input !== undefined && { input: String(args.input) }),
        ...(args.input_path !== undefined && { inputPath: String(args.input_path) }),
        ...(transformer.input_template !== undefined && {
          transformer: {
            paths: { ...(transformer.input_paths as Record<string, string>) },
            template: String(transformer.input_template),
          },
        }),
        ...(deadLetterArn !== undefined && { deadLetterArn: String(deadLetterArn) }),
      });
      return { id: `${rule.name}-${id}` };
    },
  },
};

/** @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html */
function entryProblem(
  source: string | undefined,
  detailType: string | undefined,
  detail: string | undefined,
): [code: string, message: string] | undefined {
  if (!source) return ['InvalidArgument', 'Parameter Source is not valid. Reason: Source is a required argument.'];
  if (source.startsWith('aws.')) return ['NotAuthorizedForSourceException', 'Not authorized for the source.'];
  if (!detailType)
    return ['InvalidArgument', 'Parameter DetailType is not valid. Reason: DetailType is a required argument.'];
  if (!detail) return ['InvalidArgument', 'Parameter Detail is not valid. Reason: Detail is a required argument.'];
  try {
    const value: unknown = JSON.parse(detail);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return undefined;
  } catch {
    // Said below.
  }
  return ['MalformedDetail', 'Detail is malformed.'];
}

/**
 * Puts events on a bus: every rule that matches gets them. Read-only API calls reach only rules that ask for them.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
 */
export function putEvents(
  twin: Twin,
  scope: Scope,
  name: string,
  envelopes: readonly EventEnvelope[],
  { readOnly = false }: { readOnly?: boolean } = {},
): void {
  const rules = twin.state(events, scope).buses.get(name);
  for (const event of envelopes) {
    for (const rule of rules?.values() ?? []) {
      const listens = readOnly
        ? rule.state === 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS'
        : rule.state !== 'DISABLED';
      if (!listens || !rule.matches(event)) continue;
      putMetric(twin, scope, 'AWS/Events', 'TriggeredRules', { RuleName: rule.name }, 1);
      for (const target of rule.targets.values()) void twin.clock.track(send(twin, scope, rule, target, event, 0));
    }
  }
}

/** Delivers to one target; what the target's owner must mend goes to the dead-letter queue at once, what may pass is tried again. */
async function send(
  twin: Twin,
  scope: Scope,
  rule: Rule,
  target: Target,
  event: EventEnvelope,
  attempt: number,
): Promise<void> {
  const principal = servicePrincipal('events.amazonaws.com', scope.account, rule.arn);
  try {
    await deliver(twin, { arn: target.arn, body: inputFor(target, rule, event, twin.clock.now()), principal });
    putMetric(twin, scope, 'AWS/Events', 'Invocations', { RuleName: rule.name }, 1);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const permanent = /AccessDenied|Unauthorized|AuthorizationError|NotFound|DoesNotExist|InvalidParameter/.test(
      error.code,
    );
    if (!permanent && attempt < target.maximumRetries && attempt * 60 < target.maximumAgeSeconds) {
      twin.clock.after(60_000, () => send(twin, scope, rule, target, event, attempt + 1));
      return;
    }
    putMetric(twin, scope, 'AWS/Events', 'FailedInvocations', { RuleName: rule.name }, 1);
    if (target.deadLetterArn !== undefined) await bury(twin, scope, rule, target, event, error, attempt);
  }
}

/** @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html */
async function bury(
  twin: Twin,
  scope: Scope,
  rule: Rule,
  target: Target,
  event: EventEnvelope,
  error: AwsError,
  attempt: number,
): Promise<void> {
  const attributes = {
    RULE_ARN: rule.arn,
    TARGET_ARN: target.arn,
    ERROR_CODE: /AccessDenied|Unauthorized|AuthorizationError/.test(error.code)
      ? 'NO_PERMISSIONS'
      : /NotFound|DoesNotExist/.test(error.code)
        ? 'NO_RESOURCE'
        : 'SDK_CLIENT_ERROR',
    ERROR_MESSAGE: error.message,
    RETRY_ATTEMPTS: String(attempt),
    ...(attempt > 0 && { EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts' }),
  };
  try {
    const principal = servicePrincipal('events.amazonaws.com', scope.account, rule.arn);
    await deliver(twin, { arn: target.deadLetterArn ?? '', body: JSON.stringify(event), principal, attributes });
    putMetric(twin, scope, 'AWS/Events', 'InvocationsSentToDLQ', { RuleName: rule.name }, 1);
  } catch (failure) {
    if (!(failure instanceof AwsError)) throw failure;
    putMetric(twin, scope, 'AWS/Events', 'InvocationsFailedToBeSentToDLQ', { RuleName: rule.name }, 1);
  }
}

/** What a target receives. @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html */
function inputFor(target: Target, rule: Rule, event: EventEnvelope, now: Date): string {
  if (target.input !== undefined) return target.input;
  if (target.inputPath !== undefined) return JSON.stringify(atPath(event, target.inputPath) ?? {});
  if (!target.transformer) return JSON.stringify(event);
  const { paths, template } = target.transformer;
  const reserved: Record<string, unknown> = {
    'aws.events.rule-arn': rule.arn,
    'aws.events.rule-name': rule.name,
    'aws.events.event.ingestion-time': now.toISOString(),
    'aws.events.event': event,
    'aws.events.event.json': event,
  };
  const quoted = (at: number): boolean => (template.slice(0, at).match(/(?<!\\)"/g) ?? []).length % 2 === 1;
  return template.replace(/<([\w.-]+)>/g, (whole, name: string, at: number) => {
    const path = paths[name];
    const value = path === undefined ? reserved[name] : atPath(event, path);
    if (path === undefined && !(name in reserved)) return whole;
    if (value === undefined) return '';
    // Within quotes a text is put in as it is, unescaped: what it holds can break the template.
    return typeof value === 'string' && quoted(at) ? value : JSON.stringify(value);
  });
}

/** `$.detail.items[0].name` */
function atPath(event: unknown, path: string): unknown {
  const parts = [...path.replace(/^\$/, '').matchAll(/\.([\w-]+)|\[(\d+)\]|\['([^']+)'\]/g)].map(
    ([, name, index, quoted]) => name ?? index ?? quoted ?? '',
  );
  return parts.reduce<unknown>(
    (value, part) =>
      value === null || typeof value !== 'object' ? undefined : (value as Record<string, unknown>)[part],
    event,
  );
}
