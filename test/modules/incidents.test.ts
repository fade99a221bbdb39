import { unmarshall } from '@aws-sdk/util-dynamodb';
import { defendedStack } from '../support/defended';
import { parsed, Stack } from '../support/stacks';

// The Terraform of incidents: detection, the workflow, its functions, and the role of who decides.

let enforce: Stack;
let incidents: Stack;
let second: Stack;
beforeAll(() => {
  enforce = new Stack('enforce');
  incidents = new Stack('incidents');
  second = new Stack('second');
});

const RULES = [
  'GuardDutyFindingDetection',
  'SecurityHubFindingDetection',
  'SecurityHubV2FindingDetection',
  'SecurityHubActionDetection',
  'SecurityTestDetection',
];
const ruleNamed = (name: string) => enforce.named('aws_cloudwatch_event_rule', 'name', name);
const patternOf = (name: string) => JSON.parse(String(ruleNamed(name).event_pattern));

describe('detection', () => {
  it('GuardDuty tells of what it finds within 15 minutes, and looks at all that it can', () => {
    expect(enforce.only('aws_guardduty_detector')).toMatchObject({
      enable: true,
      finding_publishing_frequency: 'FIFTEEN_MINUTES',
    });
    const features = Object.values(enforce.all('aws_guardduty_detector_feature'));
    expect(features.map(({ name, status }) => [name, status]).sort()).toEqual(
      ['EBS_MALWARE_PROTECTION', 'EKS_AUDIT_LOGS', 'LAMBDA_NETWORK_LOGS', 'RDS_LOGIN_EVENTS', 'S3_DATA_EVENTS'].map(
        (name) => [name, 'ENABLED'],
      ),
    );
  });

  it('Security Hub has two standards, and findings by control', () => {
    expect(enforce.only('aws_securityhub_account')).toMatchObject({
      control_finding_generator: 'SECURITY_CONTROL',
      enable_default_standards: false,
    });
    const standards = Object.values(enforce.all('aws_securityhub_standards_subscription'));
    expect(standards).toHaveLength(2);
    for (const { depends_on } of standards)
      expect(depends_on).toEqual(['aws_securityhub_account.detection_security-hub']);
    // https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_CreateActionTarget.html
    expect(enforce.only('aws_securityhub_action_target').name).toMatch(/^[\w ]{1,20}$/);
  });

  it('is left to the account where the account has it', () => {
    for (const type of ['aws_guardduty_detector', 'aws_guardduty_detector_feature', 'aws_securityhub_account'])
      expect(second.all(type)).toEqual({});
    expect(second.only('aws_securityhub_action_target')).not.toHaveProperty('depends_on');
  });

  it.each(RULES)('%s starts the workflow, for an hour if need be, and what cannot be delivered waits', (name) => {
    expect(ruleNamed(name)).not.toHaveProperty('state');
    const address = Object.entries(enforce.all('aws_cloudwatch_event_rule')).find(
      ([, rule]) => rule.name === name,
    )?.[0];
    const targets = Object.values(enforce.all('aws_cloudwatch_event_target')).filter(
      ({ rule }) => rule === `\${${address}.name}`,
    );
    expect(targets).toEqual([
      expect.objectContaining({
        arn: expect.stringMatching(/^\$\{aws_sfn_state_machine\.\S+\.arn\}$/),
        role_arn: expect.stringMatching(/^\$\{aws_iam_role\.incident_start-role\.arn\}$/),
        dead_letter_config: { arn: expect.stringContaining('aws_sqs_queue') },
        retry_policy: { maximum_event_age_in_seconds: 3600, maximum_retry_attempts: 185 },
      }),
    ]);
    // The whole event: what it is about is read again all the same.
    for (const key of ['input', 'input_path', 'input_transformer']) expect(targets[0]).not.toHaveProperty(key);
  });

  it.each(RULES)('%s does not ask for a severity, which may come as text or not at all', (name) => {
    expect(String(ruleNamed(name).event_pattern)).not.toMatch(/severity/i);
  });

  it('passes by samples, what is archived, passed or suppressed, and copies of what GuardDuty tells itself', () => {
    expect(patternOf('GuardDutyFindingDetection').detail).toMatchObject({
      service: { archived: [{ exists: false }, false], additionalInfo: { sample: [{ exists: false }, false] } },
      title: [{ exists: false }, { 'anything-but': { prefix: '[SAMPLE]' } }],
    });
    expect(patternOf('SecurityHubFindingDetection').detail.findings).toMatchObject({
      Workflow: { Status: ['NEW'] },
      RecordState: ['ACTIVE'],
      ProductArn: [{ 'anything-but': { suffix: 'aws/guardduty' } }],
    });
    expect(JSON.stringify(patternOf('SecurityHubV2FindingDetection'))).toContain('aws/guardduty');
    expect(patternOf('SecurityTestDetection')).toEqual({
      source: ['test.security'],
      'detail-type': ['Security Test'],
    });
  });
});

