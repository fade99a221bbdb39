import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { asError } from '../functions/core/errors';
import { type DeadLetter, unpack } from './dead-letter';
import { Installation } from './installation';
import { problemLine } from './problem';
import { clean, columns, paint, UsageError } from './terminal';

/** Long enough for a batch: a message that comes back in the meantime would be sent twice. */
const INVISIBLE_SECONDS = 120;
/** SQS asks all of its servers if it may wait. */
const WAIT_SECONDS = 1;

interface Sent {
  readonly messageId: string;
  readonly sentAt: string;
  readonly from: DeadLetter['from'];
  readonly about: string;
  /** The function that was invoked, or the state machine that was started. */
  readonly sentTo?: string;
  /** Why it was left in the queue. */
  readonly left?: string;
}

/**
 * Sends what lies in the dead-letter queue to the function or the workflow that it was meant for. A message is deleted when the event is taken
 * and not before; what cannot be understood stays. Exit status 1 if something stayed.
 */
export async function redriveCommand({
  max,
  settings,
  json,
}: {
  readonly max: number;
  readonly settings?: string;
  readonly json?: boolean;
}): Promise<void> {
  if (max < 1) throw new UsageError('--max must be at least 1');
  const installation = await Installation.find(settings);
  const queue = await DeadLetterQueue.find(installation);
  const results: Sent[] = [];
  const left: DeadLetter[] = [];
  const seen = new Set<string>();
  try {
    while (seen.size < max) {
      const messages = (await queue.receive(max - seen.size)).filter(({ MessageId = '' }) => !seen.has(MessageId));
      if (messages.length === 0) break;
      for (const { MessageId = '' } of messages) seen.add(MessageId);
      const letters = messages.map((message) => unpack(message, installation));
      const sent = await Promise.all(letters.map((letter) => redrive(letter, installation, queue)));
      results.push(...sent);
      left.push(...letters.filter((_letter, index) => sent[index]?.left !== undefined));
    }
  } catch (error) {
    if (results.length === 0) throw error;
    // What was sent until then is told all the same.
    console.error(`suture: ${problemLine(error)}`);
    process.exitCode = 1;
  } finally {
    // The alarm counts what is visible.
    await Promise.allSettled(left.map((letter) => queue.giveBack(letter)));
  }
  results.sort((a, b) => (a.sentAt < b.sentAt ? -1 : 1));
  if (json) console.log(JSON.stringify(results, null, 2));
  else print(results, installation.names.deadLetterQueue);
  if (left.length > 0) process.exitCode = 1;
}

async function redrive(letter: DeadLetter, installation: Installation, queue: DeadLetterQueue): Promise<Sent> {
  const { messageId, sentAt, from, about, send } = letter;
  const told = { messageId, sentAt, from, about };
  if ('unknown' in send) return { ...told, left: send.unknown };
  try {
    if (send.to === 'function') await installation.invoke(send.name, send.event);
    else await installation.start(send.name, send.event, messageId);
  } catch (error) {
    return { ...told, left: problemLine(error) };
  }
  try {
    await queue.delete(letter);
    return { ...told, sentTo: send.name };
  } catch (error) {
    return { ...told, sentTo: send.name, left: `sent, but not deleted: ${problemLine(error)}` };
  }
}

class DeadLetterQueue {
  private constructor(
    private readonly sqs: SQSClient,
    private readonly url: string,
  ) {}

  static async find({ account, names }: Installation): Promise<DeadLetterQueue> {
    // The queue's address may name a host that only the server behind AWS_ENDPOINT_URL knows.
    const sqs = new SQSClient({ ...account.config, useQueueUrlAsEndpoint: false });
    try {
      const { QueueUrl = '' } = await sqs.send(new GetQueueUrlCommand({ QueueName: names.deadLetterQueue }));
      return new DeadLetterQueue(sqs, QueueUrl);
    } catch (error) {
      if (!/QueueDoesNotExist|NonExistentQueue/.test(asError(error).name)) throw error;
      const { account: id, region } = account.home;
      throw new Error(
        `Suture is not installed here: account ${id}, Region ${region} has no queue ${names.deadLetterQueue}. ` +
          'Set AWS_PROFILE and AWS_REGION, or name the settings of the installation with --settings',
      );
    }
  }

  async receive(atMost: number): Promise<Message[]> {
    const { Messages = [] } = await this.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: this.url,
        MaxNumberOfMessages: Math.min(10, atMost),
        VisibilityTimeout: INVISIBLE_SECONDS,
        WaitTimeSeconds: WAIT_SECONDS,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['SentTimestamp'],
      }),
    );
    return Messages;
  }

  async delete({ receiptHandle }: DeadLetter): Promise<void> {
    await this.sqs.send(new DeleteMessageCommand({ QueueUrl: this.url, ReceiptHandle: receiptHandle }));
  }

  async giveBack({ receiptHandle }: DeadLetter): Promise<void> {
    await this.sqs.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: this.url, ReceiptHandle: receiptHandle, VisibilityTimeout: 0 }),
    );
  }
}

function print(results: readonly Sent[], queue: string): void {
  if (results.length === 0) {
    console.log(`${queue} is empty.`);
    return;
  }
  console.log(
    columns([
      ['since', 'left by', 'about', 'now'],
      ...results.map(({ sentAt, from, about, sentTo, left }) =>
        [sentAt, from, about, left === undefined ? `sent to ${sentTo}` : `stays: ${left}`].map(clean),
      ),
    ]),
  );
  const stays = results.filter(({ left }) => left !== undefined).length;
  console.log(`\n${results.length - stays} sent, ${stays} left in ${queue}.`);
  if (stays > 0) console.log(paint('yellow', 'What stays needs a person: docs/runbooks/dead-letters.md'));
}
