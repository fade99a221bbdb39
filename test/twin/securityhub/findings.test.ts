import type { AwsSecurityFinding, AwsSecurityFindingFilters, GetFindingsResponse } from '@aws-sdk/client-securityhub';
import { ACCOUNT, type FindingsBench, fixture, fixtures, MEMBER } from '../guardduty/support';
import { by, first, HubBench, identifier, S3, SG } from './support';

const SAMPLES = [...fixtures('securityhub-imported'), ...fixtures('securityhub-custom')];

let hub: HubBench;
let bench: FindingsBench;
beforeAll(async () => {
  hub = await HubBench.start();
  bench = hub.bench;
});
afterAll(() => bench.stop());

/** The API tells less than events of what a product said of the severity. */
function inApi(finding: AwsSecurityFinding): AwsSecurityFinding {
  const { Severity, ...provided } = finding.FindingProviderFields ?? {};
  const { Label, Original } = Severity ?? {};
  const severity = { ...(Label && { Label }), ...(Original !== undefined && { Original }) };
  return { ...finding, FindingProviderFields: { ...provided, Severity: severity } };
}

describe('a finding that was emitted', () => {
  it.each(SAMPLES)('is read back by its id as the event told it: %s', async (name) => {
    // The same finding is in several samples, as it was at different times.
    await hub.only(name);
    const { findings } = fixture(name).detail;
    expect(findings.length).toBeGreaterThan(0);
    for (const finding of findings) expect(await hub.one(finding)).toEqual(inApi(finding));
    expect(await hub.find({})).toHaveLength(findings.length);
  });

  it('is stored where its envelope says, whosever it is', async () => {
    const sample = fixture(SG);
    const [finding] = sample.detail.findings;
    const ofMember = { ...finding, AwsAccountId: MEMBER, Id: 'of a member' };
    await bench.emit({ ...sample, detail: { findings: [ofMember] } });
    expect(await hub.one(ofMember)).toEqual(inApi(ofMember));
    await expect(bench.as(MEMBER).hub.getFindings({})).rejects.toMatchObject({ name: 'InvalidAccessException' });
  });

  it('stays as it was updated when the same event comes again, or a late one', async () => {
    await hub.only(SG);
    const sample = fixture(SG);
    const finding = first(SG);
    await hub.hub.batchUpdateFindings({
      FindingIdentifiers: [identifier(finding)],
      Workflow: { Status: 'NOTIFIED' },
    });
    const late = { ...finding, UpdatedAt: '2026-10-05T01:00:00.000Z', Title: 'late' };
    await bench.emit(sample, { ...sample, detail: { findings: [late] } });
    expect(await hub.one(finding)).toEqual(inApi({ ...finding, Workflow: { Status: 'NOTIFIED' } }));
    const newer = { ...finding, UpdatedAt: '2026-10-07T01:00:00.000Z', Title: 'newer' };
    await bench.emit({ ...sample, detail: { findings: [newer] } });
    expect(await hub.one(finding)).toEqual(inApi(newer));
  });
});

describe('BatchUpdateFindings', () => {
  beforeEach(() => hub.only(SG, S3));

  it('sets what is given and nothing else, and tells of it in an event', async () => {
    const finding = first(SG);
    const others = (await hub.find({})).filter(({ Id }) => Id !== finding.Id);
    const answer = await hub.hub.batchUpdateFindings({
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
    expect(await hub.one(finding)).toEqual(inApi(updated));
    expect((await hub.find({})).filter(({ Id }) => Id !== finding.Id)).toEqual(others);
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
    const answer = await hub.hub.batchUpdateFindings({
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
    expect((await hub.one(twice))?.Workflow).toEqual(twice.Workflow);
    expect(await bench.told()).toHaveLength(1);
  });

  it.each([
    [{ Severity: { Label: 'LOW' as const } }, { Label: 'LOW', Normalized: 1, Product: 90, Original: 'CRITICAL' }],
    [{ Severity: { Normalized: 45 } }, { Label: 'MEDIUM', Normalized: 45, Product: 90, Original: 'CRITICAL' }],
    [{ Severity: { Product: 3 } }, { Label: 'CRITICAL', Normalized: 90, Product: 3, Original: 'CRITICAL' }],
  ])('sets label and number of a severity together: %j', async (update, severity) => {
    const finding = first(SG);
    await hub.hub.batchUpdateFindings({ FindingIdentifiers: [identifier(finding)], ...update });
    expect((await hub.one(finding))?.Severity).toEqual(severity);
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
    const call = () => hub.hub.batchUpdateFindings({ FindingIdentifiers: [identifier(first(SG))], ...input });
    expect(await bench.refusal(call)).toBe('InvalidInputException');
    expect(await bench.told()).toEqual([]);
  });
});

describe('GetFindings', () => {
  beforeAll(() => hub.only(...SAMPLES));

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
    const all = await hub.find({});
    const wanted = all.filter(test);
    expect(wanted.length).toBeGreaterThan(0);
    expect(wanted.length).toBeLessThan(all.length);
    expect(await hub.find(filters)).toEqual(wanted);
  });

  it('finds by days, on the time of the twin', async () => {
    const age = (bench.twin.clock.now().getTime() - Date.parse(first(SG).UpdatedAt ?? '')) / 86_400_000;
    const within = (days: number) =>
      hub.find({ UpdatedAt: [{ DateRange: { Value: Math.floor(days), Unit: 'DAYS' } }] });
    expect(await within(age - 1)).toEqual([]);
    expect((await within(age + 2)).length).toBeGreaterThan(0);
  });

  it('sorts, and goes on page by page', async () => {
    const SortCriteria = [{ Field: 'SeverityNormalized', SortOrder: 'desc' as const }];
    const { Findings: everything = [] } = await hub.hub.getFindings({ SortCriteria });
    const paged: AwsSecurityFinding[] = [];
    let NextToken: string | undefined;
    do {
      const page: GetFindingsResponse = await hub.hub.getFindings({
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
    expect(await bench.refusal(() => hub.hub.getFindings(input as object))).toBe(code);
  });
});
