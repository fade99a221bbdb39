import type { Containment } from '../incident/containment';
import type { Principals } from './adapter';
import { roleRemediation, userRemediation } from './remediation';

/** Users and roles as what an incident is about. Root is none of them: AWS lets nobody but root itself touch its keys. */
export const principalContainment = (principals: Principals): Containment<'user' | 'role'> => ({
  kinds: ['user', 'role'],
  remediationFor: (target, { at, details: { incident } }) => {
    // The record's last entry is not older than the claim: what was denied before may have left out the very session that this is about.
    const asked = { incidentId: incident.id, claimed: at };
    if (target.kind === 'role') return roleRemediation(principals, asked);
    const { accessKeyId } = target;
    return userRemediation(principals, { ...asked, ...(accessKeyId !== undefined && { accessKeyId }) });
  },
  idOf: (target) => (target.kind === 'role' ? target.roleName : target.userName),
});
