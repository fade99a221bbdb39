import type { OcsfFindingFilters } from '@aws-sdk/client-securityhub';
import { ACCOUNT, FindingsBench, fixture, fixtures } from '../guardduty/support';

const SAMPLES = fixtures('securityhub-v2');
const DETECTION = 'securityhub-v2-findings-imported-detection';

let bench: FindingsBench;
beforeAll(async () => {
  bench = await FindingsBench.start(ACCOUNT);
  await bench.listen('aws.securityhub');
  await bench.emit(...SAMPLES);
});
afterAll(() => bench.stop());

const ocsf = (name: string) => fixture(name).detail.findings[0];
async function find(CompositeFilters: OcsfFindingFilters['CompositeFilters'] = []): Promise<unknown[]> {
  return (await bench.hub.getFindingsV2({ Filters: { CompositeFilters } })).Findings ?? [];
}
const named = (uid: string) =>
  find([{ StringFilters: [{ FieldName: 'metadata.uid', Filter: { Value: uid, Comparison: 'EQUALS' } }] }]);

describe('a finding in OCSF', () => {
  it.each(SAMPLES)('is read back by its id as the event told it: %s', async (name) => {
    expect(await named(ocsf(name).metadata.uid)).toEqual([ocsf(name)]);
    expect(await bench.hub.describeSecurityHubV2({})).toMatchObject({
      HubV2Arn: expect.stringMatching(/^arn:aws:securityhub:us-east-1:111122223333:hubv2\//),
    });
  });

  it.each<[string, NonNullable<OcsfFindingFilters['CompositeFilters']>[number]]>([
    ['a number', { NumberFilters: [{ FieldName: 'severity_id', Filter: { Gte: 5 } }] }],
    [
      'a resource',
      {
        StringFilters: [
          { FieldName: 'resources.type', Filter: { Value: 'AWS::EC2::SecurityGroup', Comparison: 'EQUALS' } },
        ],
      },
    ],
    [
      'one of two',
      {
        StringFilters: [
          { FieldName: 'class_name', Filter: { Value: 'Nothing', Comparison: 'EQUALS' } },
          { FieldName: 'compliance.control', Filter: { Value: 'EC2', Comparison: 'PREFIX' } },
        ],
        Operator: 'OR',
      },
    ],
  ])('is found by %s', async (_case, filter) => {
    expect(await find([filter])).toEqual([ocsf('securityhub-v2-findings-imported-compliance')]);
  });

  it('is updated as asked and not otherwise, and told of', async () => {
    await bench.told();
    const was = ocsf(DETECTION);
    const answer = await bench.hub.batchUpdateFindingsV2({
      MetadataUids: [was.metadata.uid, 'nothing'],
      StatusId: 4,
      Comment: 'closed',
    });
    expect(answer).toMatchObject({
      ProcessedFindings: [
        { MetadataUid: was.metadata.uid, FindingIdentifier: { FindingInfoUid: was.finding_info.uid } },
      ],
      UnprocessedFindings: [{ MetadataUid: 'nothing', ErrorCode: 'ResourceNotFoundException' }],
    });
    const is = { ...was, status_id: 4, status: 'Resolved', comment: 'closed' };
    expect(await named(was.metadata.uid)).toEqual([is]);
    expect(await find()).toHaveLength(SAMPLES.length);
    expect(await bench.told()).toEqual([
      expect.objectContaining({
        'detail-type': 'Findings Imported V2',
        resources: [was.metadata.uid],
        detail: { findings: [is] },
      }),
    ]);
    await bench.emit(DETECTION);
    expect(await named(was.metadata.uid)).toEqual([is]);
    const FindingIdentifiers = [
      { CloudAccountUid: ACCOUNT, FindingInfoUid: was.finding_info.uid, MetadataProductUid: was.metadata.product.uid },
    ];
    await bench.hub.batchUpdateFindingsV2({ FindingIdentifiers, StatusId: 1, SeverityId: 2 });
    expect(await named(was.metadata.uid)).toMatchObject([{ status: 'New', severity: 'Low', comment: 'closed' }]);
  });

  it.each([
    ['nothing', {}],
    ['a status that there is not', { MetadataUids: ['x'], StatusId: 42 }],
    [
      'findings by both kinds of ids',
      {
        MetadataUids: ['x'],
        FindingIdentifiers: [{ CloudAccountUid: 'x', FindingInfoUid: 'x', MetadataProductUid: 'x' }],
      },
    ],
  ])('refuses to update %s', async (_case, input) => {
    expect(await bench.refusal(() => bench.hub.batchUpdateFindingsV2(input))).toBe('ValidationException');
  });

  it('is not to be had where nobody enabled it', async () => {
    const other = bench.as('444455556666');
    expect(await bench.refusal(() => other.hub.getFindingsV2({}))).toBe('AccessDeniedException');
    await other.hub.enableSecurityHubV2({});
    expect((await other.hub.getFindingsV2({})).Findings).toEqual([]);
  });
});
