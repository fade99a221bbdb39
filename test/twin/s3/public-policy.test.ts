import { isPublicPolicy } from '../../../twin/services/s3/public-policy';

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status

const policy = (...statements: object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements });
const put = { Principal: '*', Resource: '*', Action: 's3:PutObject', Effect: 'Allow' };
const when = (operator: string, key: string, value: unknown, more: object = {}) =>
  policy({ ...put, Condition: { [operator]: { [key]: value } }, ...more });
const ROLE = 'arn:aws:iam::111122223333:role/reader';

it.each([
  // The guide's own.
  ['everybody', policy(put)],
  ['every user of a public identity provider', policy({ ...put, Principal: { Federated: 'graph.facebook.com' } })],
  ['every VPC, by a wildcard', when('StringLike', 'aws:SourceVpc', 'vpc-*')],
  ['nearly every address', when('IpAddress', 'aws:SourceIp', '0.0.0.0/1')],
  ['broader than /8', when('IpAddress', 'aws:SourceIp', '8.0.0.0/7')],
  ['broader than /32 of IPv6', when('IpAddress', 'aws:SourceIp', '2001:db8::/31')],
  // By its words.
  ['everybody as AWS', policy({ ...put, Principal: { AWS: '*' } })],
  ['everybody in a list', policy({ ...put, Principal: { AWS: [ROLE, '*'] } })],
  ['everybody but one', policy({ ...put, Principal: undefined, NotPrincipal: { AWS: ROLE } })],
  ['one broad range among narrow ones', when('IpAddress', 'aws:SourceIp', ['192.0.2.0/24', '0.0.0.0/0'])],
  ['all addresses but some', when('NotIpAddress', 'aws:SourceIp', '192.0.2.0/24')],
  ['a variable', when('StringEquals', 'aws:SourceVpc', '${aws:PrincipalTag/vpc}')],
  ['a wildcard among the values', when('StringLike', 'aws:SourceVpce', ['vpce-1', 'vpce-*'])],
  ['sessions of one role by their pattern', when('StringLike', 'aws:userid', 'AROAEXAMPLE:*')],
  ['all VPCs but one', when('StringNotEquals', 'aws:SourceVpc', 'vpc-91237329')],
  ['one VPC, or none at all', when('StringEqualsIfExists', 'aws:SourceVpc', 'vpc-91237329')],
  ['one organisation, or none at all', when('ForAllValues:StringEquals', 'aws:PrincipalOrgPaths', 'o-1/r-1/')],
  ['whoever uses TLS', when('Bool', 'aws:SecureTransport', 'true')],
  ['whoever says where it comes from', when('StringEquals', 'aws:Referer', 'https://example.com')],
  ['a user agent', when('StringEquals', 'aws:UserAgent', 'secret')],
  ['access points of any account', when('StringLike', 's3:DataAccessPointArn', 'arn:aws:s3:us-west-2:*:accesspoint/*')],
  ['one statement of two', policy({ ...put, Principal: { AWS: ROLE } }, put)],
  ['everybody, with a denial beside', policy(put, { ...put, Effect: 'Deny' })],
  ['a statement that is not in a list', JSON.stringify({ Statement: put })],
])('a policy is public that lets in %s', (_case, text) => {
  expect(isPublicPolicy(text)).toBe(true);
});

it.each([
  // The guide's own.
  ['one VPC', when('StringEquals', 'aws:SourceVpc', 'vpc-91237329')],
  [
    'access points of one account, by a wildcard',
    when('StringLike', 's3:DataAccessPointArn', 'arn:aws:s3:us-west-2:123456789012:accesspoint/*'),
  ],
  // By its words.
  ['a role', policy({ ...put, Principal: { AWS: ROLE } })],
  ['an account', policy({ ...put, Principal: { AWS: '444455556666' } })],
  ['a service', policy({ ...put, Principal: { Service: 'cloudtrail.amazonaws.com' } })],
  ['a canonical user', policy({ ...put, Principal: { CanonicalUser: 'a'.repeat(64) } })],
  ['an organisation', when('StringEquals', 'aws:PrincipalOrgID', 'o-a1b2c3d4e5')],
  ['a range of /8', when('IpAddress', 'aws:SourceIp', '11.0.0.0/8')],
  ['a range of /32 of IPv6', when('IpAddress', 'aws:SourceIp', '2001:db8::/32')],
  ['one address', when('IpAddress', 'aws:SourceIp', '192.0.2.1')],
  ['a source', when('ArnLike', 'aws:SourceArn', 'arn:aws:sns:eu-west-1:111122223333:topic')],
  ['a source account', when('StringEquals', 'AWS:SourceAccount', '111122223333')],
  ['a source owner', when('StringEquals', 'aws:SourceOwner', '111122223333')],
  ['an endpoint', when('StringEquals', 'aws:SourceVpce', 'vpce-1a2b3c4d')],
  ['a user', when('StringEquals', 'aws:userid', 'AIDAEXAMPLE')],
  ['access points of an account', when('StringEquals', 's3:DataAccessPointAccount', '111122223333')],
  [
    'a VPC, besides whoever says where it comes from',
    when('StringEquals', 'aws:Referer', 'x', {
      Condition: { StringLike: { 'aws:Referer': '*' }, StringEquals: { 'aws:SourceVpc': 'vpc-1' } },
    }),
  ],
  ['nobody', policy({ ...put, Effect: 'Deny' })],
])('a policy is not public that lets in %s', (_case, text) => {
  expect(isPublicPolicy(text)).toBe(false);
});
