import { tcp } from '../support/twin';
import { endsTheSame, IN_ORDER } from './matrix';

describe('an opened port that AWS Config alone sees', () => {
  endsTheSame({
    variant: 'enforce',
    config: true,
    disabledRules: ['SecurityGroupIngressDetection', 'ConfigComplianceSecurityGroups'],
    async arrange(twin) {
      const groupId = await twin.makeGroup();
      return { groupId, open: () => twin.authorize(groupId, tcp(465)) };
    },
    ingress: IN_ORDER,
  });
});
