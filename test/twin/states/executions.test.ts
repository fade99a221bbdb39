import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { arn, Bench, FUNCTION, machineArn, refusal } from './bench';

const one = (state: object) => ({ StartAt: 'It', States: { It: { ...state, End: true } } });
const task = (resource: string, Parameters: object, more: object = {}) =>
  one({ Type: 'Task', Resource: `arn:aws:states:::${resource}`, Parameters, ...more });
const TABLE = { TableName: 'table' };

const MACHINES = {
  wait: { StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 60, Next: 'P' }, P: { Type: 'Pass', End: true } } },
  limited: { TimeoutSeconds: 30, ...one({ Type: 'Wait', Seconds: 60 }) },
  direct: one({ Type: 'Task', Resource: FUNCTION }),
  invoke: task('lambda:invoke', { FunctionName: FUNCTION, 'Payload.$': '$' }),
  approve: task(
    'lambda:invoke.waitForTaskToken',
    { FunctionName: 'worker', Payload: { 'token.$': '$$.Task.Token' } },
    { TimeoutSeconds: 3600, HeartbeatSeconds: 600 },
  ),
  publish: task('sns:publish', { TopicArn: arn('sns', 'alerts'), Message: { 'x.$': '$.x' }, Subject: 'Hi' }),
  send: task('sqs:sendMessage', {
    QueueUrl: `https://sqs.eu-west-1.amazonaws.com/111122223333/inbox`,
    'MessageBody.$': '$',
  }),
  put: task('dynamodb:putItem', {
    ...TABLE,
    Item: { id: { 'S.$': '$.id' } },
    ConditionExpression: 'attribute_not_exists(id)',
  }),
  emit: task('events:putEvents', { Entries: [{ Source: 'test', DetailType: 'T', 'Detail.$': '$.detail' }] }),
  nest: task('states:startExecution', { StateMachineArn: machineArn('direct'), 'Input.$': '$' }),
  look: task('aws-sdk:ec2:describeSecurityGroups', { 'GroupIds.$': '$.ids' }),
  forbidden: task('aws-sdk:ec2:createSecurityGroup', { GroupName: 'g', Description: 'd' }),
  describeTable: task('aws-sdk:dynamodb:getItem', { TableName: 'none', Key: { id: { S: '1' } } }),
};

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start(MACHINES);
});
afterAll(() => bench.stop());

describe('starting', () => {
  it('is idempotent for a name and an input while the execution runs', async () => {
    const start = (input: string) =>
      bench.sfn.startExecution({ stateMachineArn: machineArn('wait'), name: 'once', input });
    const first = await start('{"a":1}');
    expect(await start('{"a":1}')).toMatchObject({ executionArn: first.executionArn, startDate: first.startDate });
    expect(await refusal(start('{"a":2}'))).toBe('ExecutionAlreadyExists');
    await bench.advance(61);
    expect(await bench.describe(first.executionArn ?? '')).toMatchObject({ status: 'SUCCEEDED', output: { a: 1 } });
    expect(await refusal(start('{"a":1}'))).toBe('ExecutionAlreadyExists');
    await bench.advance(91 * 86_400);
    expect((await start('{"a":1}')).executionArn).toBe(first.executionArn);
    await bench.advance(61);
  });

  it.each<[string, object, string]>([
    ['a name with a space', { name: 'a b' }, 'InvalidName'],
    ['an input that is no JSON', { input: 'not' }, 'InvalidExecutionInput'],
    ['an input of more than 256 KiB', { input: JSON.stringify('x'.repeat(262_144)) }, 'ValidationException'],
    ['no such machine', { stateMachineArn: machineArn('none') }, 'StateMachineDoesNotExist'],
    ['what is no ARN', { stateMachineArn: 'wait' }, 'InvalidArn'],
  ])('refuses %s', async (_case, input, code) => {
    const before = (await bench.sfn.listExecutions({ stateMachineArn: machineArn('wait') })).executions;
    expect(await refusal(bench.sfn.startExecution({ stateMachineArn: machineArn('wait'), ...input }))).toBe(code);
    expect((await bench.sfn.listExecutions({ stateMachineArn: machineArn('wait') })).executions).toEqual(before);
  });
});