describe('the workflow', () => {
  const machine = () => enforce.only('aws_sfn_state_machine');
  const definition = () => JSON.parse(String(machine().definition));

  it('is a standard one, traced, whose log says what happened and not what was in it', () => {
    expect(machine()).toMatchObject({
      name: 'SecurityIncidentResponse',
      type: 'STANDARD',
      logging_configuration: { level: 'ALL', include_execution_data: false },
      tracing_configuration: { enabled: true },
      // A machine that is made before its role may do anything is refused.
      depends_on: ['aws_iam_role_policy.incident_permissions'],
    });
  });

  it('has a value for every placeholder', () => {
    expect(String(machine().definition).match(/\$\{(?!aws_|data\.)[^}]*\}/g)).toBeNull();
  });

  it('waits longer for a function than the function may run, so that no two of them are at it', () => {
    const seconds = Object.fromEntries(
      Object.entries(enforce.all('aws_lambda_function')).map(([address, { timeout }]) => [address, Number(timeout)]),
    );
    const tasks: { FunctionName: string; TimeoutSeconds?: number }[] = [];
    JSON.stringify(definition(), (_key, value) => {
      if (value?.Type === 'Task' && value.Parameters?.FunctionName) tasks.push({ ...value.Parameters, ...value });
      return value;
    });
    expect(tasks.length).toBeGreaterThan(8);
    for (const { FunctionName, TimeoutSeconds } of tasks) {
      const address = /\$\{(aws_lambda_function\.[^.}]+)/.exec(FunctionName)?.[1] ?? '';
      // That of the approval waits for a person.
      if (TimeoutSeconds !== undefined)
        expect({ address, longer: TimeoutSeconds > (seconds[address] ?? Number.POSITIVE_INFINITY) }).toEqual({
          address,
          longer: true,
        });
    }
  });

  it.each(['Failed', 'Aborted', 'TimedOut'])('tells when an execution is %s', (how) => {
    expect(enforce.named('aws_cloudwatch_metric_alarm', 'alarm_name', `SecurityIncidentResponse${how}`)).toMatchObject({
      namespace: 'AWS/States',
      metric_name: `Executions${how}`,
      threshold: 1,
      treat_missing_data: 'notBreaching',
      alarm_actions: [expect.stringContaining('aws_sns_topic')],
    });
  });
});

describe('who decides', () => {
  it('has a role of his own, if the settings name any: users with MFA, under their own names, and roles as they are', () => {
    const [user, account, role] = ['user/operator', 'root', 'role/Security'].map(
      (name) => `arn:aws:iam::111122223333:${name}`,
    );
    const of = (...principals: unknown[]) => {
      const directory = defendedStack('operators', { operators: { principals } });
      return new Stack({ directory }).named('aws_iam_role', 'name', 'SutureOperator').assume_role_policy;
    };
    expect(JSON.parse(String(of(user, role, account))).Statement).toEqual([
      {
        Effect: 'Allow',
        Principal: { AWS: [user, account] },
        Action: 'sts:AssumeRole',
        Condition: {
          Bool: { 'aws:MultiFactorAuthPresent': 'true' },
          // Terraform makes one dollar sign of two.
          StringEquals: { 'sts:RoleSessionName': '$${aws:username}' },
        },
      },
      {
        Effect: 'Allow',
        Principal: { AWS: [role] },
        Action: 'sts:AssumeRole',
      },
    ]);
    expect(JSON.parse(String(of(user))).Statement).toHaveLength(1);
    expect(JSON.parse(String(of(role))).Statement).toHaveLength(1);
    expect(() => enforce.named('aws_iam_role', 'name', 'SutureOperator')).toThrow(/there is no/);
  });
});

it('an isolated instance wears a role that may do nothing, whatever is attached to it', () => {
  const profile = enforce.only('aws_iam_instance_profile');
  expect(profile).toMatchObject({ name: 'SutureQuarantine' });
  expect(parsed(enforce.named('aws_iam_role_policy', 'name', 'nothing').policy).Statement).toEqual([
    { Sid: 'Nothing', Effect: 'Deny', Action: '*', Resource: '*' },
  ]);
});

it('the policy in the ledger says how incidents are answered', () => {
  const { document } = JSON.parse(String(incidents.only('aws_dynamodb_table_item').item));
  expect(unmarshall(document.M).incidents).toEqual({
    approvalTimeoutMinutes: 60,
    onExpiry: 'deny',
    critical: 'enforce',
    high: 'enforce',
    others: 'enforce',
  });
});
