import { tcp } from '../support/twin';
import { endsTheSame, IN_ORDER } from './matrix';

describe('an opened port', () => {
  endsTheSame({
    variant: 'enforce',
    plainest: true,
    async arrange(twin) {
      const groupId = await twin.makeGroup();
      return { groupId, open: () => twin.authorize(groupId, tcp(22), tcp(465)) };
    },
    ingress: IN_ORDER,
  });
});
