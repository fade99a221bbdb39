import { Readable } from 'node:stream';
import { AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols';
import type { NormalizedSchema } from '@smithy/core/schema';
import { HttpResponse } from '@smithy/core/transport';
import fc from 'fast-check';
import { AwsError } from '../../twin/service';
import { services } from '../../twin/services';
import { type OperationSchema, operationsOf } from '../../twin/wire/schema';
import { type Exchange, failerFor, readRequest } from '../../twin/wire/wire';

// What an SDK client writes, the twin reads; what the twin writes, the client reads: for every operation that is simulated, in the
// protocol of its service, with inputs and outputs made up from the schemas.

/** Text that XML, headers and paths can carry. */
const text = fc.string({ unit: fc.constantFrom(...'abcXYZ0189-_.äß€'), minLength: 1, maxLength: 8 });
const headerText = fc.string({ unit: fc.constantFrom(...'abcXYZ0189-_'), minLength: 1, maxLength: 8 });
const date = fc.integer({ min: 0, max: 2_000_000_000 }).map((seconds) => new Date(seconds * 1000));

/** A value that fits a schema. Recursive shapes end after a few levels. */
function arbitraryOf(schema: NormalizedSchema, depth = 0): fc.Arbitrary<unknown> {
  if (schema.isStructSchema()) return structOf(schema, depth);
  if (schema.isListSchema())
    return depth > 4
      ? fc.constant([])
      : fc.array(arbitraryOf(schema.getValueSchema(), depth + 1), { minLength: 1, maxLength: Math.max(1, 3 - depth) });
  if (schema.isMapSchema())
    return depth > 4
      ? fc.constant({})
      : fc.dictionary(headerText, arbitraryOf(schema.getValueSchema(), depth + 1), {
          minKeys: 1,
          maxKeys: 3,
          noNullPrototype: true,
        });
  if (schema.isTimestampSchema()) return date;
  if (schema.isBooleanSchema()) return fc.boolean();
  if (schema.isBlobSchema()) return fc.uint8Array({ minLength: 1, maxLength: 8 }).map((bytes) => new Uint8Array(bytes));
  if (schema.getMergedTraits().httpResponseCode) return fc.constantFrom(200, 202, 204);
  if (schema.isNumericSchema()) return fc.integer({ min: 0, max: 1_000_000 });
  const { httpHeader, httpLabel } = schema.getMergedTraits();
  return httpHeader || httpLabel ? headerText : text;
}

function structOf(schema: NormalizedSchema, depth: number): fc.Arbitrary<unknown> {
  const isSimple = (member: NormalizedSchema) =>
    !(member.isStructSchema() || member.isListSchema() || member.isMapSchema());
  // A global endpoint (of EventBridge) would want another way of signing.
  const members = [...schema.structIterator()].filter(
    ([name, member]) => name !== 'EndpointId' && (depth <= 4 || isSimple(member)),
  );
  const model = Object.fromEntries(members.map(([name, member]) => [name, arbitraryOf(member, depth + 1)]));
  // What the path, the status or the whole body carries is always there.
  const isAlways = ({ httpLabel, httpResponseCode, httpPayload }: ReturnType<NormalizedSchema['getMergedTraits']>) =>
    httpLabel || httpResponseCode || httpPayload;
  const required = members.filter(([, member]) => isAlways(member.getMergedTraits())).map(([name]) => name);
  if (schema.isUnionSchema())
    return fc
      .constantFrom(...Object.keys(model))
      .chain((name) => (model[name] ?? fc.constant(undefined)).map((value) => ({ [name]: value })));
  return fc.record(model, { requiredKeys: required as never[], noNullPrototype: true });
}

interface Captured {
  exchange?: Exchange;
  output: Record<string, unknown>;
}

/** A client whose requests the twin's wire reads, and whose answers it writes. */
function clientOf(service: (typeof services)[number], captured: Captured, protocol?: object) {
  const sdk = service.sdk() as Record<
    string,
    new (
      config: object,
    ) => {
      config: { protocol: { getShapeId(): string; options: { xmlNamespace?: string } } };
      send(command: object): Promise<Record<string, unknown>>;
    }
  >;
  const handle = async (request: {
    method: string;
    path: string;
    query: Record<string, string | string[] | null>;
    headers: Record<string, string>;
    body?: string | Uint8Array;
  }) => {
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(request.query))
      for (const one of Array.isArray(value) ? value : [value ?? '']) query.append(key, one);
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([key, value]) => [key.toLowerCase(), value]),
    );
    const body = typeof request.body === 'string' ? Buffer.from(request.body) : (request.body ?? new Uint8Array());
    const { protocol: spoken } = client.config;
    const wire = {
      sdk,
      protocol: spoken.getShapeId(),
      ...(spoken.options.xmlNamespace && { xmlNamespace: spoken.options.xmlNamespace }),
    };
    captured.exchange = await readRequest(wire, { method: request.method, path: request.path, query, headers, body });
    const reply = captured.exchange.reply(captured.output, 'request-1');
    return {
      response: new HttpResponse({
        statusCode: reply.status,
        headers: reply.headers,
        body: Readable.from([Buffer.from(reply.body)]),
      }),
    };
  };
  const Client = sdk[service.client as string];
  if (!Client) throw new Error('no client');
  const client = new Client({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'A', secretAccessKey: 'S' },
    endpoint: 'http://127.0.0.1:1',
    forcePathStyle: true,
    md5: false,
    maxAttempts: 1,
    ...(protocol && { protocol }),
    requestHandler: { handle, metadata: {} },
  });
  return { sdk, client };
}

