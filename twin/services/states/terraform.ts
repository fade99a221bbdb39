import { randomUUID } from 'node:crypto';
import type { Making, ResourceType } from '../../service';
import { block, plain } from '../../terraform/arguments';
import type { Definition } from './asl/definition';
import { type Logging, STATES, type StateMachine } from './state';
import { diagnose } from './validation';

/** State machines, as Terraform makes them. */
export const statesTerraform: Readonly<Record<string, ResourceType>> = {
  aws_sfn_state_machine: (args, making) => {
    const { twin, account, region, address } = making;
    const name = String(args.name);
    const definition = String(args.definition);
    if (args.type !== undefined && args.type !== 'STANDARD')
      throw new Error(`${address}: the twin simulates STANDARD workflows only`);
    if (!/^[\w-]{1,80}$/.test(name)) throw new Error(`${address}: Invalid Name: '${name}'`);
    const wrong = diagnose(twin, definition);
    if (wrong.length > 0) {
      const told = wrong.map(({ code, message, location }) => `${code}: ${message} at ${location}`);
      throw new Error(`${address}: Invalid State Machine Definition: '${told.join(', ')}'`);
    }
    const arn = `arn:aws:states:${region}:${account}:stateMachine:${name}`;
    const machine: StateMachine = {
      name,
      arn,
      account,
      region,
      roleArn: String(args.role_arn),
      definition,
      parsed: JSON.parse(definition) as Definition,
      created: twin.clock.now(),
      revisionId: randomUUID(),
      logging: loggingIn(args.logging_configuration, making),
      tracing: block(args.tracing_configuration).enabled === true,
      tags: new Map(Object.entries(plain(making.tags))),
    };
    twin.state(STATES, making).machines.set(name, machine);
    return {
      arn,
      id: arn,
      status: 'ACTIVE',
      creation_date: machine.created.toISOString(),
      revision_id: machine.revisionId,
      state_machine_version_arn: arn,
    };
  },
};

function loggingIn(value: unknown, { address }: Making): Logging {
  const { level = 'OFF', include_execution_data = false, log_destination } = block(value);
  if (log_destination !== undefined && !String(log_destination).endsWith(':*'))
    throw new Error(`${address}: Invalid Logging Configuration: log_destination must end in :*`);
  return {
    level: level as Logging['level'],
    includeExecutionData: include_execution_data === true,
    ...(log_destination !== undefined && { destination: String(log_destination) }),
  };
}
