import { randomUUID } from 'node:crypto';
import type { Principal } from '../../iam/principal';
import { AwsError, type Call, type Scope } from '../../service';
import type { Twin } from '../../twin';
import { EVENTS, type EventsOperations, type EventsState, type Target } from './state';

/** A parameter that a connection adds to requests. */
export interface Parameter {
  readonly key: string;
  readonly value: string;
  /** Not told by DescribeConnection. */
  readonly secret: boolean;
}

/** How requests to an address outside AWS are authorised, and what is added to them. What authorises is not kept. */
export interface Connection {
  readonly name: string;
  readonly arn: string;
  readonly authorization: string;
  readonly body: readonly Parameter[];
  readonly query: readonly Parameter[];
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
  {
    name,
    authorization,
    description = '',
    body = [],
    query = [],
  }: {
    name: string;
    authorization: string;
    description?: string | undefined;
    body?: readonly Parameter[];
    query?: readonly Parameter[];
  },
): Connection {
  if (state.connections.has(name))
    throw new AwsError('ResourceAlreadyExistsException', `Connection ${name} already exists.`);
  const made = {
    name,
    arn: arn(`connection/${name}/${randomUUID()}`),
    authorization,
    body,
    query,
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

/**
 * Sends what a target gets to its address: into the outbox. What the connection adds goes over what the target gives.
 *
 * A fault of `events:InvokeApiDestination` is the address's answer: a status (`503`), or anything else for none at all.
 *
 * @throws AwsError if the destination or its connection is gone, or the address answers an error
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_HttpParameters.html
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ConnectionBodyParameter.html
 */
export function invokeDestination(
  twin: Twin,
  { account, region }: Scope,
  { target, principal }: { readonly target: Target; readonly principal: Principal },
  body: string,
): void {
  const { destinations, connections } = twin.state(EVENTS, { account, region });
  const found = [...destinations.values()].find(({ arn }) => arn === target.arn);
  if (!found) throw new AwsError('ResourceNotFoundException', `An api-destination '${target.arn}' does not exist.`);
  const connection = [...connections.values()].find(({ arn }) => arn === found.connectionArn);
  if (!connection) throw new AwsError('ResourceNotFoundException', `Connection of '${found.name}' does not exist.`);
  const answer = twin.faults.hit('events', 'InvokeApiDestination', principal)?.error;
  if (answer !== undefined) throw new AwsError(codeOf(answer), `The address answered ${answer}.`);
  const { paths = [], query = {} } = target.http ?? {};
  const values = [...paths];
  const url = new URL(found.endpoint.replaceAll('*', () => encodeURIComponent(values.shift() ?? '')));
  for (const [key, value] of Object.entries({ ...query, ...valuesOf(connection.query) }))
    url.searchParams.append(key, value);
  const time = twin.clock.now().toISOString();
  twin.outbox.send({
    time,
    channel: 'https',
    to: url.href,
    subject: found.method,
    body: withParameters(body, connection.body),
  });
}

/**
 * What is tried again: 429, and what begins with 5; and where there was no answer.
 *
 * @see https://repost.aws/knowledge-center/eventbridge-resolve-failedinvocation-errors
 */
const codeOf = (answer: string): string => (/^4(?!29)\d\d$/.test(answer) ? 'InvalidRequest' : 'NoAnswer');

const valuesOf = (parameters: readonly Parameter[]): Record<string, string> =>
  Object.fromEntries(parameters.map(({ key, value }) => [key, value]));

/** Parameters become members of a body that is an object. */
function withParameters(body: string, parameters: readonly Parameter[]): string {
  if (parameters.length === 0) return body;
  const value: unknown = JSON.parse(body);
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? JSON.stringify({ ...value, ...valuesOf(parameters) })
    : body;
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
/** A parameter as it is told. */
const shown = ({ key, value, secret }: Parameter) => ({
  Key: key,
  ...(!secret && { Value: value }),
  IsValueSecret: secret,
});
const describeConnection = ({ name, arn, authorization, body, query, description, created }: Connection) => ({
  Name: name,
  ConnectionArn: arn,
  AuthorizationType: authorization as 'API_KEY',
  ConnectionState: 'AUTHORIZED' as const,
  AuthParameters: {
    InvocationHttpParameters: { BodyParameters: body.map(shown), QueryStringParameters: query.map(shown) },
  },
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

const given = ({ Key = '', Value = '', IsValueSecret = false }): Parameter => ({
  key: Key,
  value: Value,
  secret: IsValueSecret,
});

/** Addresses outside AWS, and how to get in there. */
export const destinationOperations: EventsOperations = {
  CreateConnection({ Name = '', AuthorizationType = '', Description, AuthParameters }, call) {
    const { BodyParameters = [], QueryStringParameters = [] } = AuthParameters?.InvocationHttpParameters ?? {};
    const made = addConnection(call, {
      name: Name,
      authorization: AuthorizationType,
      description: Description,
      body: BodyParameters.map(given),
      query: QueryStringParameters.map(given),
    });
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
