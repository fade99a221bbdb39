import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { RevokeSecurityGroupIngressCommand } from '@aws-sdk/client-ec2';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { digest } from '../../functions/core/canonical';
import type { Policy } from '../../functions/core/policy';
import { TestTwin, tcp } from '../support/twin';

// A group whose ingress is written down by its id gets back what somebody took from it. Groups get their ids in the twin, so that the
// policy is written when there is one; the role of these settings may authorise.

let twin: TestTwin;
let groupId: string;
beforeAll(async () => {
  twin = await TestTwin.startWithConfig('narrow');
  groupId = await twin.makeGroup('shop', [tcp(80), tcp(443)]);
  const Key = { pk: { S: 'POLICY' }, sk: { S: 'CURRENT' } };
  const { Item = {} } = await twin.dynamodb.send(new GetItemCommand({ TableName: twin.table, Key }));
  const { document } = unmarshall(Item) as { document: Policy };
  const blueprints: Policy['securityGroups']['blueprints'] = [
    {
      groups: { ids: [groupId], names: [], tags: {} },
      required: [80, 443].map((port) => ({ protocol: 'tcp', port, source: '0.0.0.0/0' })),
    },
  ];
  const changed = { ...document, securityGroups: { ...document.securityGroups, blueprints } };
  await twin.putItem({ ...Item, ...marshall({ document: changed, hash: digest(changed) }) });
  await twin.settle();
});
afterAll(() => twin.stop());

const ports = async () =>
  (await twin.rules(groupId)).flatMap(({ IsEgress, FromPort }) => (IsEgress ? [] : [FromPort])).sort();

it('what was taken from it comes back, before what is extra goes', async () => {
  const https = (await twin.rules(groupId)).find(({ FromPort }) => FromPort === 443);
  const since = await twin.mark();
  await twin.ec2.send(
    new RevokeSecurityGroupIngressCommand({
      GroupId: groupId,
      SecurityGroupRuleIds: [https?.SecurityGroupRuleId ?? ''],
    }),
  );
  await twin.settle();
  expect(await ports()).toEqual([443, 80]);
  await twin.authorize(groupId, tcp(993));
  await twin.settle();
  expect(await ports()).toEqual([443, 80]);
  const changes = (await twin.calls(since)).filter(({ operation }) => /^(Authorize|Revoke)/.test(operation));
  expect(changes.map(({ operation, error }) => [operation, error])).toEqual([
    ['AuthorizeSecurityGroupIngress', null],
    ['RevokeSecurityGroupIngress', null],
  ]);
  await twin.chain(groupId);
});

it('another group gets nothing', async () => {
  const other = await twin.makeGroup('shop-2', [tcp(80)]);
  await twin.settle();
  expect((await twin.rules(other)).filter(({ IsEgress }) => !IsEgress)).toHaveLength(1);
});
