import { XmlShapeDeserializer, XmlShapeSerializer } from '@aws-sdk/core/protocols';
import { CborCodec } from '@smithy/core/cbor';
import { JsonCodec2 } from '@smithy/core/protocols';
import type { NormalizedSchema } from '@smithy/core/schema';
import { AwsError } from '../service';
import { readForm } from './form';
import { restJson } from './json-shapes';
import { type Documents, type RestRequest, readRest, writeRest } from './rest';
import { matchOperation } from './routes';
import { type OperationSchema, operationsOf } from './schema';

/** What goes back to a client. */
export interface Reply {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array;
}

/** A request understood, and how to answer it. */
export interface Exchange {
  readonly operation: string;
  readonly input: Record<string, unknown>;
  reply(output: Record<string, unknown>, requestId: string): Reply;
  fail(error: AwsError, requestId: string): Reply;
}

/** What the wire needs to know of a service. */
export interface WireService {
  readonly sdk: object;
  /** Of the SDK's client: `aws.protocols#ec2Query`. */
  readonly protocol: string;
  readonly xmlNamespace?: string;
  /** The member that begins each path, where the SDK's own paths leave it out. */
  readonly pathMember?: string;
}

type Failer = Exchange['fail'];

/**
 * Reads a request by the protocol that it speaks; a service may speak several, and clients choose.
 *
 * @throws AwsError for an operation that AWS itself does not know. The error has `wire` to answer it with.
 */
export async function readRequest(service: WireService, request: RestRequest): Promise<Exchange> {
  if (request.headers['smithy-protocol'] === 'rpc-v2-cbor') return readCbor(service, request);
  if (request.headers['x-amz-target']) return readJson(service, request);
  if (service.protocol.endsWith('Query') || /x-www-form-urlencoded/.test(request.headers['content-type'] ?? ''))
    return readQuery(service, request);
  return readByPath(service, request);
}

/** How to fail a request that could not be understood: in the client's own protocol, guessed from its looks. */
export function failerFor(request: Pick<RestRequest, 'headers'>, signingName: string): Failer {
  if (request.headers['smithy-protocol'] === 'rpc-v2-cbor') return failCbor;
  if (request.headers['x-amz-target']) return failJson(request.headers['content-type'] ?? 'application/x-amz-json-1.0');
  if (signingName === 'ec2') return failEc2;
  if (/x-www-form-urlencoded/.test(request.headers['content-type'] ?? '')) return failQuery;
  return signingName.startsWith('s3') ? failS3 : failRestJson;
}

function find(service: WireService, name: string): OperationSchema {
  const operation = operationsOf(service.sdk).get(name);
  if (!operation) throw new AwsError('InvalidAction', `The action ${name} is not valid for this web service.`);
  return operation;
}

// JSON 1.0 and 1.1

const json = new JsonCodec2({ timestampFormat: { useTrait: true, default: 7 }, jsonName: false } as never);

async function readJson(service: WireService, request: RestRequest): Promise<Exchange> {
  const schema = find(service, request.headers['x-amz-target']?.split('.').at(-1) ?? '');
  const contentType = request.headers['content-type'] ?? 'application/x-amz-json-1.0';
  return {
    operation: schema.name,
    input: await readDocument(() => json.createDeserializer().read(schema.input as never, request.body as never)),
    reply: (output, requestId) => ({
      status: 200,
      headers: { 'content-type': contentType, 'x-amzn-requestid': requestId },
      body: schema.output.isStructSchema() ? writeJson(schema.output, output) : '{}',
    }),
    fail: failJson(contentType),
  };
}

function writeJson(schema: NormalizedSchema, value: unknown): string | Uint8Array {
  const serializer = json.createSerializer();
  serializer.write(schema as never, value);
  return serializer.flush() as string | Uint8Array;
}

/** Services that spoke query before still tell the code of then. */
const queryError = ({ options: { queryCode } }: AwsError): Record<string, string> =>
  queryCode === undefined ? {} : { 'x-amzn-query-error': `${queryCode};Sender` };

