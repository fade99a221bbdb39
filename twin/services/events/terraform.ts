import type { Making, ResourceType } from '../../service';
import { block, blocks, plain } from '../../terraform/arguments';
import { setPolicy } from './buses';
import { addConnection, addDestination, type Parameter } from './destinations';
import { checkRole } from './roles';
import { arm, checkTriggers } from './scheduled-rules';
import { bus, busName, compile, EVENTS, type Rule, type RuleState, ruleOf, type Target } from './state';

/** What operations see of a call, for a resource of Terraform. */
const callFor = (making: Making) => ({
  twin: making.twin,
  state: making.twin.state(EVENTS, making),
  arn: (resource: string) => `arn:aws:events:${making.region}:${making.account}:${resource}`,
});

/** Buses, rules, targets and addresses outside AWS, as Terraform makes them. */
export const eventsTerraform: Readonly<Record<string, ResourceType>> = {
  aws_cloudwatch_event_bus: (args, making) => {
    const name = String(args.name);
    const { state, arn } = callFor(making);
    if (state.buses.has(name)) throw new Error(`${making.address}: Event bus ${name} already exists.`);
    state.buses.set(name, new Map());
    return { arn: arn(`event-bus/${name}`), id: name };
  },
  aws_cloudwatch_event_bus_policy: (args, making) => {
    const name = busName((args.event_bus_name ?? undefined) as string | undefined);
    const { state } = callFor(making);
    bus({ state }, name);
    setPolicy(state, name, String(args.policy));
    return { id: name };
  },
  aws_cloudwatch_event_connection: (args, making) => {
    // What authorises is read, so that it counts as simulated, and not kept.
    const parameters = block(plain(args.auth_parameters as object));
    const added = block(parameters.invocation_http_parameters);
    const given = (several: unknown): Parameter[] =>
      blocks(several).map(({ key, value, is_value_secret: secret }) => ({
        key: String(key),
        value: String(value),
        secret: secret === true,
      }));
    const { name, arn } = addConnection(callFor(making), {
      name: String(args.name),
      authorization: String(args.authorization_type),
      body: given(added.body),
      query: given(added.query_string),
      description: String(args.description ?? ''),
    });
    return { arn, id: name };
  },
  aws_cloudwatch_event_api_destination: (args, making) => {
    const { name, arn } = addDestination(callFor(making), {
      name: String(args.name),
      connectionArn: String(args.connection_arn),
      endpoint: String(args.invocation_endpoint),
      method: String(args.http_method),
      perSecond: Number(args.invocation_rate_limit_per_second ?? 300),
      description: String(args.description ?? ''),
    });
    return { arn, id: name };
  },
  aws_cloudwatch_event_rule: (args, making) => {
    const name = String(args.name);
    const on = busName(args.event_bus_name as string | undefined);
    const state = making.twin.state(EVENTS, making);
    const rules = bus({ state }, on);
    const arn = `arn:aws:events:${making.region}:${making.account}:rule/${on === 'default' ? '' : `${on}/`}${name}`;
    const text = (value: unknown) => (value === undefined || value === null ? undefined : String(value));
    const [pattern, schedule] = [text(args.event_pattern), text(args.schedule_expression)];
    checkTriggers(pattern, schedule, on);
    const rule: Rule = {
      name,
      arn,
      bus: on,
      description: String(args.description ?? ''),
      ...(pattern !== undefined && { pattern, matches: compile(pattern) }),
      ...(schedule !== undefined && { schedule }),
      state: (args.state as RuleState | undefined) ?? 'ENABLED',
      targets: new Map(),
    };
    rules.set(name, rule);
    arm(making.twin, making, rule);
    return { arn, id: name };
  },
  aws_cloudwatch_event_target: (args, making) => {
    const state = making.twin.state(EVENTS, making);
    const rule = ruleOf({ state }, String(args.rule), args.event_bus_name as string | undefined);
    const id = String(args.target_id);
    const transformer = block(args.input_transformer);
    const retry = block(args.retry_policy);
    const deadLetterArn: unknown = block(args.dead_letter_config).arn;
    const roleArn: unknown = args.role_arn;
    const http = args.http_target === undefined ? undefined : block(args.http_target);
    const target: Target = {
      id,
      arn: String(args.arn),
      ...(roleArn !== undefined && { roleArn: String(roleArn) }),
      ...(http && {
        http: {
          paths: plain((http.path_parameter_values ?? []) as string[]),
          query: plain((http.query_string_parameters ?? {}) as Record<string, string>),
        },
      }),
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
    };
    checkRole(target, making);
    rule.targets.set(id, target);
    return { id: `${rule.name}-${id}` };
  },
};
