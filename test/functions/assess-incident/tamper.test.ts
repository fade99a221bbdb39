import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { isDeployer, tamperIncident, tamperingIn } from '../../../functions/assess-incident/tamper';
import { InvalidEventError } from '../../../functions/core/errors';
import { parseSettings } from '../../../functions/core/settings';
import { bandOf, INCIDENT_ID } from '../../../functions/incident/incident';
import { names } from '../../../modules/names';
import { partNames } from '../../../modules/part-names';
import { type ApiCall, apiCall, MALLORY } from '../../support/api-call';

const parts = partNames(names(''), parseSettings({}));
const home = { partition: 'aws', region: 'eu-west-1', account: '111122223333' };
const DEPLOYER = 'arn:aws:sts::111122223333:assumed-role/Deployer/terraform';
const deployers = { roles: ['Deployer'] };
const CHANNEL = 'arn:aws:chatbot::111122223333:chat-configuration/slack-channel/SutureChat';
const arn = (service: string, resource: string) => `arn:aws:${service}:eu-west-1:111122223333:${resource}`;

const sample = (name: string): { detail: { requestParameters: { name: string } } } =>
  JSON.parse(readFileSync(join(__dirname, '..', '..', 'fixtures', 'events', `cloudtrail-${name}.json`), 'utf8'));

/** A sample with another trail's name in it. */
const about = (name: string, trail: string) => {
  const event = sample(name);
  return {
    ...event,
    detail: { ...event.detail, requestParameters: { ...event.detail.requestParameters, name: trail } },
  };
};

describe.each(['stop-logging', 'delete-trail', 'update-trail-weakened'])('the sample %s', (name) => {
  it("is about a trail that is not Suture's", () => {
    expect(tamperingIn(sample(name), parts)).toBeUndefined();
  });

  it.each(['SelfHealTrail', 'arn:aws:cloudtrail:us-east-1:111122223333:trail/SelfHealTrail'])(
    'tampers if the trail is %s',
    (trail) => {
      expect(tamperingIn(about(name, trail), parts)).toMatchObject({
        part: 'trail SelfHealTrail',
        name: 'SelfHealTrail',
        actor: 'arn:aws:iam::111122223333:user/ci-deployer',
        at: '2026-10-05T14:20:01Z',
        region: 'us-east-1',
        refused: false,
      });
    },
  );

  it('tampers whichever trail it is, where Suture relies on one that it did not make', () => {
    const borrowed = partNames(names(''), parseSettings({ foundation: { trail: 'existing' } }));
    expect(tamperingIn(sample(name), borrowed)?.part).toMatch(/^trail .*acme-org-trail$/);
  });
});

