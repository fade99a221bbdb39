import { randomUUID } from 'node:crypto';
import { AwsError, type Scope } from '../../service';
import type { Twin } from '../../twin';
import { putMetric } from '../cloudwatch';
import { invalidParameter, type MessageAttributes } from './message';

/** A message as it was sent. */
export interface SentMessage {
  readonly id: string;
  readonly body: string;
  readonly attributes: MessageAttributes;
  /** `AWSTraceHeader`, if it was given. */
  readonly systemAttributes: MessageAttributes;
  readonly senderId: string;
  /** ms since 1970, as all times here. */
  readonly sentAt: number;
  /** Set when it is moved to a dead-letter queue. */
  readonly deadLetterSourceArn?: string;
}

/** A message in a queue. */
export interface Message extends SentMessage {
  /** Delayed or in flight until then. */
  visibleAt: number;
  receives: number;
  firstReceivedAt?: number;
  /** Of the last receipt, which is the one that may delete. */
  receiptHandle?: string;
}

/** The whole numbers that an attribute may have, and its default. @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html */
const NUMBERS: Readonly<Record<string, readonly [minimum: number, maximum: number, fallback: number]>> = {
  DelaySeconds: [0, 900, 0],
  MaximumMessageSize: [1024, 1_048_576, 1_048_576],
  MessageRetentionPeriod: [60, 1_209_600, 345_600],
  ReceiveMessageWaitTimeSeconds: [0, 20, 0],
  VisibilityTimeout: [0, 43_200, 30],
  KmsDataKeyReusePeriodSeconds: [60, 86_400, 300],
};
const TEXTS = ['Policy', 'RedrivePolicy', 'RedriveAllowPolicy', 'KmsMasterKeyId', 'SqsManagedSseEnabled'];
/** What CreateQueue and SetQueueAttributes take. */
export const SETTABLE_ATTRIBUTES: readonly string[] = [...Object.keys(NUMBERS), ...TEXTS];

interface Depth {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

interface RedrivePolicy {
  readonly deadLetterTargetArn: string;
  readonly maxReceiveCount: number;
}

/**
 * A standard queue: what is in it, who sees it when, and how deep it is. Messages come in the order in which they were sent.
 */
export class Queue {
  readonly arn: string;
  /** As text, with the names that the API has. */
  readonly attributes = new Map<string, string>();
  readonly tags: Record<string, string> = {};
  readonly created: number;
  modified: number;
  purgedAt = Number.NEGATIVE_INFINITY;
  private messages: Message[] = [];
  private reportedDepth = 0;
  /** When the depth is due again. */
  private reportAt = 0;
  private callOff: (() => void) | undefined;
  private readonly arrivals = new Set<() => void>();

  constructor(
    private readonly twin: Twin,
    private readonly scope: Scope,
    readonly name: string,
    /** Finds dead-letter queues. */
    private readonly queueByArn: (arn: string) => Queue | undefined,
  ) {
    this.arn = `arn:aws:sqs:${scope.region}:${scope.account}:${name}`;
    this.created = this.now();
    this.modified = this.created;
    for (const [attribute, [, , fallback]] of Object.entries(NUMBERS)) {
      if (attribute !== 'KmsDataKeyReusePeriodSeconds') this.attributes.set(attribute, String(fallback));
    }
    this.attributes.set('SqsManagedSseEnabled', 'true');
  }

