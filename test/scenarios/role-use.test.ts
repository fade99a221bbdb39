import {
  DescribeSubnetsCommand,
  EC2Client,
  RunInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  IAMClient,
} from '@aws-sdk/client-iam';
import { type RegionalEc2, roleUse } from '../../functions/incident/role-use';
import { TestTwin } from '../support/twin';

// Who wears a role is looked for in every Region, by each of its profiles; what cannot be read is said, not guessed.

let twin: TestTwin;
let iam: IAMClient;
let ec2: RegionalEc2;
beforeAll(async () => {
  twin = await TestTwin.start('enforce');
  iam = new IAMClient(twin.config);
  ec2 = { home: twin.ready.region, ec2For: (region) => new EC2Client({ ...twin.config, region }) };
});
afterAll(() => twin.stop());
afterEach(() => twin.clearFaults());

const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

async function makeRole(name: string, ...profiles: readonly { readonly name: string; readonly path?: string }[]) {
  await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: trust }));
  for (const profile of profiles) {
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: profile.name, Path: profile.path ?? '/' }));
    await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: profile.name, RoleName: name }));
  }
}

async function launch(region: string, profile?: string): Promise<string> {
  const client = ec2.ec2For(region);
  const { Subnets = [] } = await client.send(new DescribeSubnetsCommand({}));
  const { Instances = [] } = await client.send(
    new RunInstancesCommand({
      ImageId: 'ami-0abcdef1234567890',
      InstanceType: 't3.micro',
      MinCount: 1,
      MaxCount: 1,
      SubnetId: Subnets[0]?.SubnetId,
      ...(profile && { IamInstanceProfile: { Name: profile } }),
    }),
  );
  return Instances[0]?.InstanceId ?? '';
}

it('finds the instances of every Region and every profile of the role, and no others', async () => {
  await makeRole('shared', { name: 'shared' }, { name: 'shared-too', path: '/team/' });
  await makeRole('other', { name: 'other' });
  const here = await launch('eu-west-1', 'shared');
  const there = await launch('us-east-1', 'shared-too');
  await launch('us-east-1', 'other');
  await launch('eu-west-1');
  expect(await roleUse(iam, ec2, 'shared')).toEqual({
    instances: [
      { id: here, region: 'eu-west-1' },
      { id: there, region: 'us-east-1' },
    ],
    unknown: [],
  });
});

it('counts what is stopped, which comes back with the role, but not what has ended', async () => {
  await makeRole('resting', { name: 'resting' });
  const stopped = await launch('eu-west-1', 'resting');
  const ended = await launch('eu-west-1', 'resting');
  await ec2.ec2For('eu-west-1').send(new StopInstancesCommand({ InstanceIds: [stopped] }));
  await ec2.ec2For('eu-west-1').send(new TerminateInstancesCommand({ InstanceIds: [ended] }));
  expect(await roleUse(iam, ec2, 'resting')).toEqual({
    instances: [{ id: stopped, region: 'eu-west-1' }],
    unknown: [],
  });
});

it('follows the pages of a Region with many instances', async () => {
  await makeRole('many', { name: 'many' });
  const ids = [];
  for (let count = 0; count < 7; count++) ids.push(await launch('eu-west-1', 'many'));
  // EC2 gives as many as it likes where nobody says how many.
  const paged: RegionalEc2 = {
    ...ec2,
    ec2For: (region) => {
      const client = ec2.ec2For(region);
      client.middlewareStack.add(
        (next, { commandName }) =>
          (args) =>
            next(
              commandName === 'DescribeInstancesCommand' ? { ...args, input: { ...args.input, MaxResults: 5 } } : args,
            ),
        { step: 'initialize' },
      );
      return client;
    },
  };
  expect((await roleUse(iam, paged, 'many')).instances.map(({ id }) => id)).toEqual(ids.sort());
});

it('says which Region could not be read', async () => {
  await makeRole('hidden', { name: 'hidden' });
  const id = await launch('eu-west-1', 'hidden');
  const closed: RegionalEc2 = {
    ...ec2,
    ec2For: (region) =>
      region === 'us-west-2'
        ? new EC2Client({ ...twin.config, region, credentials: { accessKeyId: 'AKIANOBODY', secretAccessKey: 'none' } })
        : ec2.ec2For(region),
  };
  expect(await roleUse(iam, closed, 'hidden')).toEqual({
    instances: [{ id, region: 'eu-west-1' }],
    unknown: ['us-west-2'],
  });
});

it('is not in use without a profile, or without the role itself, and asks no Region then', async () => {
  await makeRole('plain');
  const since = await twin.mark();
  expect(await roleUse(iam, ec2, 'plain')).toEqual({ instances: [], unknown: [] });
  expect(await roleUse(iam, ec2, 'nobody')).toEqual({ instances: [], unknown: [] });
  expect((await twin.journal(since)).filter(({ service }) => service === 'ec2')).toEqual([]);
});

it('is thrown when the Regions themselves cannot be listed', async () => {
  await makeRole('lost', { name: 'lost' });
  await twin.fault({ operation: 'ec2:DescribeRegions', error: 'UnauthorizedOperation' });
  await expect(roleUse(iam, ec2, 'lost')).rejects.toThrow('UnauthorizedOperation');
});