// As CloudTrail and the services' own pages spell them.
it.each<[service: string, eventName: string, request: object | null, part: string]>([
  ['cloudtrail', 'PutEventSelectors', { trailName: 'SelfHealTrail', eventSelectors: [] }, 'trail SelfHealTrail'],
  ['config', 'StopConfigurationRecorder', { configurationRecorderName: 'default' }, "AWS Config's recorder"],
  ['config', 'DeleteDeliveryChannel', { deliveryChannelName: 'default' }, "AWS Config's recorder"],
  ['config', 'DeleteConfigRule', { configRuleName: 'restricted-ssh' }, 'Config rule restricted-ssh'],
  [
    'config',
    'PutConfigRule',
    { configRule: { configRuleName: 'SecurityGroupIngressPolicy' } },
    'Config rule SecurityGroupIngressPolicy',
  ],
  ['guardduty', 'DeleteDetector', { detectorId: '12abc34d567e8fa901bc2d34e56789f0' }, "GuardDuty's detector"],
  ['guardduty', 'CreateFilter', { detectorId: '12a', action: 'ARCHIVE', name: 'hush' }, "GuardDuty's detector"],
  ['securityhub', 'DisableSecurityHub', null, 'Security Hub'],
  ['securityhub', 'CreateAutomationRule', { ruleName: 'hush' }, 'Security Hub'],
  ['securityhub', 'BatchUpdateAutomationRules', { updateAutomationRulesRequestItems: [] }, 'Security Hub'],
  ['securityhub', 'CreateAutomationRuleV2', { ruleName: 'hush' }, 'Security Hub'],
  ['securityhub', 'UpdateAutomationRuleV2', { identifier: 'hush' }, 'Security Hub'],
  ['events', 'DisableRule', { name: 'SuturePage' }, 'rule SuturePage'],
  ['events', 'DeauthorizeConnection', { name: 'SuturePagerDuty' }, 'connection SuturePagerDuty'],
  ['events', 'UpdateConnection', { name: 'SuturePagerDuty' }, 'connection SuturePagerDuty'],
  ['events', 'UpdateApiDestination', { name: 'SuturePagerDuty' }, 'API destination SuturePagerDuty'],
  ['chatbot', 'DeleteSlackChannelConfiguration', { ChatConfigurationArn: CHANNEL }, 'chat channel SutureChat'],
  ['chatbot', 'UpdateSlackChannelConfiguration', { chatConfigurationArn: CHANNEL }, 'chat channel SutureChat'],
  ['sns', 'SetTopicAttributes', { topicArn: arn('sns', 'SutureChat') }, 'topic SutureChat'],
  ['sns', 'Unsubscribe', { subscriptionArn: arn('sns', 'SutureChat:0d0f') }, 'topic SutureChat'],
  ['lambda', 'DeleteFunction20150331', { functionName: 'PageResponders' }, 'function PageResponders'],
  ['lambda', 'PutFunctionConcurrency20171031', { functionName: 'NotifyResponders' }, 'function NotifyResponders'],
  ['events', 'DisableRule', { name: 'S3BucketPublicAccessDetection' }, 'rule S3BucketPublicAccessDetection'],
  ['events', 'PutRule', { name: 'SutureTamperDetectionRoles' }, 'rule SutureTamperDetectionRoles'],
  ['events', 'RemoveTargets', { rule: 'S3BucketPeriodicCheck', ids: ['x'] }, 'rule S3BucketPeriodicCheck'],
  ['lambda', 'UpdateFunctionCode20150331v2', { functionName: 'IsolateInstance' }, 'function IsolateInstance'],
  [
    'lambda',
    'UpdateFunctionConfiguration20150331v2',
    { functionName: arn('lambda', 'function:IsolateInstance') },
    'function IsolateInstance',
  ],
  [
    'lambda',
    'DeleteFunction20150331',
    { functionName: '111122223333:function:IsolateInstance' },
    'function IsolateInstance',
  ],
  ['lambda', 'PutFunctionConcurrency20171031', { functionName: 'IsolateInstance' }, 'function IsolateInstance'],
  ['lambda', 'PutFunctionEventInvokeConfig', { functionName: 'IsolateInstance:$LATEST' }, 'function IsolateInstance'],
  [
    'lambda',
    'DeleteFunctionEventInvokeConfig',
    { functionName: arn('lambda', 'function:IsolateInstance:$LATEST') },
    'function IsolateInstance',
  ],
  ['lambda', 'AddPermission20150331v2', { functionName: 'IsolateInstance' }, 'function IsolateInstance'],
  ['lambda', 'RemovePermission20150331v2', { functionName: 'IsolateInstance' }, 'function IsolateInstance'],
  ['iam', 'PutRolePolicy', { roleName: 'AwsConfigRole', policyName: 'more' }, 'role AwsConfigRole'],
  ['iam', 'AttachRolePolicy', { roleName: 'awsconfigrole' }, 'role AwsConfigRole'],
  ['iam', 'UpdateAssumeRolePolicy', { roleName: 'SutureOperator' }, 'role SutureOperator'],
  ['iam', 'PutRolePermissionsBoundary', { roleName: 'IsolateInstanceRole' }, 'role IsolateInstanceRole'],
  ['dynamodb', 'DeleteTable', { tableName: 'SutureLedger' }, 'table SutureLedger'],
  ['dynamodb', 'UpdateContinuousBackups', { tableName: arn('dynamodb', 'table/SutureLedger') }, 'table SutureLedger'],
  ['dynamodb', 'PutResourcePolicy', { resourceArn: arn('dynamodb', 'table/SutureLedger') }, 'table SutureLedger'],
  ['sns', 'SetTopicAttributes', { topicArn: arn('sns', 'SutureAlerts') }, 'topic SutureAlerts'],
  ['sns', 'Unsubscribe', { subscriptionArn: arn('sns', 'SutureAlerts:0d0f') }, 'topic SutureAlerts'],
  [
    'sqs',
    'PurgeQueue',
    { queueUrl: 'https://sqs.eu-west-1.amazonaws.com/111122223333/SutureDeadLetters' },
    'queue SutureDeadLetters',
  ],
  [
    'states',
    'UpdateStateMachine',
    { stateMachineArn: arn('states', 'stateMachine:SecurityIncidentResponse') },
    'state machine SecurityIncidentResponse',
  ],
  [
    'states',
    'StopExecution',
    { executionArn: arn('states', 'execution:SecurityIncidentResponse:b1c2') },
    'state machine SecurityIncidentResponse',
  ],
  [
    's3',
    'PutBucketPolicy',
    { bucketName: 'suture-trail-111122223333-eu-west-1' },
    'bucket suture-trail-111122223333-eu-west-1',
  ],
  [
    'logs',
    'DeleteLogGroup',
    { logGroupName: '/aws/lambda/SecurityAutoRemediation' },
    'log group /aws/lambda/SecurityAutoRemediation',
  ],
  [
    'monitoring',
    'DeleteAlarms',
    { alarmNames: ['theirs', 'SutureDeadLettersWaiting'] },
    'alarm SutureDeadLettersWaiting',
  ],
  ['monitoring', 'PutMetricAlarm', { alarmName: 'S3BucketSelfHealSilence' }, 'alarm S3BucketSelfHealSilence'],
])('%s %s of %j tampers with: %s', (service, eventName, request, part) => {
  expect(tamperingIn(apiCall({ service, eventName, request: request as ApiCall['request'] }), parts)).toMatchObject({
    what: eventName,
    part,
    actor: MALLORY,
  });
});

