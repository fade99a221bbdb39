import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  AttachNetworkInterfaceCommand,
  CreateNetworkInterfaceCommand,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  EC2Client,
  type Instance,
} from '@aws-sdk/client-ec2';
import { GetExecutionHistoryCommand, type HistoryEvent, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { names } from '../modules/names';
import type { Scene } from './scene';
import type { JournalEntry, TwinProcess } from './twin-process';

/** An instance that was taken over: what happened, from the account's own records. */
export interface IncidentScene {
  readonly instanceId: string;
  readonly steps: Scene['steps'];
  /** Of each interface. */
  readonly interfaces: readonly { readonly id: string; readonly before: string; readonly after: string }[];
  /** States of the workflow that were entered. */
  readonly transitions: number;
  /** What the responder is sent. */
  readonly message: { readonly subject: string; readonly body: string };
  readonly contained: boolean;
}

const GROUP = 'shop';

/** An instance with two interfaces, in an Auto Scaling group, begins to query the domain of a command and control server; GuardDuty finds it. */
export async function containAnInstance(twin: TwinProcess): Promise<IncidentScene> {
  const { endpoint, region, operator, accountId } = twin.ready;
  const config = { endpoint, region, credentials: { ...operator } };
  const ec2 = new EC2Client(config);
  const instance = await inAnAutoScalingGroup(twin, ec2, new AutoScalingClient(config));
  const { InstanceId: instanceId = '' } = instance;
  await twin.settle();
  const before = await interfacesOf(ec2, instanceId);
  const [since, told] = [(await twin.journal()).length, (await twin.outbox()).length];

  await twin.emit(findingAbout(instance, { accountId, region }));
  await twin.settle();

  const after = await interfacesOf(ec2, instanceId);
  const history = await historyOf(
    new SFNClient(config),
    `arn:aws:states:${region}:${accountId}:stateMachine:${names('').incident.stateMachine}`,
  );
  const messages = (await twin.outbox()).slice(told);
  const [message] = messages;
  const interfaces = before.map(({ id, groups }) => ({
    id,
    before: groups.join(', '),
    after: after.find((one) => one.id === id)?.groups.join(', ') ?? 'gone',
  }));
  return {
    instanceId,
    steps: stepsOf(history, await twin.journal(since)),
    interfaces,
    transitions: entered(history).length,
    message: { subject: message?.subject ?? '', body: message?.body ?? '' },
    contained:
      messages.length === 1 &&
      history.at(-1)?.type === 'ExecutionSucceeded' &&
      interfaces.every((one) => one.after === names('').incident.quarantineGroup),
  };
}

async function inAnAutoScalingGroup(
  twin: TwinProcess,
  ec2: EC2Client,
  autoScaling: AutoScalingClient,
): Promise<Instance> {
  await autoScaling.send(
    new CreateAutoScalingGroupCommand({
      AutoScalingGroupName: GROUP,
      MinSize: 1,
      MaxSize: 2,
      DesiredCapacity: 1,
      AvailabilityZones: [`${twin.ready.region}a`],
      LaunchTemplate: { LaunchTemplateName: GROUP, Version: '1' },
    }),
  );
  await twin.settle();
  const { AutoScalingGroups: [group] = [] } = await autoScaling.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [GROUP] }),
  );
  const InstanceId = group?.Instances?.[0]?.InstanceId ?? '';
  const { Reservations: [reservation] = [] } = await ec2.send(
    new DescribeInstancesCommand({ InstanceIds: [InstanceId] }),
  );
  const instance = reservation?.Instances?.[0];
  if (!instance) throw new Error('the group launched no instance');
  const { NetworkInterface } = await ec2.send(new CreateNetworkInterfaceCommand({ SubnetId: instance.SubnetId }));
  await ec2.send(
    new AttachNetworkInterfaceCommand({
      InstanceId,
      NetworkInterfaceId: NetworkInterface?.NetworkInterfaceId,
      DeviceIndex: 1,
    }),
  );
  return instance;
}

