import { tcp } from '../support/twin';
import { endsTheSame } from './matrix';
import { ofSecurityGroups } from './security-groups';

describe('a wide rule that is narrowed', () => {
  endsTheSame({
    ...ofSecurityGroups(['22 10.0.0.0/8', '80 0.0.0.0/0', '443 0.0.0.0/0']),
    variant: 'narrow',
    async arrange(twin) {
      const groupId = await twin.makeGroup(undefined, [tcp(22, '10.0.0.0/8')]);
      return { id: groupId, open: () => twin.authorize(groupId, tcp([0, 1023])) };
    },
  });
});
