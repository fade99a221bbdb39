import type { Evaluation } from '@aws-sdk/client-config-service';
import { readToken } from './result-tokens';
import { recordResult } from './results';
import { type ConfigOperations, error, invalid } from './state';

/** @see https://docs.aws.amazon.com/config/latest/APIReference/API_PutEvaluations.html */
const MOST_EVALUATIONS = 100;
const LONGEST_ANNOTATION = 256;
const VERDICTS = ['COMPLIANT', 'NON_COMPLIANT', 'NOT_APPLICABLE'];

/** How functions answer. */
export const evaluationOperations: ConfigOperations = {
  PutEvaluations({ Evaluations = [], ResultToken, TestMode = false }, call) {
    if (!ResultToken) throw invalid('The ResultToken is required.');
    if (Evaluations.length > MOST_EVALUATIONS)
      throw error(
        'ValidationException',
        `1 validation error detected: Value at 'evaluations' failed to satisfy constraint: Member must have length less than or equal to ${MOST_EVALUATIONS}`,
      );
    for (const [index, evaluation] of Evaluations.entries()) check(evaluation, index);
    // A test shows whether the function may answer, with any token; nothing is kept.
    if (TestMode) return { FailedEvaluations: [] };
    const token = readToken(call.state.secret, ResultToken);
    if (!token) throw error('InvalidResultTokenException', 'The specified ResultToken is invalid.');
    const rule = [...call.state.rules.values()].find(({ id }) => id === token.ruleId);
    if (!rule) throw error('NoSuchConfigRuleException', 'The rule that the ResultToken was issued for does not exist.');
    call.state.unanswered.delete(ResultToken);
    rule.status.evaluatedAt = call.twin.clock.now();
    delete rule.status.error;
    for (const {
      ComplianceResourceType,
      ComplianceResourceId,
      ComplianceType,
      Annotation,
      OrderingTimestamp,
    } of Evaluations)
      recordResult(call, rule, {
        type: ComplianceResourceType ?? '',
        id: ComplianceResourceId ?? '',
        compliance: ComplianceType ?? 'NOT_APPLICABLE',
        ordering: OrderingTimestamp ?? call.twin.clock.now(),
        invoked: new Date(token.invoked),
        ...(Annotation !== undefined && { annotation: Annotation }),
      });
    return { FailedEvaluations: [] };
  },
};

function check(evaluation: Evaluation, index: number): void {
  const { ComplianceResourceType, ComplianceResourceId, ComplianceType, Annotation, OrderingTimestamp } = evaluation;
  const at = `evaluations.${index + 1}.member`;
  const missing = Object.entries({
    ComplianceResourceType,
    ComplianceResourceId,
    ComplianceType,
    OrderingTimestamp,
  }).find(([, value]) => value === undefined || value === '');
  if (missing)
    throw error(
      'ValidationException',
      `1 validation error detected: Value null at '${at}.${missing[0].charAt(0).toLowerCase()}${missing[0].slice(1)}' failed to satisfy constraint: Member must not be null`,
    );
  if (Annotation !== undefined && (Annotation === '' || Annotation.length > LONGEST_ANNOTATION))
    throw error(
      'ValidationException',
      `1 validation error detected: Value '${Annotation}' at '${at}.annotation' failed to satisfy constraint: Member must have length ${Annotation === '' ? 'greater than or equal to 1' : `less than or equal to ${LONGEST_ANNOTATION}`}`,
    );
  if (!VERDICTS.includes(ComplianceType ?? ''))
    throw invalid(`The ComplianceType ${ComplianceType} is not valid; PutEvaluations takes: ${VERDICTS.join(', ')}.`);
}
