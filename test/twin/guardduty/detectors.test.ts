import { GuardDuty } from '@aws-sdk/client-guardduty';
import { ACCOUNT, DETECTOR, FindingsBench, fixture, REGION } from './support';

const RESOURCES = {
  aws_guardduty_detector: { main: { enable: true, finding_publishing_frequency: 'FIFTEEN_MINUTES', tags: { a: 'b' } } },
  aws_guardduty_detector_feature: {
    runtime: {
      detector_id: '${aws_guardduty_detector.main.id}',
      name: 'RUNTIME_MONITORING',
      status: 'ENABLED',
      additional_configuration: [{ name: 'EC2_AGENT_MANAGEMENT', status: 'ENABLED' }],
    },
    buckets: { detector_id: '${aws_guardduty_detector.main.id}', name: 'S3_DATA_EVENTS', status: 'DISABLED' },
  },
};

let bench: FindingsBench;
beforeAll(async () => {
  bench = await FindingsBench.start(ACCOUNT, RESOURCES);
});
afterAll(() => bench.stop());

const features = async () => {
  const { Features = [] } = await bench.guardduty.getDetector({ DetectorId: await bench.detectorId() });
  return Object.fromEntries(Features.map(({ Name, Status }) => [Name, Status]));
};

describe('a detector', () => {
  it('is made by a stack, with its features', async () => {
    const DetectorId = await bench.detectorId();
    expect(DetectorId).toMatch(/^[0-9a-f]{32}$/);
    expect(await bench.guardduty.getDetector({ DetectorId })).toMatchObject({
      Status: 'ENABLED',
      FindingPublishingFrequency: 'FIFTEEN_MINUTES',
      ServiceRole: expect.stringContaining(`${ACCOUNT}:role/aws-service-role/guardduty.amazonaws.com/`),
      Tags: { a: 'b' },
      Features: expect.arrayContaining([
        expect.objectContaining({ Name: 'CLOUD_TRAIL', Status: 'ENABLED' }),
        expect.objectContaining({
          Name: 'RUNTIME_MONITORING',
          Status: 'ENABLED',
          AdditionalConfiguration: expect.arrayContaining([
            expect.objectContaining({ Name: 'EC2_AGENT_MANAGEMENT', Status: 'ENABLED' }),
            expect.objectContaining({ Name: 'EKS_ADDON_MANAGEMENT', Status: 'DISABLED' }),
          ]),
        }),
      ]),
    });
    expect(await features()).toMatchObject({ S3_DATA_EVENTS: 'DISABLED', EKS_AUDIT_LOGS: 'ENABLED' });
    const unsupported = await (await fetch(`${bench.settings.endpoint}/_twin/unsupported`)).json();
    expect(unsupported).toMatchObject({ arguments: [] });
  });

  it('answers to the id by which a finding of the account names it, and to no other', async () => {
    await bench.emit('guardduty-ec2-c2-high-8');
    const FindingIds = [fixture('guardduty-ec2-c2-high-8').detail.id];
    expect((await bench.guardduty.getFindings({ DetectorId: DETECTOR, FindingIds })).Findings).toHaveLength(1);
    expect(await bench.detectorId()).not.toBe(DETECTOR);
    expect(await bench.refusal(() => bench.guardduty.getDetector({ DetectorId: 'f'.repeat(32) }))).toBe(
      'BadRequestException',
    );
  });

  it.each([
    ['a second one', () => bench.guardduty.createDetector({ Enable: true }), /detector already exists/],
    ['another frequency', () => update({ FindingPublishingFrequency: 'DAILY' as 'ONE_HOUR' }), /invalid value/],
    ['a feature that there is not', () => update({ Features: [{ Name: 'X' as 'EKS_AUDIT_LOGS' }] }), /invalid value/],
    [
      'both ways of monitoring at run time',
      () => update({ Enable: false, Features: [{ Name: 'EKS_RUNTIME_MONITORING', Status: 'ENABLED' }] }),
      /at the same time/,
    ],
  ])('refuses %s, and changes nothing', async (_case, call, message) => {
    const before = bench.everything;
    await expect(call()).rejects.toMatchObject({
      name: 'BadRequestException',
      message: expect.stringMatching(message),
    });
    expect(bench.everything).toBe(before);
  });

  const update = async (input: object) =>
    bench.guardduty.updateDetector({ DetectorId: await bench.detectorId(), ...input });

  it('is changed where it is told to, and goes with its findings', async () => {
    const was = await features();
    await update({ Enable: false, Features: [{ Name: 'LAMBDA_NETWORK_LOGS', Status: 'DISABLED' }] });
    const DetectorId = await bench.detectorId();
    expect(await bench.guardduty.getDetector({ DetectorId })).toMatchObject({
      Status: 'DISABLED',
      FindingPublishingFrequency: 'FIFTEEN_MINUTES',
    });
    expect(await features()).toEqual({ ...was, LAMBDA_NETWORK_LOGS: 'DISABLED' });
    await bench.guardduty.deleteDetector({ DetectorId });
    expect(await bench.guardduty.listDetectors({})).toMatchObject({ DetectorIds: [] });
    const { DetectorId: another } = await bench.guardduty.createDetector({ Enable: true });
    expect(await bench.guardduty.listFindings({ DetectorId: another })).toMatchObject({ FindingIds: [] });
  });
});

