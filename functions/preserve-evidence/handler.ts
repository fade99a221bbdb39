import * as z from 'zod/mini';
import { InvalidEventError } from '../core/errors';
import type { LambdaContext } from '../core/handler';
import { homeOf } from '../core/home';
import type { Ledger } from '../core/ledger';
import { once } from '../core/once';
import type { Home } from '../core/remediation';
import { parseEvent } from '../core/schema';
import type { Telemetry } from '../core/telemetry';
import { type Target, targetArn } from '../incident/incident';
import { type Original, profileName } from '../incident/instance';
import { IncidentRecords } from '../incident/record';
import { INCIDENT_REQUEST } from '../incident/request';
import { collect, type EvidenceClients, interfacesIn, isReadable, type Parts, profileIn } from './collect';
import { takeSnapshots } from './snapshots';
import type { EvidenceStore } from './store';

const Input = once(() => z.strictObject({ ...INCIDENT_REQUEST, mode: z.enum(['contain', 'rehearse']) }));

export interface EvidenceServices {
  readonly ledger: Ledger;
  readonly telemetry: Telemetry;
  readonly clients: EvidenceClients;
  /** The profile of isolated instances: it tells nothing of what was before. */
  readonly quarantineProfile: string;
  storeFor(home: Home): EvidenceStore;
}

/** Where the evidence lies. Small: it becomes a part of the execution's state. */
export interface Evidence {
  readonly evidence: readonly string[];
  readonly snapshots: readonly string[];
  readonly notes: readonly string[];
}

/** Snapshots named in messages. */
const MAX_SNAPSHOTS = 40;

/**
 * Writes down what is so, before anything is changed: what AWS says about each target, in the evidence bucket; what an instance had before, in the incident's
 * record, where isolation finds it. Then takes snapshots of its volumes, if the incident is to be contained.
 *
 * @throws InvalidEventError for input that is none, or another execution's incident; whatever keeps the evidence from being written: nothing may be changed then
 */
export const evidenceHandler =
  ({ ledger, telemetry, clients, quarantineProfile, storeFor }: EvidenceServices) =>
  async (input: unknown, context: LambdaContext): Promise<Evidence> => {
    const { incidentId, execution, mode } = parseEvent(Input(), input);
    const home = homeOf(context.invokedFunctionArn);
    const records = new IncidentRecords(ledger, home, Date.now);
    const { details } = await records.read(incidentId);
    if (details.execution !== execution)
      throw new InvalidEventError(`incident ${incidentId} is held by ${details.execution}, not by ${execution}`);
    const store = storeFor(home);
    const at = new Date().toISOString();
    const { reopened } = details;
    const round = reopened ? [reopened.at.replace(/[-:]/g, '')] : [];
    const found = await Promise.all(
      details.incident.targets.map(async (target, index) => {
        const parts = await collect(clients, target, home);
        const resource = targetArn(target, home);
        const key = `incidents/${[incidentId, ...round].join('/')}/${index}-${nameIn(target)}.json`;
        const place = await store.keep(key, { incident: details.incident, resource, at, parts });
        return { target, resource, parts, place };
      }),
    );
    const originals = Object.fromEntries(
      found.flatMap(({ target, resource, parts }) => {
        const original =
          target.kind === 'instance'
            ? originalOf(parts, { quarantineProfile, at, earlier: reopened?.originals?.[resource] })
            : undefined;
        return original && details.originals?.[resource] === undefined ? [[resource, original]] : [];
      }),
    );
    if (Object.keys(originals).length > 0)
      await records.append(incidentId, ({ details: now }) => ({
        holder: execution,
        mode: 'observe',
        reason: 'evidence is kept',
        // What stands there already was so before.
        details: { ...now, originals: { ...originals, ...now.originals } },
      }));
    const snapshots = [];
    if (mode === 'contain')
      for (const { target, parts } of found)
        if (target.kind === 'instance')
          snapshots.push(
            await takeSnapshots(clients.ec2, {
              instanceId: target.instanceId,
              volumeIds: volumesIn(parts),
              incidentId,
              ...(reopened && { since: reopened.at }),
            }),
          );
    const evidence = {
      evidence: found.map(({ place }) => place),
      snapshots: snapshots.flatMap(({ ids }) => ids).slice(0, MAX_SNAPSHOTS),
      notes: snapshots.flatMap(({ note }) => note ?? []),
    };
    telemetry.info(`Kept evidence of incident ${incidentId}`, { incidentId, ...evidence });
    return evidence;
  };

/** As a part of a key: letters, digits and a few signs that need no escape. */
function nameIn(target: Target): string {
  const [name] = Object.entries(target).flatMap(([key, value]) => (key === 'kind' ? [] : [value as string]));
  return (name ?? 'target').replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 128);
}

/**
 * What an instance was like; what it was like before it was isolated for an incident that a person closed, if it still is. Nothing if a part of that could not be read: who isolates it would take what is missing for
 * something that it never had, such as a role, and leave that alone.
 */
function originalOf(
  parts: Parts,
  { quarantineProfile, at, earlier }: { quarantineProfile: string; at: string; earlier: unknown },
): unknown {
  if (!isReadable(parts)) return undefined;
  const profileArn = profileIn(parts);
  if (profileArn !== undefined && profileName(profileArn) === quarantineProfile) return earlier;
  const roleName = typeof parts.roleName === 'string' ? parts.roleName : undefined;
  const original: Original = {
    at,
    ...(profileArn !== undefined && { profileArn }),
    ...(roleName !== undefined && { roleName }),
    interfaces: interfacesIn(parts),
  };
  return original;
}

interface VolumesAnswer {
  readonly Volumes?: readonly { readonly VolumeId?: string }[];
}

const volumesIn = ({ volumes }: Parts): string[] =>
  ((volumes as VolumesAnswer).Volumes ?? []).flatMap(({ VolumeId }) => VolumeId ?? []);
