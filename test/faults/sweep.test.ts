import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { tcp } from '../support/twin';
import { endsTheSame, IN_ORDER } from './matrix';

describe('an opened port that a sweep finds', () => {
  endsTheSame({
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
      return { groupId, open: () => new LambdaClient(twin.config).send(sweep) };
    },
    ingress: IN_ORDER,
  });
});
