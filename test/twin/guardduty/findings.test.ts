import type {
  Condition,
  Finding,
  ListFindingsRequest,
  ListFindingsResponse,
  SortCriteria,
} from '@aws-sdk/client-guardduty';
import { ACCOUNT, DETECTOR, FindingsBench, fixture, fixtures, MEMBER } from './support';

const SAMPLES = fixtures('guardduty-');
const idOf = (name: string): string => fixture(name).detail.id;
const HIGH = 'guardduty-ec2-c2-high-8';

let bench: FindingsBench;
beforeAll(async () => {
  bench = await FindingsBench.start(ACCOUNT);
  await bench.listen('aws.guardduty');
  await bench.emit(...SAMPLES);
});
afterAll(() => bench.stop());

/** An SDK's spelling of what an event has; what the API has no member for, and empty values, are left out. */
function spelled(value: unknown, path = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => spelled(item, path));
  if (value === null || typeof value !== 'object') return value;
  const isMap = /AffectedResources$/.test(path);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null && inner !== undefined)
      .map(([key, inner]) => {
        const name = isMap ? key : `${key.charAt(0).toUpperCase()}${key.slice(1)}`.replace('SourceIPs', 'SourceIps');
        return [name, spelled(inner, `${path}.${name}`)];
      }),
  );
}

describe('a finding that was emitted', () => {
  it.each(SAMPLES)('is read back by its id as the event told it: %s', async (name) => {
    const { detail } = fixture(name);
    const found = await bench.finding(detail.id);
    const { Service, Resource, ...rest } = found as Finding;
    const wanted = spelled(detail) as { Service: Record<string, unknown>; Resource: object };
    expect(rest).toEqual({
      SchemaVersion: '2.0',
      AccountId: detail.accountId,
      Region: 'us-east-1',
      Partition: 'aws',
      Id: detail.id,
      Arn: detail.arn,
      Type: detail.type,
      Severity: detail.severity,
      CreatedAt: detail.createdAt,
      UpdatedAt: detail.updatedAt,
      Title: detail.title,
      Description: detail.description,
    });
    // Events say more of what is additional than the API: whether it is a sample stands in the text.
    const { sample: _sample, ...AdditionalInfo } = detail.service.additionalInfo;
    expect(Service?.AdditionalInfo).toEqual(spelled(AdditionalInfo));
    for (const member of ['Archived', 'Count', 'DetectorId', 'ServiceName', 'ResourceRole', 'Action', 'FeatureName'])
      expect([member, Service?.[member as 'Archived']]).toEqual([member, wanted.Service[member]]);
    expect(Resource?.InstanceDetails?.InstanceId).toBe(detail.resource.instanceDetails?.instanceId);
    expect(Resource?.InstanceDetails?.NetworkInterfaces?.map(({ NetworkInterfaceId }) => NetworkInterfaceId)).toEqual(
      detail.resource.instanceDetails?.networkInterfaces.map((one: Record<string, string>) => one.networkInterfaceId),
    );
    expect(Resource?.AccessKeyDetails).toEqual(
      detail.resource.accessKeyDetails && spelled(detail.resource.accessKeyDetails),
    );
    expect(Resource?.S3BucketDetails?.map(({ Name }) => Name)).toEqual(
      detail.resource.s3BucketDetails?.map(({ name: bucket }: { name: string }) => bucket),
    );
    expect(Service?.Detection?.Sequence?.Resources?.map(({ Uid }) => Uid)).toEqual(
      detail.service.detection?.sequence.resources.map(({ uid }: { uid: string }) => uid),
    );
  });

  it('reads times that are text and times that are seconds', async () => {
    const { detail, ...envelope } = fixture('guardduty-s3-anonymous-access-granted');
    const [bucket] = detail.resource.s3BucketDetails;
    const asText = structuredClone({ ...envelope, detail: { ...detail, id: 'a'.repeat(32) } });
    asText.detail.resource.s3BucketDetails[0].createdAt = new Date(bucket.createdAt * 1000).toISOString();
    await bench.emit(asText);
    const buckets = [await bench.finding(detail.id), await bench.finding('a'.repeat(32))];
    expect(buckets.map((finding) => finding?.Resource?.S3BucketDetails?.[0]?.CreatedAt?.getTime())).toEqual([
      bucket.createdAt * 1000,
      bucket.createdAt * 1000,
    ]);
  });

  it('makes a detector where there was none, with the id that it names', async () => {
    expect(await bench.detectorId()).toBe(DETECTOR);
    expect(await bench.as(MEMBER).detectorId()).toBe('');
  });
});