const failJson =
  (contentType: string): Failer =>
  (error, requestId) => ({
    status: error.options.status ?? 400,
    headers: {
      'content-type': contentType,
      'x-amzn-requestid': requestId,
      ...queryError(error),
    },
    body: JSON.stringify({
      __type: error.code,
      message: error.message,
      Message: error.message,
      ...(withBase64(error.options.members ?? {}) as object),
    }),
  });

/** Members of an error have no schema here: bytes are written as JSON protocols write them. */
function withBase64(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(withBase64);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withBase64(inner)]));
}

// CBOR, as newer clients speak to CloudWatch

const cbor = new CborCodec();

async function readCbor(service: WireService, request: RestRequest): Promise<Exchange> {
  const schema = find(service, request.path.split('/').at(-1) ?? '');
  const headers = (requestId: string) => ({
    'content-type': 'application/cbor',
    'smithy-protocol': 'rpc-v2-cbor',
    'x-amzn-requestid': requestId,
  });
  return {
    operation: schema.name,
    input:
      request.body.length > 0
        ? ((await cbor.createDeserializer().read(schema.input as never, request.body as never)) as Record<
            string,
            unknown
          >)
        : {},
    reply: (output, requestId) => {
      const serializer = cbor.createSerializer();
      serializer.write(schema.output as never, output);
      return { status: 200, headers: headers(requestId), body: serializer.flush() as Uint8Array };
    },
    fail: failCbor,
  };
}

const failCbor: Failer = (error, requestId) => {
  const serializer = cbor.createSerializer();
  serializer.write(15 as never, { __type: error.code, message: error.message, ...error.options.members });
  return {
    status: error.options.status ?? 400,
    headers: {
      'content-type': 'application/cbor',
      'smithy-protocol': 'rpc-v2-cbor',
      'x-amzn-requestid': requestId,
      ...queryError(error),
    },
    body: serializer.flush() as Uint8Array,
  };
};

// Query, and EC2's dialect of it

