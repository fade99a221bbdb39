import type { Scope } from '../../service';
import type { Twin } from '../../twin';
import type { FindingDetail } from '../guardduty/state';
import { resourcesOf } from './guardduty-resources';
import { importFinding } from './import-findings';
import { type Asff, placeOf } from './state';

/** Of a finding. @see https://docs.aws.amazon.com/securityhub/latest/userguide/asff-top-level-attributes.html#asff-productfields */
const MOST_PRODUCT_FIELDS = 50;

/** What GuardDuty calls a purpose, in the taxonomy of ASFF. @see https://docs.aws.amazon.com/guardduty/latest/ug/securityhub-integration.html */
const TACTICS: Readonly<Record<string, string>> = {
  Backdoor: 'TTPs/Command and Control',
  CredentialAccess: 'TTPs/Credential Access',
  CryptoCurrency: 'TTPs/Command and Control',
  DefenseEvasion: 'TTPs/Defense Evasion',
  Discovery: 'TTPs/Discovery',
  Execution: 'TTPs/Execution',
  Exfiltration: 'TTPs/Exfiltration',
  Impact: 'TTPs/Impact',
  InitialAccess: 'TTPs/Initial Access',
  Persistence: 'TTPs/Persistence',
  PrivilegeEscalation: 'TTPs/Privilege Escalation',
  Recon: 'TTPs/Discovery',
  Stealth: 'TTPs/Defense Evasion',
  Trojan: 'TTPs/Command and Control',
  UnauthorizedAccess: 'TTPs/Initial Access',
  Behavior: 'Unusual Behaviors/VM',
};

/**
 * Takes a finding of GuardDuty, where Security Hub is enabled: the integration is on from the start.
 *
 * @see https://docs.aws.amazon.com/guardduty/latest/ug/securityhub-integration.html
 */
export function importFromGuardDuty(twin: Twin, scope: Scope, detail: FindingDetail): void {
  const place = placeOf(twin, scope);
  if (place.state.hub) importFinding(place, asffOf(detail, scope), { product: 'GuardDuty', company: 'Amazon' });
}

function asffOf(detail: FindingDetail, { region }: Scope): Asff {
  const { service, severity } = detail;
  const label = severity >= 9 ? 'CRITICAL' : severity >= 7 ? 'HIGH' : severity >= 4 ? 'MEDIUM' : 'LOW';
  const types = [typeOf(detail.type)];
  return {
    SchemaVersion: '2018-10-08',
    Id: detail.arn,
    ProductArn: `arn:aws:securityhub:${region}::product/aws/guardduty`,
    GeneratorId: detail.arn.split('/finding/')[0],
    AwsAccountId: detail.accountId,
    Region: detail.region as string,
    Types: types,
    FirstObservedAt: toTheSecond(service.eventFirstSeen),
    LastObservedAt: toTheSecond(service.eventLastSeen),
    CreatedAt: detail.createdAt,
    UpdatedAt: detail.updatedAt,
    Severity: { Product: severity, Label: label },
    FindingProviderFields: { Types: types, Severity: { Label: label } },
    Title: detail.title,
    Description: detail.description,
    SourceUrl: `https://${region}.console.aws.amazon.com/guardduty/home?region=${region}#/findings?macros=current&fId=${detail.id}`,
    ProductFields: productFields(service),
    Resources: resourcesOf(detail),
  };
}

function typeOf(type: string): string {
  const tactic = TACTICS[type.split(':')[0] ?? ''] ?? 'TTPs';
  return `${tactic}/${type.replace('/', '-')}`;
}

const toTheSecond = (time: unknown): string | undefined =>
  typeof time === 'string' ? time.replace(/\.\d+Z$/, 'Z') : undefined;

/** Everything that GuardDuty says of how it found it, by its path. */
function productFields(service: object): Record<string, string> {
  const fields = leaves('aws/guardduty/service', service);
  return Object.fromEntries(fields.slice(0, MOST_PRODUCT_FIELDS));
}

function leaves(path: string, value: unknown): [string, string][] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap((item, index) => leaves(`${path}:${index}`, item));
  if (typeof value === 'object')
    return Object.entries(value).flatMap(([name, inner]) => leaves(`${path}/${name}`, inner));
  return [[path, String(value)]];
}
