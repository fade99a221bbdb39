import { Construct } from 'constructs';
import type { Policy } from '../functions/core/policy';
import type { Account } from './account';
import { ContainPrincipal, principalReadStatements } from './contain-principal';
import { IsolateInstance, instanceReadStatements } from './isolate-instance';
import type { LedgerTable } from './ledger-table';
import { LogBucket } from './log-bucket';
import type { Names } from './names';
import { NodeFunction, type NodeFunctionProps } from './node-function';
import type { PolicyStatement } from './policy-document';

export interface IncidentFunctionsProps
  extends Pick<NodeFunctionProps, 'logGroup' | 'deadLetters' | 'runtime' | 'bundleDirectory'> {
  /** Physical names, from `names.ts`. */
  readonly names: Names;
  readonly account: Account;
  readonly ledger: LedgerTable;
  readonly policy: Policy;
  readonly alertTopicArn: string;
  readonly metricNamespace: string;
}

interface Task {
  readonly names: { readonly function: string; readonly role: string };
  readonly source: string;
  readonly description: string;
  readonly statements: readonly PolicyStatement[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly timeoutSeconds?: number;
}

/** The functions of the workflow's tasks, each with a role of its own. */
export class IncidentFunctions extends Construct {
  readonly assess: NodeFunction;
  readonly preserve: NodeFunction;
  readonly requestApproval: NodeFunction;
  readonly isolate: NodeFunction;
  readonly containPrincipal: NodeFunction;
  readonly verify: NodeFunction;
  readonly update: NodeFunction;
  readonly close: NodeFunction;

