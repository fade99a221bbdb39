import type { Ledger } from '../functions/core/ledger';

/**
 * A ledger that is read and never written: for who only wants to see. What a decision of the command's would leave behind must not
 * stand where functions look: it would, for one, take from a held change the mark by which it is taken up again.
 */
export const unwritten = (ledger: Ledger): Ledger => ({
  open: (key, remediation, now) => ledger.open(key, remediation, now),
  entry: (key, seq) => ledger.entry(key, seq),
  pending: (remediation) => ledger.pending(remediation),
  wake: async () => true,
  commit: async () => ({ committed: true }),
  claimTelling: async () => false,
  count: async () => undefined,
});
