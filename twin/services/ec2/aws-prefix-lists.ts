import type { PrefixList } from './state';

/**
 * AWS's own lists, which no customer can change. Entries as examples of their kind; a rule with a list counts for the list's weight.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html
 */
export const awsPrefixLists = (region: string): PrefixList[] =>
  (
    [
      ['pl-6da54004', `com.amazonaws.${region}.s3`, 1, ['52.218.0.0/17', '3.5.64.0/21']],
      ['pl-6fa54006', `com.amazonaws.${region}.dynamodb`, 1, ['52.94.24.0/23']],
      ['pl-4fa04526', 'com.amazonaws.global.cloudfront.origin-facing', 55, ['13.124.199.0/24', '130.176.0.0/17']],
    ] as const
  ).map(([id, name, weight, cidrs]) => ({
    id,
    name,
    owner: 'AWS',
    addressFamily: 'IPv4',
    maxEntries: weight,
    version: 1,
    state: 'create-complete',
    versions: new Map([[1, cidrs.map((cidr) => ({ cidr }))]]),
  }));