/** A finding as GuardDuty sends it. @see https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html */
function findingAbout(
  { InstanceId, SubnetId, VpcId }: Instance,
  { accountId, region }: { accountId: string; region: string },
): object {
  const id = 'd0d0cafe0123456789abcdef01234567';
  const detectorId = '12abc34d567e8fa901bc2d34e56789f0';
  const now = new Date().toISOString();
  return {
    version: '0',
    id: 'd0d0cafe-0123-4567-89ab-cdef01234567',
    'detail-type': 'GuardDuty Finding',
    source: 'aws.guardduty',
    account: accountId,
    time: `${now.slice(0, 19)}Z`,
    region,
    resources: [],
    detail: {
      schemaVersion: '2.0',
      accountId,
      region,
      partition: 'aws',
      id,
      arn: `arn:aws:guardduty:${region}:${accountId}:detector/${detectorId}/finding/${id}`,
      type: 'Backdoor:EC2/C&CActivity.B!DNS',
      resource: {
        resourceType: 'Instance',
        instanceDetails: { instanceId: InstanceId, networkInterfaces: [{ subnetId: SubnetId, vpcId: VpcId }] },
      },
      service: {
        serviceName: 'guardduty',
        detectorId,
        action: {
          actionType: 'DNS_REQUEST',
          dnsRequestAction: { domain: 'c2.example.com', protocol: 'UDP', blocked: false },
        },
        resourceRole: 'ACTOR',
        additionalInfo: { value: '{}', type: 'default' },
        eventFirstSeen: now,
        eventLastSeen: now,
        archived: false,
        count: 1,
      },
      severity: 8,
      createdAt: now,
      updatedAt: now,
      title: `EC2 instance ${InstanceId} is querying a domain name associated with a known C&C server.`,
      description: 'The instance may be compromised.',
    },
  };
}

/** Interfaces with the names of their groups. */
async function interfacesOf(ec2: EC2Client, instanceId: string): Promise<{ id: string; groups: string[] }[]> {
  const { NetworkInterfaces = [] } = await ec2.send(
    new DescribeNetworkInterfacesCommand({ Filters: [{ Name: 'attachment.instance-id', Values: [instanceId] }] }),
  );
  return NetworkInterfaces.map(({ NetworkInterfaceId: id = '', Groups = [] }) => ({
    id,
    groups: Groups.map(({ GroupName = '' }) => GroupName),
  })).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Of the execution that began last. */
async function historyOf(sfn: SFNClient, stateMachineArn: string): Promise<HistoryEvent[]> {
  const { executions: [execution] = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }));
  if (!execution) throw new Error('no execution was started');
  const { events = [] } = await sfn.send(
    new GetExecutionHistoryCommand({ executionArn: execution.executionArn, maxResults: 1000 }),
  );
  return events;
}

const entered = (history: readonly HistoryEvent[]): { name: string; at: number }[] =>
  history.flatMap(({ stateEnteredEventDetails, timestamp }) =>
    stateEnteredEventDetails ? [{ name: stateEnteredEventDetails.name ?? '', at: timestamp?.getTime() ?? 0 }] : [],
  );

const TITLES: Readonly<Record<string, string>> = {
  AssessIncident: 'Assessed: read again at GuardDuty, and claimed',
  PreserveEvidence: 'Evidence kept, before anything was changed',
  IsolateInstance: 'Isolated',
  VerifyContainment: 'Verified, by a role that can only read',
  NotifySOC: 'Told, once',
  UpdateFindings: 'Findings marked, the incident written down',
};

function stepsOf(history: readonly HistoryEvent[], journal: readonly JournalEntry[]): Scene['steps'] {
  const began = history[0]?.timestamp?.getTime() ?? 0;
  const { functions } = names('').incident;
  const changes = (role: string) =>
    journal
      .filter(
        ({ principal, operation, error }) =>
          principal.includes(`/${role}/`) && error === null && CHANGES.test(operation),
      )
      .map(({ operation }) => operation);
  const lines: Readonly<Record<string, string[]>> = {
    PreserveEvidence: counted(changes(functions.preserve.role)),
    IsolateInstance: counted(changes(functions.isolate.role)),
    UpdateFindings: counted(changes(functions.update.role)),
  };
  return entered(history).flatMap(({ name, at }) => {
    const title = TITLES[name];
    return title ? [{ title, atMs: at - began, lines: lines[name] ?? [] }] : [];
  });
}

/** Calls that change something outside the ledger. */
const CHANGES =
  /^(Modify|Create|Revoke|Detach|Deregister|Disassociate|Unassign|Replace|Put(Object|RolePolicy)|Archive|BatchUpdate)/;

/** `ModifyNetworkInterfaceAttribute × 4` */
function counted(operations: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const operation of operations) counts.set(operation, (counts.get(operation) ?? 0) + 1);
  return [...counts].map(([operation, count]) => (count === 1 ? operation : `${operation} × ${count}`));
}
