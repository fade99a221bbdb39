import { instanceOf } from '../lookups';
import { type Ec2Call, type Ec2Operations, error } from '../state';
import type { Instance } from './state';
import { isNitro } from './types';

/** An image of one pixel, which is black: nothing runs that would draw more. */
const SCREEN =
  '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=';

const output = ({ id, launched }: Instance): string =>
  [
    `[    0.000000] Linux version 6.1.0 (twin)`,
    `[    1.000000] ${id} booted at ${launched.toISOString()}`,
    `login: `,
  ].join('\r\n');

function running({ state }: Ec2Call, id: string | undefined): Instance {
  const instance = instanceOf(state, id);
  if (instance.state !== 'running')
    throw error('IncorrectInstanceState', `The instance '${instance.id}' is not in the 'running' state.`);
  return instance;
}

export const consoleOperations: Ec2Operations = {
  /** What is there at any moment, and not only after a change of state, is for the Nitro System. @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html */
  GetConsoleOutput({ InstanceId, Latest = false }, call) {
    const instance = instanceOf(call.state, InstanceId);
    if (Latest && !isNitro(instance.type))
      throw error(
        'UnsupportedOperation',
        `The instance type ${instance.type} does not support retrieving the latest console logs.`,
      );
    const text = instance.state === 'pending' ? '' : Buffer.from(output(instance)).toString('base64');
    return { InstanceId: instance.id, Timestamp: call.twin.clock.now(), Output: text };
  },

  /** Not for bare metal. @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshoot-unreachable-instance.html#instance-console-screenshot */
  GetConsoleScreenshot({ InstanceId }, call) {
    const instance = running(call, InstanceId);
    if (/\.metal/.test(instance.type))
      throw error('UnsupportedOperation', `The instance type ${instance.type} does not support console screenshots.`);
    return { InstanceId: instance.id, ImageData: SCREEN };
  },
};
