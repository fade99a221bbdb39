import {
  type AwsSecurityFinding,
  GetFindingsCommand,
  GetFindingsV2Command,
  type SecurityHubClient,
} from '@aws-sdk/client-securityhub';
import { incidentIdOf, plainText, securityHubIncidentId, severityOf, type Target } from '../incident/incident';
import { type Finding, MAX_RESOURCES, MAX_TITLE, MAX_TYPE } from './finding';

/** A finding of Security Hub, as far as its name goes. */
export type Named =
  | { readonly format: 'asff'; readonly id: string; readonly productArn: string }
  | { readonly format: 'ocsf'; readonly uid: string };

/** A finding in the Open Cybersecurity Schema Framework, as far as it is looked at. @see https://schema.ocsf.io/1.5.0 */
export interface Ocsf {
  readonly severity_id?: number;
  readonly status_id?: number;
  readonly activity_id?: number;
  readonly time_dt?: string;
  readonly cloud?: { readonly account?: { readonly uid?: string }; readonly region?: string };
  readonly compliance?: { readonly control?: string; readonly status?: string };
  readonly finding_info?: {
    readonly uid?: string;
    readonly uid_alt?: string;
    readonly title?: string;
    readonly types?: readonly string[];
    readonly modified_time_dt?: string;
  };
  readonly metadata?: { readonly uid?: string; readonly product?: { readonly name?: string; readonly uid?: string } };
  readonly resources?: readonly { readonly type?: string; readonly uid?: string; readonly name?: string }[];
}

/** Where a finding was told of, and how. */
interface Told {
  readonly account: string;
  readonly region: string;
  readonly eventId: string;
  readonly at: string;
  readonly requested: boolean;
}

/** Reads a finding at Security Hub. Of one that Security Hub does not have, its name is left: for people. */
export async function readSecurityHub(hub: SecurityHubClient, named: Named, told: Told): Promise<Finding> {
  if (named.format === 'asff') {
    const { Findings: [found] = [] } = await hub.send(
      new GetFindingsCommand({
        Filters: {
          Id: [{ Value: named.id, Comparison: 'EQUALS' }],
          ProductArn: [{ Value: named.productArn, Comparison: 'EQUALS' }],
        },
      }),
    );
    return found ? fromAsff(found, told.requested) : unvouched(named.id, told);
  }
  const filter = { FieldName: 'metadata.uid' as const, Filter: { Value: named.uid, Comparison: 'EQUALS' as const } };
  const { Findings: [found] = [] } = await hub.send(
    new GetFindingsV2Command({ Filters: { CompositeFilters: [{ StringFilters: [filter] }] } }),
  );
  return found ? fromOcsf(found as Ocsf) : unvouched(named.uid, told);
}

function unvouched(name: string, { account, region, eventId, at }: Told): Finding {
  return {
    // Never the id of the real one, or a forged event could stand in its way.
    incidentId: incidentIdOf('unverified', name, eventId),
    origin: 'securityhub',
    source: 'an event that claims to be of Security Hub',
    vouched: false,
    requested: false,
    account,
    region,
    type: 'a finding of no type',
    title: plainText(name, MAX_TITLE),
    severity: null,
    at,
    references: [],
    targets: [],
    resources: [],
    forPeople: 'Security Hub does not have this finding',
  };
}

/**
 * What labels amount to on GuardDuty's scale: the least of their band.
 *
 * @see https://docs.aws.amazon.com/securityhub/latest/userguide/asff-required-attributes.html#Severity
 */
const LABELS: Readonly<Record<string, number>> = { INFORMATIONAL: 0, LOW: 1, MEDIUM: 4, HIGH: 7, CRITICAL: 9 };

/** The same for OCSF's numbers: informational to fatal. 0 and 99 say nothing. */
const OCSF_SEVERITIES: Readonly<Record<number, number>> = { 1: 0, 2: 1, 3: 4, 4: 7, 5: 9, 6: 10 };

