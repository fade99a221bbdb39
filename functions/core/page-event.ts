/** The event on the default bus that asks for a page: who pages puts it there, a rule sends it on to PagerDuty. */
export const PAGE_EVENT = { source: 'suture', detailType: 'Suture Page' } as const;
