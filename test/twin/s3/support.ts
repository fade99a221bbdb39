import { once } from 'node:events';
import { Agent, type Server } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { type PublicAccessBlockConfiguration, S3 } from '@aws-sdk/client-s3';
import { S3Control } from '@aws-sdk/client-s3-control';
import { Control } from '../../../twin/control';
import { createTwinServer } from '../../../twin/server';
import { addUser } from '../../../twin/services/iam';
import { S3 as SERVICE } from '../../../twin/services/s3/buckets';
import { S3_CONTROL } from '../../../twin/services/s3control/state';
import { Stacks } from '../../../twin/terraform/stacks';
import { HOME_ACCOUNT, Twin } from '../../../twin/twin';
import { stackDirectory } from '../../support/stacks';

export const ACCOUNT = HOME_ACCOUNT;
export const OTHER = '444455556666';
export const REGION = 'eu-west-1';

export const OPEN = {
  BlockPublicAcls: false,
  IgnorePublicAcls: false,
  BlockPublicPolicy: false,
  RestrictPublicBuckets: false,
};
export const CLOSED = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
};

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Whatever is under `localhost` is this machine, which not every resolver knows. */
const lookup = ((_host: string, options: { all?: boolean }, done: (...results: unknown[]) => void) =>
  options.all
    ? done(null, [{ address: '127.0.0.1', family: 4 }])
    : done(null, '127.0.0.1', 4)) as unknown as LookupFunction;

/** A client of S3 Control at a twin. */
export const controlAt = (port: number | string, credentials: Credentials): S3Control =>
  new S3Control({
    endpoint: `http://localhost:${port}`,
    region: REGION,
    credentials,
    maxAttempts: 1,
    requestHandler: { httpAgent: new Agent({ keepAlive: true, lookup } as object) },
  });

/** A twin without a stack, whose S3 is spoken to over HTTP. */
export class S3Bench {
  private readonly clients: { destroy(): void }[] = [];
  readonly s3: S3;
  readonly control: S3Control;

  private constructor(
    private readonly server: Server,
    readonly twin: Twin,
    readonly port: number,
    readonly credentials: Credentials,
  ) {
    this.s3 = this.client();
    this.control = this.controlOf(credentials);
  }

  static async start(): Promise<S3Bench> {
    const twin = new Twin();
    const server = createTwinServer(twin, new Control(twin, new Stacks(twin, [stackDirectory('default')], {})));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const credentials = addUser(twin, ACCOUNT, 'operator', { administrator: true });
    return new S3Bench(server, twin, (server.address() as AddressInfo).port, credentials);
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.destroy();
    this.server.close();
    this.server.closeAllConnections();
    await this.twin.stop();
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  client(more: object = {}): S3 {
    const client = new S3({
      endpoint: this.endpoint,
      region: REGION,
      credentials: this.credentials,
      maxAttempts: 1,
      ...more,
    });
    this.clients.push(client);
    return client;
  }

  controlOf(credentials: Credentials): S3Control {
    const client = controlAt(this.port, credentials);
    this.clients.push(client);
    return client;
  }

  /** A client of a user with some statements as its only policy. */
  user(statements: readonly object[], account = ACCOUNT): S3 {
    const name = `user-${unique()}`;
    const credentials = addUser(this.twin, account, name);
    const users = this.twin.state(this.twin.service('iam') as never, { account, region: REGION }) as {
      users: Map<string, { inline: Map<string, string> }>;
    };
    const policy = JSON.stringify({ Version: '2012-10-17', Statement: statements });
    if (statements.length > 0) users.users.get(name)?.inline.set('inline', policy);
    return this.client({ credentials });
  }

  /** Every bucket there is, and what accounts block, as it is now. */
  get state(): unknown {
    const at = { account: ACCOUNT, region: REGION };
    return copy([this.twin.state(SERVICE, at), this.twin.state(S3_CONTROL, at)]);
  }

  /** The code that a call fails with, having changed nothing at all. */
  async refusal(call: Promise<unknown>): Promise<string> {
    const before = this.state;
    const error: unknown = await call.then(
      () => new Error('the call did not fail'),
      (thrown: unknown) => thrown,
    );
    expect(this.state).toEqual(before);
    if (!(error as { $fault?: string }).$fault) throw error;
    return (error as Error).name;
  }

  /** Makes a bucket; with a block if one is given, `undefined` for none at all. */
  async bucket(more: { block?: PublicAccessBlockConfiguration; acls?: boolean } = {}): Promise<string> {
    const Bucket = `bucket-${unique()}`;
    await this.s3.createBucket({ Bucket, ...(more.acls && { ObjectOwnership: 'ObjectWriter' as const }) });
    if (more.block) await this.s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: more.block });
    return Bucket;
  }

  putPolicy = (Bucket: string, ...statements: object[]) =>
    this.s3.putBucketPolicy({ Bucket, Policy: JSON.stringify({ Version: '2012-10-17', Statement: statements }) });

  /** What somebody gets who does not sign. */
  anybody = async (path: string, init: RequestInit = {}): Promise<number> =>
    (await fetch(`${this.endpoint}/${path}`, init)).status;
}

let count = 0;
const unique = (): number => {
  count += 1;
  return count;
};

/** Lets everybody read what is in a bucket. */
export const publicRead = (bucket: string) => ({
  Effect: 'Allow',
  Principal: '*',
  Action: 's3:GetObject',
  Resource: `arn:aws:s3:::${bucket}/*`,
});

function copy<T>(value: T): T {
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  if (value instanceof Map) return new Map([...value].map(([key, inner]) => [key, copy(inner)])) as T;
  if (Array.isArray(value)) return value.map(copy) as T;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copy(inner)])) as T;
}
