import type { AwsSecurityFinding, AwsSecurityFindingFilters, GetFindingsResponse } from '@aws-sdk/client-securityhub';
import { ACCOUNT, FindingsBench, fixture, fixtures, MEMBER } from '../guardduty/support';

const SAMPLES = [...fixtures('securityhub-imported'), ...fixtures('securityhub-custom')];
const SG = 'securityhub-imported-sg-critical';
const S3 = 'securityhub-imported-s3-high';

let bench: FindingsBench;
beforeAll(async () => {
  bench = await FindingsBench.start(ACCOUNT);
  await bench.listen('aws.securityhub');
  await bench.emit(SG);
});
/** Begins again with what some events told of. */
async function only(...names: string[]): Promise<void> {
  await bench.hub.disableSecurityHub({});
  await bench.emit(...names);
  await bench.told();
}
afterAll(() => bench.stop());

const first = (name: string): AwsSecurityFinding => fixture(name).detail.findings[0];
/** The API tells less than events of what a product said of the severity. */
function inApi(finding: AwsSecurityFinding): AwsSecurityFinding {
  const { Severity, ...provided } = finding.FindingProviderFields ?? {};
  const { Label, Original } = Severity ?? {};
  const severity = { ...(Label && { Label }), ...(Original !== undefined && { Original }) };
  return { ...finding, FindingProviderFields: { ...provided, Severity: severity } };
}
const identifier = ({ Id, ProductArn }: AwsSecurityFinding) => ({ Id, ProductArn });
const by = (value: string | undefined) => [{ Value: value ?? '', Comparison: 'EQUALS' as const }];

async function find(Filters: AwsSecurityFindingFilters): Promise<AwsSecurityFinding[]> {
  return (await bench.hub.getFindings({ Filters })).Findings ?? [];
}
const one = async ({ Id, ProductArn }: AwsSecurityFinding) =>
  (await find({ Id: by(Id), ProductArn: by(ProductArn) }))[0];

describe('a finding that was emitted', () => {
  it.each(SAMPLES)('is read back by its id as the event told it: %s', async (name) => {
    // The same finding is in several samples, as it was at different times.
    await only(name);
    const { findings } = fixture(name).detail;
    expect(findings.length).toBeGreaterThan(0);
    for (const finding of findings) expect(await one(finding)).toEqual(inApi(finding));
    expect(await find({})).toHaveLength(findings.length);
  });

  it('is stored where its envelope says, whosever it is', async () => {
    const sample = fixture(SG);
    const [finding] = sample.detail.findings;
    const ofMember = { ...finding, AwsAccountId: MEMBER, Id: 'of a member' };
    await bench.emit({ ...sample, detail: { findings: [ofMember] } });
    expect(await one(ofMember)).toEqual(inApi(ofMember));
    await expect(bench.as(MEMBER).hub.getFindings({})).rejects.toMatchObject({ name: 'InvalidAccessException' });
  });

  it('stays as it was updated when the same event comes again, or a late one', async () => {
    await only(SG);
    const sample = fixture(SG);
    const finding = first(SG);
    await bench.hub.batchUpdateFindings({
      FindingIdentifiers: [identifier(finding)],
      Workflow: { Status: 'NOTIFIED' },
    });
    const late = { ...finding, UpdatedAt: '2026-10-05T01:00:00.000Z', Title: 'late' };
    await bench.emit(sample, { ...sample, detail: { findings: [late] } });
    expect(await one(finding)).toEqual(inApi({ ...finding, Workflow: { Status: 'NOTIFIED' } }));
    const newer = { ...finding, UpdatedAt: '2026-10-07T01:00:00.000Z', Title: 'newer' };
    await bench.emit({ ...sample, detail: { findings: [newer] } });
    expect(await one(finding)).toEqual(inApi(newer));
  });
});

