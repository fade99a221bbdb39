import type { GetFindingsResponse } from '@aws-sdk/client-guardduty';
import type { NormalizedSchema } from '@smithy/core/schema';
import { shapeOf } from '../../wire/json-shapes';
import { operationsOf } from '../../wire/schema';
import { pageOf } from '../pages';
import { criteria, sorted } from './criteria';
import { onlyAdministrator } from './members';
import {
  detectorOf,
  type Finding,
  type GuardDutyCall,
  type GuardDutyOperations,
  invalidParameter,
  type Place,
  placeOf,
  type Sdk,
} from './state';

/** Of ids in a call, and of findings in a page. @see https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetFindings.html */
const MOST_FINDINGS = 50;

/** A finding, as the API has it. */
function findingSchema(): NormalizedSchema {
  const sdk = require('@aws-sdk/client-guardduty') as Sdk;
  const findings = operationsOf(sdk).get('GetFindings')?.output.getMemberSchemas().Findings;
  if (!findings) throw new Error('the SDK has no schema of findings');
  return findings.getValueSchema();
}

function ids(given: readonly string[] = []): readonly string[] {
  if (given.length > MOST_FINDINGS) throw invalidParameter('findingIds');
  return given;
}

/** @throws AwsError for an id that there is no finding of. */
function all(state: GuardDutyCall['state'], given: readonly string[] | undefined): Finding[] {
  return ids(given).map((id) => {
    const found = state.findings.get(id);
    if (!found) throw invalidParameter('findingIds');
    return found;
  });
}

/** The finding in the other account that sees it, of member and administrator. */
function alsoIn({ twin, region }: Place, { detail: { id, accountId } }: Finding): Finding[] {
  const found = placeOf(twin, { account: accountId, region }).state.findings.get(id);
  return found ? [found] : [];
}

/**
 * Marks findings. No event tells of it, and what GuardDuty finds afterwards comes again, unarchived.
 *
 * @see https://docs.aws.amazon.com/guardduty/latest/ug/findings_management.html
 */
function archive(call: GuardDutyCall, given: readonly string[] | undefined, archived: boolean): void {
  onlyAdministrator(call);
  const updatedAt = call.twin.clock.now().toISOString();
  for (const finding of all(call.state, given))
    for (const { detail } of new Set([finding, ...alsoIn(call, finding)])) {
      detail.service.archived = archived;
      detail.updatedAt = updatedAt;
    }
}

export const findingOperations: GuardDutyOperations = {
  GetFindings({ DetectorId, FindingIds, SortCriteria }, call) {
    detectorOf(call, DetectorId);
    const schema = findingSchema();
    const found = ids(FindingIds).flatMap((id) => call.state.findings.get(id)?.detail ?? []);
    const inOrder = SortCriteria ? sorted(found, SortCriteria, schema) : found;
    return { Findings: inOrder.map((detail) => shapeOf(schema, detail)) as GetFindingsResponse['Findings'] };
  },
  ListFindings({ DetectorId, FindingCriteria = {}, SortCriteria = {}, MaxResults, NextToken }, call) {
    detectorOf(call, DetectorId);
    const schema = findingSchema();
    const matching = [...call.state.findings.values()]
      .map(({ detail }) => detail)
      .filter(criteria(FindingCriteria, schema));
    const { items, next } = pageOf(sorted(matching, SortCriteria, schema), NextToken, {
      limit: MaxResults,
      most: MOST_FINDINGS,
      refuse: invalidParameter,
    });
    // The last page has a token too: an empty one.
    return { FindingIds: items.map(({ id }) => id), NextToken: next ?? '' };
  },
  ArchiveFindings({ DetectorId, FindingIds }, call) {
    detectorOf(call, DetectorId);
    archive(call, FindingIds, true);
    return {};
  },
  UnarchiveFindings({ DetectorId, FindingIds }, call) {
    detectorOf(call, DetectorId);
    archive(call, FindingIds, false);
    return {};
  },
  UpdateFindingsFeedback({ DetectorId, FindingIds, Feedback = '' }, call) {
    detectorOf(call, DetectorId);
    if (!['USEFUL', 'NOT_USEFUL'].includes(Feedback)) throw invalidParameter('feedback');
    for (const { detail } of all(call.state, FindingIds)) detail.service.userFeedback = Feedback;
    return {};
  },
};
