import type { ResourceType } from '../../service';
import { block } from '../../terraform/arguments';
import { arm, checkTriggers } from './scheduled-rules';
import { bus, busName, compile, EVENTS, type Rule, type RuleState, ruleOf } from './state';

/** Rules and targets, as Terraform makes them. */
export const eventsTerraform: Readonly<Record<string, ResourceType>> = {
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
};
