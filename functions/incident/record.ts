import { digest } from '../core/canonical';
import { UnreadableStateError } from '../core/errors';
import { type Head, type Ledger, ledgerKey, type Page, seal } from '../core/ledger';
import { INCIDENT } from '../core/ledger-keys';
import type { Outcome } from '../core/outcomes';
import type { Mode } from '../core/policy';
import type { Home } from '../core/remediation';
import { type Incident, incidentSubject } from './incident';

/** A person's word on a containment that waits for it; `none` while nobody was asked. */
export interface Decision {
  readonly decision: 'none' | 'approved' | 'denied' | 'expired';
  /** ARN of who decided. Absent when time did. */
  readonly by?: string;
  readonly reason?: string;
  readonly at?: string;
}

/** What an incident's entries keep: each the whole of what is known by then. */
export interface IncidentDetails {
  readonly incident: Incident;
  /** ARN of the execution that has it. */
  readonly execution: string;
  /**
   * | status  | meaning                                              |
   * | ------- | ---------------------------------------------------- |
   * | claimed | an execution is at it                                |
   * | waiting | a person must decide                                 |
   * | ended   | the workflow is through; the incident is still open  |
   * | closed  | a person closed it                                   |
   */
  readonly status: 'claimed' | 'waiting' | 'ended' | 'closed';
  /** While it waits: what gives the decision to the execution, and until when. */
  readonly approval?: { readonly token: string; readonly expires: string };
  /** What was so before anything was changed, of each target, by its ARN. */
  readonly originals?: Readonly<Record<string, unknown>>;
  /** Of one that was found again after a person had closed it: when that was, and what was so before the changes back then. */
  readonly reopened?: { readonly at: string; readonly originals?: Readonly<Record<string, unknown>> };
  readonly decision?: Decision;
  /** Who closed it, and why. */
  readonly closed?: {
    readonly by: string;
    readonly reason: string;
    /** As long as nobody was told. */
    readonly untold?: true;
  };
}

/** An incident as the ledger has it. */
export interface IncidentRecord {
  readonly key: string;
  readonly page: Page;
  readonly head: Head;
  /** When the last entry was written. */
  readonly at: string;
  readonly details: IncidentDetails;
}

/** What is written about an incident. */
interface Line {
  readonly holder: string;
  readonly mode: Mode;
  readonly reason: string;
  readonly outcome?: Outcome;
  readonly details: IncidentDetails;
}

/**
 * The history of incidents in the ledger: the same chain, the same exclusion as that of resources. An open incident stands in the index of what
 * is pending.
 */
export class IncidentRecords {
  constructor(
    private readonly ledger: Ledger,
    private readonly home: Home,
    private readonly now: () => number,
  ) {}

  /** What governs incidents, and the record of one if there is any. @throws UnreadableStateError */
  async open(id: string): Promise<{ key: string; page: Page; record?: IncidentRecord }> {
    const key = ledgerKey(incidentSubject(id, this.home));
    const page = await this.ledger.open(key, INCIDENT, this.now());
    if (!page.head) return { key, page };
    const entry = await this.ledger.entry(key, page.head.seq);
    const details = entry.details as IncidentDetails | undefined;
    if (details?.incident?.id !== id) throw new UnreadableStateError(`${key} does not tell of incident ${id}`);
    return { key, page, record: { key, page, head: page.head, at: entry.at, details } };
  }

  /** The record of an incident. @throws UnreadableStateError if there is none */
  async read(id: string): Promise<IncidentRecord> {
    const { key, record } = await this.open(id);
    if (!record) throw new UnreadableStateError(`the ledger knows no incident ${id} (${key})`);
    return record;
  }

  /** Appends an entry, if nothing was written since. False if something was: read again. */
  async write(
    { key, page, head }: { readonly key: string; readonly page: Page; readonly head?: Head | undefined },
    { holder, mode, reason, outcome, details }: Line,
  ): Promise<boolean> {
    const { incident } = details;
    const entry = seal(key, head, {
      kind: 'decision',
      at: new Date(this.now()).toISOString(),
      remediation: INCIDENT,
      subject: incidentSubject(incident.id, this.home),
      trigger: { kind: 'incident', name: incident.type, id: incident.id, at: incident.at },
      holder,
      mode,
      policyHash: page.policyHash,
      reason,
      actions: [],
      ...(outcome && { outcome }),
      details,
    });
    const result = await this.ledger.commit({
      key,
      remediation: INCIDENT,
      expected: head,
      entries: [entry],
      next: {
        seq: (head?.seq ?? 0) + 1,
        hash: entry.hash,
        digest: digest({ status: details.status, reason }),
        pending: details.status !== 'closed',
      },
    });
    return result.committed;
  }

  /**
   * Appends an entry that follows from what stands there, whoever writes meanwhile.
   *
   * @param next undefined if there is nothing to write
   */
  async append(id: string, next: (record: IncidentRecord) => Line | undefined): Promise<IncidentRecord> {
    for (let tries = 1; ; tries++) {
      const record = await this.read(id);
      const line = next(record);
      if (!line || (await this.write({ ...record }, line))) return record;
      if (tries === 8) throw new Error(`incident ${id}: others write about it all the time`);
    }
  }
}
