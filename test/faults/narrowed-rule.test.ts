import { tcp } from '../support/twin';
import { endsTheSame } from './matrix';

describe('a wide rule that is narrowed', () => {
  endsTheSame({
    variant: 'narrow',
    async arrange(twin) {
      const groupId = await twin.makeGroup(undefined, [tcp(22, '10.0.0.0/8')]);
      return { groupId, open: () => twin.authorize(groupId, tcp([0, 1023])) };
    },
    ingress: ['22 10.0.0.0/8', '80 0.0.0.0/0', '443 0.0.0.0/0'],
  });
});
