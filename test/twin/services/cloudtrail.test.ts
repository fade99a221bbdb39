import { CloudTrail } from '@aws-sdk/client-cloudtrail';
import { IAM } from '@aws-sdk/client-iam';
import { ACCOUNT, arn, Bench, REGION, refusal } from '../states/bench';

const QUEUE = arn('sqs', 'inbox');
const TRAIL = arn('cloudtrail', 'trail/all');
const pattern = JSON.stringify({
  'detail-type': ['AWS API Call via CloudTrail'],
  source: ['aws.cloudtrail', 'aws.iam'],
});
const MORE = {
  aws_cloudtrail: {
    all: { name: 'all', s3_bucket_name: 'logs', is_multi_region_trail: true, include_global_service_events: true },
  },
  aws_cloudwatch_event_rule: {
    home: { name: 'home', event_pattern: pattern },
    // Of another Region than the provider's.
    global: { name: 'global', region: 'us-east-1', event_pattern: pattern },
  },
  aws_cloudwatch_event_target: {
    home: { rule: '${aws_cloudwatch_event_rule.home.name}', target_id: 'queue', arn: QUEUE },
    global: {
      region: 'us-east-1',
      rule: '${aws_cloudwatch_event_rule.global.name}',
      target_id: 'home',
      arn: arn('events', 'event-bus/default'),
      role_arn: `arn:aws:iam::${ACCOUNT}:role/EventsRole`,
    },
  },
};

let bench: Bench;
let trails: CloudTrail;
let iam: IAM;
beforeEach(async () => {
  bench = await Bench.start({}, MORE);
  trails = new CloudTrail(bench.settings);
  iam = new IAM(bench.settings);
});
afterEach(async () => {
  trails.destroy();
  iam.destroy();
  await bench.stop();
});

const told = async () =>
  (await bench.received('inbox')).map(({ body }) => [
    body.region,
    body.detail.eventName,
    body.detail.requestParameters,
  ]);

it.each([
  ['StopLogging', () => trails.stopLogging({ Name: 'all' }), { name: 'all' }],
  ['DeleteTrail', () => trails.deleteTrail({ Name: TRAIL }), { name: TRAIL }],
] as const)('%s is the last call that a trail logs', async (eventName, call, request) => {
  await call();
  expect(await told()).toEqual([[REGION, eventName, request]]);
  await iam.createUser({ UserName: 'unseen' });
  expect(await told()).toEqual([]);
});

it('a call is logged again once a trail logs again, the one that started it included', async () => {
  await trails.stopLogging({ Name: 'all' });
  await trails.startLogging({ Name: 'all' });
  expect((await told()).map(([, eventName]) => eventName)).toEqual(['StopLogging', 'StartLogging']);
});

it('UpdateTrail changes what it says, and nothing else of the trail', async () => {
  const { Trail: before } = await trails.getTrail({ Name: 'all' });
  expect(await trails.updateTrail({ Name: 'all', EnableLogFileValidation: true })).toMatchObject({
    TrailARN: TRAIL,
    LogFileValidationEnabled: true,
  });
  expect((await trails.getTrail({ Name: 'all' })).Trail).toEqual({ ...before, LogFileValidationEnabled: true });
  expect((await trails.getTrailStatus({ Name: 'all' })).IsLogging).toBe(true);
  expect(await refusal(trails.updateTrail({ Name: 'all', IncludeGlobalServiceEvents: false }))).toBe(
    'InvalidParameterCombinationException',
  );
  expect(await refusal(trails.deleteTrail({ Name: 'none' }))).toBe('TrailNotFoundException');
});

it("a trail of one Region without global events logs no more of IAM's", async () => {
  await trails.updateTrail({ Name: 'all', IsMultiRegionTrail: false, IncludeGlobalServiceEvents: false });
  await told();
  await iam.createUser({ UserName: 'unseen' });
  expect(await told()).toEqual([]);
});

it("IAM's events arrive in us-east-1, and a rule there brings them home", async () => {
  await iam.createUser({ UserName: 'seen' });
  expect(await told()).toEqual([['us-east-1', 'CreateUser', { userName: 'seen' }]]);
});
