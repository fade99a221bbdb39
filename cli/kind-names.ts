/** Kinds of resources, as their remediations are called, in the order in which a sweep takes them. */
export const kindNames = ['security-group', 'bucket', 'account-public-access-block'] as const;
export type KindName = (typeof kindNames)[number];
