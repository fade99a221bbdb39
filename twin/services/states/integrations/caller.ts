import { randomUUID } from 'node:crypto';
import type { NormalizedSchema } from '@smithy/core/schema';
import { enter } from '../../../door';
import { servicePrincipal } from '../../../iam/principal';
import { AwsError, type Service } from '../../../service';
import type { Twin } from '../../../twin';
import { operationsOf } from '../../../wire/schema';
import { assumeForService, roleByArn } from '../../iam';
import type { Json } from '../asl/definition';
import { runtimeError, StateError } from '../asl/errors';
import type { StateMachine } from '../state';
import { type Naming, taskError } from './errors';
import { fromOutput, toInput, UnfitParametersError } from './shapes';

/** What a task asks of a service. */
export interface Asked {
  readonly service: Service;
  readonly operation: string;
  readonly naming: Naming;
  /** As the state machine writes them. */
  readonly parameters: Json;
}

/** What the service answered, as the state machine sees it. */
export interface Answered {
  readonly output: Json;
  readonly requestId: string;
}

/**
 * Calls a service under the role of a state machine, through the same door as calls from outside.
 *
 * @throws StateError that Retry and Catch may look for.
 */
export async function callAs(
  twin: Twin,
  machine: StateMachine,
  { service, operation, naming, parameters }: Asked,
): Promise<Answered> {
  const schema = operationsOf(service.sdk()).get(operation);
  if (!schema) throw runtimeError(`${service.prefix} has no operation ${operation}`);
  const input = inputOf(schema.input, parameters);
  const requestId = randomUUID();
  const session = sessionOf(twin, machine);
  const { account, region } = machine;
  const answer = await twin.clock
    .track(enter(twin, { service, operation, input, principal: session.principal, account, region, requestId }))
    .finally(() => twin.credentials.remove(session.accessKeyId));
  if (answer.kind === 'killed')
    throw new StateError(`${naming.prefix}.SdkClientException`, 'Unable to execute HTTP request: Connection reset');
  if (answer.kind === 'error') throw taskError(service, naming, answer.error, requestId);
  const output = schema.output.isStructSchema() ? fromOutput(schema.output, answer.output) : {};
  return { output, requestId };
}

function inputOf(schema: NormalizedSchema, parameters: Json): object {
  try {
    return toInput(schema, parameters) ?? {};
  } catch (error) {
    if (!(error instanceof UnfitParametersError)) throw error;
    throw runtimeError(
      `The Parameters '${JSON.stringify(parameters)}' could not be used to start the Task: [${error.message}]`,
    );
  }
}

/** A session of the state machine's role. @see https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html */
export function sessionOf(twin: Twin, { roleArn, account, arn }: StateMachine): ReturnType<typeof assumeForService> {
  const role = roleByArn(twin, roleArn);
  const refused = new StateError(
    'States.Permissions',
    `Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role.`,
  );
  if (!role) throw refused;
  try {
    return assumeForService(twin, role, servicePrincipal('states.amazonaws.com', account, arn), twin.hex(32));
  } catch (error) {
    if (error instanceof AwsError) throw refused;
    throw error;
  }
}
