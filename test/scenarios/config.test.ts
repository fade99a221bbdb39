import {
  ConfigServiceClient,
  GetComplianceDetailsByConfigRuleCommand,
  GetComplianceDetailsByResourceCommand,
} from '@aws-sdk/client-config-service';
import { DeleteSecurityGroupCommand } from '@aws-sdk/client-ec2';
import { DisableRuleCommand, EnableRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { type Call, TestTwin, tcp } from '../support/twin';

// AWS Config as a second and a third way to the same function: our custom rule, and what any other rule says.

const OURS = 'SecurityGroupIngressPolicy';
let twin: TestTwin;
let config: ConfigServiceClient;
let events: EventBridgeClient;
beforeAll(async () => {
  twin = await TestTwin.startWithConfig('enforce');
  config = new ConfigServiceClient(twin.config);
  events = new EventBridgeClient(twin.config);
});
afterAll(() => twin.stop());

/** What our rule says of a group. */
async function compliance(groupId: string) {
  const { EvaluationResults = [] } = await config.send(
    new GetComplianceDetailsByResourceCommand({ ResourceType: 'AWS::EC2::SecurityGroup', ResourceId: groupId }),
  );
  const found = EvaluationResults.find(
    ({ EvaluationResultIdentifier: id }) => id?.EvaluationResultQualifier?.ConfigRuleName === OURS,
  );
  return found && { type: found.ComplianceType, why: found.Annotation };
}

const revokes = (calls: readonly Call[]) =>
  calls.filter(({ operation, error }) => operation === 'RevokeSecurityGroupIngress' && error === null);

/** Leaves the paths that are named, and closes the others. */
async function onlyBy(path: 'config rule' | 'compliance change', run: () => Promise<void>): Promise<void> {
  const closed =
    path === 'config rule'
      ? ['SecurityGroupIngressDetection', 'ConfigComplianceSecurityGroups']
      : ['SecurityGroupIngressDetection'];
  for (const Name of closed) await events.send(new DisableRuleCommand({ Name }));
  try {
    await run();
  } finally {
    for (const Name of closed) await events.send(new EnableRuleCommand({ Name }));
  }
}

it('three paths at once are one effect and one receipt', async () => {
  const groupId = await twin.makeGroup();
  await twin.settle();
  const before = await twin.rules(groupId);
  const since = await twin.mark();
  // Port 22 is what AWS's own rule looks at, too.
  await twin.authorize(groupId, tcp(22));
  await twin.settle();
  expect(await twin.rules(groupId)).toEqual(before);
  expect(revokes(await twin.calls(since))).toHaveLength(1);
  const chain = await twin.chain(groupId);
  expect(chain.filter(({ kind }) => kind === 'intent')).toHaveLength(1);
  expect(chain.filter(({ outcome }) => outcome === 'REMEDIATED')).toHaveLength(1);
  expect(await compliance(groupId)).toEqual({ type: 'COMPLIANT', why: 'no rule exposes more than the policy allows' });
});

describe('by our Config rule alone', () => {
  it('a group is healed, within eight calls, and Config sees both states', async () => {
    await onlyBy('config rule', async () => {
      const groupId = await twin.makeGroup();
      await twin.settle();
      const before = await twin.rules(groupId);
      const since = await twin.mark();
      // In AWS the item that the heal makes takes a minute; here it would come before the lock is given back.
      await twin.fault({ operation: 'dynamodb:BatchGetItem', skip: 1, delayMs: 400 });
      await twin.authorize(groupId, tcp(465), tcp(993));
      await twin.settle();
      expect(await twin.rules(groupId)).toEqual(before);
      const calls = await twin.calls(since);
      const second = calls.findLastIndex(({ operation }) => operation === 'BatchGetItem');
      expect(calls.slice(0, second).map(({ operation }) => operation)).toHaveLength(8);
      const said = calls
        .filter(({ operation }) => operation === 'PutEvaluations')
        .flatMap(({ parameters }) =>
          (parameters.Evaluations as { ComplianceType: string }[]).map((one) => one.ComplianceType),
        );
      expect(said).toEqual(['NON_COMPLIANT', 'COMPLIANT']);
      expect(await compliance(groupId)).toMatchObject({ type: 'COMPLIANT' });
      expect((await twin.chain(groupId)).find(({ kind }) => kind === 'intent')?.trigger).toMatchObject({
        kind: 'config',
        name: OURS,
      });
    });
  });

  it('a second bad rule on a group that is NON_COMPLIANT already is healed', async () => {
    await onlyBy('config rule', async () => {
      const groupId = await twin.makeGroup();
      await twin.fault({ operation: 'ec2:RevokeSecurityGroupIngress', error: 'UnauthorizedOperation', times: 3 });
      await twin.authorize(groupId, tcp(465));
      await twin.settle();
      expect(await compliance(groupId)).toMatchObject({ type: 'NON_COMPLIANT', why: 'open to the internet: port 465' });
      await twin.clearFaults();
      await twin.authorize(groupId, tcp(993));
      await twin.settle();
      expect((await twin.rules(groupId)).filter(({ IsEgress }) => !IsEgress)).toHaveLength(2);
      expect(await compliance(groupId)).toMatchObject({ type: 'COMPLIANT' });
      await twin.advance(200);
    });
  });

  it('an answer is given also when the change is held', async () => {
    const pause = { pk: { S: 'PAUSE' }, sk: { S: 'CURRENT' } };
    await twin.putItem({ ...pause, by: { S: 'ops' }, reason: { S: 'migration' } });
    const groupId = await twin.makeGroup();
    await twin.authorize(groupId, tcp(465));
    await twin.settle();
    expect(await compliance(groupId)).toEqual({ type: 'NON_COMPLIANT', why: 'paused by ops: migration' });
    await twin.deleteItem(pause);
  });

  it('a group that is gone has no verdict any more', async () => {
    const groupId = await twin.makeGroup();
    await twin.settle();
    expect(await compliance(groupId)).toMatchObject({ type: 'COMPLIANT' });
    await twin.ec2.send(new DeleteSecurityGroupCommand({ GroupId: groupId }));
    await twin.settle();
    const { EvaluationResults = [] } = await config.send(
      new GetComplianceDetailsByConfigRuleCommand({
        ConfigRuleName: OURS,
        ComplianceTypes: ['COMPLIANT', 'NON_COMPLIANT'],
      }),
    );
    expect(JSON.stringify(EvaluationResults)).not.toContain(groupId);
  });
});

it("heals by what another rule says, and never by its own rule's change", async () => {
  await onlyBy('compliance change', async () => {
    await twin.fault({ operation: 'config:PutEvaluations', error: 'AccessDeniedException', times: 1000 });
    const groupId = await twin.makeGroup();
    await twin.authorize(groupId, tcp(22));
    await twin.settle();
    expect((await twin.rules(groupId)).filter(({ IsEgress }) => !IsEgress)).toHaveLength(2);
    await twin.clearFaults();
    await twin.advance(400);
  });
});
