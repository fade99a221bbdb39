import {
  ConfigServiceClient,
  StartConfigurationRecorderCommand,
  StopConfigurationRecorderCommand,
} from '@aws-sdk/client-config-service';
import {
  CreateBucketCommand,
  DeletePublicAccessBlockCommand,
  GetPublicAccessBlockCommand,
  PutBucketAclCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { PutPublicAccessBlockCommand as PutAccountBlockCommand } from '@aws-sdk/client-s3-control';
import { ALL_ON, flagsOff } from '../functions/remediate-bucket/bucket';
import { names } from '../modules/names';
import { s3ControlClient } from './s3-control';
import type { Scene } from './scene';
import { closingOf, elapsedMs, type JournalEntry, type TwinProcess } from './twin-process';

/** Buckets that were made public: what happened, from the account's own records. */
export interface BucketScene {
  readonly ways: readonly BucketWay[];
  /** From the call that opened to the transaction that closed the receipt, in milliseconds of the twin's journal. */
  readonly rounds: readonly number[];
  readonly healed: boolean;
}

/** One way to make a bucket public, and what came of it. */
export interface BucketWay {
  readonly title: string;
  readonly bucket: string;
  /** What anybody was answered before the repair and after it: HTTP statuses. */
  readonly anybody: { readonly before: number; readonly after: number };
  readonly steps: Scene['steps'];
  readonly healed: boolean;
}

/** Long enough to look at the bucket from outside before it is repaired. */
const HESITATION_MS = 400;
const OFF = { BlockPublicAcls: false, IgnorePublicAcls: false, BlockPublicPolicy: false, RestrictPublicBuckets: false };
const PRICES = 'prices.txt';

/** Makes buckets public in four ways, and watches; then one again and again. */
export async function makeBucketsPublic(twin: TwinProcess, rounds: number): Promise<BucketScene> {
  const stage = new Stage(twin);
  const ways = [
    await stage.play('policy', 'A policy lets everybody read', async (Bucket) => {
      const open = () =>
        stage.s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: OFF }));
      return { open: () => open().then(() => stage.publish(Bucket)), look: `${Bucket}/${PRICES}` };
    }),
    await stage.play('acl', 'An ACL lets everybody list', async (Bucket) => {
      const Rules = [{ ObjectOwnership: 'ObjectWriter' as const }];
      await stage.s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: { Rules } }));
      const open = () => stage.s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
      const acl = new PutBucketAclCommand({ Bucket, ACL: 'public-read' });
      return { open: () => open().then(() => stage.s3.send(acl)), look: `${Bucket}?list-type=2` };
    }),
    await stage.play('block', 'The block goes, and with it what held an old policy back', async (Bucket) => {
      await stage.publishBehindTheBlock(Bucket);
      const open = () => stage.s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
      return { open, look: `${Bucket}/${PRICES}` };
    }),
    await stage.play('account', "The account's block goes, on which the bucket relied", async (Bucket) => {
      await stage.publishBehindTheBlock(Bucket);
      await stage.setAccountBlock(ALL_ON);
      await stage.s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
      return { open: () => stage.setAccountBlock(OFF), look: `${Bucket}/${PRICES}` };
    }),
  ];
  const times = await stage.again(ways[0]?.bucket ?? '', rounds);
  return { ways, rounds: times, healed: ways.every((way) => way.healed) && times.length === rounds };
}

class Stage {
  readonly s3: S3Client;
  private readonly s3Control;
  private readonly config: ConfigServiceClient;

  constructor(private readonly twin: TwinProcess) {
    const { endpoint, region, operator } = twin.ready;
    const config = { endpoint, region, credentials: { ...operator } };
    this.s3 = new S3Client(config);
    this.config = new ConfigServiceClient(config);
    this.s3Control = s3ControlClient(config, endpoint);
  }