/** A finding in the AWS Security Finding Format. */
export function fromAsff(finding: AwsSecurityFinding, requested = false): Finding {
  const { Id = '', ProductArn = '', AwsAccountId = '', Region, Title, UpdatedAt = '', Severity, Compliance } = finding;
  const { Label, Normalized } = Severity ?? {};
  const severity = Label !== undefined ? LABELS[Label] : Normalized === undefined ? undefined : Normalized / 10;
  const resources = (finding.Resources ?? []).map(({ Type = '', Id: id = '', Details }) => ({
    type: Type.replace(/^Aws/, '').toLowerCase(),
    id,
    user: Details?.AwsIamAccessKey?.PrincipalName ?? Details?.AwsIamAccessKey?.UserName,
  }));
  const status = finding.Workflow?.Status;
  const region = Region ?? ProductArn.split(':')[3] ?? '';
  return {
    incidentId: securityHubIncidentId(ProductArn, Id),
    origin: 'securityhub',
    source: plainText([finding.ProductName ?? ProductArn, requested ? ', by a custom action' : ''].join(''), 100),
    vouched: true,
    requested,
    account: AwsAccountId,
    region,
    type: plainText(Compliance?.SecurityControlId ?? finding.Types?.[0] ?? finding.GeneratorId, MAX_TYPE),
    title: plainText(Title, MAX_TITLE),
    severity: severityOf(severity),
    at: UpdatedAt,
    references: [{ service: 'securityhub', id: Id, productArn: ProductArn }],
    ...targetsOf(resources, { account: AwsAccountId, region }),
    ...closedBecause(
      finding.Sample === true && 'a sample',
      finding.RecordState === 'ARCHIVED' && 'archived',
      (status === 'SUPPRESSED' || status === 'RESOLVED') && status.toLowerCase(),
      (Compliance?.Status === 'PASSED' || Compliance?.Status === 'NOT_AVAILABLE') && 'passed',
    ),
  };
}

/** A finding of Security Hub's second version. */
export function fromOcsf(finding: Ocsf): Finding {
  const { severity_id = 0, status_id = 0, activity_id, cloud, compliance, finding_info = {}, metadata } = finding;
  const resources = (finding.resources ?? []).map(({ type = '', uid = '' }) => ({
    type: type
      .replace(/^AWS::/, '')
      .replaceAll('::', '')
      .toLowerCase(),
    id: uid,
    user: undefined,
  }));
  return {
    incidentId: securityHubIncidentId(metadata?.product?.uid ?? '', finding_info.uid ?? ''),
    origin: 'securityhub',
    source: plainText(metadata?.product?.name, 100),
    vouched: true,
    requested: false,
    account: cloud?.account?.uid ?? '',
    region: cloud?.region ?? '',
    type: plainText(compliance?.control ?? finding_info.types?.[0], MAX_TYPE),
    title: plainText(finding_info.title, MAX_TITLE),
    severity: OCSF_SEVERITIES[severity_id] ?? null,
    at: finding_info.modified_time_dt ?? finding.time_dt ?? '',
    references: [{ service: 'securityhub-v2', uid: metadata?.uid ?? '' }],
    ...targetsOf(resources, { account: cloud?.account?.uid ?? '', region: cloud?.region ?? '' }),
    ...closedBecause(
      (activity_id === 3 || status_id === 5) && 'archived',
      status_id === 3 && 'suppressed',
      status_id === 4 && 'resolved',
      compliance?.status === 'Pass' && 'passed',
    ),
  };
}

const closedBecause = (...reasons: readonly (string | false)[]): { closed?: string } => {
  const closed = reasons.find((reason) => reason !== false);
  return closed ? { closed } : {};
};

/** Types of resources, in the spelling of both formats without `Aws`, `AWS::` and case. */
function targetsOf(
  resources: readonly { readonly type: string; readonly id: string; readonly user: string | undefined }[],
  home: { readonly account: string; readonly region: string },
): Pick<Finding, 'targets' | 'resources' | 'forPeople'> {
  const targets = resources.flatMap(({ type, id, user }): Target[] => {
    if (isElsewhere(id, home)) return [];
    const last = id.split(/[/:]/).at(-1) ?? '';
    switch (type) {
      case 'ec2instance':
        return /^i-[0-9a-f]+$/.test(last) ? [{ kind: 'instance', instanceId: last }] : [];
      case 'ec2securitygroup':
        return /^sg-[0-9a-f]+$/.test(last) ? [{ kind: 'security-group', groupId: last }] : [];
      case 's3bucket':
        return last ? [{ kind: 'bucket', bucketName: last }] : [];
      case 'iamuser':
        return id.includes(':user/') ? [{ kind: 'user', userName: last }] : [];
      case 'iamrole':
        return id.includes(':role/') ? [{ kind: 'role', roleName: last }] : [];
      case 'iamaccesskey':
        return user && last.startsWith('AKIA') ? [{ kind: 'user', userName: user, accessKeyId: last }] : [];
      default:
        return [];
    }
  });
  return {
    targets,
    resources: resources.map(({ id }) => plainText(id, MAX_TITLE)).slice(0, MAX_RESOURCES),
    ...(targets.length === 0 && { forPeople: 'what it is about is not contained by itself' }),
  };
}

/** Whether an ARN names another account or Region than the finding: what is called alike here is something else. */
function isElsewhere(id: string, home: { readonly account: string; readonly region: string }): boolean {
  if (!id.startsWith('arn:')) return false;
  const [, , , region = '', account = ''] = id.split(':');
  return (account !== '' && account !== home.account) || (region !== '' && region !== home.region);
}
