import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { notice } from '../support/notice';
import { provesRole } from '../support/role-proof';
import type { TestTwin } from '../support/twin';

/** An incident that pages, on the topic for people. */
async function doEverything(twin: TestTwin): Promise<void> {
  await new SNSClient(twin.config).send(
    new PublishCommand({
      TopicArn: `arn:aws:sns:${twin.ready.region}:${twin.ready.accountId}:SutureAlerts`,
      Message: 'text',
      MessageAttributes: { incident: { DataType: 'String', StringValue: JSON.stringify(notice()) } },
    }),
  );
  await twin.settle();
}

describe.each([
  ['NotifyRespondersRole', 'notify-responders', ['events:PutEvents']],
  ['PageRespondersRole', 'page-responders', ['sns:Publish']],
])('the role %s', (role, bundle, others) => {
  provesRole({
    role,
    bundle,
    variant: 'notified',
    unreachable: [],
    doEverything,
    fenced: [
      ['write the policy', 'dynamodb:PutItem', 'POLICY'],
      ['write about an incident', 'dynamodb:PutItem', 'RES#111122223333#REGION#Suture::Incident#gd-0123456789abcdef'],
    ],
    forbidden: [...others, 'lambda:InvokeFunction', 'events:InvokeApiDestination', 'iam:PassRole', 's3:GetObject'],
  });
});