/** Without what was not set, and with dates and bytes comparable. */
const plain = (value: unknown): unknown => {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => inner !== undefined && key !== '$metadata')
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, plain(inner)]),
  );
};

/** Structures without a member are not written by forms, and so not read. */
const pruned = (value: unknown): unknown => {
  if (value === null || typeof value !== 'object') return value;
  const isThere = (inner: unknown) => !(inner !== null && typeof inner === 'object' && Object.keys(inner).length === 0);
  if (Array.isArray(value)) return value.map(pruned).filter(isThere);
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, pruned(inner)] as const)
      .filter(([, inner]) => isThere(inner)),
  );
};

/** Members that clients fill in or take out by themselves. */
const BY_CLIENTS = ['ClientRequestToken', 'ClientToken', 'clientToken', 'DryRun', 'AccountId'];
const without = (value: unknown): unknown =>
  Object.fromEntries(Object.entries(value as object).filter(([key]) => !BY_CLIENTS.includes(key)));

const cases = services
  // Those put buckets and accounts where hosts are, and have tests of their own.
  .filter(({ prefix }) => !prefix.startsWith('s3'))
  .flatMap((service) =>
    Object.keys(service.operations).map((operation) => [`${service.prefix}:${operation}`, service, operation] as const),
  );

it.each(cases)('%s', (_name, service, operation) => roundTrip(service, operation));

// Clients of CloudWatch differ: the JS SDK speaks JSON, newer ones CBOR, older ones query.
describe.each([
  ['CBOR', AwsSmithyRpcV2CborProtocol],
  ['query', AwsQueryProtocol],
])('in %s', (_protocol, protocol) => {
  it.each(cases.filter(([name]) => name.startsWith('cloudwatch:')))('%s', (_name, service, operation) =>
    roundTrip(service, operation, protocol),
  );
});

async function roundTrip(service: (typeof services)[number], operation: string, protocol?: object): Promise<void> {
  const captured: Captured = { output: {} };
  const { sdk, client } = clientOf(service, captured, protocol);
  const Command = sdk[`${operation}Command`];
  const schema = operationsOf(sdk).get(operation) as OperationSchema;
  if (!Command) throw new Error('no command');
  const input = schema.input.isStructSchema() ? arbitraryOf(schema.input) : fc.constant({});
  const output = schema.output.isStructSchema() ? arbitraryOf(schema.output) : fc.constant({});
  await fc.assert(
    fc.asyncProperty(input, output, async (given, answered) => {
      captured.output = answered as Record<string, unknown>;
      delete captured.exchange;
      let received: unknown;
      try {
        received = await client.send(new Command(given as object) as never);
      } catch (error) {
        // The SDK's SQS client compares checksums with the bodies: made-up ones differ, and the request was read all the same.
        if (!/MD5|md5/.test(String(error))) throw error;
      }
      expect((captured.exchange as Exchange | undefined)?.operation).toBe(operation);
      expect(pruned(without(plain((captured.exchange as Exchange | undefined)?.input)))).toEqual(
        pruned(without(plain(given))),
      );
      if (received !== undefined) expect(pruned(plain(received))).toEqual(pruned(plain(answered)));
    }),
    { numRuns: 15, seed: 7 },
  );
}

it.each([
  [
    'ec2',
    { 'content-type': 'application/x-www-form-urlencoded' },
    '<Response><Errors><Error><Code>Nope</Code><Message>no &#38; no</Message></Error></Errors>',
  ],
  [
    'sns',
    { 'content-type': 'application/x-www-form-urlencoded' },
    '<ErrorResponse><Error><Type>Sender</Type><Code>Nope</Code>',
  ],
  [
    'dynamodb',
    { 'x-amz-target': 'DynamoDB_20120810.GetItem', 'content-type': 'application/x-amz-json-1.0' },
    '"__type":"Nope"',
  ],
  ['s3', {}, '<Error><Code>Nope</Code>'],
  ['lambda', {}, '"message":"no & no"'],
])('%s is failed in its own words, before the request is understood', (signingName, headers, fragment) => {
  const { body, status } = failerFor({ headers }, signingName)(
    new AwsError('Nope', 'no & no', { status: 418 }),
    'request-1',
  );
  expect(status).toBe(418);
  expect(String(body)).toContain(fragment);
});