describe('ArchiveFindings', () => {
  it('archives those, and changes when they were updated; nothing else changes, and no event tells of it', async () => {
    await bench.told();
    const before = JSON.parse(bench.everything);
    const [was, other] = [await bench.finding(idOf(HIGH)), await bench.finding(idOf('guardduty-severity-8-9'))];
    await bench.guardduty.archiveFindings({ DetectorId: DETECTOR, FindingIds: [idOf(HIGH)] });
    const is = await bench.finding(idOf(HIGH));
    expect(is).toEqual({ ...was, UpdatedAt: expect.any(String), Service: { ...was?.Service, Archived: true } });
    expect(Date.parse(is?.UpdatedAt ?? '')).toBeGreaterThan(Date.parse(was?.UpdatedAt ?? ''));
    expect(await bench.finding(idOf('guardduty-severity-8-9'))).toEqual(other);
    expect(await bench.told()).toEqual([]);
    await bench.guardduty.unarchiveFindings({ DetectorId: DETECTOR, FindingIds: [idOf(HIGH)] });
    expect((await bench.finding(idOf(HIGH)))?.Service?.Archived).toBe(false);
    const reset = JSON.stringify(before).replaceAll(/"updatedAt":"[^"]*"/g, '');
    expect(bench.everything.replaceAll(/"updatedAt":"[^"]*"/g, '')).toBe(reset);
  });

  it('does not keep a finding from coming again, nor do late and repeated events undo it', async () => {
    const id = idOf('guardduty-severity-exactly-7');
    const told = fixture('guardduty-severity-exactly-7');
    const at = (updatedAt: string, count: number) => ({
      ...told,
      detail: { ...told.detail, updatedAt, service: { ...told.detail.service, count } },
    });
    const state = async () => {
      const { Service } = (await bench.finding(id)) ?? {};
      return [Service?.Archived, Service?.Count];
    };
    await bench.guardduty.archiveFindings({ DetectorId: DETECTOR, FindingIds: [id] });
    await bench.told();
    await bench.emit(told, at('2026-10-05T14:00:00.000Z', 9));
    expect(await bench.told()).toHaveLength(2);
    expect(await state()).toEqual([true, 1]);
    await bench.emit(at('2026-10-05T15:00:00.000Z', 2));
    expect(await state()).toEqual([false, 2]);
  });

  it.each([
    ['of another detector', 'f'.repeat(32), [idOf(HIGH)]],
    ['that there are not', DETECTOR, [idOf(HIGH), 'f'.repeat(32)]],
    ['more than fifty', DETECTOR, Array.from({ length: 51 }, () => idOf(HIGH))],
  ])('refuses findings %s, and archives none', async (_case, DetectorId, FindingIds) => {
    expect(await bench.refusal(() => bench.guardduty.archiveFindings({ DetectorId, FindingIds }))).toBe(
      'BadRequestException',
    );
  });

  it('archives a finding of a member account there too, and is not for the member', async () => {
    const sample = fixture('guardduty-member-account-finding-in-admin');
    const member = bench.as(MEMBER);
    await bench.emit({ ...sample, account: MEMBER });
    const DetectorId = await member.detectorId();
    const FindingIds = [sample.detail.id];
    expect(await bench.refusal(() => member.guardduty.archiveFindings({ DetectorId, FindingIds }))).toBe(
      'BadRequestException',
    );
    await bench.guardduty.archiveFindings({ DetectorId: DETECTOR, FindingIds });
    for (const seen of [bench, member]) expect((await seen.finding(sample.detail.id))?.Service?.Archived).toBe(true);
    const { Members = [] } = await bench.guardduty.listMembers({ DetectorId: DETECTOR });
    expect(Members).toMatchObject([{ AccountId: MEMBER, AdministratorId: ACCOUNT, RelationshipStatus: 'Enabled' }]);
    expect(await member.guardduty.getAdministratorAccount({ DetectorId })).toMatchObject({
      Administrator: { AccountId: ACCOUNT, RelationshipStatus: 'Enabled' },
    });
    expect((await bench.guardduty.getAdministratorAccount({ DetectorId: DETECTOR })).Administrator).toBeUndefined();
  });
});

describe('ListFindings', () => {
  const list = async (Criterion: Record<string, Condition>, rest: Partial<ListFindingsRequest> = {}) =>
    (await bench.guardduty.listFindings({ DetectorId: DETECTOR, FindingCriteria: { Criterion }, ...rest }))
      .FindingIds ?? [];
  const ids = (test: (detail: ReturnType<typeof fixture>) => boolean) =>
    SAMPLES.map((name) => fixture(name).detail)
      .filter(test)
      .map(({ id }) => id)
      .sort();
  const among = (found: string[]) => found.filter((id) => ids(() => true).includes(id)).sort();

  it.each([
    [
      'an instance',
      { 'resource.instanceDetails.instanceId': { Equals: ['i-99999999'] } },
      (d) => d.severity && d.id === idOf('guardduty-sample-finding'),
    ],
    ['a severity, however it is written', { severity: { Eq: ['7.0'] } }, (d) => d.severity === 7],
    [
      'severities from 7 to below 9',
      { severity: { GreaterThanOrEqual: 7, Lt: 9 } },
      (d) => d.severity >= 7 && d.severity < 9,
    ],
    ['severities above 8.9', { severity: { Gt: 8.9 } }, (d) => d.severity > 8.9],
    [
      'all but some types',
      { type: { NotEquals: ['Stealth:IAMUser/CloudTrailLoggingDisabled'] } },
      (d) => !d.type.startsWith('Stealth:'),
    ],
    [
      'a security group of any interface',
      { 'resource.instanceDetails.networkInterfaces.securityGroups.groupId': { Eq: ['sg-0a1b2c3d4e5f60718'] } },
      (d) => JSON.stringify(d).includes('sg-0a1b2c3d4e5f60718'),
    ],
    ['an account', { accountId: { Equals: [MEMBER] } }, (d) => d.accountId === MEMBER],
    [
      'a bucket',
      { 'resource.s3BucketDetails.name': { Equals: ['acme-customer-exports'] } },
      (d) => JSON.stringify(d.resource).includes('"acme-customer-exports"'),
    ],
  ] as [string, Record<string, Condition>, (detail: ReturnType<typeof fixture>) => boolean][])(
    'finds by %s',
    async (_case, criterion, test) => {
      expect(ids(test).length).toBeGreaterThan(0);
      expect(ids(test).length).toBeLessThan(SAMPLES.length);
      expect(among(await list(criterion))).toEqual(ids(test));
    },
  );

  it('finds by whether it is archived and when it was updated', async () => {
    await bench.guardduty.archiveFindings({ DetectorId: DETECTOR, FindingIds: [idOf(HIGH)] });
    const archived = await list({ 'service.archived': { Equals: ['true'] } });
    expect(archived).toContain(idOf(HIGH));
    expect(await list({ 'service.archived': { Equals: ['false'] } })).not.toContain(idOf(HIGH));
    const recent = await list({ updatedAt: { GreaterThanOrEqual: Date.parse('2026-11-01') } });
    expect(recent).toContain(idOf(HIGH));
    expect(recent).not.toContain(idOf('guardduty-severity-8-9'));
    await bench.guardduty.unarchiveFindings({ DetectorId: DETECTOR, FindingIds: [idOf(HIGH)] });
  });

  it('sorts, and goes on page by page until the token is empty', async () => {
    const SortCriteria: SortCriteria = { AttributeName: 'severity', OrderBy: 'DESC' };
    const everything = await list({}, { SortCriteria });
    expect(everything[0]).toBe(idOf('guardduty-attack-sequence-critical-9-5'));
    const paged: string[] = [];
    let NextToken: string | undefined = '';
    do {
      const page: ListFindingsResponse = await bench.guardduty.listFindings({
        DetectorId: DETECTOR,
        SortCriteria,
        MaxResults: 8,
        NextToken,
      });
      paged.push(...(page.FindingIds ?? []));
      NextToken = page.NextToken;
    } while (NextToken);
    expect(paged).toEqual(everything);
    expect(new Set(paged).size).toBe(paged.length);
  });

  it.each([
    [
      'an attribute that findings do not have',
      { FindingCriteria: { Criterion: { 'resource.nothing': { Eq: ['x'] } } } },
    ],
    ['an order by such an attribute', { SortCriteria: { AttributeName: 'nothing' } }],
    ['a page of 51', { MaxResults: 51 }],
    ['a token that no page gave', { NextToken: 'x' }],
    ['another detector', { DetectorId: 'f'.repeat(32) }],
  ])('refuses %s', async (_case, input) => {
    expect(await bench.refusal(() => bench.guardduty.listFindings({ DetectorId: DETECTOR, ...input }))).toBe(
      'BadRequestException',
    );
  });
});

it('UpdateFindingsFeedback stays with the finding when it comes again', async () => {
  const FindingIds = [idOf('guardduty-severity-6-9')];
  await bench.guardduty.updateFindingsFeedback({ DetectorId: DETECTOR, FindingIds, Feedback: 'USEFUL', Comments: 'x' });
  const { detail, ...envelope } = fixture('guardduty-severity-6-9');
  await bench.emit({ ...envelope, detail: { ...detail, updatedAt: '2026-10-06T00:00:00.000Z' } });
  expect(await bench.finding(detail.id)).toMatchObject({
    UpdatedAt: '2026-10-06T00:00:00.000Z',
    Service: { UserFeedback: 'USEFUL' },
  });
});

it('what is no finding leaves nothing behind', async () => {
  const before = bench.everything;
  const health = { ...fixture(HIGH), 'detail-type': 'GuardDuty Runtime Protection Healthy' };
  await bench.emit(health, { ...fixture(HIGH), detail: {} }, { ...fixture(HIGH), source: 'test.security' });
  expect(bench.everything).toBe(before);
});
