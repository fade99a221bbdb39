import type { Compliance, EvaluationResult } from '@aws-sdk/client-config-service';
import { NextToken, pageOf } from './paging';
import { named } from './rules';
import { type ConfigOperations, type ConfigState, type Result, type Rule, resourceKey, ruleNamed } from './state';

/** Beyond, Config says only that there are more. @see https://docs.aws.amazon.com/config/latest/APIReference/API_ComplianceContributorCount.html */
const MOST_COUNTED = 25;

/** What is wrong counts; otherwise whether anything is known. */
function summaryOf(results: Iterable<Result>): Compliance {
  let [bad, good] = [0, 0];
  for (const { compliance } of results) {
    if (compliance === 'NON_COMPLIANT') bad++;
    else if (compliance === 'COMPLIANT') good++;
  }
  if (bad > 0) return { ComplianceType: 'NON_COMPLIANT', ComplianceContributorCount: counted(bad) };
  return { ComplianceType: good > 0 ? 'COMPLIANT' : 'INSUFFICIENT_DATA' };
}

const counted = (count: number) => ({
  CappedCount: Math.min(count, MOST_COUNTED),
  CapExceeded: count > MOST_COUNTED,
});

const isOneOf = (types: readonly string[], { ComplianceType = '' }: { ComplianceType?: string | undefined }): boolean =>
  types.length === 0 || types.includes(ComplianceType);

/** Results by the resources that they are about. */
function byResource({ rules }: ConfigState): Map<string, Result[]> {
  const found = new Map<string, Result[]>();
  for (const { results } of rules.values())
    for (const [key, result] of results) {
      const others = found.get(key);
      if (others) others.push(result);
      else found.set(key, [result]);
    }
  return found;
}

const detail = (
  rule: Rule,
  { type, id, compliance, ordering, recorded, invoked, annotation }: Result,
): EvaluationResult => ({
  EvaluationResultIdentifier: {
    EvaluationResultQualifier: {
      ConfigRuleName: rule.name,
      ResourceType: type,
      ResourceId: id,
      EvaluationMode: 'DETECTIVE',
    },
    OrderingTimestamp: ordering,
  },
  ComplianceType: compliance,
  ResultRecordedTime: recorded,
  ConfigRuleInvokedTime: invoked,
  ...(annotation !== undefined && { Annotation: annotation }),
});

/** What the rules found. */
export const complianceOperations: ConfigOperations = {
  DescribeComplianceByConfigRule({ ConfigRuleNames = [], ComplianceTypes = [], NextToken: token }, { state }) {
    const all = named(state, ConfigRuleNames)
      .map(({ name, results }) => ({ ConfigRuleName: name, Compliance: summaryOf(results.values()) }))
      .filter(({ Compliance: summary }) => isOneOf(ComplianceTypes, summary));
    const { items, next } = pageOf(all, token, { usual: 25 });
    return { ComplianceByConfigRules: items, ...NextToken(next) };
  },

  DescribeComplianceByResource({ ResourceType, ResourceId, ComplianceTypes = [], Limit, NextToken: token }, { state }) {
    const all = [...byResource(state).values()].flatMap((results) => {
      const [first] = results;
      if (!first || (ResourceType !== undefined && first.type !== ResourceType)) return [];
      if (ResourceId !== undefined && first.id !== ResourceId) return [];
      const summary = summaryOf(results);
      if (!isOneOf(ComplianceTypes, summary)) return [];
      return [{ ResourceType: first.type, ResourceId: first.id, Compliance: summary }];
    });
    const { items, next } = pageOf(all, token, { limit: Limit, usual: 10, most: 100 });
    return { ComplianceByResources: items, ...NextToken(next) };
  },

  GetComplianceDetailsByConfigRule({ ConfigRuleName, ComplianceTypes = [], Limit, NextToken: token }, { state }) {
    const rule = ruleNamed(state, ConfigRuleName);
    const all = [...rule.results.values()].filter(({ compliance }) =>
      // What does not apply is shown only to who asks for it.
      ComplianceTypes.length === 0 ? compliance !== 'NOT_APPLICABLE' : ComplianceTypes.includes(compliance),
    );
    const { items, next } = pageOf(all, token, { limit: Limit, usual: 10, most: 100 });
    return { EvaluationResults: items.map((result) => detail(rule, result)), ...NextToken(next) };
  },

  GetComplianceDetailsByResource(
    { ResourceType = '', ResourceId = '', ComplianceTypes = [], NextToken: token },
    { state },
  ) {
    const all = named(state, []).flatMap((rule) => {
      const result = rule.results.get(resourceKey(ResourceType, ResourceId));
      const isWanted =
        result &&
        (ComplianceTypes.length === 0
          ? result.compliance !== 'NOT_APPLICABLE'
          : ComplianceTypes.includes(result.compliance));
      return isWanted ? [detail(rule, result)] : [];
    });
    const { items, next } = pageOf(all, token, { usual: 100 });
    return { EvaluationResults: items, ...NextToken(next) };
  },

  GetComplianceSummaryByConfigRule: (_input, { state, twin }) => ({
    ComplianceSummary: summaries(
      [...state.rules.values()].map(({ results }) => summaryOf(results.values())),
      twin.clock.now(),
    ),
  }),

  GetComplianceSummaryByResourceType({ ResourceTypes = [] }, { state, twin }) {
    const all = [...byResource(state).values()].flatMap((results) =>
      results[0] ? [{ type: results[0].type, compliance: summaryOf(results) }] : [],
    );
    const now = twin.clock.now();
    if (ResourceTypes.length === 0)
      return {
        ComplianceSummariesByResourceType: [
          {
            ComplianceSummary: summaries(
              all.map(({ compliance }) => compliance),
              now,
            ),
          },
        ],
      };
    return {
      ComplianceSummariesByResourceType: ResourceTypes.map((wanted) => ({
        ResourceType: wanted,
        ComplianceSummary: summaries(
          all.filter(({ type }) => type === wanted).map(({ compliance }) => compliance),
          now,
        ),
      })),
    };
  },
};

const summaries = (compliances: readonly Compliance[], now: Date) => {
  const count = (wanted: string) =>
    counted(compliances.filter(({ ComplianceType }) => ComplianceType === wanted).length);
  return {
    CompliantResourceCount: count('COMPLIANT'),
    NonCompliantResourceCount: count('NON_COMPLIANT'),
    ComplianceSummaryTimestamp: now,
  };
};
