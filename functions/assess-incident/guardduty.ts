import {
  GetFindingsCommand,
  type GuardDutyClient,
  ListDetectorsCommand,
  type Finding as Reported,
} from '@aws-sdk/client-guardduty';
import { isCode } from '../core/aws';
import { guardDutyIncidentId, incidentIdOf, plainText, severityOf, type Target } from '../incident/incident';
import { type Finding, MAX_RESOURCES, MAX_TITLE, MAX_TYPE } from './finding';

/** What an event says about a GuardDuty finding, or Security Hub about its copy: enough to read it at GuardDuty. */
export interface Claimed {
  readonly findingId: string;
  /** Of the event itself. */
  readonly eventId: string;
  readonly account: string;
  readonly region: string;
  readonly type: string;
  readonly title: string;
  readonly severity: unknown;
  readonly at: string;
  readonly requested: boolean;
}

/**
 * Purposes of finding types that are understood. A type of another purpose is new: people look at it.
 *
 * @see https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-format.html
 */
const PURPOSES = [
  'AttackSequence',
  'Backdoor',
  'Behavior',
  'CredentialAccess',
  'CryptoCurrency',
  'DefenseEvasion',
  'Discovery',
  'Execution',
  'Exfiltration',
  'Impact',
  'InitialAccess',
  'PenTest',
  'Persistence',
  'Policy',
  'PrivilegeEscalation',
  'Recon',
  'Stealth',
  'Trojan',
  'UnauthorizedAccess',
];

/** Ranked low by GuardDuty, and yet what an attacker does first: logs switched off, the root user, a policy opened. */
const STRONG = ['Stealth', 'Policy'];

/** GuardDuty's ids are 32 hexadecimal digits. @see https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Finding.html */
const FINDING_ID = /^[0-9a-f]{32}$/;

/** Reads a finding at GuardDuty, which alone is believed. Of one that GuardDuty does not have, only what was claimed is left: for people. */
export async function readGuardDuty(guardDuty: GuardDutyClient, claimed: Claimed): Promise<Finding> {
  const found = FINDING_ID.test(claimed.findingId) ? await lookUp(guardDuty, claimed.findingId) : undefined;
  return found ? fromGuardDuty(found, claimed.requested) : unvouched(claimed);
}

async function lookUp(guardDuty: GuardDutyClient, findingId: string): Promise<Reported | undefined> {
  // One detector at most in a Region: ours, not one that an event names.
  const { DetectorIds: [DetectorId] = [] } = await guardDuty.send(new ListDetectorsCommand({}));
  if (DetectorId === undefined) return undefined;
  try {
    const { Findings = [] } = await guardDuty.send(new GetFindingsCommand({ DetectorId, FindingIds: [findingId] }));
    return Findings.find(({ Id }) => Id === findingId);
  } catch (error) {
    // An id that it does not know is a bad request to GuardDuty.
    if (isCode(error, 'BadRequestException')) return undefined;
    throw error;
  }
}

function unvouched({ findingId, eventId, account, region, type, title, severity, at }: Claimed): Finding {
  return {
    // Never the id of the real one, or a forged event could stand in its way.
    incidentId: incidentIdOf('unverified', findingId, eventId),
    origin: 'guardduty',
    source: 'an event that claims to be of GuardDuty',
    vouched: false,
    requested: false,
    account,
    region,
    type: plainText(type, MAX_TYPE) || 'a finding of no type',
    title: plainText(title, MAX_TITLE),
    severity: severityOf(severity),
    at,
    references: [],
    targets: [],
    resources: [],
    forPeople: 'GuardDuty does not have this finding',
  };
}

/** A finding as GuardDuty has it. */
export function fromGuardDuty(finding: Reported, requested = false): Finding {
  const { Id = '', AccountId = '', Region = '', Type = '', Title, Severity, UpdatedAt = '', Service } = finding;
  const [purpose = '', affected = ''] = Type.split(/[:/]/);
  const { targets, resources, forPeople } = concerned(finding);
  const isKnown = PURPOSES.includes(purpose);
  // Whoever can reach a port could have an instance isolated by probing it. Brute force against one GuardDuty itself ranks low.
  const isProbed = purpose === 'Recon' && Service?.ResourceRole !== 'ACTOR' && !requested;
  const closed = isSample(finding) ? 'a sample' : Service?.Archived === true ? 'archived' : undefined;
  const why = !isKnown
    ? `${purpose}:${affected} is a type of finding that is not known here`
    : isProbed
      ? 'it is probed, and does nothing itself'
      : forPeople;
  return {
    incidentId: guardDutyIncidentId(Id),
    origin: 'guardduty',
    source: requested ? 'GuardDuty, by a custom action of Security Hub' : 'GuardDuty',
    vouched: true,
    requested,
    account: AccountId,
    region: Region,
    type: plainText(Type, MAX_TYPE),
    title: plainText(Title, MAX_TITLE),
    severity: severityOf(Severity),
    at: UpdatedAt,
    references: [{ service: 'guardduty', detectorId: Service?.DetectorId ?? '', findingId: Id }],
    targets: isKnown && !isProbed ? targets : [],
    resources: resources.slice(0, MAX_RESOURCES),
    ...(why !== undefined && { forPeople: plainText(why, MAX_TITLE) }),
    ...(STRONG.includes(purpose) && { isStrong: true }),
    ...(closed !== undefined && { closed }),
  };
}

