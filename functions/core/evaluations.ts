import { type ConfigServiceClient, type Evaluation, PutEvaluationsCommand } from '@aws-sdk/client-config-service';
import type { ConfigRuleWake } from './config-events';
import type { Verdict } from './decide';
import type { Action } from './remediation';

/** @see https://docs.aws.amazon.com/config/latest/APIReference/API_PutEvaluations.html */
const MOST_EVALUATIONS = 100;
/** @see https://docs.aws.amazon.com/config/latest/APIReference/API_Evaluation.html */
const LONGEST_ANNOTATION = 256;

/** What a rule of ours is told about a resource. */
export interface Compliance {
  readonly resourceType: string;
  readonly resourceId: string;
  readonly compliance: 'COMPLIANT' | 'NON_COMPLIANT' | 'NOT_APPLICABLE';
  readonly why: string;
  /** ISO 8601: an answer about an older state loses against one about a newer. */
  readonly at: string;
}

/** What a verdict means for compliance: a registered exception counts as compliant, what waits for a person does not. */
export function complianceOf({ outcome }: Pick<Verdict<Action>, 'outcome'>): Compliance['compliance'] {
  switch (outcome) {
    case 'NO_ACTION':
    case 'EXEMPT':
      return 'COMPLIANT';
    case 'GONE':
      return 'NOT_APPLICABLE';
    case 'DRY_RUN':
    case 'HELD':
    case 'ACT':
      return 'NON_COMPLIANT';
  }
}

/**
 * Answers an invocation by a Config rule.
 *
 * @throws Error if Config does not take an answer; it must be given again.
 */
export async function putEvaluations(
  config: ConfigServiceClient,
  { resultToken, testMode }: Pick<ConfigRuleWake, 'resultToken' | 'testMode'>,
  answers: readonly Compliance[],
): Promise<void> {
  for (let at = 0; at < answers.length; at += MOST_EVALUATIONS) {
    const { FailedEvaluations = [] } = await config.send(
      new PutEvaluationsCommand({
        ResultToken: resultToken,
        ...(testMode && { TestMode: true }),
        Evaluations: answers.slice(at, at + MOST_EVALUATIONS).map(toEvaluation),
      }),
    );
    if (FailedEvaluations.length > 0) throw new Error(`AWS Config refused ${FailedEvaluations.length} evaluations`);
  }
}

const toEvaluation = ({ resourceType, resourceId, compliance, why, at }: Compliance): Evaluation => ({
  ComplianceResourceType: resourceType,
  ComplianceResourceId: resourceId,
  ComplianceType: compliance,
  Annotation: why.slice(0, LONGEST_ANNOTATION),
  OrderingTimestamp: new Date(at),
});