it.each<[why: string, call: ApiCall]>([
  ['a trail of somebody else', { service: 'cloudtrail', eventName: 'StopLogging', request: { name: 'acme' } }],
  [
    'a role of another installation',
    { service: 'iam', eventName: 'DeleteRole', request: { roleName: 'team-b-AwsConfigRole' } },
  ],
  [
    'a role whose name begins like ours',
    { service: 'iam', eventName: 'DeleteRole', request: { roleName: 'AwsConfigRole2' } },
  ],
  [
    'a function of another installation',
    {
      service: 'lambda',
      eventName: 'DeleteFunction20150331',
      request: { functionName: arn('lambda', 'function:team-b-IsolateInstance') },
    },
  ],
  [
    'a call that only switches on',
    { service: 'cloudtrail', eventName: 'StartLogging', request: { name: 'SelfHealTrail' } },
  ],
  ['a tag', { service: 'iam', eventName: 'TagRole', request: { roleName: 'AwsConfigRole' } }],
  [
    'the evaluations of our own function',
    { service: 'config', eventName: 'PutEvaluations', request: { testMode: false } },
  ],
  [
    "Lambda's own log",
    {
      service: 'logs',
      eventName: 'CreateLogStream',
      request: { logGroupName: '/aws/lambda/SecurityAutoRemediation' },
    },
  ],
  [
    'a call of the same name at another service',
    { service: 'ec2', eventName: 'DeleteRole', request: { roleName: 'AwsConfigRole' } },
  ],
  [
    'a call that failed for another reason',
    {
      service: 'iam',
      eventName: 'DeleteRole',
      request: { roleName: 'AwsConfigRole' },
      errorCode: 'DeleteConflictException',
    },
  ],
  [
    'a refused call whose parameters are hidden',
    { service: 'iam', eventName: 'DeleteRole', request: null, errorCode: 'AccessDenied' },
  ],
])('%s is no tampering', (_why, call) => {
  expect(tamperingIn(apiCall(call), parts)).toBeUndefined();
});

it('names a service that calls by itself', () => {
  const event = apiCall({ service: 'securityhub', eventName: 'DisableSecurityHub', request: null });
  const byService = {
    ...event,
    detail: { ...event.detail, userIdentity: { type: 'AWSService', invokedBy: 'organizations.amazonaws.com' } },
  };
  expect(tamperingIn(byService, parts)?.actor).toBe('organizations.amazonaws.com');
});

it('our own roles are no excuse: a call under one of them tells of a stolen role', () => {
  const actor = 'arn:aws:sts::111122223333:assumed-role/ContainPrincipalRole/ContainPrincipal';
  const found = tamperingIn(
    apiCall({ service: 'events', eventName: 'DisableRule', request: { name: 'S3BucketPeriodicCheck' }, actor }),
    parts,
  );
  expect(found && tamperIncident(found, { deployers, home })).toMatchObject({ band: 'critical', byDeployer: false });
});

it.each([
  ['no event at all', {}],
  ['an event of another kind', { 'detail-type': 'GuardDuty Finding', account: '1', detail: {} }],
  ['a record without its name', { ...apiCall({ service: 'iam', eventName: 'x', request: null }), detail: {} }],
])('%s is refused', (_what, event) => {
  expect(() => tamperingIn(event, parts)).toThrow(InvalidEventError);
});

