import { FromStringShapeDeserializer, ToStringShapeSerializer } from '@smithy/core/protocols';
import type { NormalizedSchema } from '@smithy/core/schema';
import { decodeAwsChunked, isAwsChunked } from './aws-chunked';
import type { OperationSchema } from './schema';

/** A request as the server read it. */
export interface RestRequest {
  readonly method: string;
  /** Decoded per segment; for S3 without the bucket. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

/** Reads and writes the documents of a protocol: XML or JSON. */
export interface Documents {
  read(schema: NormalizedSchema, body: Uint8Array): Promise<unknown>;
  write(schema: NormalizedSchema, value: unknown): string | Uint8Array;
  readonly contentType: string;
}

const settings = { timestampFormat: { useTrait: true, default: 5 }, httpBindings: true } as never;
const fromText = new FromStringShapeDeserializer(settings);

/** An operation's input, from labels, query, headers and body. @see https://smithy.io/2.0/spec/http-bindings.html */
export async function readRest(
  { input }: OperationSchema,
  labels: Record<string, string>,
  request: RestRequest,
  documents: Documents,
): Promise<Record<string, unknown>> {
  const result: Record<string, unknown> = {};
  let inBody = false;
  for (const [name, member] of input.structIterator()) {
    const traits = member.getMergedTraits();
    if (traits.httpLabel) result[name] = labels[name] === undefined ? undefined : fromText.read(member, labels[name]);
    else if (traits.httpQuery) {
      const values = request.query.getAll(String(traits.httpQuery));
      if (values.length > 0)
        result[name] = member.isListSchema()
          ? values.map((value) => fromText.read(member.getValueSchema(), value))
          : fromText.read(member, values[0] ?? '');
    } else if (traits.httpQueryParams) result[name] = Object.fromEntries(request.query);
    else if (traits.httpHeader) {
      const value = request.headers[String(traits.httpHeader).toLowerCase()];
      if (value !== undefined) result[name] = fromText.read(member, value);
    } else if (typeof traits.httpPrefixHeaders === 'string') {
      const prefix = traits.httpPrefixHeaders.toLowerCase();
      const found = Object.entries(request.headers).filter(([header]) => header.startsWith(prefix));
      result[name] = Object.fromEntries(found.map(([header, value]) => [header.slice(prefix.length), value]));
    } else if (traits.httpPayload) {
      if (request.body.length === 0) continue;
      if (member.isBlobSchema())
        result[name] = isAwsChunked(request.headers) ? decodeAwsChunked(request.body) : request.body;
      else if (member.isStringSchema()) result[name] = new TextDecoder().decode(request.body);
      else result[name] = await documents.read(member, request.body);
    } else inBody = true;
  }
  if (inBody && request.body.length > 0) Object.assign(result, await documents.read(input, request.body));
  return result;
}

/** An answer's status, headers and body. */
export function writeRest(
  { output, http }: OperationSchema,
  value: Record<string, unknown>,
  documents: Documents,
): { status: number; headers: Record<string, string>; body: string | Uint8Array } {
  const headers: Record<string, string> = {};
  let status = http?.[2] ?? 200;
  let body: string | Uint8Array | undefined;
  let inBody = false;
  if (output.isStructSchema()) {
    for (const [name, member] of output.structIterator()) {
      const traits = member.getMergedTraits();
      const given = value[name];
      if (traits.httpResponseCode) status = Number(given ?? status);
      else if (traits.httpHeader) {
        if (given !== undefined && given !== null)
          headers[String(traits.httpHeader).toLowerCase()] = headerText(member, given);
      } else if (typeof traits.httpPrefixHeaders === 'string') {
        for (const [key, text] of Object.entries((given ?? {}) as Record<string, string>))
          headers[traits.httpPrefixHeaders + key] = text;
      } else if (traits.httpPayload) {
        if (given instanceof Uint8Array || typeof given === 'string') body = given;
        else if (given !== undefined) body = documents.write(member, given);
        body ??= '';
      } else inBody = true;
    }
  }
  if (body === undefined) body = inBody ? documents.write(output, value) : '';
  if (inBody || typeof body === 'string') headers['content-type'] ??= documents.contentType;
  return { status, headers, body };
}

function headerText(member: NormalizedSchema, value: unknown): string {
  const serializer = new ToStringShapeSerializer(settings);
  serializer.write(member, value);
  return serializer.flush();
}