  async play(
    name: string,
    title: string,
    arrange: (bucket: string) => Promise<{ open: () => Promise<unknown>; look: string }>,
  ): Promise<BucketWay> {
    const { twin } = this;
    const { accountId, endpoint, region } = twin.ready;
    const bucket = `prices-${name}-${accountId}`;
    const CreateBucketConfiguration = { LocationConstraint: region as 'eu-west-1' };
    await this.s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration }));
    await this.s3.send(new PutObjectCommand({ Bucket: bucket, Key: PRICES, Body: 'secret' }));
    const { open, look } = await arrange(bucket);
    await twin.settle();
    const anybody = async () => (await fetch(`${endpoint}/${look}`)).status;

    const since = (await twin.journal()).length;
    const { role } = names('').bucket;
    await twin.fault({ operation: 's3:PutPublicAccessBlock', delayMs: HESITATION_MS, principal: role });
    await open();
    const before = await anybody();
    await twin.settle();
    await twin.clearFaults();
    const after = await anybody();
    const journal = await twin.journal(since);
    return {
      title,
      bucket,
      anybody: { before, after },
      steps: stepsOf(journal, { before, after }),
      healed: before === 200 && after === 403 && (await this.isBlocked(bucket)),
    };
  }

  /** A public policy as it may have been there for years, without effect. */
  async publishBehindTheBlock(Bucket: string): Promise<void> {
    const { twin } = this;
    await twin.settle();
    const { role } = names('').bucket;
    await twin.fault({ operation: 's3:PutPublicAccessBlock', delayMs: HESITATION_MS, principal: role });
    await this.s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: OFF }));
    await this.publish(Bucket);
    await twin.settle();
    await twin.clearFaults();
  }

  async publish(Bucket: string): Promise<void> {
    const statement = { Sid: 'Everybody', Effect: 'Allow', Principal: '*', Action: 's3:GetObject' };
    const Statement = [{ ...statement, Resource: `arn:aws:s3:::${Bucket}/*` }];
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
    await this.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  }

  setAccountBlock = (PublicAccessBlockConfiguration: typeof OFF) =>
    this.s3Control.send(
      new PutAccountBlockCommand({ AccountId: this.twin.ready.accountId, PublicAccessBlockConfiguration }),
    );

  /** Switches a bucket's block off, and waits until it is on again. */
  async again(Bucket: string, rounds: number): Promise<number[]> {
    // In AWS, Config comes minutes later; here it would come at once, and be in the way of what is measured.
    const recorder = { ConfigurationRecorderName: names('').config.recorder };
    await this.config.send(new StopConfigurationRecorderCommand(recorder));
    await this.twin.settle();
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const from = (await this.twin.journal()).length;
      await this.s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
      await this.twin.settle();
      times.push(healedAfter(await this.twin.journal(from)));
    }
    await this.config.send(new StartConfigurationRecorderCommand(recorder));
    return times;
  }

  private async isBlocked(Bucket: string): Promise<boolean> {
    const { PublicAccessBlockConfiguration: block } = await this.s3.send(new GetPublicAccessBlockCommand({ Bucket }));
    return flagsOff({ ...OFF, ...(block as typeof OFF | undefined) }).length === 0;
  }
}

const isOurs = ({ principal }: JournalEntry): boolean => principal.includes(`/${names('').bucket.role}/`);

function stepsOf(journal: readonly JournalEntry[], anybody: BucketWay['anybody']): Scene['steps'] {
  const began = Date.parse(journal[0]?.time ?? '');
  const at = (call: JournalEntry | undefined) => (call ? Date.parse(call.time) - began : Number.NaN);
  const ours = journal.filter(isOurs);
  const put = ours.find(({ operation }) => operation === 'PutPublicAccessBlock');
  const after = (operation: string) =>
    ours.find((call) => call.operation === operation && call.error === null && call.seq > (put?.seq ?? Infinity));
  const { rule, function: fn } = names('').bucket;
  return [
    {
      title: 'Opened',
      atMs: 0,
      lines: [
        journal
          .filter((call) => !isOurs(call) && !call.operation.startsWith('Get') && call.principal.includes(':user/'))
          .map(({ operation }) => operation)
          .join(', '),
        `anybody is answered ${anybody.before}`,
      ],
    },
    { title: 'Detected, and decided', atMs: at(ours[0]), lines: [`rule ${rule} invoked function ${fn}`] },
    {
      title: 'Blocked: all four flags on',
      atMs: at(put),
      lines: [
        `request ${put?.requestId ?? ''} as ${put?.principal ?? ''}`,
        `held up by ${HESITATION_MS} ms, so that there was time to look from outside`,
        'policy and ACL as they were: they are evidence',
      ],
    },
    { title: 'Read back', atMs: at(after('GetPublicAccessBlock')), lines: [`anybody is answered ${anybody.after}`] },
    { title: 'Receipted', atMs: at(after('TransactWriteItems')), lines: [] },
  ];
}

function healedAfter(journal: readonly JournalEntry[]): number {
  const [opened] = journal;
  const closed = closingOf(journal, (call) => isOurs(call) && call.operation === 'PutPublicAccessBlock');
  if (!opened || !closed) throw new Error('a round was not healed');
  return elapsedMs(opened, closed);
}
