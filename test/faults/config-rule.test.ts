import { tcp } from '../support/twin';
import { endsTheSame } from './matrix';
import { ofSecurityGroups } from './security-groups';

describe('an opened port that AWS Config alone sees', () => {
  endsTheSame({
    ...ofSecurityGroups(),
    variant: 'enforce',
    config: true,
    disabledRules: ['SecurityGroupIngressDetection', 'ConfigComplianceSecurityGroups'],
    async arrange(twin) {
      const groupId = await twin.makeGroup();
      return { id: groupId, open: () => twin.authorize(groupId, tcp(465)) };
    },
  });
});
