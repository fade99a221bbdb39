import { randomUUID } from 'node:crypto';
import { AwsError, type Call, type Scope } from '../../service';
import type { Twin } from '../../twin';
import { EVENTS, type EventsOperations, type EventsState, type Target } from './state';

/** How requests to an address outside AWS are authorised. The secret itself is not kept. */
export interface Connection {
  readonly name: string;
  readonly arn: string;
  readonly authorization: string;
  readonly description: string;
  readonly created: Date;
}

/** An address outside AWS. */
export interface Destination {
  readonly name: string;
  readonly arn: string;
  readonly connectionArn: string;
  readonly endpoint: string;
  readonly method: string;
  readonly perSecond: number;
  readonly description: string;
  readonly created: Date;
}

/** Makes a connection. @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection.html */
export function addConnection(
  { state, twin, arn }: Pick<Call<EventsState>, 'state' | 'twin' | 'arn'>,
  { name, authorization, description = '' }: { name: string; authorization: string; description?: string | undefined },
): Connection {
  if (state.connections.has(name))
    throw new AwsError('ResourceAlreadyExistsException', `Connection ${name} already exists.`);
  const made = {
    name,
    arn: arn(`connection/${name}/${randomUUID()}`),
    authorization,
    description,
    created: twin.clock.now(),
  };
  state.connections.set(name, made);
  return made;
}

/** Makes an API destination. @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html */
export function addDestination(
  { state, twin, arn }: Pick<Call<EventsState>, 'state' | 'twin' | 'arn'>,
  given: Omit<Destination, 'arn' | 'created'>,
): Destination {
  const { name, connectionArn, endpoint } = given;
  if (state.destinations.has(name))
    throw new AwsError('ResourceAlreadyExistsException', `An api-destination '${name}' already exists.`);
  if (![...state.connections.values()].some((connection) => connection.arn === connectionArn))
    throw new AwsError('ResourceNotFoundException', `Connection '${connectionArn}' does not exist.`);
  if (!/^https:\/\/[^\s]+$/.test(endpoint))
    throw new AwsError(
      'ValidationException',
      'Parameter InvocationEndpoint is not valid. Reason: Endpoint must be HTTPS.',
    );
  const made = { ...given, arn: arn(`api-destination/${name}/${randomUUID()}`), created: twin.clock.now() };
  state.destinations.set(name, made);
  return made;
}

/** Sends what a target gets to its address: into the outbox. @throws AwsError if the destination is gone */
export function invokeDestination(twin: Twin, { account, region }: Scope, target: Target, body: string): void {
  const found = [...twin.state(EVENTS, { account, region }).destinations.values()].find(
    ({ arn }) => arn === target.arn,
  );
  if (!found) throw new AwsError('ResourceNotFoundException', `An api-destination '${target.arn}' does not exist.`);
  const { paths = [], query = {} } = target.http ?? {};
  const values = [...paths];
  const url = new URL(found.endpoint.replaceAll('*', () => encodeURIComponent(values.shift() ?? '')));
  for (const [key, value] of Object.entries(query)) url.searchParams.append(key, value);
  const time = twin.clock.now().toISOString();
  twin.outbox.send({ time, channel: 'https', to: url.href, subject: found.method, body });
}

const destinationOf = ({ state }: { state: EventsState }, name = ''): Destination => {
  const found = state.destinations.get(name);
  if (!found)
    throw new AwsError(
      'ResourceNotFoundException',
      `Failed to describe the api-destination(s). An api-destination '${name}' does not exist.`,
    );
  return found;
};
const connectionOf = ({ state }: { state: EventsState }, name = ''): Connection => {
  const found = state.connections.get(name);
  if (!found)
    throw new AwsError(
      'ResourceNotFoundException',
      `Failed to describe the connection(s). Connection '${name}' does not exist.`,
    );
  return found;
};
const describeConnection = ({ name, arn, authorization, description, created }: Connection) => ({
  Name: name,
  ConnectionArn: arn,
  AuthorizationType: authorization as 'API_KEY',
  ConnectionState: 'AUTHORIZED' as const,
  Description: description,
  CreationTime: created,
});
const describeDestination = ({
  name,
  arn,
  connectionArn,
  endpoint,
  method,
  perSecond,
  description,
  created,
}: Destination) => ({
  Name: name,
  ApiDestinationArn: arn,
  ApiDestinationState: 'ACTIVE' as const,
  ConnectionArn: connectionArn,
  InvocationEndpoint: endpoint,
  HttpMethod: method as 'POST',
  InvocationRateLimitPerSecond: perSecond,
  Description: description,
  CreationTime: created,
});

/** Addresses outside AWS, and how to get in there. */
export const destinationOperations: EventsOperations = {
  CreateConnection({ Name = '', AuthorizationType = '', Description }, call) {
    const made = addConnection(call, { name: Name, authorization: AuthorizationType, description: Description });
    return { ConnectionArn: made.arn, ConnectionState: 'AUTHORIZED', CreationTime: made.created };
  },
  DescribeConnection: ({ Name }, call) => describeConnection(connectionOf(call, Name)),
  ListConnections: ({ NamePrefix = '' }, { state }) => ({
    Connections: [...state.connections.values()]
      .filter(({ name }) => name.startsWith(NamePrefix))
      .map(describeConnection),
  }),
  DeleteConnection({ Name = '' }, call) {
    const { arn } = connectionOf(call, Name);
    call.state.connections.delete(Name);
    return { ConnectionArn: arn, ConnectionState: 'DELETING' };
  },
  CreateApiDestination(input, call) {
    const made = addDestination(call, {
      name: input.Name ?? '',
      connectionArn: input.ConnectionArn ?? '',
      endpoint: input.InvocationEndpoint ?? '',
      method: input.HttpMethod ?? 'POST',
      perSecond: input.InvocationRateLimitPerSecond ?? 300,
      description: input.Description ?? '',
    });
    return { ApiDestinationArn: made.arn, ApiDestinationState: 'ACTIVE', CreationTime: made.created };
  },
  DescribeApiDestination: ({ Name }, call) => describeDestination(destinationOf(call, Name)),
  ListApiDestinations: ({ NamePrefix = '' }, { state }) => ({
    ApiDestinations: [...state.destinations.values()]
      .filter(({ name }) => name.startsWith(NamePrefix))
      .map(describeDestination),
  }),
  DeleteApiDestination({ Name = '' }, call) {
    destinationOf(call, Name);
    call.state.destinations.delete(Name);
    return {};
  },
};
