import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
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
      const sweep = new InvokeCommand({
        FunctionName: 'SecurityGroupSelfHeal',
        InvocationType: 'Event',
        Payload: Buffer.from(JSON.stringify({ sweep: {} })),
      });
      return { id: groupId, open: () => new LambdaClient(twin.config).send(sweep) };
    },
  });
});