  /** @throws AwsError for a value that AWS refuses; then nothing is changed. */
  configure(attributes: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(attributes)) this.check(name, value);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === '') this.attributes.delete(name);
      else this.attributes.set(name, value);
    }
    // One kind of encryption replaces the other.
    if (attributes.KmsMasterKeyId) this.attributes.set('SqsManagedSseEnabled', 'false');
    else if (attributes.SqsManagedSseEnabled === 'true') this.attributes.delete('KmsMasterKeyId');
    this.modified = this.now();
    this.refresh();
  }

  seconds(attribute: string): number {
    return Number(this.attributes.get(attribute));
  }

  send(message: Omit<SentMessage, 'id' | 'sentAt'>, delaySeconds: number): Message {
    const now = this.now();
    const sent = { ...message, id: randomUUID(), sentAt: now, visibleAt: now + delaySeconds * 1000, receives: 0 };
    this.add(sent);
    return sent;
  }

  /** Takes messages, and waits for some in real time, as the client does. */
  async receive(maximum: number, waitSeconds: number, visibilitySeconds: number): Promise<readonly Message[]> {
    const until = performance.now() + waitSeconds * 1000;
    for (;;) {
      const taken = this.take(maximum, visibilitySeconds);
      const left = until - performance.now();
      if (taken.length > 0 || left <= 0) return taken;
      await this.arrival(left);
    }
  }

  /** An old receipt handle has no effect: the message was received again since. */
  delete(receiptHandle: string | undefined): void {
    const id = this.idIn(receiptHandle);
    this.messages = this.messages.filter((message) => message.id !== id || message.receiptHandle !== receiptHandle);
    this.refresh();
  }

  changeVisibility(receiptHandle: string | undefined, seconds: number): void {
    const id = this.idIn(receiptHandle);
    const message = this.messages.find((one) => one.id === id && one.receiptHandle === receiptHandle);
    if (!message) {
      const reason = 'Message does not exist or is not available for visibility timeout change.';
      throw invalidParameter(`Value ${receiptHandle} for parameter ReceiptHandle is invalid. Reason: ${reason}`);
    }
    if (message.visibleAt <= this.now()) {
      const queryCode = 'AWS.SimpleQueueService.MessageNotInflight';
      throw new AwsError('MessageNotInflight', 'The message referred to is not in flight.', { queryCode });
    }
    message.visibleAt = this.now() + seconds * 1000;
    this.refresh();
  }

  purge(): void {
    this.messages = [];
    this.refresh();
  }

  /** How many messages there are, by who could have them. */
  depth(): Depth {
    this.refresh();
    return this.count();
  }

  private count(): Depth {
    const now = this.now();
    const hidden = this.messages.filter(({ visibleAt }) => visibleAt > now);
    const delayed = hidden.filter(({ receives }) => receives === 0).length;
    return { visible: this.messages.length - hidden.length, inFlight: hidden.length - delayed, delayed };
  }

  redrivePolicy(): RedrivePolicy | undefined {
    const text = this.attributes.get('RedrivePolicy');
    if (text === undefined) return undefined;
    const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(text) as RedrivePolicy;
    return { deadLetterTargetArn, maxReceiveCount: Number(maxReceiveCount) };
  }

  private add(message: Message): void {
    this.messages.push(message);
    this.refresh();
  }

  /**
   * What was received too often goes to the dead-letter queue instead, and keeps the time when it was sent first.
   *
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
   */
  private take(maximum: number, visibilitySeconds: number): readonly Message[] {
    this.refresh();
    const now = this.now();
    const redrive = this.redrivePolicy();
    const deadLetters = redrive && this.queueByArn(redrive.deadLetterTargetArn);
    const visible = this.messages.filter(({ visibleAt }) => visibleAt <= now);
    const taken: Message[] = [];
    for (const message of visible) {
      if (taken.length === maximum) break;
      if (deadLetters && message.receives >= redrive.maxReceiveCount) {
        this.messages = this.messages.filter((other) => other !== message);
        deadLetters.add({ ...message, deadLetterSourceArn: this.arn });
        continue;
      }
      message.receives++;
      message.firstReceivedAt ??= now;
      message.visibleAt = now + visibilitySeconds * 1000;
      message.receiptHandle = Buffer.from(`${this.arn} ${message.id} ${randomUUID()}`).toString('base64');
      taken.push({ ...message });
    }
    this.refresh();
    return taken;
  }

  private arrival(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.arrivals.delete(done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds).unref();
      this.arrivals.add(done);
    });
  }

  /**
   * Drops what is too old, reports the depth when it has changed or when a minute is over, wakes who waits, and sets the
   * clock for the next change. An empty queue sets none.
   */
  private refresh(): void {
    const now = this.now();
    const retention = this.seconds('MessageRetentionPeriod') * 1000;
    this.messages = this.messages.filter(({ sentAt }) => sentAt + retention > now);
    const { visible } = this.count();
    if (visible !== this.reportedDepth || (this.messages.length > 0 && now >= this.reportAt)) {
      this.reportedDepth = visible;
      this.reportAt = (Math.floor(now / 60_000) + 1) * 60_000;
      putMetric(this.twin, this.scope, 'AWS/SQS', DEPTH, { QueueName: this.name }, visible);
    }
    if (visible > 0) for (const wake of [...this.arrivals]) wake();

    this.callOff?.();
    this.callOff = undefined;
    if (this.messages.length === 0) return;
    let next = this.reportAt;
    for (const { visibleAt, sentAt } of this.messages) {
      if (visibleAt > now) next = Math.min(next, visibleAt);
      next = Math.min(next, sentAt + retention);
    }
    this.callOff = this.twin.clock.after(next - now, () => this.refresh());
  }

  private check(name: string, value: string): void {
    const invalid = (reason: string) =>
      new AwsError('InvalidAttributeValue', `Invalid value for the parameter ${name}. Reason: ${reason}`);
    if (!SETTABLE_ATTRIBUTES.includes(name)) throw new AwsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
    const [minimum, maximum] = NUMBERS[name] ?? [];
    if (minimum !== undefined && maximum !== undefined) {
      const isInside = /^\d+$/.test(value) && Number(value) >= minimum && Number(value) <= maximum;
      if (!isInside) throw invalid(`Must be between ${minimum} and ${maximum}, if provided.`);
    }
    if (name !== 'RedrivePolicy' || value === '') return;
    const policy = parseJson(value) as Partial<RedrivePolicy> | undefined;
    const count = Number(policy?.maxReceiveCount);
    if (!Number.isInteger(count) || count < 1 || count > 1000) {
      throw invalid('Invalid value for maxReceiveCount. It must be between 1 and 1000.');
    }
    if (!this.queueByArn(String(policy?.deadLetterTargetArn))) throw invalid('Dead letter target does not exist.');
  }

  /** @throws AwsError unless the handle is one of this queue's. */
  private idIn(receiptHandle = ''): string {
    const [arn, id = ''] = Buffer.from(receiptHandle, 'base64').toString().split(' ');
    if (arn === this.arn) return id;
    throw new AwsError('ReceiptHandleIsInvalid', `The input receipt handle "${receiptHandle}" is not valid.`);
  }

  private now(): number {
    return this.twin.clock.now().getTime();
  }
}

const DEPTH = 'ApproximateNumberOfMessagesVisible';

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
