import type { Scope } from '../../service';
import type { Twin } from '../../twin';
import { pageOf } from '../pages';
import { badRequest, detectorOf, GUARDDUTY, type GuardDutyOperations, invalidParameter, placeOf } from './state';

/** The account to which an account's findings go as well, if there is one, with when that began. */
export function administratorOf(twin: Twin, { account, region }: Scope): { account: string; since: Date } | undefined {
  for (const other of twin.statesOf(GUARDDUTY)) {
    const since = other.region === region ? other.state.members.get(account) : undefined;
    if (since) return { account: other.account, since };
  }
  return undefined;
}

/** @throws AwsError in a member account, which may read findings and no more. @see https://docs.aws.amazon.com/guardduty/latest/ug/administrator_member_relationships.html */
export function onlyAdministrator({ twin, account, region }: Scope & { readonly twin: Twin }): void {
  if (administratorOf(twin, { account, region }))
    throw badRequest('only the administrator account may archive or unarchive findings of its member accounts.');
}

/** Who is whose member shows in findings: the twin has no invitations. */
export const memberOperations: GuardDutyOperations = {
  ListMembers({ DetectorId, MaxResults, NextToken }, call) {
    detectorOf(call, DetectorId);
    const { items, next } = pageOf([...call.state.members], NextToken, {
      limit: MaxResults,
      most: 50,
      refuse: invalidParameter,
    });
    return {
      Members: items.map(([account, since]) => {
        const { detector } = placeOf(call.twin, { account, region: call.region }).state;
        return {
          AccountId: account,
          AdministratorId: call.account,
          MasterId: call.account,
          Email: `${account}@example.com`,
          RelationshipStatus: 'Enabled',
          InvitedAt: since.toISOString(),
          UpdatedAt: since.toISOString(),
          ...(detector && { DetectorId: detector.id }),
        };
      }),
      ...(next !== undefined && { NextToken: next }),
    };
  },
  GetAdministratorAccount({ DetectorId }, call) {
    detectorOf(call, DetectorId);
    const administrator = administratorOf(call.twin, call);
    // An account without one is answered with nothing at all.
    if (!administrator) return {} as { Administrator: undefined };
    const { account, since } = administrator;
    return {
      Administrator: { AccountId: account, RelationshipStatus: 'Enabled', InvitedAt: since.toISOString() },
    };
  },
};
