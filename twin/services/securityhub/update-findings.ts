import type {
  BatchUpdateFindingsRequest,
  BatchUpdateFindingsUnprocessedFinding,
  SeverityUpdate,
} from '@aws-sdk/client-securityhub';
import { announce } from './findings';
import { isLabel, severityOf } from './severity';
import { type Asff, type Finding, type HubOperations, hubOf, invalidInput, keyOf } from './state';

/** @see https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchUpdateFindings.html */
const MOST_FINDINGS = 100;
const LONGEST_NOTE = 512;
const MOST_FIELDS = 50;
const STATUSES = ['NEW', 'NOTIFIED', 'RESOLVED', 'SUPPRESSED'];
const VERIFICATIONS = ['UNKNOWN', 'TRUE_POSITIVE', 'FALSE_POSITIVE', 'BENIGN_POSITIVE'];

type Update = Omit<BatchUpdateFindingsRequest, 'FindingIdentifiers'>;

/** Each member that an update sets, as IAM's condition keys and messages name it: `Workflow.Status`. */
export function pathsOf(update: object, within = ''): [path: string, value: string][] {
  return Object.entries(update).flatMap(([name, value]): [string, string][] => {
    if (value === undefined || ['FindingIdentifiers', 'MetadataUids'].includes(name)) return [];
    const path = `${within}${name}`;
    const hasMembers = ['Note', 'Severity', 'Workflow'].includes(path);
    return hasMembers ? pathsOf(value as object, `${path}.`) : [[path, String(value)]];
  });
}

/** @throws AwsError for a value that no finding can have. */
function check({ Note, Severity, Workflow, VerificationState, Confidence, Criticality, UserDefinedFields }: Update) {
  const isPercentage = (value: number) => Number.isInteger(value) && value >= 0 && value <= 100;
  const wrong = [
    Workflow?.Status !== undefined && !STATUSES.includes(Workflow.Status) && 'Workflow.Status',
    Note && (!Note.Text || Note.Text.length > LONGEST_NOTE) && 'Note.Text',
    Note && !Note.UpdatedBy && 'Note.UpdatedBy',
    Severity?.Label !== undefined && !isLabel(Severity.Label) && 'Severity.Label',
    VerificationState !== undefined && !VERIFICATIONS.includes(VerificationState) && 'VerificationState',
    [Severity?.Normalized, Confidence, Criticality].some((value) => value !== undefined && !isPercentage(value)) &&
      'Severity.Normalized, Confidence or Criticality',
    Object.keys(UserDefinedFields ?? {}).length > MOST_FIELDS && 'UserDefinedFields',
  ].find(Boolean);
  if (wrong) throw invalidInput(`Invalid parameter: ${wrong}`);
}

/** One of label and number follows from the other. */
function severityAfter(was: Asff['Severity'], { Label, Normalized, Product }: SeverityUpdate): Asff['Severity'] {
  const { Label: _label, Normalized: _normalized, ...rest } = was ?? {};
  const isGiven = Label !== undefined || Normalized !== undefined;
  return {
    ...(isGiven
      ? severityOf({ ...rest, ...(Label && { Label }), ...(Normalized !== undefined && { Normalized }) })
      : was),
    ...(Product !== undefined && { Product }),
  };
}

/** Sets what is given. When a finding was updated, by its product, stays as it was. */
function apply({ asff, customised }: Finding, update: Update, now: Date): void {
  const { Note, Severity, Workflow, ...rest } = update;
  Object.assign(asff, JSON.parse(JSON.stringify(rest)));
  if (Note) asff.Note = { Text: Note.Text, UpdatedBy: Note.UpdatedBy, UpdatedAt: now.toISOString() };
  if (Severity) asff.Severity = severityAfter(asff.Severity, Severity);
  if (Workflow?.Status) asff.Workflow = { Status: Workflow.Status };
  for (const name of ['Confidence', 'Criticality', 'RelatedFindings', 'Severity', 'Types'] as const)
    if (update[name] !== undefined) customised.add(name);
}

export const updateOperations: HubOperations = {
  BatchUpdateFindings({ FindingIdentifiers = [], ...update }, call) {
    hubOf(call);
    if (FindingIdentifiers.length === 0 || FindingIdentifiers.length > MOST_FINDINGS)
      throw invalidInput(
        `Invalid parameter: FindingIdentifiers: ${FindingIdentifiers.length} given, expected 1 to ${MOST_FINDINGS}`,
      );
    check(update);
    const keys = FindingIdentifiers.map(keyOf);
    const unprocessed: BatchUpdateFindingsUnprocessedFinding[] = [];
    const processed = FindingIdentifiers.filter((identifier) => {
      const key = keyOf(identifier);
      const refuse = (ErrorCode: string, ErrorMessage: string) => {
        unprocessed.push({ FindingIdentifier: identifier, ErrorCode, ErrorMessage });
        return false;
      };
      if (keys.indexOf(key) !== keys.lastIndexOf(key))
        return refuse('DuplicatedFindingIdentifier', 'Finding Identifier is duplicated');
      const finding = call.state.findings.get(key);
      if (!finding) return refuse('FindingNotFound', 'Finding Not Found');
      apply(finding, update, call.twin.clock.now());
      announce(call, finding);
      return true;
    });
    return { ProcessedFindings: processed, UnprocessedFindings: unprocessed };
  },
};
