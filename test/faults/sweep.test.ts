import { tcp } from '../support/twin';
import { endsTheSame } from './matrix';
import { ofSecurityGroups } from './security-groups';

describe('an opened port that a sweep finds', () => {
  endsTheSame({
    ...ofSecurityGroups(),
    variant: 'enforce',
    disabledRules: ['SecurityGroupIngressDetection'],
    async arrange(twin) {
      const groupId = await twin.makeGroup();
      await twin.authorize(groupId, tcp(465));
      return { id: groupId, open: () => twin.invokeLater('SecurityGroupSelfHeal', { sweep: {} }) };
    },
  });
});
