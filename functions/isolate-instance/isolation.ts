import type { Containment } from '../incident/containment';
import { targetArn } from '../incident/incident';
import { InstanceReader, type Quarantine } from '../incident/instance-reader';
import type { InstanceClients } from '../incident/instance-surroundings';
import { originalIn } from '../incident/originals';
import { InstanceAdapter } from './adapter';
import { instanceRemediation } from './remediation';

/** The containment of instances: cut off from networks and from their role. */
export function isolation(clients: InstanceClients, quarantine: Quarantine): Containment<'instance'> {
  const reader = new InstanceReader(clients, quarantine);
  return {
    kinds: ['instance'],
    idOf: ({ instanceId }) => instanceId,
    remediationFor: (target, { details }, home) => {
      const { incident } = details;
      const adapter = new InstanceAdapter({
        clients,
        reader,
        quarantine,
        sid: `Incident${incident.id.replace(/[^A-Za-z0-9]/g, '')}`,
      });
      return instanceRemediation({
        reader,
        adapter,
        isolation: { incidentId: incident.id, profile: quarantine.profile },
        original: originalIn(details, targetArn(target, home)),
      });
    },
  };
}