async function readQuery(service: WireService, request: RestRequest): Promise<Exchange> {
  const ec2 = service.protocol === 'aws.protocols#ec2Query';
  const parameters =
    request.body.length > 0 ? new URLSearchParams(new TextDecoder().decode(request.body)) : request.query;
  const schema = find(service, parameters.get('Action') ?? '');
  const xmlns = service.xmlNamespace ? ` xmlns="${service.xmlNamespace}"` : '';
  return {
    operation: schema.name,
    input: readForm(schema.input, parameters, ec2),
    reply: (output, requestId) => {
      const isStruct = schema.output.isStructSchema();
      const members = isStruct ? xmlMembers(schema.output, output) : '';
      const inner = ec2
        ? `<requestId>${requestId}</requestId>${isStruct ? members : '<return>true</return>'}`
        : `${members ? `<${schema.name}Result>${members}</${schema.name}Result>` : ''}<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
      return xmlReply(200, `<${schema.name}Response${xmlns}>${inner}</${schema.name}Response>`, requestId);
    },
    fail: ec2 ? failEc2 : failQuery,
  };
}

const xmlSettings = {
  timestampFormat: { useTrait: true, default: 5 },
  httpBindings: false,
  xmlNamespace: '',
  serviceNamespace: '',
} as never;

/** The elements of a structure, without one around them. */
function xmlMembers(schema: NormalizedSchema, value: unknown): string {
  const serializer = new XmlShapeSerializer(xmlSettings);
  serializer.write(schema as never, value as never);
  const element = String(serializer.flush());
  return element.endsWith('/>') && element.indexOf('>') === element.length - 1
    ? ''
    : element.slice(element.indexOf('>') + 1, element.lastIndexOf('</'));
}

const xmlReply = (status: number, body: string, requestId: string): Reply => ({
  status,
  headers: { 'content-type': 'text/xml;charset=UTF-8', 'x-amzn-requestid': requestId },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
});

const escapeXml = (text: string): string => text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
const codeAndMessage = ({ code, message, options: { queryCode } }: AwsError): string =>
  `<Code>${escapeXml(queryCode ?? code)}</Code><Message>${escapeXml(message)}</Message>`;

const failEc2: Failer = (error, requestId) =>
  xmlReply(
    error.options.status ?? 400,
    `<Response><Errors><Error>${codeAndMessage(error)}</Error></Errors><RequestID>${requestId}</RequestID></Response>`,
    requestId,
  );

const failQuery: Failer = (error, requestId) =>
  xmlReply(
    error.options.status ?? 400,
    `<ErrorResponse><Error><Type>Sender</Type>${codeAndMessage(error)}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
    requestId,
  );

// REST with XML (S3) or JSON (Lambda)

const jsonDocuments: Documents = {
  read: (schema, body) => readDocument(() => restJson.createDeserializer().read(schema as never, body as never)),
  write: (schema, value) => {
    const serializer = restJson.createSerializer();
    serializer.write(schema as never, value);
    return serializer.flush() as string | Uint8Array;
  },
  contentType: 'application/json',
};

const xmlDocuments = (xmlNamespace: string): Documents => ({
  read: async (schema, body) => {
    try {
      return new XmlShapeDeserializer(xmlSettings).read(schema as never, body as never);
    } catch {
      throw new AwsError(
        'MalformedXML',
        'The XML you provided was not well-formed or did not validate against our published schema',
      );
    }
  },
  write: (schema, value) => {
    const serializer = new XmlShapeSerializer({
      ...(xmlSettings as object),
      httpBindings: true,
      xmlNamespace,
    } as never);
    serializer.write(schema as never, value as never);
    return `<?xml version="1.0" encoding="UTF-8"?>\n${serializer.flush()}`;
  },
  contentType: 'application/xml',
});

async function readByPath(service: WireService, request: RestRequest): Promise<Exchange> {
  const isXml = service.protocol === 'aws.protocols#restXml';
  const documents = isXml ? xmlDocuments(service.xmlNamespace ?? '') : jsonDocuments;
  const { pathMember } = service;
  const [, first, rest] = pathMember ? (/^\/([^/]*)(.*)$/s.exec(request.path) ?? []) : [];
  const isBelow = first !== undefined && first !== '';
  const found = matchOperation(service, rest === undefined ? request : { ...request, path: rest || '/' }, isBelow);
  if (!found)
    throw new AwsError('UnknownOperationException', `no operation answers ${request.method} ${request.path}`, {
      status: 404,
    });
  const input = await readRest(found.operation, found.labels, request, documents);
  return {
    operation: found.operation.name,
    input: pathMember && first ? { ...input, [pathMember]: decodeURIComponent(first) } : input,
    reply: (output, requestId) => {
      const { status, headers, body } = writeRest(found.operation, output, documents);
      return { status, headers: { ...headers, [isXml ? 'x-amz-request-id' : 'x-amzn-requestid']: requestId }, body };
    },
    fail: isXml ? failS3 : failRestJson,
  };
}

const failS3: Failer = (error, requestId) => ({
  status: error.options.status ?? 400,
  headers: { 'content-type': 'application/xml', 'x-amz-request-id': requestId },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${codeAndMessage(error)}${membersOf(error)}<RequestId>${requestId}</RequestId></Error>`,
});

const membersOf = ({ options: { members = {} } }: AwsError): string =>
  Object.entries(members)
    .map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`)
    .join('');

const failRestJson: Failer = (error, requestId) => ({
  status: error.options.status ?? 400,
  headers: { 'content-type': 'application/json', 'x-amzn-requestid': requestId, 'x-amzn-errortype': error.code },
  body: JSON.stringify({ message: error.message, Message: error.message, ...error.options.members }),
});

async function readDocument(read: () => Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    return (await read()) as Record<string, unknown>;
  } catch {
    throw new AwsError('SerializationException', 'the body is not a JSON document of the right shape');
  }
}
