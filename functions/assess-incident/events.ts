import * as z from 'zod/mini';
import { InvalidEventError } from '../core/errors';
import { once } from '../core/once';
import { parseEvent } from '../core/schema';

/** An event as EventBridge delivers it, whatever is in it. @see https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html */
const Envelope = once(() =>
  z.looseObject({
    id: z.string().check(z.minLength(1), z.maxLength(128)),
    'detail-type': z.string(),
    source: z.string(),
    account: z.string().check(z.regex(/^\d{12}$/)),
    region: z.string().check(z.regex(/^[a-z]{2}(-[a-z]+)+-\d$/)),
    time: z.iso.datetime(),
    detail: z.record(z.string(), z.unknown()),
  }),
);
export type Envelope = z.infer<ReturnType<typeof Envelope>>;

const GuardDutyDetail = once(() =>
  z.looseObject({
    id: z.string(),
    type: z.optional(z.string()),
    title: z.optional(z.string()),
    severity: z.optional(z.unknown()),
    updatedAt: z.optional(z.string()),
  }),
);

const AsffDetail = once(() =>
  z.looseObject({
    findings: z.array(z.looseObject({ Id: z.string(), ProductArn: z.string() })).check(z.minLength(1)),
  }),
);

const OcsfDetail = once(() =>
  z.looseObject({
    findings: z
      .array(
        z.looseObject({
          metadata: z.looseObject({
            uid: z.string(),
            product: z.optional(z.looseObject({ uid: z.optional(z.string()) })),
          }),
          finding_info: z.looseObject({ uid: z.string(), uid_alt: z.optional(z.string()) }),
        }),
      )
      .check(z.minLength(1)),
  }),
);

/** What an event tells of: a name under which its source can be asked. */
export type Told =
  | { readonly kind: 'guardduty'; readonly findingId: string; readonly requested: boolean; readonly says: Says }
  | { readonly kind: 'asff'; readonly id: string; readonly productArn: string; readonly requested: boolean }
  | { readonly kind: 'ocsf'; readonly uid: string }
  | { readonly kind: 'custom' }
  | { readonly kind: 'api-call' };

/** What an event says itself about a GuardDuty finding: for people, should GuardDuty not have it. */
export interface Says {
  readonly type: string;
  readonly title: string;
  readonly severity: unknown;
  readonly at: string;
}

/**
 * Reads an event of any kind that starts the workflow.
 *
 * @returns the envelope, and what it tells of: more than one thing if several findings came in one event.
 * @throws InvalidEventError for anything else
 */
export function readEvent(event: unknown): { readonly envelope: Envelope; readonly told: readonly Told[] } {
  const envelope = parseEvent(Envelope(), event);
  return { envelope, told: toldBy(envelope) };
}

function toldBy({ 'detail-type': type, source, time, detail }: Envelope): Told[] {
  switch (`${source}/${type}`) {
    case 'aws.guardduty/GuardDuty Finding': {
      const { id, type = '', title = '', severity, updatedAt = time } = parseEvent(GuardDutyDetail(), detail);
      return [{ kind: 'guardduty', findingId: id, requested: false, says: { type, title, severity, at: updatedAt } }];
    }
    case 'aws.securityhub/Security Hub Findings - Imported':
    case 'aws.securityhub/Security Hub Findings - Custom Action': {
      const requested = type.endsWith('Custom Action');
      return parseEvent(AsffDetail(), detail).findings.map(
        ({ Id, ProductArn }) =>
          copyOfGuardDuty(ProductArn, Id, requested, time) ?? {
            kind: 'asff',
            id: Id,
            productArn: ProductArn,
            requested,
          },
      );
    }
    case 'aws.securityhub/Findings Imported V2':
      return parseEvent(OcsfDetail(), detail).findings.map(
        ({ metadata, finding_info: { uid } }) =>
          copyOfGuardDuty(metadata.product?.uid ?? '', uid, false, time) ?? { kind: 'ocsf', uid: metadata.uid },
      );
    case 'aws.cloudtrail/AWS API Call via CloudTrail':
      return [{ kind: 'api-call' }];
    default:
      if (type === 'AWS API Call via CloudTrail') return [{ kind: 'api-call' }];
      if (source.startsWith('aws.'))
        throw new InvalidEventError(`no incident is read from ${JSON.stringify(type)} of ${JSON.stringify(source)}`);
      return [{ kind: 'custom' }];
  }
}

/** Security Hub copies what GuardDuty finds, under GuardDuty's own ARN. The copy is the same incident, and is read at GuardDuty. */
function copyOfGuardDuty(product: string, name: string, requested: boolean, at: string): Told | undefined {
  if (!/:product(v2)?\/aws\/guardduty$/.test(product)) return undefined;
  const findingId = name.split('/').at(-1) ?? '';
  return { kind: 'guardduty', findingId, requested, says: { type: '', title: name, severity: null, at } };
}