describe('BatchUpdateFindings', () => {
  beforeEach(() => only(SG, S3));

  it('sets what is given and nothing else, and tells of it in an event', async () => {
    const finding = first(SG);
    const others = (await find({})).filter(({ Id }) => Id !== finding.Id);
    const answer = await bench.hub.batchUpdateFindings({
      FindingIdentifiers: [identifier(finding)],
      Workflow: { Status: 'RESOLVED' },
      Note: { Text: 'closed', UpdatedBy: 'suture' },
      UserDefinedFields: { incident: 'i-1' },
    });
    expect(answer).toMatchObject({ ProcessedFindings: [identifier(finding)], UnprocessedFindings: [] });
    const updated = {
      ...finding,
      Workflow: { Status: 'RESOLVED' as const },
      Note: { Text: 'closed', UpdatedBy: 'suture', UpdatedAt: expect.any(String) },
      UserDefinedFields: { incident: 'i-1' },
    };
    expect(await one(finding)).toEqual(inApi(updated));
    expect((await find({})).filter(({ Id }) => Id !== finding.Id)).toEqual(others);
    expect(await bench.told()).toEqual([
      expect.objectContaining({
        'detail-type': 'Security Hub Findings - Imported',
        source: 'aws.securityhub',
        account: ACCOUNT,
        region: 'us-east-1',
        resources: [`${finding.ProductArn}/${finding.Id}`],
        detail: { findings: [updated] },
      }),
    ]);
  });

  it('leaves what it does not find, and what is asked for twice, and does the rest', async () => {
    const [there, twice] = [first(SG), first(S3)];
    const missing = { Id: 'nothing', ProductArn: there.ProductArn };
    const answer = await bench.hub.batchUpdateFindings({
      FindingIdentifiers: [missing, identifier(there), identifier(twice), identifier(twice)],
      Workflow: { Status: 'NOTIFIED' },
    });
    expect(answer.ProcessedFindings).toEqual([identifier(there)]);
    expect(answer.UnprocessedFindings).toEqual([
      { FindingIdentifier: missing, ErrorCode: 'FindingNotFound', ErrorMessage: 'Finding Not Found' },
      ...[1, 2].map(() => ({
        FindingIdentifier: identifier(twice),
        ErrorCode: 'DuplicatedFindingIdentifier',
        ErrorMessage: 'Finding Identifier is duplicated',
      })),
    ]);
    expect((await one(twice))?.Workflow).toEqual(twice.Workflow);
    expect(await bench.told()).toHaveLength(1);
  });

  it.each([
    [{ Severity: { Label: 'LOW' as const } }, { Label: 'LOW', Normalized: 1, Product: 90, Original: 'CRITICAL' }],
    [{ Severity: { Normalized: 45 } }, { Label: 'MEDIUM', Normalized: 45, Product: 90, Original: 'CRITICAL' }],
    [{ Severity: { Product: 3 } }, { Label: 'CRITICAL', Normalized: 90, Product: 3, Original: 'CRITICAL' }],
  ])('sets label and number of a severity together: %j', async (update, severity) => {
    const finding = first(SG);
    await bench.hub.batchUpdateFindings({ FindingIdentifiers: [identifier(finding)], ...update });
    expect((await one(finding))?.Severity).toEqual(severity);
  });

  it.each([
    ['no finding', { FindingIdentifiers: [] }],
    ['more than a hundred', { FindingIdentifiers: Array.from({ length: 101 }, () => identifier(first(SG))) }],
    ['a status that there is not', { Workflow: { Status: 'DONE' as 'NEW' } }],
    ['a note of 513 characters', { Note: { Text: 'x'.repeat(513), UpdatedBy: 'suture' } }],
    ['a note of nobody', { Note: { Text: 'x', UpdatedBy: '' } }],
    ['a severity that there is not', { Severity: { Label: 'WORST' as 'LOW' } }],
    ['a confidence of 101', { Confidence: 101 }],
  ])('refuses %s, and changes nothing', async (_case, input) => {
    const call = () => bench.hub.batchUpdateFindings({ FindingIdentifiers: [identifier(first(SG))], ...input });
    expect(await bench.refusal(call)).toBe('InvalidInputException');
    expect(await bench.told()).toEqual([]);
  });
});

