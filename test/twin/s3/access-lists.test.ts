import { canonicalId } from '../../../twin/services/s3/buckets';
import { ACCOUNT, OPEN, OTHER, S3Bench } from './support';

let bench: S3Bench;
beforeAll(async () => {
  bench = await S3Bench.start();
});
afterAll(() => bench.stop());

const ALL_USERS = 'http://acs.amazonaws.com/groups/global/AllUsers';
const owner = { ID: canonicalId(ACCOUNT) };
const ownerGrant = { Grantee: { Type: 'CanonicalUser', ID: owner.ID }, Permission: 'FULL_CONTROL' };
const everybody = (Permission: string) => ({ Grantee: { Type: 'Group' as const, URI: ALL_USERS }, Permission });
const grants = async (Bucket: string) => (await bench.s3.getBucketAcl({ Bucket })).Grants;

describe('an access list', () => {
  it('is put by name, by headers, or as a whole', async () => {
    const Bucket = await bench.bucket({ block: OPEN, acls: true });
    await bench.s3.putBucketAcl({ Bucket, ACL: 'public-read-write' });
    expect(await grants(Bucket)).toEqual([ownerGrant, everybody('READ'), everybody('WRITE')]);
    await bench.s3.putBucketAcl({
      Bucket,
      GrantFullControl: `id="${owner.ID}"`,
      GrantRead: `uri="${ALL_USERS}", id=${canonicalId(OTHER)}`,
    });
    expect(await grants(Bucket)).toEqual([
      ownerGrant,
      everybody('READ'),
      { Grantee: { Type: 'CanonicalUser', ID: canonicalId(OTHER) }, Permission: 'READ' },
    ]);
    const AccessControlPolicy = { Owner: owner, Grants: [everybody('WRITE_ACP') as never] };
    await bench.s3.putBucketAcl({ Bucket, AccessControlPolicy });
    expect(await grants(Bucket)).toEqual([everybody('WRITE_ACP')]);
    await bench.s3.putBucketAcl({ Bucket, ACL: 'private' });
    expect(await grants(Bucket)).toEqual([ownerGrant]);
  });

  it('is refused where lists are off, but for the one without effect', async () => {
    const Bucket = await bench.bucket({ block: OPEN });
    for (const ACL of ['public-read', 'private'] as const)
      expect(await bench.refusal(bench.s3.putBucketAcl({ Bucket, ACL }))).toBe('AccessControlListNotSupported');
    await bench.s3.putBucketAcl({ Bucket, ACL: 'bucket-owner-full-control' as never });
    expect(await grants(Bucket)).toEqual([ownerGrant]);
  });

  it('for everybody is refused by a block; one for an account is not', async () => {
    const Bucket = await bench.bucket({ acls: true });
    for (const ACL of ['public-read', 'authenticated-read'] as const)
      expect(await bench.refusal(bench.s3.putBucketAcl({ Bucket, ACL }))).toBe('AccessDenied');
    await bench.s3.putBucketAcl({ Bucket, GrantRead: `id=${canonicalId(OTHER)}` });
    expect(await grants(Bucket)).toHaveLength(1);
  });

  it.each([
    ['nothing', {}, 'MissingSecurityHeader'],
    ['two ways at once', { ACL: 'private' as const, GrantRead: `uri="${ALL_USERS}"` }, 'InvalidRequest'],
    ['an unknown group', { GrantRead: 'uri="http://acs.amazonaws.com/groups/global/Nobody"' }, 'InvalidArgument'],
    ['an unknown account', { GrantRead: 'id="me"' }, 'InvalidArgument'],
    ['an address', { GrantRead: 'emailAddress="soc@example.com"' }, 'UnresolvableGrantByEmailAddress'],
    [
      'an unknown permission',
      { AccessControlPolicy: { Owner: owner, Grants: [everybody('ALL') as never] } },
      'MalformedACLError',
    ],
    [
      'another owner',
      { AccessControlPolicy: { Owner: { ID: canonicalId(OTHER) }, Grants: [everybody('READ') as never] } },
      'AccessDenied',
    ],
  ])('is not put with %s', async (_case, input, code) => {
    const Bucket = await bench.bucket({ block: OPEN, acls: true });
    expect(await bench.refusal(bench.s3.putBucketAcl({ Bucket, ...input }))).toBe(code);
  });
});

describe('ownership', () => {
  it('switches lists off only when they give nothing to others', async () => {
    const Bucket = await bench.bucket({ block: OPEN, acls: true });
    const enforce = () =>
      bench.s3.putBucketOwnershipControls({
        Bucket,
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      });
    await bench.s3.putBucketAcl({ Bucket, ACL: 'public-read' });
    expect(await bench.refusal(enforce())).toBe('InvalidBucketAclWithObjectOwnership');
    await bench.s3.putBucketAcl({ Bucket, ACL: 'private' });
    await enforce();
    await bench.s3.deleteBucketOwnershipControls({ Bucket });
    expect(await bench.refusal(bench.s3.getBucketOwnershipControls({ Bucket }))).toBe('OwnershipControlsNotFoundError');
    await bench.s3.putBucketAcl({ Bucket, ACL: 'public-read' });
    expect(await grants(Bucket)).toEqual([ownerGrant, everybody('READ')]);
  });
});
