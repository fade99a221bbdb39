import { tcp } from '../support/twin';
import { endsTheSame } from './matrix';
import { ofSecurityGroups } from './security-groups';

describe('an opened port', () => {
  endsTheSame({
    ...ofSecurityGroups(),
    variant: 'enforce',
    plainest: true,
    async arrange(twin) {
      const groupId = await twin.makeGroup();
      return { id: groupId, open: () => twin.authorize(groupId, tcp(22), tcp(465)) };
    },
  });
});