interface Concerned {
  readonly targets: readonly Target[];
  readonly resources: readonly string[];
  readonly forPeople?: string;
}

/** What a finding is about. `ResourceType` names the one that counts; the others stand there for context. */
function concerned({ Resource = {}, Service, Type = '' }: Reported): Concerned {
  switch (Resource.ResourceType) {
    case 'Instance':
      return ofInstance(Resource.InstanceDetails?.InstanceId);
    case 'AccessKey':
      return ofPrincipal(Resource.AccessKeyDetails ?? {});
    case 'S3Bucket': {
      // GuardDuty's own types of objects found to be malicious are about the object: a closed bucket helps nobody.
      const names = (Resource.S3BucketDetails ?? []).flatMap(({ Name }) => (Name ? [Name] : []));
      // A policy that was opened is closed again; who reads or deletes with somebody's credentials goes on in a closed bucket.
      const actor = Type.startsWith('Policy:') ? NOTHING : ofPrincipal(Resource.AccessKeyDetails ?? {});
      return {
        targets: [...names.map((bucketName): Target => ({ kind: 'bucket', bucketName })), ...actor.targets],
        resources: [...names, ...actor.resources],
        ...(names.length === 0 && actor.targets.length === 0 && { forPeople: 'it names no bucket' }),
      };
    }
    default: {
      const sequence = Service?.Detection?.Sequence?.Resources ?? [];
      if (sequence.length > 0) return ofSequence(sequence);
      const others = [
        Resource.EksClusterDetails?.Arn,
        Resource.EcsClusterDetails?.Arn,
        Resource.LambdaDetails?.FunctionArn,
      ];
      return {
        targets: [],
        resources: [
          ...others.flatMap((arn) => (arn ? [arn] : [])),
          ...[Resource.InstanceDetails?.InstanceId ?? []].flat(),
        ],
        forPeople: `${plainText(Resource.ResourceType, 60) || Type} is not contained by itself`,
      };
    }
  }
}

type SequenceResource = NonNullable<
  NonNullable<NonNullable<NonNullable<Reported['Service']>['Detection']>['Sequence']>['Resources']
>[number];

/** An attack sequence names its resources in itself, some of them more than once. */
function ofSequence(resources: readonly SequenceResource[]): Concerned {
  const parts = resources.map(({ ResourceType, Uid = '', Name, Data }): Concerned => {
    switch (ResourceType) {
      case 'EC2_INSTANCE':
        return ofInstance(/i-[0-9a-f]+$/.exec(Uid)?.[0]);
      case 'ACCESS_KEY': {
        const { PrincipalId, UserName, UserType } = Data?.AccessKey ?? {};
        return ofPrincipal({ AccessKeyId: Uid, PrincipalId, UserName: UserName ?? Name, UserType });
      }
      case 'S3_BUCKET': {
        const bucketName = Name ?? Uid.split(':::').at(-1) ?? '';
        return bucketName ? { targets: [{ kind: 'bucket', bucketName }], resources: [bucketName] } : NOTHING;
      }
      default:
        return { targets: [], resources: Uid ? [Uid] : [] };
    }
  });
  const targets = parts.flatMap((part) => part.targets);
  const distinct = [...new Map(targets.map((target) => [JSON.stringify(target), target])).values()];
  return {
    targets: distinct,
    resources: [...new Set(parts.flatMap((part) => part.resources))],
    ...(distinct.length === 0 && { forPeople: 'nothing in the sequence is contained by itself' }),
  };
}

const NOTHING: Concerned = { targets: [], resources: [] };

function ofInstance(instanceId: string | undefined): Concerned {
  return instanceId && /^i-[0-9a-f]+$/.test(instanceId)
    ? { targets: [{ kind: 'instance', instanceId }], resources: [instanceId] }
    : { ...NOTHING, forPeople: 'it names no instance' };
}

/** Keys of users and sessions of roles can be contained; the root user and everybody else is for people. */
function ofPrincipal({
  AccessKeyId = '',
  UserName = '',
  UserType,
}: {
  readonly AccessKeyId?: string | undefined;
  readonly PrincipalId?: string | undefined;
  readonly UserName?: string | undefined;
  readonly UserType?: string | undefined;
}): Concerned {
  const resources = [[UserName, AccessKeyId].filter(Boolean).join(' with key ')].filter(Boolean);
  if (UserType === 'IAMUser' && UserName) {
    const key = AccessKeyId ? { accessKeyId: AccessKeyId } : {};
    return { targets: [{ kind: 'user', userName: UserName, ...key }], resources };
  }
  if ((UserType === 'AssumedRole' || UserType === 'Role') && UserName)
    return { targets: [{ kind: 'role', roleName: UserName }], resources };
  return {
    targets: [],
    resources,
    forPeople:
      UserType === 'Root'
        ? 'nobody but the root user can take its keys away'
        : `a principal of the type ${plainText(UserType, 40) || 'unknown'} is not contained by itself`,
  };
}

/** The event says so in three ways, the API in two. */
function isSample({ Title = '', Service }: Reported): boolean {
  return Title.startsWith('[SAMPLE]') || /"sample"\s*:\s*true/.test(Service?.AdditionalInfo?.Value ?? '');
}
