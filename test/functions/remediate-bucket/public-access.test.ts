import {
  isOrigin,
  isPublicGrant,
  isPublicStatement,
  statementsIn,
  takesLogs,
} from '../../../functions/remediate-bucket/public-access';
import { grants, policyText, statement } from '../../support/bucket';

const when = (operator: string, key: string, value: unknown) =>
  statement({ Condition: { [operator]: { [key]: value } } });

// What S3 calls public: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
it.each([
  ['everybody', statement()],
  ['everybody, by type', statement({ Principal: { AWS: '*' } })],
  ['everybody, in a list', statement({ Principal: { AWS: ['*'] } })],
  ['everybody, beside an account', statement({ Principal: { AWS: ['111122223333', '*'] } })],
  ['everybody but one', statement({ Principal: undefined, NotPrincipal: { AWS: 'arn:aws:iam::111122223333:root' } })],
  ['any VPC whose id begins so', when('StringLike', 'aws:SourceVpc', 'vpc-*')],
  ['one of a fixed VPC and any', when('StringLike', 'aws:SourceVpc', ['vpc-91237329', 'vpc-*'])],
  ['a VPC named by a variable', when('StringEquals', 'aws:SourceVpc', '${aws:PrincipalTag/vpc}')],
  ['every VPC but one', when('StringNotEquals', 'aws:SourceVpc', 'vpc-91237329')],
  ['a VPC, if there is one', when('StringEqualsIfExists', 'aws:SourceVpc', 'vpc-91237329')],
  ['all values of a key that may be missing', when('ForAllValues:StringEquals', 'aws:SourceVpc', 'vpc-91237329')],
  ['a key that tells nobody from anybody', when('StringEquals', 'aws:UserAgent', 'secret')],
  ['a referer', when('StringLike', 'aws:Referer', 'https://example.com/*')],
  ['who comes by TLS', when('Bool', 'aws:SecureTransport', 'true')],
  ['the whole of IPv4', when('IpAddress', 'aws:SourceIp', '0.0.0.0/0')],
  ['half of IPv4', when('IpAddress', 'aws:SourceIp', '0.0.0.0/1')],
  ['more than a /8', when('IpAddress', 'aws:SourceIp', '12.0.0.0/7')],
  ['a narrow block, or half of IPv6', when('IpAddress', 'aws:SourceIp', ['203.0.113.0/24', '2000::/3'])],
  ['more than a /32 of IPv6', when('IpAddress', 'aws:SourceIp', '2001:db8::/31')],
  ['every address but a block', when('NotIpAddress', 'aws:SourceIp', '203.0.113.0/24')],
  ['roles by a pattern of user ids', when('StringLike', 'aws:userid', 'AROAEXAMPLEID:*')],
  [
    'access points of any account',
    when('StringLike', 's3:DataAccessPointArn', 'arn:aws:s3:eu-west-1:*:accesspoint/mine'),
  ],
])('calls public: %s', (_case, one) => {
  expect(isPublicStatement(one)).toBe(true);
});

it.each([
  ['a refusal for everybody', statement({ Effect: 'Deny' })],
  ['an account', statement({ Principal: { AWS: 'arn:aws:iam::444455556666:root' } })],
  ['a bare account id', statement({ Principal: { AWS: '444455556666' } })],
  ['a list of accounts', statement({ Principal: { AWS: ['444455556666', 'arn:aws:iam::111122223333:role/reader'] } })],
  ['a service', statement({ Principal: { Service: 'cloudtrail.amazonaws.com' } })],
  [
    'a canonical user',
    statement({ Principal: { CanonicalUser: '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be' } }),
  ],
  ['a user that was deleted', statement({ Principal: { AWS: 'AIDAEXAMPLEID' } })],
  ['a VPC', when('StringEquals', 'aws:SourceVpc', 'vpc-91237329')],
  ['a VPC, keys and operators in other letters', when('stringequals', 'AWS:sourceVPC', 'vpc-91237329')],
  ['an endpoint', when('StringEquals', 'aws:SourceVpce', ['vpce-1a2b3c4d', 'vpce-5e6f7a8b'])],
  ['an organization', when('StringEquals', 'aws:PrincipalOrgID', 'o-abcdefghij')],
  ['an ARN', when('ArnEquals', 'aws:SourceArn', 'arn:aws:sns:eu-west-1:111122223333:topic')],
  ['an account as source', when('StringEquals', 'aws:SourceAccount', '111122223333')],
  ['an address', when('IpAddress', 'aws:SourceIp', '203.0.113.7')],
  ['a /8', when('IpAddress', 'aws:SourceIp', '12.0.0.0/8')],
  ['narrow blocks of both kinds', when('IpAddress', 'aws:SourceIp', ['203.0.113.0/24', '2001:db8::/32'])],
  [
    'access points of an account',
    when('StringLike', 's3:DataAccessPointArn', 'arn:aws:s3:eu-west-1:111122223333:accesspoint/*'),
  ],
  [
    'a key for encryption',
    when('StringEquals', 's3:x-amz-server-side-encryption-aws-kms-key-id', 'arn:aws:kms:eu-west-1:111122223333:key/1'),
  ],
  [
    'an address beside an open condition',
    statement({ Condition: { Bool: { 'aws:SecureTransport': 'true' }, IpAddress: { 'aws:SourceIp': '203.0.113.7' } } }),
  ],
])('does not call public: %s', (_case, one) => {
  expect(isPublicStatement(one)).toBe(false);
});

it('reads one statement like a list of one', () => {
  const one = statement();
  expect(statementsIn(JSON.stringify({ Statement: one }))).toEqual(statementsIn(policyText(one)));
});

it.each(['[]', '"text"', '{"Statement":["text"]}', 'no JSON'])('does not guess at what is no policy: %s', (text) => {
  expect(() => statementsIn(text)).toThrow();
});

it('tells public grants from others', () => {
  const { everybody, authenticated, ...others } = grants;
  expect([everybody, authenticated].filter(isPublicGrant)).toHaveLength(2);
  expect(Object.values(others).filter(isPublicGrant)).toEqual([]);
});

it.each([
  ['an origin access control', { Service: 'cloudfront.amazonaws.com' }, true],
  [
    'an origin access identity',
    { AWS: 'arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1EXAMPLE' },
    true,
  ],
  ['another service', { Service: 'logging.s3.amazonaws.com' }, false],
  ['everybody', '*', false],
])('an origin of CloudFront is told by %s', (_case, Principal, expected) => {
  expect(isOrigin([statement(), statement({ Principal })])).toBe(expected);
  expect(isOrigin([statement({ Principal, Effect: 'Deny' })])).toBe(false);
});

it('tells who takes logs by grant and by statement', () => {
  expect(takesLogs([], [grants.logDelivery])).toBe(true);
  expect(takesLogs([statement({ Principal: { Service: ['logging.s3.amazonaws.com'] } })], [])).toBe(true);
  expect(takesLogs([statement({ Principal: { Service: 'cloudtrail.amazonaws.com' } })], [])).toBe(true);
  expect(takesLogs([statement(), statement({ Principal: { Service: 'sns.amazonaws.com' } })], [grants.everybody])).toBe(
    false,
  );
});
