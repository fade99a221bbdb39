/**
 * What a decision can come to: one closed list, used by results, receipts, logs, metrics, dashboards and reports.
 *
 * | outcome    | meaning                                                                                    |
 * | ---------- | ------------------------------------------------------------------------------------------ |
 * | REMEDIATED | every action was applied and read back                                                     |
 * | PARTIAL    | some actions failed; the receipt lists both; thrown, so that Lambda tries again             |
 * | NO_ACTION  | nothing to change                                                                          |
 * | DRY_RUN    | observe mode: what would have been done                                                    |
 * | EXEMPT     | a registered exception covers all that would have been done                                |
 * | HELD       | a person, a budget, an approval or a quota decides; returns normally                       |
 * | JOINED     | someone else is at it and was told to look again                                           |
 * | GONE       | the resource does not exist                                                                |
 * | IGNORED    | well-formed, but not ours: a failed call, another account or Region                        |
 * | FAILED     | nothing could be done or be seen to be done; thrown, retried, then dead-lettered            |
 * | UNDONE     | a person took a change back                                                                |
 */
export const outcomes = [
  'REMEDIATED',
  'PARTIAL',
  'NO_ACTION',
  'DRY_RUN',
  'EXEMPT',
  'HELD',
  'JOINED',
  'GONE',
  'IGNORED',
  'FAILED',
  'UNDONE',
] as const;

export type Outcome = (typeof outcomes)[number];
