import type { AwsSecurityFinding } from '@aws-sdk/client-securityhub';
import { ACCOUNT, type FindingsBench, MEMBER } from '../guardduty/support';
import { first, HubBench, identifier, SG } from './support';

let hub: HubBench;
let bench: FindingsBench;
beforeAll(async () => {
  hub = await HubBench.start();
  bench = hub.bench;
});
afterAll(() => bench.stop());

describe('BatchImportFindings', () => {
  beforeEach(() => hub.only(SG));

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
    expect(await hub.hub.batchImportFindings({ Findings: [own()] })).toMatchObject({
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
    expect(await hub.one(own())).toEqual(made);
    expect(await bench.told()).toEqual([expect.objectContaining({ detail: { findings: [made] } })]);
  });

  it('changes a finding that is newer, but not what customers have set; an older one changes nothing', async () => {
    await hub.hub.batchImportFindings({ Findings: [own()] });
    await hub.hub.batchUpdateFindings({
      FindingIdentifiers: [identifier(own())],
      Workflow: { Status: 'NOTIFIED' },
      Note: { Text: 'mine', UpdatedBy: 'me' },
      Severity: { Label: 'LOW' },
    });
    await bench.told();
    const was = await hub.one(own());
    await hub.hub.batchImportFindings({ Findings: [own({ Title: 'the same time' })] });
    expect([await hub.one(own()), await bench.told()]).toEqual([was, []]);
    const UpdatedAt = '2026-10-05T15:00:00.000Z';
    const Note = { Text: 'theirs', UpdatedBy: 'them', UpdatedAt };
    await hub.hub.batchImportFindings({
      Findings: [
        own({ UpdatedAt, Title: 'newer', Note, Workflow: { Status: 'NEW' }, Severity: { Label: 'CRITICAL' } }),
      ],
    });
    expect(await hub.one(own())).toEqual({
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
    await hub.hub.batchImportFindings({ Findings: [own(before)] });
    await hub.hub.batchUpdateFindings({
      FindingIdentifiers: [identifier(own())],
      Workflow: { Status: 'RESOLVED' },
    });
    await hub.hub.batchImportFindings({ Findings: [own({ ...after, UpdatedAt: '2026-10-06T00:00:00.000Z' })] });
    expect((await hub.one(own()))?.Workflow).toEqual({ Status: status });
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
    const answer = await hub.hub.batchImportFindings({ Findings: [{ ...bad, Id: 'suture/bad' }, good] });
    expect(answer).toMatchObject({
      SuccessCount: 1,
      FailedCount: 1,
      FailedFindings: [{ Id: 'suture/bad', ErrorCode, ErrorMessage: expect.stringMatching(message) }],
    });
    expect(await hub.find({ Id: [{ Value: 'suture/', Comparison: 'PREFIX' }] })).toMatchObject([{ Id: 'suture/good' }]);
  });
});