describe('an execution', () => {
  it('is stopped, listed by status, page by page, and redriven', async () => {
    const executionArn = await bench.run('wait', {}, 'stopped');
    await bench.sfn.stopExecution({ executionArn, error: 'Why', cause: 'because' });
    expect(await bench.describe(executionArn)).toEqual({
      status: 'ABORTED',
      error: 'Why',
      cause: 'because',
      redriveStatus: 'REDRIVABLE',
    });
    const list = (more: object) => bench.sfn.listExecutions({ stateMachineArn: machineArn('wait'), ...more });
    expect((await list({ statusFilter: 'ABORTED' })).executions?.map(({ name }) => name)).toEqual(['stopped']);
    const { executions, nextToken } = await list({ maxResults: 1 });
    expect(executions?.map(({ name }) => name)).toEqual(['stopped']);
    expect((await list({ nextToken })).executions?.map(({ name }) => name)).toEqual(['once']);

    const { redriveDate } = await bench.sfn.redriveExecution({ executionArn, clientToken: 'again' });
    expect(await bench.sfn.redriveExecution({ executionArn, clientToken: 'again' })).toMatchObject({ redriveDate });
    expect(await refusal(bench.sfn.redriveExecution({ executionArn }))).toBe('ExecutionNotRedrivable');
    await bench.advance(61);
    expect(await bench.describe(executionArn)).toMatchObject({ status: 'SUCCEEDED', redriveStatus: 'NOT_REDRIVABLE' });
    expect(await bench.types(executionArn)).toEqual([
      'ExecutionStarted',
      'WaitStateEntered',
      'ExecutionAborted',
      'ExecutionRedriven',
      'WaitStateExited',
      'PassStateEntered',
      'PassStateExited',
      'ExecutionSucceeded',
    ]);
  });

  it('runs out of its own time', async () => {
    const executionArn = await bench.run('limited');
    await bench.advance(31);
    expect(await bench.describe(executionArn)).toMatchObject({ status: 'TIMED_OUT', error: 'States.Timeout' });
    expect((await bench.types(executionArn)).at(-1)).toBe('ExecutionTimedOut');
  });

  it('has a history by pages, in both orders, with data or without', async () => {
    const executionArn = await bench.run('direct', { a: 1 });
    const { events = [] } = await bench.sfn.getExecutionHistory({ executionArn });
    expect(events.map(({ id, previousEventId, type }) => [id, previousEventId, type])).toEqual([
      [1, 0, 'ExecutionStarted'],
      [2, 0, 'TaskStateEntered'],
      [3, 2, 'LambdaFunctionScheduled'],
      [4, 3, 'LambdaFunctionStarted'],
      [5, 4, 'LambdaFunctionSucceeded'],
      [6, 5, 'TaskStateExited'],
      [7, 6, 'ExecutionSucceeded'],
    ]);
    expect(events[4]?.lambdaFunctionSucceededEventDetails?.output).toBe('{"got":{"a":1}}');
    const reverse = await bench.sfn.getExecutionHistory({
      executionArn,
      reverseOrder: true,
      maxResults: 2,
      includeExecutionData: false,
    });
    expect(reverse.events?.map(({ id }) => id)).toEqual([7, 6]);
    expect(reverse.events?.[0]?.executionSucceededEventDetails?.output).toBeUndefined();
    const { nextToken } = reverse;
    expect((await bench.sfn.getExecutionHistory({ executionArn, reverseOrder: true, nextToken })).events?.[0]?.id).toBe(
      5,
    );
  });

  it('tells the default bus, as the sample of the event is', async () => {
    await bench.events.putRule({ Name: 'told', EventPattern: JSON.stringify({ source: ['aws.states'] }) });
    await bench.events.putTargets({ Rule: 'told', Targets: [{ Id: 'q', Arn: arn('sqs', 'inbox') }] });
    await bench.run('direct', { throws: 'Broken', message: 'in pieces' }, 'told');
    await bench.events.removeTargets({ Rule: 'told', Ids: ['q'] });
    const told = (await bench.received('inbox')).map(({ body }) => body);
    expect(told.map(({ detail }) => [detail.status, detail.error])).toEqual([
      ['RUNNING', null],
      ['FAILED', 'Broken'],
    ]);
    const sample = JSON.parse(
      readFileSync(join(__dirname, '..', '..', 'fixtures', 'events', 'stepfunctions-execution-failed.json'), 'utf8'),
    );
    expect(Object.keys(told[1].detail).sort()).toEqual(Object.keys(sample.detail).sort());
    expect(Object.keys(told[1]).sort()).toEqual(Object.keys(sample).sort());
  });

  it('logs what its level asks for', async () => {
    const { logStreams = [] } = await bench.logs.describeLogStreams({ logGroupName: '/aws/vendedlogs/states/machine' });
    expect(logStreams.every(({ logStreamName }) => logStreamName?.startsWith('states/'))).toBe(true);
    const { events = [] } = await bench.logs.filterLogEvents({
      logGroupName: '/aws/vendedlogs/states/machine',
      filterPattern: '"in pieces"',
    });
    expect(events.map(({ message = '' }) => JSON.parse(message).type)).toEqual([
      'LambdaFunctionFailed',
      'ExecutionFailed',
    ]);
  });
});