describe('BatchImportFindings', () => {
  beforeEach(() => only(SG));

  const own = (members: Partial<AwsSecurityFinding> = {}): AwsSecurityFinding => ({
    SchemaVersion: '2018-10-08',
    Id: 'suture/1',
    ProductArn: `arn:aws:securityhub:us-east-1:${ACCOUNT}:product/${ACCOUNT}/default`,
    GeneratorId: 'suture',
    AwsAccountId: ACCOUNT,
    CreatedAt: '2026-10-05T14:00:00.000Z',
    UpdatedAt: '2026-10-05T14:00:00.000Z',
    Severity: { Label: 'HIGH' },
    Title: 'a finding',
    Description: 'of our own',
    Resources: [{ Type: 'AwsS3Bucket', Id: 'arn:aws:s3:::exports' }],
    ...members,
  });

  it('makes a finding, with what Security Hub says of it, and tells of it', async () => {
    expect(await bench.hub.batchImportFindings({ Findings: [own()] })).toMatchObject({
      SuccessCount: 1,
      FailedCount: 0,
    });
    const made = {
      ...own(),
      ProductName: 'Default',
      CompanyName: 'Personal',
      RecordState: 'ACTIVE',
      Workflow: { Status: 'NEW' },
      WorkflowState: 'NEW',
      Severity: { Label: 'HIGH', Normalized: 70 },
      FindingProviderFields: { Severity: { Label: 'HIGH' } },
      ProductFields: {
        'aws/securityhub/FindingId': `${own().ProductArn}/suture/1`,
        'aws/securityhub/ProductName': 'Default',
        'aws/securityhub/CompanyName': 'Personal',
      },
      ProcessedAt: expect.any(String),
    };
    expect(await one(own())).toEqual(made);
    expect(await bench.told()).toEqual([expect.objectContaining({ detail: { findings: [made] } })]);
  });

  it('changes a finding that is newer, but not what customers have set; an older one changes nothing', async () => {
    await bench.hub.batchImportFindings({ Findings: [own()] });
    await bench.hub.batchUpdateFindings({
      FindingIdentifiers: [identifier(own())],
      Workflow: { Status: 'NOTIFIED' },
      Note: { Text: 'mine', UpdatedBy: 'me' },
      Severity: { Label: 'LOW' },
    });
    await bench.told();
    const was = await one(own());
    await bench.hub.batchImportFindings({ Findings: [own({ Title: 'the same time' })] });
    expect([await one(own()), await bench.told()]).toEqual([was, []]);
    const UpdatedAt = '2026-10-05T15:00:00.000Z';
    const Note = { Text: 'theirs', UpdatedBy: 'them', UpdatedAt };
    await bench.hub.batchImportFindings({
      Findings: [
        own({ UpdatedAt, Title: 'newer', Note, Workflow: { Status: 'NEW' }, Severity: { Label: 'CRITICAL' } }),
      ],
    });
    expect(await one(own())).toEqual({
      ...was,
      UpdatedAt,
      Title: 'newer',
      FindingProviderFields: { Severity: { Label: 'CRITICAL' } },
      ProcessedAt: expect.any(String),
    });
    expect(await bench.told()).toHaveLength(1);
  });

  it.each([
    ['comes back from the archive', { RecordState: 'ARCHIVED' as const }, { RecordState: 'ACTIVE' as const }, 'NEW'],
    [
      'fails again',
      { Compliance: { Status: 'PASSED' as const } },
      { Compliance: { Status: 'FAILED' as const } },
      'NEW',
    ],
    [
      'still fails',
      { Compliance: { Status: 'FAILED' as const } },
      { Compliance: { Status: 'FAILED' as const } },
      'RESOLVED',
    ],
  ])('a resolved finding that %s is as it should be', async (_case, before, after, status) => {
    await bench.hub.batchImportFindings({ Findings: [own(before)] });
    await bench.hub.batchUpdateFindings({
      FindingIdentifiers: [identifier(own())],
      Workflow: { Status: 'RESOLVED' },
    });
    await bench.hub.batchImportFindings({ Findings: [own({ ...after, UpdatedAt: '2026-10-06T00:00:00.000Z' })] });
    expect((await one(own()))?.Workflow).toEqual({ Status: status });
  });

  it.each([
    ['without a title', own({ Title: undefined as never }), 'InvalidInput', /required property 'Title'/],
    ['without a severity', own({ Severity: undefined }), 'InvalidInput', /FindingProviderFields/],
    ['without a resource', own({ Resources: [] }), 'InvalidInput', /Resources/],
    ['at no time', own({ UpdatedAt: 'yesterday' }), 'InvalidInput', /UpdatedAt/],
    ['above 240 KB', own({ Description: 'x'.repeat(240 * 1024) }), 'InvalidInput', /240 KB/],
    ['of another product', own({ ProductArn: first(SG).ProductArn }), 'InvalidAccess', /not authorized/],
    ['of another account', own({ AwsAccountId: MEMBER }), 'InvalidAccess', /not authorized/],
  ])('does not take a finding %s, but the others', async (_case, bad, ErrorCode, message) => {
    const good = own({ Id: 'suture/good' });
    const answer = await bench.hub.batchImportFindings({ Findings: [{ ...bad, Id: 'suture/bad' }, good] });
    expect(answer).toMatchObject({
      SuccessCount: 1,
      FailedCount: 1,
      FailedFindings: [{ Id: 'suture/bad', ErrorCode, ErrorMessage: expect.stringMatching(message) }],
    });
    expect(await find({ Id: [{ Value: 'suture/', Comparison: 'PREFIX' }] })).toMatchObject([{ Id: 'suture/good' }]);
  });
});

