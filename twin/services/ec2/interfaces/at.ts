import type { Ec2State } from '../state';
import type { NetworkInterface } from './state';

/** An instance's interfaces, in the order of their devices. */
export const interfacesAt = ({ interfaces }: Ec2State, instanceId: string): NetworkInterface[] =>
  [...interfaces.values()]
    .filter(({ attachment }) => attachment?.instanceId === instanceId)
    .sort((a, b) => (a.attachment?.deviceIndex ?? 0) - (b.attachment?.deviceIndex ?? 0));

export function removeInterface(state: Ec2State, { id }: NetworkInterface): void {
  for (const address of state.addresses.values())
    if (address.association?.interfaceId === id) delete address.association;
  state.interfaces.delete(id);
  state.tags.delete(id);
}
