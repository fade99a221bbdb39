import { randomUUID } from 'node:crypto';
import { DescribeSubnetsCommand, DescribeVpcsCommand, EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import {
  AddRoleToInstanceProfileCommand,
  CreateAccessKeyCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  CreateUserCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  GetUserPolicyCommand,
  IAMClient,
  ListAccessKeysCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
  ListUserPoliciesCommand,
  ListUsersCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { AssumeRoleCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts';
import { Principals } from '../../functions/contain-principal/adapter';
import { principalContainment } from '../../functions/contain-principal/containment';
import { DynamoLedger } from '../../functions/core/ledger-dynamodb';
import type { Telemetry } from '../../functions/core/telemetry';
import { type ContainmentAnswer, containmentHandler } from '../../functions/incident/containment';
import type { Incident, Target } from '../../functions/incident/incident';
import { PrincipalReader } from '../../functions/incident/principal-reader';
import { type IncidentDetails, IncidentRecords } from '../../functions/incident/record';
import type { RegionalEc2 } from '../../functions/incident/role-use';
import { claimed, EXECUTION, incident } from './incident';
import type { Call, TestTwin } from './twin';

export const USER_TYPE = 'AWS::IAM::User';
export const ROLE_TYPE = 'AWS::IAM::Role';

/** What a client signs with. */
export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const document = (...Statement: readonly object[]) => JSON.stringify({ Version: '2012-10-17', Statement });
const EVERYTHING = document({ Effect: 'Allow', Action: '*', Resource: '*' });

/** Users and roles of a twin, and what becomes of them. */
export class TestPrincipals {
  readonly iam: IAMClient;
  /** Log lines of the handler. */
  readonly lines: string[] = [];

  constructor(readonly twin: TestTwin) {
    this.iam = new IAMClient(twin.config);
  }

  /** A user who may do everything, with so many keys. */
  async user({ keys = 1, path = '/' } = {}): Promise<{ name: string; keys: Keys[] }> {
    const name = `user-${randomUUID()}`;
    await this.iam.send(new CreateUserCommand({ UserName: name, Path: path }));
    await this.iam.send(new PutUserPolicyCommand({ UserName: name, PolicyName: 'own', PolicyDocument: EVERYTHING }));
    const made: Keys[] = [];
    for (let count = 0; count < keys; count++) {
      const { AccessKey } = await this.iam.send(new CreateAccessKeyCommand({ UserName: name }));
      made.push({ accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' });
    }
    return { name, keys: made };
  }

  /** A role that may do everything, with a profile of its name; whoever is of the account may assume it. */
  async role({ path = '/' } = {}): Promise<string> {
    const name = `role-${randomUUID()}`;
    const { accountId } = this.twin.ready;
    const trust = document(
      { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' },
      { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${accountId}:root` }, Action: 'sts:AssumeRole' },
    );
    await this.iam.send(new CreateRoleCommand({ RoleName: name, Path: path, AssumeRolePolicyDocument: trust }));
    await this.iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: 'own', PolicyDocument: EVERYTHING }));
    await this.iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: name }));
    await this.iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: name, RoleName: name }));
    return name;
  }

  /** An instance that wears a role. */
  async wear(role: string, region = this.twin.ready.region): Promise<string> {
    const ec2 = this.ec2For(region);
    const { Subnets: [subnet] = [] } = await ec2.send(new DescribeSubnetsCommand({}));
    const { Instances: [made] = [] } = await ec2.send(
      new RunInstancesCommand({
        ImageId: 'ami-0abcdef1234567890',
        InstanceType: 't3.micro',
        MinCount: 1,
        MaxCount: 1,
        SubnetId: subnet?.SubnetId,
        IamInstanceProfile: { Name: role },
      }),
    );
    return made?.InstanceId ?? '';
  }

  /** A session that a user begins with a key. */
  async session(keys: Keys): Promise<Keys> {
    const { Credentials } = await new STSClient(this.as(keys)).send(new GetSessionTokenCommand({}));
    return keysOf(Credentials);
  }

  /** A session of a role. */
  async assume(RoleName: string): Promise<Keys> {
    const { Role } = await this.iam.send(new GetRoleCommand({ RoleName }));
    const { Credentials } = await new STSClient(this.twin.config).send(
      new AssumeRoleCommand({ RoleArn: Role?.Arn, RoleSessionName: 'intruder' }),
    );
    return keysOf(Credentials);
  }

  /** Whether what somebody signs with lets him do anything. */
  async works(keys: Keys): Promise<boolean> {
    try {
      await new EC2Client(this.as(keys)).send(new DescribeVpcsCommand({}));
      return true;
    } catch (error) {
      if (error instanceof Error && /UnauthorizedOperation|AuthFailure|InvalidClientTokenId/.test(error.name))
        return false;
      throw error;
    }
  }

  /** Access keys that are active, by user. */
  async activeKeys(UserName: string): Promise<string[]> {
    const { AccessKeyMetadata = [] } = await this.iam.send(new ListAccessKeysCommand({ UserName }));
    return AccessKeyMetadata.flatMap(({ AccessKeyId = '', Status }) =>
      Status === 'Active' ? [AccessKeyId] : [],
    ).sort();
  }

  /** Everything of IAM but what belongs to one user or role: what must stay as it is. */
  async others(name?: string): Promise<unknown> {
    const [{ Users = [] }, { Roles = [] }] = await Promise.all([
      this.iam.send(new ListUsersCommand({})),
      this.iam.send(new ListRolesCommand({})),
    ]);
    const users = Users.filter(({ UserName }) => UserName !== name).map(async ({ UserName = '', Arn }) => {
      const { PolicyNames = [] } = await this.iam.send(new ListUserPoliciesCommand({ UserName }));
      return {
        Arn,
        keys: await this.activeKeys(UserName),
        policies: await Promise.all(
          PolicyNames.map((PolicyName) =>
            this.iam.send(new GetUserPolicyCommand({ UserName, PolicyName })).then(textOf),
          ),
        ),
      };
    });
    const roles = Roles.filter(({ RoleName }) => RoleName !== name).map(async (role) => {
      const { RoleName = '', Arn, AssumeRolePolicyDocument } = role;
      const { PolicyNames = [] } = await this.iam.send(new ListRolePoliciesCommand({ RoleName }));
      return {
        Arn,
        trust: AssumeRolePolicyDocument,
        policies: await Promise.all(
          PolicyNames.map((PolicyName) =>
            this.iam.send(new GetRolePolicyCommand({ RoleName, PolicyName })).then(textOf),
          ),
        ),
      };
    });
    return Promise.all([...users, ...roles]);
  }

  /** Writes down an incident about a target that an execution has claimed. */
  async claim(
    target: Target,
    parts: Partial<Incident> = {},
    details: Partial<IncidentDetails> = {},
  ): Promise<Incident> {
    const { accountId: account, region } = this.twin.ready;
    const records = new IncidentRecords(this.ledger, { partition: 'aws', account, region }, Date.now);
    const about = incident({ id: `gd-${randomUUID().replaceAll('-', '')}`, region, targets: [target], ...parts });
    const { key, page } = await records.open(about.id);
    const line = { holder: EXECUTION, mode: 'enforce', reason: 'claimed', details: claimed(about, details) } as const;
    if (!(await records.write({ key, page }, line))) throw new Error(`${about.id} is there already`);
    return about;
  }

  /** Asks the function to contain an incident's target, as the workflow does. */
  async contain({ id }: Pick<Incident, 'id'>, { mode = 'contain', iam = this.iam } = {}): Promise<ContainmentAnswer> {
    const { accountId, region } = this.twin.ready;
    const principals = new Principals(iam, new PrincipalReader(iam, this.regions), Date.now);
    const handler = containmentHandler(principalContainment(principals), {
      ledger: this.ledger,
      telemetry: this.telemetry,
    });
    return handler(
      { incidentId: id, execution: EXECUTION, target: 0, mode },
      {
        awsRequestId: randomUUID(),
        functionName: 'ContainPrincipal',
        invokedFunctionArn: `arn:aws:lambda:${region}:${accountId}:function:ContainPrincipal`,
        getRemainingTimeInMillis: () => 60_000,
      },
    );
  }

  /** Changes of IAM after a mark, those that were refused included. */
  async changes(since: number): Promise<Call[]> {
    return (await this.twin.journal(since)).filter(
      ({ service, operation }) => service === 'iam' && /^(Put|Update|Delete)/.test(operation),
    );
  }

  get regions(): RegionalEc2 {
    return { home: this.twin.ready.region, ec2For: (region) => this.ec2For(region) };
  }

  get ledger(): DynamoLedger {
    return new DynamoLedger(this.twin.dynamodb, this.twin.table);
  }

  private ec2For(region: string): EC2Client {
    return new EC2Client({ ...this.twin.config, region });
  }

  private as(keys: Keys) {
    return { ...this.twin.config, credentials: { ...keys } };
  }

  private readonly telemetry: Telemetry = {
    info: (line) => this.lines.push(line),
    error: (line, { error }) => this.lines.push(`${line}: ${String(error)}`),
    count: () => undefined,
    swept: () => undefined,
  };
}

const textOf = ({ PolicyDocument = '' }: { PolicyDocument?: string | undefined }) => decodeURIComponent(PolicyDocument);

const keysOf = (
  given: {
    AccessKeyId?: string | undefined;
    SecretAccessKey?: string | undefined;
    SessionToken?: string | undefined;
  } = {},
): Keys => ({
  accessKeyId: given.AccessKeyId ?? '',
  secretAccessKey: given.SecretAccessKey ?? '',
  sessionToken: given.SessionToken ?? '',
});
