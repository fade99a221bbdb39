import {
  ALL_ON,
  type Bucket,
  type Grant,
  type PublicAccessBlock,
  type Statement,
} from '../../functions/remediate-bucket/bucket';

export const ACCOUNT = '111122223333';
export const NONE_ON: PublicAccessBlock = {
  BlockPublicAcls: false,
  IgnorePublicAcls: false,
  BlockPublicPolicy: false,
  RestrictPublicBuckets: false,
};

/** A bucket as it is made today; a case says what it is about. */
export const bucket = (more: Partial<Bucket> = {}): Bucket => ({
  name: 'demo-bucket',
  arn: 'arn:aws:s3:::demo-bucket',
  account: ACCOUNT,
  region: 'eu-west-1',
  tags: {},
  block: ALL_ON,
  website: false,
  ...more,
});

/** A bucket whose block is off. */
export const open = (more: Partial<Bucket> = {}): Bucket => bucket({ block: NONE_ON, ...more });

/** Lets a principal read, unless told otherwise. */
export const statement = (more: Statement = {}): Statement => ({
  Sid: 'Read',
  Effect: 'Allow',
  Principal: '*',
  Action: 's3:GetObject',
  Resource: 'arn:aws:s3:::demo-bucket/*',
  ...more,
});

export const policyText = (...statements: Statement[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });

export const OWNER = { ID: 'c0ffee', DisplayName: 'owner' };
const group = (name: string, Permission: string): Grant => ({
  Permission,
  Grantee: { Type: 'Group', URI: `http://acs.amazonaws.com/groups/${name}` },
});
/** Lines of an ACL. */
export const grants = {
  owner: { Permission: 'FULL_CONTROL', Grantee: { Type: 'CanonicalUser', ...OWNER } },
  everybody: group('global/AllUsers', 'READ'),
  authenticated: group('global/AuthenticatedUsers', 'WRITE'),
  logDelivery: group('s3/LogDelivery', 'WRITE'),
  anotherAccount: { Permission: 'READ', Grantee: { Type: 'CanonicalUser', ID: 'beef' } },
} satisfies Record<string, Grant>;

export const acl = (ownership: string, ...lines: Grant[]): NonNullable<Bucket['acl']> => ({
  ownership,
  owner: OWNER,
  grants: [grants.owner, ...lines],
});