it('reads whatever a request may hold', () => {
  const services = [
    'cloudtrail',
    'config',
    'events',
    'lambda',
    'iam',
    'dynamodb',
    'sns',
    'sqs',
    'states',
    's3',
    'logs',
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...services),
      fc.constantFrom('StopLogging', 'DeleteRule', 'PutConfigRule', 'DeleteFunction', 'DeleteRole', 'DeleteTopic'),
      fc.dictionary(
        fc.constantFrom('name', 'rule', 'configRule', 'functionName', 'roleName', 'topicArn'),
        fc.anything(),
      ),
      (service, eventName, request) => {
        expect(tamperingIn(apiCall({ service, eventName, request }), parts)).toBeUndefined();
      },
    ),
  );
});

describe('the incident', () => {
  const incidentOf = (call: Partial<ApiCall>) => {
    const request = { roleName: 'AwsConfigRole' };
    const found = tamperingIn(
      apiCall({ service: 'iam', eventName: 'PutRolePolicy', request, region: 'us-east-1', id: 'event-1', ...call }),
      parts,
    );
    if (!found) throw new Error('that was no tampering');
    return tamperIncident(found, { deployers, home });
  };

  it('pages, changes nothing, and says what happened and who did it', () => {
    const incident = incidentOf({});
    expect(incident).toEqual({
      id: expect.stringMatching(INCIDENT_ID),
      account: '111122223333',
      region: 'us-east-1',
      type: 'Tampering:Suture/PutRolePolicy',
      title: `Suture's own role AwsConfigRole was changed by ${MALLORY}: PutRolePolicy`,
      severity: 9,
      band: 'critical',
      at: '2026-10-05T14:20:01Z',
      source: 'CloudTrail',
      vouched: false,
      findings: [],
      targets: [],
      resources: ['arn:aws:iam::111122223333:role/AwsConfigRole', MALLORY],
      response: 'notify',
      needsApproval: false,
      why: expect.any(String),
      byDeployer: false,
      quiet: false,
    });
  });

  it.each<[who: string, call: Partial<ApiCall>, band: string, quiet: boolean]>([
    ['a deployer', { actor: DEPLOYER }, 'medium', true],
    ['a deployer who was refused', { actor: DEPLOYER, errorCode: 'AccessDenied' }, 'medium', true],
    ['somebody who was refused', { errorCode: 'AccessDenied' }, 'medium', false],
    ['the root user', { actor: 'arn:aws:iam::111122223333:root' }, 'critical', false],
    ['a user called like a deployer', { actor: 'arn:aws:iam::111122223333:user/Deployer' }, 'critical', false],
    [
      'a role of that name elsewhere',
      { actor: 'arn:aws:sts::444455556666:assumed-role/Deployer/x' },
      'critical',
      false,
    ],
    [
      'a session called like a deployer',
      { actor: 'arn:aws:sts::111122223333:assumed-role/Dev/Deployer' },
      'critical',
      false,
    ],
  ])('of %s', (_who, call, band, quiet) => {
    const incident = incidentOf(call);
    expect(incident).toMatchObject({ band, quiet, byDeployer: quiet, response: 'notify', targets: [] });
    expect(bandOf(incident.severity)).toBe(band);
  });

  it('is the same for the same event, and another for each change', () => {
    expect(incidentOf({}).id).toBe(incidentOf({}).id);
    expect(incidentOf({ id: 'event-2' }).id).not.toBe(incidentOf({}).id);
  });

  it('is one an hour for attempts of one principal, and never that of a change', () => {
    const refused = (more: Partial<ApiCall>) => incidentOf({ errorCode: 'AccessDenied', ...more }).id;
    expect(refused({ id: 'event-2', at: '2026-10-05T14:59:59Z' })).toBe(refused({}));
    expect(refused({ at: '2026-10-05T15:00:00Z' })).not.toBe(refused({}));
    expect(refused({ actor: DEPLOYER })).not.toBe(refused({}));
    expect(refused({})).not.toBe(incidentOf({}).id);
  });

  it('keeps what an attacker may choose to one line', () => {
    const { title, resources } = incidentOf({ actor: 'arn:aws:sts::111122223333:assumed-role/x/a\nb\u001b[2J' });
    expect([title, ...resources].join('')).not.toMatch(/\p{C}/u);
  });
});

it('knows a deployer by the ARN of the role too, whatever its path', () => {
  expect(isDeployer('arn:aws:iam::111122223333:role/ci/Deployer', '111122223333', deployers)).toBe(true);
  expect(isDeployer('arn:aws-cn:iam::111122223333:role/Deployer', '111122223333', deployers)).toBe(true);
  expect(isDeployer('arn:aws:iam::111122223333:role/Deployer/Other', '111122223333', deployers)).toBe(false);
  expect(isDeployer(DEPLOYER, '111122223333', { roles: [] })).toBe(false);
});
