import type {
  AwsSecurityFindingFilters,
  DateFilter,
  MapFilter,
  NumberFilter,
  SortCriterion,
  StringFilter,
} from '@aws-sdk/client-securityhub';
import { fitsDates, fitsMap, fitsNumbers, fitsStrings, valuesAt } from './filters';
import { type Asff, invalidInput, notSimulated } from './state';

/** Where a finding has what filters are named after. */
const STRINGS: Readonly<Record<string, string>> = {
  Id: 'Id',
  ProductArn: 'ProductArn',
  ProductName: 'ProductName',
  CompanyName: 'CompanyName',
  AwsAccountId: 'AwsAccountId',
  AwsAccountName: 'AwsAccountName',
  GeneratorId: 'GeneratorId',
  Region: 'Region',
  Type: 'Types',
  Title: 'Title',
  Description: 'Description',
  SourceUrl: 'SourceUrl',
  SeverityLabel: 'Severity.Label',
  RecordState: 'RecordState',
  WorkflowState: 'WorkflowState',
  WorkflowStatus: 'Workflow.Status',
  VerificationState: 'VerificationState',
  ComplianceStatus: 'Compliance.Status',
  ComplianceSecurityControlId: 'Compliance.SecurityControlId',
  ComplianceAssociatedStandardsId: 'Compliance.AssociatedStandards.StandardsId',
  ResourceType: 'Resources.Type',
  ResourceId: 'Resources.Id',
  ResourcePartition: 'Resources.Partition',
  ResourceRegion: 'Resources.Region',
  ResourceAwsEc2InstanceVpcId: 'Resources.Details.AwsEc2Instance.VpcId',
  ResourceAwsEc2InstanceSubnetId: 'Resources.Details.AwsEc2Instance.SubnetId',
  RelatedFindingsId: 'RelatedFindings.Id',
  RelatedFindingsProductArn: 'RelatedFindings.ProductArn',
  NoteText: 'Note.Text',
  NoteUpdatedBy: 'Note.UpdatedBy',
  FindingProviderFieldsSeverityLabel: 'FindingProviderFields.Severity.Label',
  FindingProviderFieldsSeverityOriginal: 'FindingProviderFields.Severity.Original',
  FindingProviderFieldsTypes: 'FindingProviderFields.Types',
};
const NUMBERS: Readonly<Record<string, string>> = {
  SeverityNormalized: 'Severity.Normalized',
  SeverityProduct: 'Severity.Product',
  Confidence: 'Confidence',
  Criticality: 'Criticality',
};
const DATES: Readonly<Record<string, string>> = {
  FirstObservedAt: 'FirstObservedAt',
  LastObservedAt: 'LastObservedAt',
  CreatedAt: 'CreatedAt',
  UpdatedAt: 'UpdatedAt',
  NoteUpdatedAt: 'Note.UpdatedAt',
};
const MAPS: Readonly<Record<string, string>> = {
  ProductFields: 'ProductFields',
  UserDefinedFields: 'UserDefinedFields',
  ResourceTags: 'Resources.Tags',
};

/**
 * Which findings fit the filters of all attributes.
 *
 * @see https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_AwsSecurityFindingFilters.html
 * @throws AwsError for what the twin does not know, whether there are findings or not
 */
export function filtered(findings: readonly Asff[], filters: AwsSecurityFindingFilters, now: Date): Asff[] {
  fits({} as Asff, filters, now);
  return findings.filter((asff) => fits(asff, filters, now));
}

function fits(asff: Asff, filters: AwsSecurityFindingFilters, now: Date): boolean {
  return Object.entries(filters)
    .filter(([, given]) => Array.isArray(given) && given.length > 0)
    .map(([name, given]) => {
      const at = (path: string) => valuesAt(asff, path.split('.'));
      const [text, number, date, map] = [STRINGS[name], NUMBERS[name], DATES[name], MAPS[name]];
      if (text !== undefined) return fitsStrings(at(text), given as StringFilter[]);
      if (number !== undefined) return fitsNumbers(at(number), given as NumberFilter[]);
      if (date !== undefined) return fitsDates(at(date), given as DateFilter[], now);
      if (map !== undefined) return fitsMap(at(map), given as MapFilter[]);
      throw notSimulated(`the filter ${name}`);
    })
    .every(Boolean);
}

/** In the order that is asked for, or as they came. @throws AwsError for attributes that the twin does not know */
export function inOrder(findings: readonly Asff[], criteria: readonly SortCriterion[]): Asff[] {
  const keys = criteria.map(({ Field = '', SortOrder = 'asc' }) => {
    const path = STRINGS[Field] ?? NUMBERS[Field] ?? DATES[Field];
    if (path === undefined) throw invalidInput(`Invalid parameter: SortCriteria: ${Field}`);
    return { path: path.split('.'), sign: SortOrder === 'desc' ? -1 : 1 };
  });
  return [...findings].sort((a, b) => {
    for (const { path, sign } of keys) {
      const [one, other] = [valuesAt(a, path)[0] as string, valuesAt(b, path)[0] as string];
      if (one !== other) return one < other ? -sign : sign;
    }
    return 0;
  });
}
