import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { EventBridge } from '@aws-sdk/client-eventbridge';
import { GuardDuty } from '@aws-sdk/client-guardduty';
import { SecurityHub } from '@aws-sdk/client-securityhub';
import { SQS } from '@aws-sdk/client-sqs';
import { Control } from '../../../twin/control';
import { createTwinServer } from '../../../twin/server';
import { addUser, iam } from '../../../twin/services/iam';
import { Stacks } from '../../../twin/terraform/stacks';
import { Twin } from '../../../twin/twin';
import { type Resources, stackOf } from '../config/foundation';
import { fixture } from '../config/samples';

export { ACCOUNT } from '../config/foundation';
export { fixture } from '../config/samples';
/** Of the sample events. */
export const REGION = 'us-east-1';
export const MEMBER = '444455556666';
/** Of the sample events. */
export const DETECTOR = '12abc34d567e8fa901bc2d34e56789f0';

/** Names of sample events that begin so. */
export const fixtures = (prefix: string): string[] =>
  readdirSync(join(__dirname, '..', '..', 'fixtures', 'events'))
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.replace(/\.json$/, ''));

/** A twin whose GuardDuty and Security Hub are spoken to over HTTP. */
export class FindingsBench {
  readonly guardduty: GuardDuty;
  readonly hub: SecurityHub;
  private readonly sqs: SQS;
  private readonly events: EventBridge;

  private constructor(
    private readonly server: Server,
    readonly twin: Twin,
    readonly settings: { endpoint: string; region: string; maxAttempts: number },
    readonly account: string,
    readonly region = REGION,
  ) {
    const credentials = addUser(twin, account, 'operator', { administrator: true });
    this.guardduty = new GuardDuty({ ...settings, credentials });
    this.hub = new SecurityHub({ ...settings, credentials });
    this.sqs = new SQS({ ...settings, credentials });
    this.events = new EventBridge({ ...settings, credentials });
  }

  static async start(account: string, resources: Resources = {}): Promise<FindingsBench> {
    const twin = new Twin();
    const stacks = new Stacks(twin, [stackOf(resources, REGION)], {});
    stacks.install();
    const server = createTwinServer(twin, new Control(twin, stacks));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return new FindingsBench(server, twin, { endpoint, region: REGION, maxAttempts: 1 }, account);
  }

  /** The same twin, as another account sees it. */
  as(account: string): FindingsBench {
    return new FindingsBench(this.server, this.twin, this.settings, account);
  }

  /** Settings of a client whose user may do what some statements say. */
  userWho(...statements: object[]) {
    const name = `user-${unique()}`;
    const credentials = addUser(this.twin, this.account, name);
    const policy = JSON.stringify({ Version: '2012-10-17', Statement: statements });
    this.twin.state(iam, this).users.get(name)?.inline.set('policy', policy);
    return { ...this.settings, credentials };
  }

  async stop(): Promise<void> {
    for (const client of [this.guardduty, this.hub, this.sqs, this.events]) client.destroy();
    this.server.close();
    this.server.closeAllConnections();
    await this.twin.stop();
  }

  /** Emits events, by the names of samples or as they are. */
  async emit(...events: (string | object)[]): Promise<void> {
    const whole = events.map((event) => (typeof event === 'string' ? fixture(event) : event));
    const answer = await fetch(`${this.settings.endpoint}/_twin/emit`, {
      method: 'POST',
      body: JSON.stringify({ events: whole }),
    });
    if (!answer.ok) throw new Error(await answer.text());
  }

  /** Puts events of a source into a queue, from now on. */
  async listen(source: string): Promise<void> {
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: '*', Resource: '*' }],
    });
    await this.sqs.createQueue({ QueueName: 'told', Attributes: { Policy } });
    await this.events.putRule({ Name: 'listen', EventPattern: JSON.stringify({ source: [source] }) });
    await this.events.putTargets({
      Rule: 'listen',
      Targets: [{ Id: 'queue', Arn: `arn:aws:sqs:${REGION}:${this.account}:told` }],
    });
  }

  /** What came into the queue since it was last asked. */
  // biome-ignore lint/suspicious/noExplicitAny: events are JSON of any shape
  async told(): Promise<any[]> {
    await this.twin.clock.settle();
    const QueueUrl = `${this.settings.endpoint}/${this.account}/told`;
    const found: unknown[] = [];
    for (;;) {
      const { Messages = [] } = await this.sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 });
      if (Messages.length === 0) return found;
      found.push(...Messages.map(({ Body }) => JSON.parse(Body ?? '') as unknown));
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await this.sqs.deleteMessageBatch({ QueueUrl, Entries });
    }
  }

  async detectorId(): Promise<string> {
    const { DetectorIds = [] } = await this.guardduty.listDetectors({});
    return DetectorIds[0] ?? '';
  }

  async finding(id: string) {
    const { Findings = [] } = await this.guardduty.getFindings({
      DetectorId: await this.detectorId(),
      FindingIds: [id],
    });
    return Findings[0];
  }

  /** All that GuardDuty and Security Hub hold in every account, as JSON. */
  get everything(): string {
    const plain = (_key: string, value: unknown) =>
      value instanceof Map || value instanceof Set ? [...(value as Iterable<unknown>)] : value;
    const services = ['guardduty', 'securityhub'].flatMap((name) => this.twin.service(name) ?? []);
    // A state comes into being when somebody asks for it.
    const isSomething = (value: unknown) =>
      value instanceof Map || value instanceof Set ? value.size > 0 : value !== undefined;
    return JSON.stringify(
      services.map((service) =>
        [...this.twin.statesOf(service)].filter(({ state }) => Object.values(state as object).some(isSomething)),
      ),
      plain,
    );
  }

  /** The code that a call fails with, having changed nothing. */
  async refusal(call: () => Promise<unknown>): Promise<string> {
    const before = this.everything;
    const error: unknown = await call().then(
      () => new Error('the call did not fail'),
      (thrown: unknown) => thrown,
    );
    expect(this.everything).toBe(before);
    if ((error as { $fault?: string }).$fault) return (error as Error).name;
    throw error;
  }
}

let count = 0;
const unique = (): number => {
  count += 1;
  return count;
};