describe('samples', () => {
  it('of some types are found, told of, and counted when they are made again', async () => {
    await bench.listen('aws.guardduty');
    const DetectorId = await bench.detectorId();
    const FindingTypes = ['Backdoor:EC2/C&CActivity.B!DNS', 'Policy:S3/BucketPublicAccessGranted'];
    await bench.guardduty.createSampleFindings({ DetectorId, FindingTypes });
    const told = await bench.told();
    expect(told.map(({ detail }) => [detail.type, detail.service.additionalInfo.sample])).toEqual(
      FindingTypes.map((type) => [type, true]),
    );
    const found = await bench.finding(told[0].detail.id);
    expect(found).toMatchObject({
      Title: expect.stringMatching(/^\[SAMPLE\]/),
      Severity: 8,
      Arn: `arn:aws:guardduty:${REGION}:${ACCOUNT}:detector/${DetectorId}/finding/${found?.Id}`,
      Service: { AdditionalInfo: { Value: '{"sample":true}' }, Count: 1, DetectorId },
      Resource: { ResourceType: 'Instance', InstanceDetails: { InstanceId: 'i-99999999' } },
    });
    await bench.guardduty.createSampleFindings({ DetectorId, FindingTypes: FindingTypes.slice(0, 1) });
    expect(await bench.finding(found?.Id ?? '')).toMatchObject({ CreatedAt: found?.CreatedAt, Service: { Count: 2 } });
    expect((await bench.guardduty.listFindings({ DetectorId })).FindingIds).toHaveLength(2);
  });

  it('of types that the twin does not have are not made', async () => {
    const DetectorId = await bench.detectorId();
    const FindingTypes = ['Backdoor:EC2/Spambot', 'Impact:EC2/Unheard'];
    const make = () => bench.guardduty.createSampleFindings({ DetectorId, FindingTypes });
    expect(await bench.refusal(make)).toBe('NotImplemented');
  });
});

describe('IAM', () => {
  it('looks at the detector where GuardDuty does, and at everything else by its name alone', async () => {
    const DetectorId = await bench.detectorId();
    const own = `arn:aws:guardduty:${REGION}:${ACCOUNT}:detector/${DetectorId}`;
    const allow = (Action: string, Resource: string) => ({ Effect: 'Allow', Action, Resource });
    const guardduty = new GuardDuty(
      bench.userWho(
        allow('guardduty:GetDetector', own),
        allow('guardduty:GetFindings', '*'),
        // No resource but all of them is known to these.
        allow('guardduty:ArchiveFindings', own),
      ),
    );
    await guardduty.getDetector({ DetectorId });
    await guardduty.getFindings({ DetectorId, FindingIds: [] });
    for (const refused of [
      () => guardduty.archiveFindings({ DetectorId, FindingIds: [] }),
      () => guardduty.updateDetector({ DetectorId, Enable: false }),
      () => guardduty.getDetector({ DetectorId: 'f'.repeat(32) }),
    ]) {
      expect(await bench.refusal(refused)).toBe('AccessDeniedException');
    }
  });
});
