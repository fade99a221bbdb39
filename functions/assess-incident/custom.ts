import { incidentIdOf, plainText, severityOf, type Target } from '../incident/incident';
import { type Finding, MAX_TITLE } from './finding';

/** What somebody put on the bus: `Source=test.security`, `DetailType="Security Test"`. All of it may be anything. */
export function fromCustomEvent({
  id,
  account,
  region,
  time,
  detailType,
  detail,
}: {
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly time: string;
  readonly detailType: string;
  readonly detail: Readonly<Record<string, unknown>>;
}): Finding {
  const resourceId = plainText(detail.resourceId, 200);
  const target = targetOf(plainText(detail.resourceType, 60), resourceId);
  return {
    // An event can only repeat itself.
    incidentId: incidentIdOf('custom', id),
    origin: 'custom',
    source: 'custom event',
    vouched: false,
    requested: false,
    account,
    region,
    type: plainText(detailType, 100),
    title: plainText(detail.title, MAX_TITLE) || 'An event that somebody put on the bus',
    severity: severityOf(detail.severity),
    at: time,
    references: [],
    targets: target ? [target] : [],
    resources: resourceId ? [resourceId] : [],
    ...(!target && { forPeople: 'the event names nothing that can be contained' }),
  };
}

function targetOf(type: string, id: string): Target | undefined {
  switch (type) {
    case 'AWS::EC2::Instance':
      return /^i-[0-9a-f]+$/.test(id) ? { kind: 'instance', instanceId: id } : undefined;
    case 'AWS::EC2::SecurityGroup':
      return /^sg-[0-9a-f]+$/.test(id) ? { kind: 'security-group', groupId: id } : undefined;
    case 'AWS::S3::Bucket':
      return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(id) ? { kind: 'bucket', bucketName: id } : undefined;
    case 'AWS::IAM::User':
      return /^[\w+=,.@-]{1,64}$/.test(id) ? { kind: 'user', userName: id } : undefined;
    case 'AWS::IAM::Role':
      return /^[\w+=,.@-]{1,64}$/.test(id) ? { kind: 'role', roleName: id } : undefined;
    default:
      return undefined;
  }
}
