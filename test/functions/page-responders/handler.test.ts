import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { notice, topicEvent } from '../../support/notice';

// EventBridge answers 200 also where it took nothing, which the twin has no reason to do: here a server says so.

const requests: string[] = [];
let answer: object;
const server = createServer((request: IncomingMessage, response) => {
  let body = '';
  request.on('data', (part: Buffer) => {
    body += part.toString();
  });
  request.on('end', () => {
    requests.push(body);
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    response.end(JSON.stringify(answer));
  });
});
let handler: (event: unknown) => Promise<void>;

beforeAll(async () => {
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    METRIC_NAMESPACE: 'Suture',
    PAGING_ALARMS: 'SutureDeadLettersWaiting',
  });
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  // It reads the environment when it is loaded.
  ({ handler } = require('../../../functions/page-responders/index') as { handler: typeof handler });
});
afterAll(() => {
  jest.restoreAllMocks();
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  requests.length = 0;
});

const about = (given: object) =>
  topicEvent({
    Message: 'text',
    MessageAttributes: { incident: { Type: 'String', Value: JSON.stringify(notice(given)) } },
  });

it('fails if EventBridge did not take the event, so that Lambda tries again', async () => {
  answer = { FailedEntryCount: 1, Entries: [{ ErrorCode: 'InternalFailure', ErrorMessage: 'later' }] };
  await expect(handler(about({}))).rejects.toThrow('EventBridge did not take the page: InternalFailure: later');
});

it('puts one event, without any key', async () => {
  answer = { FailedEntryCount: 0, Entries: [{ EventId: 'e' }] };
  await handler(about({}));
  expect(requests).toHaveLength(1);
  const { Entries } = JSON.parse(requests[0] ?? '') as { Entries: { Detail: string }[] };
  expect(Entries).toEqual([
    { Source: 'suture', DetailType: 'Suture Page', Detail: expect.stringContaining('"trigger"') as string },
  ]);
  expect(Entries[0]?.Detail).not.toContain('routing_key');
});

it('calls nobody about what does not page', async () => {
  await handler(about({ band: 'low' }));
  expect(requests).toEqual([]);
});
