import type { Scope } from '../../service';
import { type OperationSchema, operationsOf } from '../../wire/schema';
import { inXmlWords } from '../../wire/xml-words';

/** Where CloudTrail has another name than the API. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html */
export const TRAIL_NAMES: Readonly<Record<string, string>> = {
  GetPublicAccessBlock: 'GetBucketPublicAccessBlock',
  PutPublicAccessBlock: 'PutBucketPublicAccessBlock',
  DeletePublicAccessBlock: 'DeleteBucketPublicAccessBlock',
  GetBucketLifecycleConfiguration: 'GetBucketLifecycle',
  PutBucketLifecycleConfiguration: 'PutBucketLifecycle',
  GetObjectLockConfiguration: 'GetBucketObjectLockConfiguration',
  PutObjectLockConfiguration: 'PutBucketObjectLockConfiguration',
};

type Input = Readonly<Record<string, unknown>>;

/** Headers about how a request was sent, not about what it asks. */
const OF_THE_WIRE = ['content-md5', 'x-amz-sdk-checksum-algorithm'];
/** Elements that records have as lists even where there is one. */
const ALWAYS_LISTS = ['Grant', 'Tag'];

/**
 * What a request says, in the words of its HTTP and XML: what it is about as an empty text (`acl: ""`), headers by their names, and
 * its document as an object.
 *
 * @param namespace of the document's elements
 */
export function requestWords({ http, input: schema }: OperationSchema, input: Input, namespace: string): Input {
  const [, query = ''] = (http?.[1] ?? '').split('?');
  const words: Record<string, unknown> = {};
  for (const name of new URLSearchParams(query).keys()) if (name !== 'x-id') words[name] = '';
  for (const [name, member] of schema.isStructSchema() ? schema.structIterator() : []) {
    const value = input[name];
    if (value === undefined) continue;
    const { httpHeader, httpQuery, httpPayload, xmlName = name } = member.getMergedTraits();
    if (httpHeader && !OF_THE_WIRE.includes(String(httpHeader).toLowerCase())) words[String(httpHeader)] = value;
    if (httpQuery) words[String(httpQuery)] = value;
    if (httpPayload && member.isStructSchema())
      words[String(xmlName)] = { xmlns: namespace, ...(inXmlWords(member, value, ALWAYS_LISTS) as object) };
  }
  return words;
}

/** A policy is written as what it says. Text that is no JSON is not written. */
function bucketPolicyIn({ Policy }: Input): object {
  try {
    return Policy === undefined ? {} : { bucketPolicy: JSON.parse(String(Policy)) as unknown };
  } catch {
    return {};
  }
}

/** Request and answer of a call as CloudTrail writes them. S3's answers are never written. Shapes as in recorded events. */
export function s3Trail(
  operation: string,
  input: Input,
  _output: unknown,
  { account, region, state: { buckets } }: Scope & { readonly state: { readonly buckets: ReadonlyMap<string, Scope> } },
) {
  const schema = operationsOf(require('@aws-sdk/client-s3')).get(operation);
  const name = input.Bucket as string | undefined;
  const { CreateBucketConfiguration: creation } = input as {
    CreateBucketConfiguration?: { LocationConstraint?: string };
  };
  const endpoint = `s3.${creation?.LocationConstraint ?? region}.amazonaws.com`;
  // A bucket's own name is in the host once there is one.
  const isOfBucket = name !== undefined && operation !== 'CreateBucket';
  return {
    requestParameters: {
      ...(name !== undefined && { bucketName: name }),
      Host: isOfBucket ? `${name}.${endpoint}` : endpoint,
      ...(schema && requestWords(schema, input, 'http://s3.amazonaws.com/doc/2006-03-01/')),
      ...bucketPolicyIn(input),
    },
    responseElements: null,
    ...(isOfBucket && {
      resources: [
        { accountId: buckets.get(name)?.account ?? account, type: 'AWS::S3::Bucket', ARN: `arn:aws:s3:::${name}` },
      ],
    }),
  };
}