  constructor(scope: Construct, id: string, props: IncidentFunctionsProps) {
    super(scope, id);
    const { account, ledger, metricNamespace, alertTopicArn } = props;
    const { incident: names } = props.names;
    const { functions } = names;
    const task = (of: string, { names: { function: functionName, role: roleName }, environment, ...more }: Task) =>
      new NodeFunction(this, of, {
        ...props,
        ...more,
        functionName,
        roleName,
        environment: { LEDGER_TABLE: ledger.tableName, METRIC_NAMESPACE: metricNamespace, ...environment },
      });
    const hub = account.arn('securityhub', 'hub/default');
    const hubV2 = account.arn('securityhub', 'hubv2/*');

    this.assess = task('assess-incident', {
      names: functions.assess,
      source: 'assess-incident',
      description: 'Reads a finding again at its source, claims the incident, decides the response',
      statements: [
        {
          Sid: 'ReadFindingsAtGuardDuty',
          Action: ['guardduty:ListDetectors', 'guardduty:GetFindings'],
          Resource: '*', // Neither is limited to a detector. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonguardduty.html
        },
        {
          Sid: 'ReadFindingsAtSecurityHub',
          // GetFindingsV2 asks for the same permission as GetFindings.
          Action: 'securityhub:GetFindings',
          Resource: [hub, hubV2],
        },
        {
          Sid: 'SeeWhetherTheHolderFailed',
          Action: 'states:DescribeExecution',
          Resource: account.arn('states', `execution:${names.stateMachine}:*`),
        },
        {
          Sid: 'StartOneForEachFinding',
          Action: 'states:StartExecution',
          Resource: account.arn('states', `stateMachine:${names.stateMachine}`),
        },
        ...ledger.incidentStatements('write'),
      ],
    });
    const isolation = new IsolateInstance(this, 'isolate-instance', props);
    this.isolate = isolation.target;
    this.containPrincipal = new ContainPrincipal(this, 'contain-principal', props).target;
    const evidence = new LogBucket(this, 'evidence', {
      bucketPrefix: names.evidenceBucketPrefix,
      account,
      statements: () => [],
      writtenOnce: 'incidents/*',
    });
    this.preserve = task('preserve-evidence', {
      names: functions.preserve,
      source: 'preserve-evidence',
      description: 'Writes down what is so before anything is changed, and takes snapshots',
      timeoutSeconds: 120,
      environment: { EVIDENCE_BUCKET: evidence.name, ...isolation.environment },
      statements: [...evidenceStatements(account, evidence.arn), ...ledger.incidentStatements('write')],
    });
    this.verify = task('verify-containment', {
      names: functions.verify,
      source: 'verify-containment',
      description: 'Looks at what was contained with a role that can only read, and writes the message',
      environment: isolation.environment,
      statements: [
        ...instanceReadStatements(account),
        ...principalReadStatements(account).filter(({ Sid }) => Sid === 'ReadUsers'),
        ...ledger.incidentStatements('read'),
      ],
    });
    this.requestApproval = task('request-approval', {
      names: functions.requestApproval,
      source: 'request-approval',
      description: 'Asks people whether an incident may be contained',
      environment: { ALERT_TOPIC_ARN: alertTopicArn },
      statements: [
        { Sid: 'TellPeople', Action: 'sns:Publish', Resource: alertTopicArn },
        ...ledger.incidentStatements('write'),
      ],
    });
    this.update = task('update-findings', {
      names: functions.update,
      source: 'update-findings',
      description: 'Marks findings as told and resolved, and ends the incident in the ledger',
      environment: { PARTITION: account.partition },
      statements: [
        {
          Sid: 'ArchiveAtGuardDuty',
          Action: ['guardduty:GetAdministratorAccount', 'guardduty:ArchiveFindings'],
          Resource: '*', // Neither is limited to a detector. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonguardduty.html
        },
        {
          Sid: 'MarkAtSecurityHub',
          // BatchUpdateFindingsV2 asks for the same permission as BatchUpdateFindings.
          Action: 'securityhub:BatchUpdateFindings',
          Resource: [hub, hubV2],
        },
        ...ledger.incidentStatements('write'),
      ],
    });
    this.close = task('close-incident', {
      names: functions.close,
      source: 'close-incident',
      description: 'Closes the incidents of findings that a person archived or resolved',
      environment: {
        ALERT_TOPIC_ARN: alertTopicArn,
        OWN_ROLE_ARN: account.iamArn(`role/${functions.update.role}`),
      },
      statements: [
        { Sid: 'TellPeople', Action: 'sns:Publish', Resource: alertTopicArn },
        // GetFindingsV2 asks for the permission of GetFindings.
        { Sid: 'ReadNamesOfFindings', Action: 'securityhub:GetFindings', Resource: hubV2 },
        ...ledger.incidentStatements('write'),
      ],
    });
  }
}

/** What it takes to describe what an incident is about, to keep that, and to take snapshots. */
function evidenceStatements(account: Account, bucketArn: string): PolicyStatement[] {
  const ec2 = (kind: string) => account.arn('ec2', `${kind}/*`);
  // Snapshots belong to no account in their ARNs. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
  const snapshots = `arn:${account.partition}:ec2:${account.region}::snapshot/*`;
  return [
    {
      Sid: 'DescribeInstances',
      Action: [
        'ec2:DescribeInstances',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeVolumes',
        'ec2:DescribeSnapshots',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSecurityGroupRules',
        'ec2:DescribeIamInstanceProfileAssociations',
        'autoscaling:DescribeAutoScalingInstances',
      ],
      Resource: '*', // None knows resources.
    },
    { Sid: 'ReadConsoles', Action: 'ec2:GetConsoleOutput', Resource: ec2('instance') },
    {
      Sid: 'DescribePrincipals',
      Action: ['iam:GetUser', 'iam:ListAccessKeys', 'iam:ListUserPolicies', 'iam:ListAttachedUserPolicies'],
      Resource: account.iamArn('user/*'),
    },
    {
      Sid: 'DescribeRoles',
      Action: ['iam:GetRole', 'iam:ListRolePolicies', 'iam:ListAttachedRolePolicies'],
      Resource: account.iamArn('role/*'),
    },
    { Sid: 'DescribeProfiles', Action: 'iam:GetInstanceProfile', Resource: account.iamArn('instance-profile/*') },
    {
      Sid: 'DescribeBuckets',
      Action: ['s3:GetBucketPublicAccessBlock', 's3:GetBucketPolicy', 's3:GetBucketAcl'],
      Resource: `arn:${account.partition}:s3:::*`,
      Condition: { StringEquals: { 'aws:ResourceAccount': account.id } },
    },
    { Sid: 'KeepEvidence', Action: 's3:PutObject', Resource: `${bucketArn}/incidents/*` },
    { Sid: 'TakeSnapshots', Action: 'ec2:CreateSnapshots', Resource: [ec2('instance'), ec2('volume'), snapshots] },
    {
      Sid: 'MarkSnapshots',
      Action: 'ec2:CreateTags',
      Resource: snapshots,
      Condition: { StringEquals: { 'ec2:CreateAction': 'CreateSnapshots' } },
    },
  ];
}
