import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import {
  CreateBucketCommand,
  DeletePublicAccessBlockCommand,
  GetBucketAclCommand,
  GetBucketEncryptionCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketWebsiteCommand,
  GetPublicAccessBlockCommand,
  ListBucketsCommand,
  PutBucketAclCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { S3ControlClient } from '@aws-sdk/client-s3-control';
import type { PublicAccessBlock, Statement } from '../../functions/remediate-bucket/bucket';
import { NONE_ON, policyText, statement } from './bucket';
import type { TestTwin } from './twin';

export const BUCKET_TYPE = 'AWS::S3::Bucket';
/** Calls of the function that change a bucket or the account's block. */
export const WRITES = /^(Put|Delete|Create)(Bucket|PublicAccessBlock)/;

/** Whatever is under `localhost` is this machine, which not every resolver knows. */
const loopback = new Agent({
  lookup: (_host, { all }, done) =>
    all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4),
});

/** What people do with the buckets of a twin. */
export class TestBuckets {
  readonly s3: S3Client;
  readonly s3Control: S3ControlClient;

  constructor(private readonly twin: TestTwin) {
    this.s3 = new S3Client(twin.config);
    // The account id comes before the host name, which an IP address does not allow.
    const endpoint = twin.ready.endpoint.replace('127.0.0.1', 'localhost');
    this.s3Control = new S3ControlClient({ ...twin.config, endpoint, requestHandler: { httpAgent: loopback } });
  }

  /** A bucket with today's defaults. */
  async make(name = `bucket-${randomUUID()}`, region = this.twin.ready.region): Promise<string> {
    const s3 = region === this.twin.ready.region ? this.s3 : new S3Client({ ...this.twin.config, region });
    const LocationConstraint = region as 'eu-west-1';
    await s3.send(
      new CreateBucketCommand({
        Bucket: name,
        ...(region !== 'us-east-1' && { CreateBucketConfiguration: { LocationConstraint } }),
      }),
    );
    return name;
  }

  unblock = (Bucket: string) => this.s3.send(new DeletePublicAccessBlockCommand({ Bucket }));

  block = (Bucket: string, PublicAccessBlockConfiguration: PublicAccessBlock = NONE_ON) =>
    this.s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));

  /** A policy that lets everybody read, beside other statements. The block must be off. */
  async publish(Bucket: string, ...others: Statement[]): Promise<string> {
    const Resource = `arn:aws:s3:::${Bucket}/*`;
    const Policy = policyText(statement({ Resource }), ...others.map((one) => ({ ...one, Resource })));
    await this.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    return Policy;
  }

  /** A public ACL, under an ownership that lets ACLs count. The block must be off. */
  async publishByAcl(Bucket: string, ACL: 'public-read' | 'public-read-write' | 'authenticated-read'): Promise<void> {
    const Rules = [{ ObjectOwnership: 'ObjectWriter' as const }];
    await this.s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: { Rules } }));
    await this.s3.send(new PutBucketAclCommand({ Bucket, ACL }));
  }

  /** Everything that S3 tells of a bucket's configuration; an error's name where there is none. */
  async everything(Bucket: string): Promise<Record<string, unknown>> {
    const asked = {
      block: this.s3
        .send(new GetPublicAccessBlockCommand({ Bucket }))
        .then(({ PublicAccessBlockConfiguration }) => PublicAccessBlockConfiguration),
      policy: this.s3
        .send(new GetBucketPolicyCommand({ Bucket }))
        .then(({ Policy = '{}' }) => JSON.parse(Policy) as unknown),
      grants: this.s3.send(new GetBucketAclCommand({ Bucket })).then(({ Grants }) => Grants),
      ownership: this.s3
        .send(new GetBucketOwnershipControlsCommand({ Bucket }))
        .then(({ OwnershipControls }) => OwnershipControls?.Rules?.[0]?.ObjectOwnership),
      website: this.s3.send(new GetBucketWebsiteCommand({ Bucket })).then(({ IndexDocument }) => IndexDocument?.Suffix),
      encryption: this.s3
        .send(new GetBucketEncryptionCommand({ Bucket }))
        .then(({ ServerSideEncryptionConfiguration }) => ServerSideEncryptionConfiguration?.Rules?.[0]),
      tags: this.s3.send(new GetBucketTaggingCommand({ Bucket })).then(({ TagSet }) => TagSet),
    };
    const answers = await Promise.all(
      Object.entries(asked).map(async ([key, answer]) => [
        key,
        await answer.catch((error: unknown) => (error as Error).name),
      ]),
    );
    return Object.fromEntries(answers) as Record<string, unknown>;
  }

  /** The same of every other bucket of the Region: what must not have changed. */
  async others(than: string): Promise<unknown> {
    const { Buckets = [] } = await this.s3.send(new ListBucketsCommand({ BucketRegion: this.twin.ready.region }));
    const names = Buckets.flatMap(({ Name }) => (Name === undefined || Name === than ? [] : [Name]));
    return Promise.all(names.map(async (name) => [name, await this.everything(name)]));
  }

  /** Successful calls of the function that changed something in S3, after a mark. */
  async changes(since = 0): Promise<string[]> {
    return (await this.twin.calls(since))
      .filter(({ service, operation, error }) => /^s3/.test(service) && WRITES.test(operation) && error === null)
      .map(({ operation }) => operation);
  }

  chain = (name: string) => this.twin.chain(name, BUCKET_TYPE);
}
