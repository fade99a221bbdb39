import type { StandardsSubscription } from '@aws-sdk/client-securityhub';
import type { Scope } from '../../service';
import { pageOf } from '../pages';
import { type HubOperations, hubOf, invalidInput, type Place } from './state';

const RULESET = 'arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0';
const FOUNDATIONAL = 'aws-foundational-security-best-practices/v/1.0.0';

/** @see https://docs.aws.amazon.com/securityhub/latest/userguide/standards-reference.html */
const STANDARDS = [
  FOUNDATIONAL,
  'aws-resource-tagging-standard/v/1.0.0',
  'cis-aws-foundations-benchmark/v/1.4.0',
  'cis-aws-foundations-benchmark/v/3.0.0',
  'cis-aws-foundations-benchmark/v/5.0.0',
  'nist-800-53/v/5.0.0',
  'nist-800-171/v/2.0.0',
  'pci-dss/v/3.2.1',
  'pci-dss/v/4.0.1',
];

const standardArn = ({ region }: Scope, name: string): string => `arn:aws:securityhub:${region}::standards/${name}`;

/** @see https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_EnableSecurityHub.html */
export function enableDefaultStandards(place: Place): void {
  for (const arn of [standardArn(place, FOUNDATIONAL), RULESET]) place.state.standards.add(arn);
}

/** Enables a standard, or leaves it so. The twin checks nothing by it. @throws AwsError for one that there is not. */
export function enableStandard(place: Place, arn: string | undefined): StandardsSubscription {
  hubOf(place);
  const known = [RULESET, ...STANDARDS.map((name) => standardArn(place, name))];
  if (arn === undefined || !known.includes(arn)) throw invalidInput(`Invalid parameter: StandardsArn: ${arn}`);
  place.state.standards.add(arn);
  return subscription(place, arn);
}

export const subscriptionArn = ({ account, region }: Scope, arn: string): string =>
  `arn:aws:securityhub:${region}:${account}:subscription/${arn.split(':').slice(5).join(':').split('/').slice(1).join('/')}`;

function subscription(place: Scope, arn: string): StandardsSubscription {
  return {
    StandardsSubscriptionArn: subscriptionArn(place, arn),
    StandardsArn: arn,
    StandardsInput: {},
    StandardsStatus: 'READY',
    StandardsControlsUpdatable: 'READY_FOR_UPDATES',
  };
}

export const standardsOperations: HubOperations = {
  GetEnabledStandards({ StandardsSubscriptionArns: wanted, MaxResults, NextToken }, call) {
    hubOf(call);
    const all = [...call.state.standards]
      .map((arn) => subscription(call, arn))
      .filter(({ StandardsSubscriptionArn = '' }) => !wanted || wanted.includes(StandardsSubscriptionArn));
    const { items, next } = pageOf(all, NextToken, {
      limit: MaxResults,
      most: 100,
      refuse: (name) => invalidInput(`Invalid parameter: ${name}`),
    });
    return { StandardsSubscriptions: items, ...(next !== undefined && { NextToken: next }) };
  },
  BatchEnableStandards({ StandardsSubscriptionRequests = [] }, call) {
    const before = [...call.state.standards];
    try {
      return {
        StandardsSubscriptions: StandardsSubscriptionRequests.map(({ StandardsArn }) =>
          enableStandard(call, StandardsArn),
        ),
      };
    } catch (refused) {
      // All of them or none.
      call.state.standards.clear();
      for (const arn of before) call.state.standards.add(arn);
      throw refused;
    }
  },
  BatchDisableStandards({ StandardsSubscriptionArns = [] }, call) {
    hubOf(call);
    const enabled = new Map([...call.state.standards].map((arn) => [subscriptionArn(call, arn), arn]));
    const found = StandardsSubscriptionArns.map((wanted) => {
      const arn = enabled.get(wanted);
      if (arn === undefined) throw invalidInput(`Invalid parameter: StandardsSubscriptionArn: ${wanted}`);
      return arn;
    });
    for (const arn of found) call.state.standards.delete(arn);
    return {
      StandardsSubscriptions: found.map((arn) => ({ ...subscription(call, arn), StandardsStatus: 'DELETING' })),
    };
  },
};
