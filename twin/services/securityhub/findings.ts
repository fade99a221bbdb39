import { randomUUID } from 'node:crypto';
import { putEvents } from '../events';
import { pageOf } from '../pages';
import { filtered, inOrder } from './asff-filters';
import { type Asff, type Finding, type HubOperations, hubOf, invalidInput, keyOf, type Place } from './state';

/** In a page. */
const MOST_FINDINGS = 100;

/** Puts an event onto the default bus. */
export function put({ twin, account, region }: Place, detailType: string, resource: string, finding: object): void {
  const event = {
    version: '0',
    id: randomUUID(),
    'detail-type': detailType,
    source: 'aws.securityhub',
    account,
    time: `${twin.clock.now().toISOString().slice(0, 19)}Z`,
    region,
    resources: [resource],
    detail: { findings: [finding] },
  };
  putEvents(twin, { account, region }, 'default', [structuredClone(event)]);
}

/**
 * Tells of a finding that is new or was changed, by whomever.
 *
 * @see https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-cwe-integration-types.html
 */
export const announce = (place: Place, { asff }: Finding): void =>
  put(place, 'Security Hub Findings - Imported', keyOf(asff), asff);

/** Where status changes by itself: what comes back, or fails again, is new again. @see https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_WorkflowUpdate.html */
export function workflowAfter(was: Asff, is: Asff): Asff['Workflow'] {
  const status = was.Workflow?.Status ?? 'NEW';
  const returns = was.RecordState === 'ARCHIVED' && is.RecordState === 'ACTIVE';
  const failsAgain = was.Compliance?.Status === 'PASSED' && (is.Compliance?.Status ?? 'PASSED') !== 'PASSED';
  const isReset = (status === 'NOTIFIED' || status === 'RESOLVED') && (returns || failsAgain);
  return { Status: isReset ? 'NEW' : status };
}

export const findingOperations: HubOperations = {
  GetFindings({ Filters = {}, SortCriteria = [], MaxResults, NextToken }, call) {
    hubOf(call);
    const all = [...call.state.findings.values()].map(({ asff }) => asff);
    const found = inOrder(filtered(all, Filters, call.twin.clock.now()), SortCriteria);
    const { items, next } = pageOf(found, NextToken, {
      limit: MaxResults,
      most: MOST_FINDINGS,
      refuse: (name) => invalidInput(`Invalid parameter: ${name}`),
    });
    return { Findings: items, ...(next !== undefined && { NextToken: next }) };
  },
};
