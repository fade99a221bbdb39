import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Control } from './control';
import { enter } from './door';
import { ANONYMOUS, type Principal } from './iam/principal';
import { AwsError, type Scope, type Service } from './service';
import type { Twin } from './twin';
import type { RestRequest } from './wire/rest';
import { type Exchange, failerFor, type Reply, readRequest, type WireService } from './wire/wire';

/** Serves the AWS APIs and the control calls on one port of loopback. */
export function createTwinServer(twin: Twin, control: Control): Server {
  // As long as AWS's: clients do not expect a connection to end between two of their calls.
  const keepAliveTimeout = 60_000;
  return createServer({ keepAliveTimeout }, (incoming, outgoing) => {
    void answer(twin, control, incoming, outgoing).catch((error: unknown) => {
      const isNoUrl = error instanceof TypeError && 'code' in error && error.code === 'ERR_INVALID_URL';
      if (!isNoUrl) console.error(error);
      outgoing.writeHead(isNoUrl ? 400 : 500).end();
    });
  }).on('connection', (socket) => socket.setNoDelay(true));
}

async function answer(
  twin: Twin,
  control: Control,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const request = await readHttp(incoming);
  const reply = request.path.startsWith('/_twin/') ? await control.answer(request) : await answerAws(twin, request);
  if (!reply) {
    // The caller was killed in the middle of its call: it gets no answer.
    outgoing.destroy();
    return;
  }
  const body = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body;
  // Clients compare the date with their own clock, and workers have the twin's.
  outgoing.writeHead(reply.status, {
    // Where only the head is answered, it tells the length of what would have followed.
    'content-length': body.length,
    ...reply.headers,
    date: twin.clock.now().toUTCString(),
  });
  outgoing.end(request.method === 'HEAD' ? undefined : body);
}

async function readHttp(incoming: IncomingMessage): Promise<RestRequest> {
  const body = await bodyOf(incoming);
  // Clients that take us for a proxy send the whole URL.
  const url = new URL(incoming.url ?? '/', 'http://localhost');
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
  );
  return {
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers,
    body,
  };
}

/** Without an iterator, whose making costs more than most bodies. @throws Error if the connection ends before the body does */
const bodyOf = (incoming: IncomingMessage): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    incoming
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .once('end', () => resolve(Buffer.concat(chunks)))
      .once('error', reject);
  });

/** Undefined if the caller is no more. */
async function answerAws(twin: Twin, request: RestRequest): Promise<Reply | undefined> {
  const requestId = randomUUID();
  const { accessKeyId, region, signingName } = credentialScope(request);
  const fail = failerFor(request, signingName);
  if (!accessKeyId) {
    const open = twin.serviceForAnybody(request);
    if (open) return answerCall(twin, open.service, request, { principal: ANONYMOUS, ...open.scope, requestId, fail });
    return fail(new AwsError('MissingAuthenticationToken', 'Missing Authentication Token', { status: 403 }), requestId);
  }
  const principal = twin.credentials.identify(accessKeyId, tokenIn(request), twin.clock.now());
  if (typeof principal === 'string') return fail(refusal(principal, signingName, request), requestId);

  twin.credentials.noteUse(accessKeyId, { time: twin.clock.now(), service: signingName, region });

  const service = twin.serviceFor(signingName, request);
  if (!service) {
    twin.unsupported.operation(
      `${signingName}:${request.headers['x-amz-target'] ?? `${request.method} ${request.path}`}`,
    );
    return fail(
      new AwsError(
        'NotImplemented',
        `the service ${signingName} is not simulated by the twin; see /_twin/unsupported`,
        { status: 501 },
      ),
      requestId,
    );
  }
  return answerCall(twin, service, request, { principal, account: principal.account, region, requestId, fail });
}

/** Who calls, and where. */
interface Caller extends Scope {
  readonly principal: Principal;
  readonly requestId: string;
}

async function answerCall(
  twin: Twin,
  service: Service,
  request: RestRequest,
  { fail, ...caller }: Caller & { fail: Exchange['fail'] },
): Promise<Reply | undefined> {
  let exchange: Exchange;
  try {
    exchange = await readRequest(wireOf(service), request);
  } catch (error) {
    if (error instanceof AwsError) return fail(error, caller.requestId);
    throw error;
  }
  const { operation, input } = exchange;
  const { principal, account, region, requestId } = caller;
  const answer = await enter(twin, { service, operation, input, principal, account, region, requestId });
  if (answer.kind === 'killed') return undefined;
  if (answer.kind === 'output') return exchange.reply(answer.output, requestId);
  const reply = exchange.fail(answer.error, requestId);
  const more = service.errorHeaders?.(input as never, twin.state(service, { account, region })) ?? {};
  return { ...reply, headers: { ...reply.headers, ...more } };
}

const wires = new WeakMap<Service, WireService>();

/** The service's protocol, as its SDK client has it. */
function wireOf(service: Service): WireService {
  let wire = wires.get(service);
  if (!wire) {
    const sdk = service.sdk() as Record<
      string,
      new (
        config: object,
      ) => { config: { protocol: { getShapeId(): string; options?: { xmlNamespace?: string } } } }
    >;
    const Client = sdk[service.client];
    if (!Client) throw new Error(`${service.prefix} has no ${service.client}`);
    const { protocol } = new Client({ region: 'us-east-1' }).config;
    const xmlNamespace = protocol.options?.xmlNamespace;
    wire = {
      sdk,
      protocol: protocol.getShapeId(),
      ...(xmlNamespace && { xmlNamespace: `${xmlNamespace.replace(/\/$/, '')}/` }),
      ...(service.pathMember && { pathMember: service.pathMember }),
    };
    wires.set(service, wire);
  }
  return wire;
}

/** From the signature's credential: `KEY/20261121/eu-west-1/ec2/aws4_request`. */
function credentialScope({ headers, query }: RestRequest): {
  accessKeyId?: string;
  region: string;
  signingName: string;
} {
  const credential =
    /Credential=([^,\s]+)/.exec(headers.authorization ?? '')?.[1] ?? query.get('X-Amz-Credential') ?? '';
  const [accessKeyId, , region = 'us-east-1', signingName = ''] = credential.split('/');
  return { ...(accessKeyId && { accessKeyId }), region, signingName };
}

const tokenIn = ({ headers, query }: RestRequest): string | undefined =>
  headers['x-amz-security-token'] ?? query.get('X-Amz-Security-Token') ?? undefined;

/** How each family of services refuses a key that it does not know. */
function refusal(why: 'unknown' | 'expired', signingName: string, { headers }: RestRequest): AwsError {
  if (why === 'expired')
    return new AwsError(
      headers['x-amz-target'] ? 'ExpiredTokenException' : 'ExpiredToken',
      'The security token included in the request is expired',
      { status: headers['x-amz-target'] ? 400 : 403 },
    );
  if (signingName === 'ec2')
    return new AwsError('AuthFailure', 'AWS was not able to validate the provided access credentials', { status: 401 });
  if (signingName === 's3')
    return new AwsError('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.', {
      status: 403,
    });
  if (headers['x-amz-target'] || headers['smithy-protocol'] || signingName === 'lambda')
    return new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.', {
      status: headers['x-amz-target'] ? 400 : 403,
    });
  return new AwsError('InvalidClientTokenId', 'The security token included in the request is invalid.', {
    status: 403,
  });
}
