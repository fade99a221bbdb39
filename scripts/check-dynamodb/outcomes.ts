import * as sdk from '@aws-sdk/client-dynamodb';
import { AwsError } from '../../twin/service';
import { dynamodb } from '../../twin/services/dynamodb';
import type { DynamoDbCall, DynamoDbState } from '../../twin/services/dynamodb/state';
import type { Step } from './steps';

/** What came of a call, in a form that can be compared as text. */
export interface Outcome {
  readonly error?: string;
  /** Not compared, but shown. */
  readonly message?: string;
  readonly output?: unknown;
}

/** A side of the comparison. @throws whatever is no answer of DynamoDB. */
export type Side = (step: Step) => Promise<Outcome>;

const MOST_PAGES = 1000;

/** Names sorted, bytes readable, and without what two installations cannot have in common. */
function canonical(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`;
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  const entries = Object.entries(value)
    .filter(([name, inner]) => inner !== undefined && name !== '$metadata')
    .map(([name, inner]) => [name, canonical(inner)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const sorted = (items: readonly unknown[]): unknown[] => items.map((item) => JSON.stringify(canonical(item))).sort();

/** Only the code counts, and the members that programs look at; messages are AWS's own affair. */
function failure(code: string, message: string, members: Readonly<Record<string, unknown>>): Outcome {
  const reasons = (members.CancellationReasons ?? []) as { Code?: string; Item?: unknown }[];
  return {
    error: code,
    message: [message, ...reasons.map((reason) => (reason as { Message?: string }).Message ?? '-')].join(' | '),
    output: canonical({
      ...(members.Item !== undefined && { Item: members.Item }),
      ...(reasons.length > 0 && { reasons: reasons.map(({ Code, Item }) => ({ Code, Item })) }),
    }),
  };
}

type Output = Record<string, unknown>;
type Send = (operation: string, input: unknown) => Promise<Output>;

/** All pages together, in no order. */
async function readAll(send: Send, { operation, input }: Step): Promise<Output> {
  if (operation === 'BatchGetItem') {
    const { Responses, ...rest } = await send(operation, input);
    const lists = Object.entries(Responses as Record<string, unknown[]>);
    return { ...rest, Responses: Object.fromEntries(lists.map(([table, items]) => [table, sorted(items)])) };
  }
  const items: unknown[] = [];
  const total = { Count: 0, ScannedCount: 0 };
  let start: unknown = input.ExclusiveStartKey;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const output = await send(operation, { ...input, ...(start !== undefined && { ExclusiveStartKey: start }) });
    items.push(...((output.Items as unknown[] | undefined) ?? []));
    total.Count += Number(output.Count);
    total.ScannedCount += Number(output.ScannedCount);
    start = output.LastEvaluatedKey;
    if (start === undefined) return { ...total, Items: sorted(items) };
  }
  throw new Error(`${operation} does not come to an end`);
}

async function outcome(send: Send, step: Step, failureOf: (error: unknown) => Outcome): Promise<Outcome> {
  try {
    return { output: canonical(await (step.unordered ? readAll(send, step) : send(step.operation, step.input))) };
  } catch (error) {
    return failureOf(error);
  }
}

/** DynamoDB Local, by the SDK. */
export function localSide(client: sdk.DynamoDBClient): Side {
  const commands = sdk as unknown as Record<string, new (input: unknown) => sdk.GetItemCommand>;
  const send: Send = async (operation, input) => {
    const Command = commands[`${operation}Command`];
    if (!Command) throw new Error(`there is no ${operation}`);
    return (await client.send(new Command(input))) as unknown as Output;
  };
  return (step) =>
    outcome(send, step, (error) => {
      if (!(error instanceof sdk.DynamoDBServiceException)) throw error;
      return failure(error.name, error.message, { ...error });
    });
}

/** The twin's operations, called directly. */
export function ourSide(now: () => Date): Side & { readonly state: DynamoDbState } {
  const state: DynamoDbState = { tables: new Map(), transactions: new Map() };
  const call = {
    state,
    account: '111122223333',
    region: 'eu-west-1',
    arn: (resource: string) => `arn:aws:dynamodb:eu-west-1:111122223333:${resource}`,
    twin: { clock: { now }, unsupported: { operation: () => undefined } },
  } as unknown as DynamoDbCall;
  const operations = dynamodb.operations as Record<string, ((input: unknown, call: unknown) => Output) | undefined>;
  const send: Send = async (operation, input) => {
    const run = operations[operation];
    if (!run) throw new Error(`there is no ${operation}`);
    return run(input, call);
  };
  const side: Side = async (step) => {
    const before = JSON.stringify(canonical(step.input));
    const result = await outcome(send, step, (error) => {
      if (!(error instanceof AwsError)) throw error;
      return failure(error.code, error.message, error.options.members ?? {});
    });
    if (JSON.stringify(canonical(step.input)) !== before) throw new Error(`${step.operation} changed its input`);
    return result;
  };
  return Object.assign(side, { state });
}

export const isSame = (a: Outcome, b: Outcome): boolean =>
  a.error === b.error && JSON.stringify(a.output) === JSON.stringify(b.output);
