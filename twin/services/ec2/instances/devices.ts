import type { BlockDeviceMapping } from '@aws-sdk/client-ec2';
import { type Ec2Call, missingParameter } from '../state';
import type { Volume } from '../storage/state';
import { draftVolume } from '../storage/volumes';
import type { Instance } from './state';

/** Of Amazon Linux; older images boot from the other, and a request that maps it means that one. */
const [ROOT, OLDER_ROOT] = ['/dev/xvda', '/dev/sda1'];

/** Where the boot volume is attached. */
export const rootDeviceOf = (mappings: readonly BlockDeviceMapping[] = []): string =>
  mappings.some(({ DeviceName }) => DeviceName === OLDER_ROOT) ? OLDER_ROOT : ROOT;

/** An instance's volumes, the boot volume first, which are not there yet. Instance store is nothing that EC2 can show. */
export function draftDevices(
  call: Ec2Call,
  { id, zone, rootDevice, launched }: Instance,
  mappings: readonly BlockDeviceMapping[] = [],
): Volume[] {
  const root = mappings.find(({ DeviceName }) => DeviceName === rootDevice) ?? { DeviceName: rootDevice, Ebs: {} };
  const others = mappings.filter(
    (mapping) => mapping !== root && mapping.VirtualName === undefined && mapping.NoDevice === undefined,
  );
  return [root, ...others].map(({ DeviceName, Ebs = {} }): Volume => {
    if (DeviceName === undefined) throw missingParameter('deviceName');
    return {
      ...draftVolume(call, zone, Ebs),
      attachment: {
        instanceId: id,
        device: DeviceName,
        attached: launched,
        deleteOnTermination: Ebs.DeleteOnTermination ?? true,
      },
    };
  });
}
