import { exemptionFor, policyOn } from '../../functions/core/exceptions';
import { policy } from '../support/policy';

const exception = { id: 'legacy', reason: 'migration', owner: 'ops', expires: '2027-01-31' };

it.each([
  ['2027-01-30', 1],
  ['2027-01-31', 1],
  ['2027-02-01', 0],
])('counts to its last day: on %s %d', (day, count) => {
  expect(policyOn(policy({ exceptions: [exception] }), day).exceptions).toHaveLength(count);
});

it.each([
  ['arn:aws:ec2:*:*:security-group/sg-0abc*', 'arn:aws:ec2:eu-west-1:111122223333:security-group/sg-0abcdef1', true],
  ['arn:aws:ec2:*:*:security-group/sg-0abc', 'arn:aws:ec2:eu-west-1:111122223333:security-group/sg-0abcdef1', false],
  [
    'arn:*:ec2:eu-west-1:*:security-group/*',
    'arn:aws-us-gov:ec2:eu-west-1:111122223333:security-group/sg-0abcdef1',
    true,
  ],
  [
    'arn:aws:ec2:*:*:security-group/sg-0abc.ef1',
    'arn:aws:ec2:eu-west-1:111122223333:security-group/sg-0abcdef1',
    false,
  ],
  [
    'arn:aws:ec2:*:*:security-group/(sg|x)-0abcdef1',
    'arn:aws:ec2:eu-west-1:111122223333:security-group/sg-0abcdef1',
    false,
  ],
])('%s on %s: %s', (resource, arn, covered) => {
  expect(exemptionFor(policy({ exceptions: [{ ...exception, resource }] }), { arn, tags: {} }) !== undefined).toBe(
    covered,
  );
});