describe('a task', () => {
  it.each<[keyof typeof MACHINES, unknown, object]>([
    ['direct', { a: 1 }, { got: { a: 1 } }],
    ['invoke', { a: 1 }, { Payload: { got: { a: 1 } }, StatusCode: 200, SdkHttpMetadata: { HttpStatusCode: 200 } }],
    ['publish', { x: 1 }, { MessageId: expect.any(String) }],
    ['send', { x: 1 }, { MessageId: expect.any(String) }],
    ['put', { id: '1' }, { SdkHttpMetadata: { HttpStatusCode: 200 } }],
    ['emit', { detail: { x: 1 } }, { FailedEntryCount: 0, Entries: [{ EventId: expect.any(String) }] }],
    ['nest', { x: 1 }, { ExecutionArn: expect.stringContaining(':execution:direct:') }],
  ])('%s succeeds', async (machine, input, output) => {
    const mark = bench.twin.journal.since(0).length;
    expect(await bench.describe(await bench.run(machine, input))).toMatchObject({ status: 'SUCCEEDED', output });
    const [call] = bench.twin.journal.since(mark).filter(({ principal }) => principal.includes(':assumed-role/'));
    expect(call?.principal).toMatch(/^arn:aws:sts::111122223333:assumed-role\/MachineRole\//);
  });

  it.each<[keyof typeof MACHINES, unknown, string, string]>([
    ['direct', { throws: 'Broken', message: 'm' }, 'Broken', '"errorMessage":"m"'],
    ['invoke', { throws: 'Broken', message: 'm' }, 'Broken', '"errorMessage":"m"'],
    [
      'put',
      { id: '1' },
      'DynamoDB.ConditionalCheckFailedException',
      '(Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ConditionalCheckFailedException',
    ],
    ['emit', { detail: 'no object' }, 'EventBridge.FailedEntry', 'MalformedDetail'],
    ['look', { ids: ['sg-0123456789abcdef0'] }, 'Ec2.Ec2Exception', '(Service: Ec2, Status Code: 400, Request ID: '],
    ['forbidden', {}, 'Ec2.Ec2Exception', 'is not authorized to perform: ec2:CreateSecurityGroup'],
    ['describeTable', {}, 'DynamoDb.ResourceNotFoundException', 'Requested resource not found'],
  ])('%s with %j fails with %s', async (machine, input, error, cause) => {
    const found = await bench.describe(await bench.run(machine, input));
    expect(found).toMatchObject({ status: 'FAILED', error, cause: expect.stringContaining(cause) });
  });

  it('answers in capitals, as the SDK of Java has them', async () => {
    const { output } = await bench.describe(await bench.run('look', { ids: null }));
    expect(output.SecurityGroups[0]).toMatchObject({ GroupName: 'default' });
  });

  it('fails as a fault asks, as calls from outside do', async () => {
    bench.twin.faults.add({ operation: 'lambda:Invoke', error: 'TooManyRequestsException', principal: 'MachineRole' });
    expect((await bench.describe(await bench.run('invoke'))).error).toBe('Lambda.TooManyRequestsException');
  });

  it('is redriven with the input that it had', async () => {
    bench.twin.faults.add({ operation: 'lambda:Invoke', error: 'ServiceException', principal: 'MachineRole' });
    const executionArn = await bench.run('invoke', { a: 2 });
    expect((await bench.describe(executionArn)).error).toBe('Lambda.ServiceException');
    await bench.sfn.redriveExecution({ executionArn });
    await bench.settle();
    expect(await bench.describe(executionArn)).toMatchObject({
      status: 'SUCCEEDED',
      output: { Payload: { got: { a: 2 } } },
    });
  });
});

describe('a task token', () => {
  const begin = async () => {
    const executionArn = await bench.run('approve');
    const { events = [] } = await bench.sfn.getExecutionHistory({ executionArn });
    const { parameters = '{}' } = events.find(({ type }) => type === 'TaskScheduled')?.taskScheduledEventDetails ?? {};
    expect(events.at(-1)?.type).toBe('TaskSubmitted');
    return { executionArn, taskToken: String(JSON.parse(parameters).Payload.token) };
  };

  it('takes one answer', async () => {
    const { executionArn, taskToken } = await begin();
    expect(await refusal(bench.sfn.sendTaskSuccess({ taskToken, output: '{' }))).toBe('InvalidOutput');
    await bench.sfn.sendTaskSuccess({ taskToken, output: '{"by":"me"}' });
    await bench.settle();
    expect(await bench.describe(executionArn)).toMatchObject({ status: 'SUCCEEDED', output: { by: 'me' } });
    expect(await refusal(bench.sfn.sendTaskFailure({ taskToken }))).toBe('TaskTimedOut');
  });

  it('takes a refusal', async () => {
    const { executionArn, taskToken } = await begin();
    await bench.sfn.sendTaskFailure({ taskToken, error: 'Denied', cause: 'no' });
    await bench.settle();
    expect(await bench.describe(executionArn)).toMatchObject({ status: 'FAILED', error: 'Denied', cause: 'no' });
  });

  it('lives as long as its heart beats, and no longer than its time', async () => {
    const { executionArn, taskToken } = await begin();
    for (let beat = 0; beat < 5; beat++) {
      await bench.advance(500);
      await bench.sfn.sendTaskHeartbeat({ taskToken });
    }
    expect((await bench.describe(executionArn)).status).toBe('RUNNING');
    await bench.advance(601);
    expect(await bench.describe(executionArn)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    expect(await refusal(bench.sfn.sendTaskHeartbeat({ taskToken }))).toBe('TaskTimedOut');
    expect(await refusal(bench.sfn.sendTaskHeartbeat({ taskToken: 'made up' }))).toBe('InvalidToken');
  });
});

describe('a state machine', () => {
  it('is described as it was made, with its tags', async () => {
    const stateMachineArn = machineArn('wait');
    const described = await bench.sfn.describeStateMachine({ stateMachineArn });
    expect(described).toMatchObject({
      name: 'wait',
      type: 'STANDARD',
      status: 'ACTIVE',
      roleArn: 'arn:aws:iam::111122223333:role/MachineRole',
      loggingConfiguration: { level: 'ERROR' },
    });
    expect(JSON.parse(described.definition ?? '')).toEqual(MACHINES.wait);
    expect((await bench.sfn.listTagsForResource({ resourceArn: stateMachineArn })).tags).toEqual([
      { key: 'team', value: 'soc' },
    ]);
    const { stateMachines = [] } = await bench.sfn.listStateMachines({});
    expect(stateMachines.map(({ name }) => name)).toEqual(Object.keys(MACHINES));
  });

  const okay = { Type: 'Pass', End: true };
  it.each<[string, object, string]>([
    ['an unknown target', { StartAt: 'A', States: { A: { Type: 'Pass', Next: 'B' } } }, 'MISSING_TRANSITION_TARGET'],
    ['a state that nothing leads to', { StartAt: 'A', States: { A: okay, B: okay } }, 'MISSING_TRANSITION_TARGET'],
    ['neither Next nor End', { StartAt: 'A', States: { A: { Type: 'Pass' } } }, 'SCHEMA_VALIDATION_FAILED'],
    ['no States', { StartAt: 'A' }, 'SCHEMA_VALIDATION_FAILED'],
    [
      'a Task without Resource',
      { StartAt: 'A', States: { A: { Type: 'Task', End: true } } },
      'SCHEMA_VALIDATION_FAILED',
    ],
    ['a parameter that the API lacks', task('sns:publish', { Topic: 'x' }), 'SCHEMA_VALIDATION_FAILED'],
    ['an action that the API lacks', task('aws-sdk:ec2:isolateInstance', {}), 'SCHEMA_VALIDATION_FAILED'],
    [
      'a token that goes nowhere',
      task('lambda:invoke.waitForTaskToken', { FunctionName: 'x' }),
      'SCHEMA_VALIDATION_FAILED',
    ],
    [
      'States.ALL in company',
      task('sns:publish', {}, { Retry: [{ ErrorEquals: ['States.ALL', 'X'] }] }),
      'SCHEMA_VALIDATION_FAILED',
    ],
    ['a path that is none', one({ Type: 'Pass', Parameters: { 'x.$': 'abc' } }), 'SCHEMA_VALIDATION_FAILED'],
    ['a field of another type', one({ Type: 'Pass', Retry: [] }), 'SCHEMA_VALIDATION_FAILED'],
  ])('with %s is refused', async (_case, definition, code) => {
    const found = await bench.sfn.validateStateMachineDefinition({ definition: JSON.stringify(definition) });
    expect(found.result).toBe('FAIL');
    expect(found.diagnostics?.map((diagnostic) => diagnostic.code)).toContain(code);
  });

  it('is accepted as it is', async () => {
    for (const definition of Object.values(MACHINES))
      expect(await bench.sfn.validateStateMachineDefinition({ definition: JSON.stringify(definition) })).toMatchObject({
        result: 'OK',
        diagnostics: [],
      });
  });

  it('in JSONata is not simulated, and said to be so', async () => {
    const definition = JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'A', States: { A: okay } });
    expect(await refusal(bench.sfn.validateStateMachineDefinition({ definition }))).toBe('NotImplemented');
  });
});
