/** Keys of the items that are not about one resource. Terraform writes the first; handlers may only read the first three. */
export const POLICY_KEY = { pk: 'POLICY', sk: 'CURRENT' };
export const PAUSE_KEY = { pk: 'PAUSE', sk: 'CURRENT' };
export const EXCEPTIONS_KEY = { pk: 'EXCEPTIONS', sk: 'CURRENT' };
/** One budget for each remediation; its `window` says which hour it counts. */
export const budgetKey = (remediation: string) => ({ pk: `BUDGET#${remediation}`, sk: 'CURRENT' });

/** The index of what is pending, by remediation. */
export const PENDING_INDEX = 'pending';

/** The kind of the sweeps themselves, which leave their summaries in the ledger like the resources their receipts. */
export const SWEEP_TYPE = 'Suture::Sweep';

/** The kind of incidents, whose history is kept like that of resources. */
export const INCIDENT_TYPE = 'Suture::Incident';
/** The name under which open incidents stand in the index of what is pending. */
export const INCIDENT = 'incident';
