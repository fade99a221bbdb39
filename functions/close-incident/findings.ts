import { GetFindingsV2Command, type SecurityHubClient } from '@aws-sdk/client-securityhub';
import type { FindingName } from './handler';

/** Filters in one call. */
const MOST_FILTERS = 20;

/**
 * The names of findings, by which incidents are known, of those that Security Hub calls by ids of its own: `finding_info.uid` by `metadata.uid`.
 *
 * @see https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchUpdateFindingsV2.html
 */
export async function namesOf(hub: SecurityHubClient, uids: readonly string[]): Promise<FindingName[]> {
  const names: FindingName[] = [];
  for (let at = 0; at < uids.length; at += MOST_FILTERS) {
    const StringFilters = uids.slice(at, at + MOST_FILTERS).map((Value) => ({
      FieldName: 'metadata.uid' as const,
      Filter: { Value, Comparison: 'EQUALS' as const },
    }));
    const { Findings = [] } = await hub.send(
      new GetFindingsV2Command({
        Filters: { CompositeFilters: [{ StringFilters, Operator: 'OR' }] },
        MaxResults: MOST_FILTERS,
      }),
    );
    names.push(
      ...(Findings as readonly Named[]).flatMap(({ metadata, finding_info: { uid } = {} }) =>
        uid === undefined ? [] : [{ product: metadata?.product?.uid ?? '', id: uid }],
      ),
    );
  }
  return names;
}

interface Named {
  readonly metadata?: { readonly product?: { readonly uid?: string } };
  readonly finding_info?: { readonly uid?: string };
}
