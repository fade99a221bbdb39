import { CloudTrail } from '@aws-sdk/client-cloudtrail';
import { IAM } from '@aws-sdk/client-iam';
import { Ec2Bench } from '../support';

let bench: Ec2Bench;
let trail: CloudTrail;
beforeAll(async () => {
  bench = await Ec2Bench.start();
  trail = new CloudTrail(bench.settings);
});
afterAll(() => {
  trail.destroy();
  return bench.stop();
});

/** The newest event of a name. */
async function last(client: CloudTrail, name: string) {
  const { Events: [event] = [] } = await client.lookupEvents({
    LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: name }],
  });
  return JSON.parse(event?.CloudTrailEvent ?? '{}') as Record<string, unknown>;
}

// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitor-with-cloudtrail.html
it('names instances in sets, and leaves out user data', async () => {
  const { InstanceId } = await bench.instance({ UserData: Buffer.from('a secret').toString('base64') });
  const launched = await last(trail, 'RunInstances');
  expect(launched.requestParameters).toMatchObject({ userData: '<sensitiveDataRemoved>' });
  expect(launched.responseElements).toMatchObject({
    instancesSet: { items: [{ instanceId: InstanceId, placement: { availabilityZone: 'eu-west-1a' } }] },
  });
  await bench.ec2.terminateInstances({ InstanceIds: [InstanceId ?? ''] });
  const ended = await last(trail, 'TerminateInstances');
  expect(ended.requestParameters).toEqual({ instancesSet: { items: [{ instanceId: InstanceId }] } });
  expect(ended.responseElements).toMatchObject({
    instancesSet: {
      items: [
        { instanceId: InstanceId, currentState: { code: 32, name: 'shutting-down' }, previousState: { code: 16 } },
      ],
    },
  });
});

it('leaves out the secrets of keys and log-ins', async () => {
  const iam = new IAM(bench.settings);
  const UserName = 'somebody';
  await iam.createUser({ UserName });
  const { AccessKey } = await iam.createAccessKey({ UserName });
  await iam.createLoginProfile({ UserName, Password: 'correct horse' });
  const global = new CloudTrail({ ...bench.settings, region: 'us-east-1' });
  const records = [await last(global, 'CreateAccessKey'), await last(global, 'CreateLoginProfile')];
  expect(records[0]?.responseElements).toMatchObject({ accessKey: { accessKeyId: AccessKey?.AccessKeyId } });
  const text = JSON.stringify(records);
  expect([text.includes(AccessKey?.SecretAccessKey ?? ''), text.includes('correct horse')]).toEqual([false, false]);
  iam.destroy();
  global.destroy();
});
