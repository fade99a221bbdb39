import * as z from 'zod/mini';
import { once } from '../core/once';
import { INCIDENT_ID } from './incident';

/** What each task of the workflow is given: which incident, and which execution asks. */
export const INCIDENT_REQUEST = {
  incidentId: z.string().check(z.regex(INCIDENT_ID)),
  execution: z.string().check(z.minLength(1), z.maxLength(2048)),
};

/** A part of it that is no text is as good as none: whoever has the token may answer anything. */
const words = (length: number) => z.catch(z.optional(z.string().check(z.maxLength(length))), undefined);

/** A person's word, as `suture approve` and `suture deny` give it to the workflow. */
export const DecisionSchema = once(() =>
  z.object({
    decision: z.enum(['none', 'approved', 'denied', 'expired']),
    by: words(2048),
    reason: words(2048),
    at: words(64),
  }),
);

/** Where evidence lies, as PreserveEvidence answers it. */
export const EvidenceSchema = once(() =>
  z.object({ evidence: z.array(z.string()), snapshots: z.array(z.string()), notes: z.array(z.string()) }),
);
