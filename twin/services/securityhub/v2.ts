import type {
  BatchUpdateFindingsV2UnprocessedFinding,
  CompositeFilter,
  OcsfFindingFilters,
  OcsfFindingIdentifier,
} from '@aws-sdk/client-securityhub';
import { AwsError } from '../../service';
import { pageOf } from '../pages';
import { fitsDates, fitsMap, fitsNumbers, fitsStrings, valuesAt } from './filters';
import { put } from './findings';
import { type HubOperations, hubV2Of, notSimulated, type Ocsf, type OcsfFinding, type Place } from './state';

/** In a call and in a page. @see https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchUpdateFindingsV2.html */
const MOST_FINDINGS = 100;

/** @see https://schema.ocsf.io/1.5.0/classes/compliance_finding */
const STATUSES: Readonly<Record<number, string>> = {
  0: 'Unknown',
  1: 'New',
  2: 'In Progress',
  3: 'Suppressed',
  4: 'Resolved',
  5: 'Archived',
  6: 'Deleted',
  99: 'Other',
};
const SEVERITIES: Readonly<Record<number, string>> = {
  0: 'Unknown',
  1: 'Informational',
  2: 'Low',
  3: 'Medium',
  4: 'High',
  5: 'Critical',
  6: 'Fatal',
  99: 'Other',
};

const invalid = (message: string): AwsError => new AwsError('ValidationException', message);

const announce = (place: Place, { ocsf }: OcsfFinding): void =>
  put(place, 'Findings Imported V2', ocsf.metadata.uid, ocsf);

function fitsAll(ocsf: Ocsf, { CompositeFilters = [], CompositeOperator = 'AND' }: OcsfFindingFilters, now: Date) {
  const results = CompositeFilters.map((filter) => fits(ocsf, filter, now));
  if (results.length === 0) return true;
  return CompositeOperator === 'OR' ? results.includes(true) : !results.includes(false);
}

/** Filters of one attribute go together, as in the older API. */
function fits(ocsf: Ocsf, composite: CompositeFilter, now: Date): boolean {
  const { StringFilters = [], NumberFilters = [], DateFilters = [], MapFilters = [], Operator = 'AND' } = composite;
  for (const other of ['BooleanFilters', 'IpFilters', 'NestedCompositeFilters'] as const)
    if (composite[other]?.length) throw notSimulated(other);
  const at = ({ FieldName = '' }: { FieldName?: string | undefined }) => valuesAt(ocsf, FieldName.split('.'));
  const results = [
    ...StringFilters.map((one) => fitsStrings(at(one), one.Filter ? [one.Filter] : [])),
    ...NumberFilters.map((one) => fitsNumbers(at(one), one.Filter ? [one.Filter] : [])),
    ...DateFilters.map((one) => fitsDates(at(one), one.Filter ? [one.Filter] : [], now)),
    ...MapFilters.map((one) => fitsMap(at(one), one.Filter ? [one.Filter] : [])),
  ];
  return Operator === 'OR' ? results.includes(true) : !results.includes(false);
}

const identifierOf = ({ cloud, finding_info, metadata }: Ocsf): OcsfFindingIdentifier => ({
  CloudAccountUid: cloud?.account?.uid ?? '',
  FindingInfoUid: finding_info?.uid ?? '',
  MetadataProductUid: metadata.product?.uid ?? '',
});

const isSame = (a: OcsfFindingIdentifier, b: OcsfFindingIdentifier): boolean =>
  a.CloudAccountUid === b.CloudAccountUid &&
  a.FindingInfoUid === b.FindingInfoUid &&
  a.MetadataProductUid === b.MetadataProductUid;

/** What an update says of which finding. */
type Asked = { MetadataUid: string } | { FindingIdentifier: OcsfFindingIdentifier };

export const v2Operations: HubOperations = {
  GetFindingsV2({ Filters = {}, SortCriteria = [], MaxResults, NextToken }, call) {
    hubV2Of(call);
    if (SortCriteria.length > 0) throw notSimulated('the order of findings in OCSF');
    const now = call.twin.clock.now();
    fitsAll({ metadata: { uid: '' } }, Filters, now);
    const found = [...call.state.findingsV2.values()]
      .map(({ ocsf }) => ocsf)
      .filter((ocsf) => fitsAll(ocsf, Filters, now));
    const { items, next } = pageOf(found, NextToken, { limit: MaxResults, most: MOST_FINDINGS, refuse: invalid });
    return { Findings: items as never[], ...(next !== undefined && { NextToken: next }) };
  },
  BatchUpdateFindingsV2({ MetadataUids = [], FindingIdentifiers = [], Comment, SeverityId, StatusId }, call) {
    hubV2Of(call);
    const asked: Asked[] = [
      ...MetadataUids.map((MetadataUid) => ({ MetadataUid })),
      ...FindingIdentifiers.map((FindingIdentifier) => ({ FindingIdentifier })),
    ];
    const [status, severity] = [STATUSES[StatusId ?? 1], SEVERITIES[SeverityId ?? 1]];
    if (
      asked.length === 0 ||
      asked.length > MOST_FINDINGS ||
      (MetadataUids.length > 0 && FindingIdentifiers.length > 0)
    )
      throw invalid(`either MetadataUids or FindingIdentifiers must name 1 to ${MOST_FINDINGS} findings`);
    if (status === undefined || severity === undefined) throw invalid('StatusId or SeverityId is not one of OCSF');
    const unprocessed: BatchUpdateFindingsV2UnprocessedFinding[] = [];
    const processed = asked.flatMap((one) => {
      const finding =
        'MetadataUid' in one
          ? call.state.findingsV2.get(one.MetadataUid)
          : [...call.state.findingsV2.values()].find(({ ocsf }) => isSame(identifierOf(ocsf), one.FindingIdentifier));
      if (!finding) {
        unprocessed.push({ ...one, ErrorCode: 'ResourceNotFoundException', ErrorMessage: 'Finding not found' });
        return [];
      }
      Object.assign(finding.ocsf, {
        ...(Comment !== undefined && { comment: Comment }),
        ...(StatusId !== undefined && { status_id: StatusId, status }),
        ...(SeverityId !== undefined && { severity_id: SeverityId, severity }),
      });
      announce(call, finding);
      return [{ MetadataUid: finding.ocsf.metadata.uid, FindingIdentifier: identifierOf(finding.ocsf) }];
    });
    return { ProcessedFindings: processed, UnprocessedFindings: unprocessed };
  },
};
