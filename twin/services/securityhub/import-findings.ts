import type { ImportFindingsError } from '@aws-sdk/client-securityhub';
import type { Scope } from '../../service';
import { announce, workflowAfter } from './findings';
import { severityOf } from './severity';
import { type Asff, type HubOperations, hubOf, invalidInput, keyOf, type Place } from './state';

/** @see https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html */
const MOST_FINDINGS = 100;
const LARGEST_FINDING = 240 * 1024;

/** @see https://docs.aws.amazon.com/securityhub/latest/userguide/asff-required-attributes.html */
const REQUIRED = [
  'SchemaVersion',
  'Id',
  'ProductArn',
  'GeneratorId',
  'AwsAccountId',
  'CreatedAt',
  'UpdatedAt',
  'Title',
  'Description',
  'Resources',
] as const;

/** Members that only customers change, once a finding is there. */
const OF_CUSTOMERS = ['Note', 'UserDefinedFields', 'VerificationState', 'Workflow', 'WorkflowState'];

/** The product of whoever has none. @see https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-custom-providers.html */
export const defaultProduct = ({ account, region }: Scope): string =>
  `arn:aws:securityhub:${region}:${account}:product/${account}/default`;

/**
 * Takes a product's finding: a new one, or a newer version of one. An older one changes nothing.
 *
 * @see https://docs.aws.amazon.com/securityhub/latest/userguide/finding-update-batchimportfindings.html
 */
export function importFinding(place: Place, given: Asff, names: { product: string; company: string }): void {
  const { state } = place;
  const key = keyOf(given);
  const known = state.findings.get(key);
  if (known && Date.parse(given.UpdatedAt ?? '') <= Date.parse(known.asff.UpdatedAt ?? '')) return;
  const asff = { ...completed(given, names), ProcessedAt: place.twin.clock.now().toISOString() };
  if (known) {
    for (const member of [...OF_CUSTOMERS, ...known.customised]) {
      const kept = known.asff[member as keyof Asff];
      if (kept === undefined) delete asff[member as keyof Asff];
      else Object.assign(asff, { [member]: kept });
    }
    asff.Workflow = workflowAfter(known.asff, asff);
  }
  const finding = { asff, lastTold: '', customised: known?.customised ?? new Set<string>() };
  state.findings.set(key, finding);
  announce(place, finding);
}

/** With what Security Hub itself says of it. */
function completed(given: Asff, { product, company }: { product: string; company: string }): Asff {
  const provided = given.FindingProviderFields;
  const severity = severityOf(given.Severity ?? { ...provided?.Severity });
  const types = given.Types ?? provided?.Types;
  return {
    ...given,
    ...(types && { Types: types }),
    ProductName: given.ProductName ?? product,
    CompanyName: given.CompanyName ?? company,
    Severity: severity,
    RecordState: given.RecordState ?? 'ACTIVE',
    Workflow: { Status: given.Workflow?.Status ?? 'NEW' },
    WorkflowState: given.WorkflowState ?? 'NEW',
    FindingProviderFields: {
      ...(types && { Types: types }),
      ...provided,
      Severity: provided?.Severity ?? {
        ...(severity.Label && { Label: severity.Label }),
        ...(severity.Original !== undefined && { Original: severity.Original }),
      },
    },
    ProductFields: {
      ...given.ProductFields,
      'aws/securityhub/FindingId': keyOf(given),
      'aws/securityhub/ProductName': given.ProductName ?? product,
      'aws/securityhub/CompanyName': given.CompanyName ?? company,
    },
  };
}

/** Why a finding is not taken, if it is not. */
function problemOf(place: Place, finding: Asff): ImportFindingsError | undefined {
  const refused = (ErrorCode: string, ErrorMessage: string) => ({ Id: finding.Id ?? '', ErrorCode, ErrorMessage });
  const missing = REQUIRED.find((name) => finding[name] === undefined);
  const malformed = (what: string) =>
    refused('InvalidInput', `Finding does not adhere to Amazon Finding Format. data ${what}.`);
  if (missing) return malformed(`should have required property '${missing}'`);
  if (!finding.Severity && !finding.FindingProviderFields?.Severity)
    return malformed("should have required property 'FindingProviderFields'");
  if (finding.SchemaVersion !== '2018-10-08') return malformed('.SchemaVersion should be equal to constant');
  for (const name of ['CreatedAt', 'UpdatedAt'] as const)
    if (Number.isNaN(Date.parse(finding[name] ?? ''))) return malformed(`.${name} should match format "date-time"`);
  if (finding.Resources?.length === 0) return malformed('.Resources should NOT have fewer than 1 items');
  if (Buffer.byteLength(JSON.stringify(finding)) > LARGEST_FINDING)
    return refused('InvalidInput', 'Finding size exceeded 240 KB');
  if (finding.ProductArn !== defaultProduct(place) || finding.AwsAccountId !== place.account)
    return refused('InvalidAccess', `Account ${place.account} is not authorized to import findings of this product`);
  return undefined;
}

export const importOperations: HubOperations = {
  BatchImportFindings({ Findings = [] }, call) {
    hubOf(call);
    if (Findings.length === 0 || Findings.length > MOST_FINDINGS)
      throw invalidInput(`Invalid parameter: Findings: ${Findings.length} given, expected 1 to ${MOST_FINDINGS}`);
    const failed: ImportFindingsError[] = [];
    for (const finding of Findings) {
      const problem = problemOf(call, finding);
      if (problem) failed.push(problem);
      else importFinding(call, structuredClone(finding), { product: 'Default', company: 'Personal' });
    }
    return { SuccessCount: Findings.length - failed.length, FailedCount: failed.length, FailedFindings: failed };
  },
};