describe('GetFindings', () => {
  beforeAll(() => only(...SAMPLES));

  it.each<[string, AwsSecurityFindingFilters, (finding: AwsSecurityFinding) => boolean]>([
    [
      'two labels',
      { SeverityLabel: [...by('HIGH'), ...by('CRITICAL')] },
      ({ Severity }) => /HIGH|CRITICAL/.test(Severity?.Label ?? ''),
    ],
    [
      'not a status',
      { WorkflowStatus: [{ Value: 'SUPPRESSED', Comparison: 'NOT_EQUALS' }] },
      ({ Workflow }) => Workflow?.Status !== 'SUPPRESSED',
    ],
    [
      'a resource and a state',
      { ResourceType: by('AwsS3Bucket'), RecordState: by('ACTIVE') },
      ({ Resources, RecordState }) => RecordState === 'ACTIVE' && Resources?.[0]?.Type === 'AwsS3Bucket',
    ],
    [
      'a control',
      { ComplianceSecurityControlId: by('EC2.19') },
      ({ Compliance }) => Compliance?.SecurityControlId === 'EC2.19',
    ],
    ['what failed', { ComplianceStatus: by('FAILED') }, ({ Compliance }) => Compliance?.Status === 'FAILED'],
    [
      'a part of a title',
      {
        Title: [
          { Value: 'security group', Comparison: 'CONTAINS' },
          { Value: 'Security group', Comparison: 'CONTAINS' },
        ],
      },
      ({ Title }) => /[sS]ecurity group/.test(Title ?? ''),
    ],
    [
      'a beginning, but for some',
      {
        GeneratorId: [
          { Value: 'security-control/', Comparison: 'PREFIX' },
          { Value: 'security-control/S3', Comparison: 'PREFIX_NOT_EQUALS' },
        ],
      },
      ({ GeneratorId = '' }) => /^security-control\/(?!S3)/.test(GeneratorId),
    ],
    [
      'a number',
      { SeverityNormalized: [{ Gte: 70, Lt: 90 }] },
      ({ Severity }) => (Severity?.Normalized ?? 0) >= 70 && (Severity?.Normalized ?? 0) < 90,
    ],
    [
      'a tag',
      { ResourceTags: [{ Key: 'Name', Value: 'web-1', Comparison: 'EQUALS' }] },
      ({ Resources }) => Resources?.[0]?.Tags?.Name === 'web-1',
    ],
    [
      'a field of the product',
      { ProductFields: [{ Key: 'aws/securityhub/ProductName', Value: 'GuardDuty', Comparison: 'NOT_EQUALS' }] },
      ({ ProductName }) => ProductName !== 'GuardDuty',
    ],
    [
      'times',
      { CreatedAt: [{ Start: '2026-10-05T14:00:00Z', End: '2026-10-05T15:00:00Z' }] },
      ({ CreatedAt = '' }) => CreatedAt.startsWith('2026-10-05T14'),
    ],
  ])('finds by %s', async (_case, filters, test) => {
    const all = await find({});
    const wanted = all.filter(test);
    expect(wanted.length).toBeGreaterThan(0);
    expect(wanted.length).toBeLessThan(all.length);
    expect(await find(filters)).toEqual(wanted);
  });

  it('finds by days, on the time of the twin', async () => {
    const age = (bench.twin.clock.now().getTime() - Date.parse(first(SG).UpdatedAt ?? '')) / 86_400_000;
    const within = (days: number) => find({ UpdatedAt: [{ DateRange: { Value: Math.floor(days), Unit: 'DAYS' } }] });
    expect(await within(age - 1)).toEqual([]);
    expect((await within(age + 2)).length).toBeGreaterThan(0);
  });

  it('sorts, and goes on page by page', async () => {
    const SortCriteria = [{ Field: 'SeverityNormalized', SortOrder: 'desc' as const }];
    const { Findings: everything = [] } = await bench.hub.getFindings({ SortCriteria });
    const paged: AwsSecurityFinding[] = [];
    let NextToken: string | undefined;
    do {
      const page: GetFindingsResponse = await bench.hub.getFindings({
        SortCriteria,
        MaxResults: 3,
        ...(NextToken !== undefined && { NextToken }),
      });
      paged.push(...(page.Findings ?? []));
      NextToken = page.NextToken;
    } while (NextToken);
    expect(paged).toEqual(everything);
    const numbers = everything.map(({ Severity }) => Severity?.Normalized ?? 0);
    expect(numbers).toEqual([...numbers].sort((a, b) => b - a));
  });

  it.each([
    ['a page of 101', { MaxResults: 101 }, 'InvalidInputException'],
    ['a token that no page gave', { NextToken: 'x' }, 'InvalidInputException'],
    ['an order by nothing', { SortCriteria: [{ Field: 'Nothing' }] }, 'InvalidInputException'],
    ['more than 20 values', { Filters: { Id: Array.from({ length: 21 }, () => by('x')[0]) } }, 'InvalidInputException'],
    ['a filter that is not simulated', { Filters: { Keyword: [{ Value: 'x' }] } }, 'NotImplemented'],
  ])('refuses %s', async (_case, input, code) => {
    expect(await bench.refusal(() => bench.hub.getFindings(input as object))).toBe(code);
  });
});
