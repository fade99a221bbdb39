import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { ConfigServiceClient, GetComplianceDetailsByResourceCommand } from '@aws-sdk/client-config-service';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeSecurityGroupRulesCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { DisableRuleCommand, EnableRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { names } from '../modules/names';
import type { JournalEntry, TwinProcess } from './twin-process';

/** The classic exercise: what happened, from the account's own records. */
export interface LabScene {
  readonly groupId: string;
  readonly steps: readonly { readonly title: string; readonly atMs: number; readonly lines: readonly string[] }[];
  readonly healed: boolean;
}

const GROUP = 'LabSG1';
const BLUEPRINT = [80, 443];
const CARELESS = [465, 993];

/**
 * A group whose ingress is written down as ports 80 and 443 gets 465 and 993 as well. The fast path by CloudTrail is switched off, so
 * that AWS Config alone sees it.
 */
export async function healTheLab(twin: TwinProcess): Promise<LabScene> {
  const { endpoint, region, operator } = twin.ready;
  const config = { endpoint, region, credentials: { ...operator } };
  const [ec2, events] = [new EC2Client(config), new EventBridgeClient(config)];
  const { securityGroup, remediationLogGroup } = names('');
  const open = (GroupId: string, ports: readonly number[]) =>
    ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId,
        IpPermissions: ports.map((port) => ({
          IpProtocol: 'tcp',
          FromPort: port,
          ToPort: port,
          IpRanges: [{ CidrIp: '0.0.0.0/0' }],
        })),
      }),
    );

  const { GroupId: groupId = '' } = await ec2.send(
    new CreateSecurityGroupCommand({ GroupName: GROUP, Description: 'two web ports, and no other' }),
  );
  await open(groupId, BLUEPRINT);
  await twin.settle();
  await events.send(new DisableRuleCommand({ Name: securityGroup.rule }));
  const since = (await twin.journal()).length;
  await open(groupId, CARELESS);
  await twin.settle();
  const journal = await twin.journal(since);
  await events.send(new EnableRuleCommand({ Name: securityGroup.rule }));

  const lines = await logLines(new CloudWatchLogsClient(config), remediationLogGroup, groupId);
  const compliance = await complianceOf(new ConfigServiceClient(config), securityGroup.configRule, groupId);
  const ports = await openPorts(ec2, groupId);
  const steps = stepsOf(journal, { groupId, rule: securityGroup.configRule, lines, compliance });
  const isAsWritten = JSON.stringify(ports) === JSON.stringify(BLUEPRINT);
  return {
    groupId,
    steps,
    healed: isAsWritten && compliance === 'COMPLIANT' && lines.length === CARELESS.length,
  };
}

async function openPorts(ec2: EC2Client, groupId: string): Promise<number[]> {
  const { SecurityGroupRules = [] } = await ec2.send(
    new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: 'group-id', Values: [groupId] }] }),
  );
  return SecurityGroupRules.flatMap(({ IsEgress, FromPort = -1 }) => (IsEgress ? [] : [FromPort])).sort(
    (a, b) => a - b,
  );
}

/** What `aws logs filter-log-events --filter-pattern Revoking` shows of a group. */
async function logLines(logs: CloudWatchLogsClient, logGroupName: string, groupId: string): Promise<string[]> {
  const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName, filterPattern: 'Revoking' }));
  return events.flatMap(({ message = '' }) => {
    const line = JSON.parse(message) as { message: string; resourceId?: string };
    return line.resourceId === groupId ? [line.message] : [];
  });
}

/** What `aws configservice get-compliance-details-by-resource` shows of a group under our rule. */
async function complianceOf(config: ConfigServiceClient, rule: string, groupId: string): Promise<string> {
  const { EvaluationResults = [] } = await config.send(
    new GetComplianceDetailsByResourceCommand({ ResourceType: 'AWS::EC2::SecurityGroup', ResourceId: groupId }),
  );
  const found = EvaluationResults.find(
    ({ EvaluationResultIdentifier: id }) => id?.EvaluationResultQualifier?.ConfigRuleName === rule,
  );
  return found?.ComplianceType ?? 'not evaluated';
}

function stepsOf(
  journal: readonly JournalEntry[],
  of: { groupId: string; rule: string; lines: readonly string[]; compliance: string },
): LabScene['steps'] {
  const began = Date.parse(journal[0]?.time ?? '');
  const at = (call: JournalEntry | undefined) => (call ? Date.parse(call.time) - began : Number.NaN);
  const answers = journal
    .filter(({ operation }) => operation === 'PutEvaluations')
    .map((call) => ({
      call,
      said: (call.parameters.Evaluations as { ComplianceType: string; Annotation: string }[])
        .map(({ ComplianceType, Annotation }) => `${ComplianceType}: ${Annotation}`)
        .join(),
    }));
  const [first, last] = [answers[0], answers.at(-1)];
  return [
    {
      title: `Opened: ports ${CARELESS.join(' and ')} of ${GROUP}, whose blueprint is ${BLUEPRINT.join(' and ')}`,
      atMs: 0,
      lines: [of.groupId, 'the fast path by CloudTrail is switched off for this one'],
    },
    {
      title: 'Detected: AWS Config recorded the change, and its custom rule invoked the function',
      atMs: at(journal.find(({ operation }) => operation === 'BatchGetItem')),
      lines: [`rule ${of.rule}`],
    },
    { title: 'Answered, about the group as it was recorded', atMs: at(first?.call), lines: first ? [first.said] : [] },
    {
      title: 'Revoked, by rule id; the log says',
      atMs: at(journal.find(({ operation }) => operation === 'RevokeSecurityGroupIngress')),
      lines: of.lines,
    },
    {
      title: `Answered again, about the item that the repair made: Config shows ${of.compliance}`,
      atMs: at(last?.call),
      lines: last ? [last.said] : [],
    },
  ];
}
