import { EventBridge } from '@aws-sdk/client-eventbridge';
import { events } from '../../../twin/services/events';
import { ACCOUNT, arn, Bench, machineArn, REGION, refusal } from '../states/bench';

const ROLE = `arn:aws:iam::${ACCOUNT}:role/EventsRole`;
const STRANGER = '444455556666';
const MACHINES = { pass: { StartAt: 'P', States: { P: { Type: 'Pass', End: true } } } };
const MORE = {
  aws_cloudwatch_event_bus: { team: { name: 'team' } },
  aws_cloudwatch_event_bus_policy: {
    team: {
      event_bus_name: '${aws_cloudwatch_event_bus.team.name}',
      policy: JSON.stringify({
        Statement: [
          { Sid: 's', Effect: 'Allow', Principal: { AWS: STRANGER }, Action: 'events:PutEvents', Resource: '*' },
        ],
      }),
    },
  },
  aws_cloudwatch_event_connection: {
    pager: {
      name: 'pager',
      authorization_type: 'API_KEY',
      auth_parameters: {
        api_key: { key: 'Authorization', value: 'secret' },
        invocation_http_parameters: {
          body: [
            { key: 'routing_key', value: 'secret too', is_value_secret: true },
            { key: 'client', value: 'of the connection' },
          ],
          query_string: [{ key: 'q', value: 'over the target' }],
        },
      },
    },
  },
  aws_cloudwatch_event_api_destination: {
    pager: {
      name: 'pager',
      connection_arn: '${aws_cloudwatch_event_connection.pager.arn}',
      invocation_endpoint: 'https://events.example.com/*/enqueue',
      http_method: 'POST',
    },
  },
  aws_cloudwatch_event_rule: {
    machine: { name: 'machine', event_pattern: '{"source":["to.machine"]}' },
    pager: { name: 'pager', event_pattern: '{"source":["to.pager"]}' },
  },
  aws_cloudwatch_event_target: {
    machine: {
      rule: '${aws_cloudwatch_event_rule.machine.name}',
      target_id: 'machine',
      arn: '${aws_sfn_state_machine.pass.arn}',
      role_arn: ROLE,
      dead_letter_config: { arn: '${aws_sqs_queue.dead.arn}' },
    },
    pager: {
      rule: '${aws_cloudwatch_event_rule.pager.name}',
      target_id: 'pager',
      arn: '${aws_cloudwatch_event_api_destination.pager.arn}',
      role_arn: ROLE,
      input_path: '$.detail',
      http_target: { path_parameter_values: ['v2'], query_string_parameters: { q: 'a b' } },
    },
  },
};

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start(MACHINES, MORE);
});
afterAll(() => bench.stop());

const put = async (Source: string, detail: unknown, EventBusName?: string) => {
  const Entries = [{ Source, DetailType: 'T', Detail: JSON.stringify(detail), EventBusName }];
  const { Entries: [entry] = [] } = await bench.events.putEvents({ Entries });
  await bench.settle();
  return entry?.EventId ?? '';
};
const executions = async () =>
  (await bench.sfn.listExecutions({ stateMachineArn: machineArn('pass') })).executions ?? [];
/** A rule with one target. */
const route = async (Name: string, target: object, EventBusName?: string) => {
  await bench.events.putRule({ Name, EventBusName, EventPattern: JSON.stringify({ source: [{ prefix: Name }] }) });
  await bench.events.putTargets({ Rule: Name, EventBusName, Targets: [{ Id: 't', Arn: '', ...target }] });
};

describe('a state machine as a target', () => {
  it('runs under a name that begins with the id of the event, on the whole event', async () => {
    const id = await put('to.machine', { x: 1 });
    const [execution] = await executions();
    expect(execution?.name).toMatch(new RegExp(`^${id}_[0-9a-f-]{36}$`));
    const { output } = await bench.describe(execution?.executionArn ?? '');
    expect(output).toMatchObject({ id, source: 'to.machine', detail: { x: 1 } });
  });

  it.each([
    ['too large an input', JSON.stringify('x'.repeat(262_144)), 'SDK_CLIENT_ERROR'],
    ['what is no JSON', '{', 'SDK_CLIENT_ERROR'],
  ])('leaves %s to the dead-letter queue, at once', async (_case, Input, code) => {
    const before = await executions();
    const dead = { DeadLetterConfig: { Arn: arn('sqs', 'dead') } };
    await route('to.large', { Arn: machineArn('pass'), RoleArn: ROLE, Input, ...dead });
    await put('to.large', {});
    expect(
      (await bench.received('dead')).map(({ attributes }) => [attributes.ERROR_CODE, attributes.RETRY_ATTEMPTS]),
    ).toEqual([[code, '0']]);
    expect(await executions()).toEqual(before);
  });

  it.each([
    [
      'a role that does not trust EventBridge',
      { Arn: machineArn('pass'), RoleArn: `arn:aws:iam::${ACCOUNT}:role/MachineRole` },
      'NO_PERMISSIONS',
    ],
    ['a machine that is not there', { Arn: machineArn('none'), RoleArn: ROLE }, 'NO_RESOURCE'],
  ])('with %s is dead-lettered', async (_case, target, code) => {
    await route('to.none', { ...target, DeadLetterConfig: { Arn: arn('sqs', 'dead') } });
    await put('to.none', {});
    expect((await bench.received('dead')).map(({ attributes }) => attributes.ERROR_CODE)).toEqual([code]);
  });

  it('needs a role', async () => {
    expect(await refusal(route('to.no-role', { Arn: machineArn('pass') }))).toBe('ValidationException');
    expect((await bench.events.listTargetsByRule({ Rule: 'to.no-role' })).Targets).toEqual([]);
  });
});

describe('several buses', () => {
  it('keep their rules and events apart', async () => {
    await bench.events.createEventBus({ Name: 'own' });
    expect(await refusal(bench.events.createEventBus({ Name: 'own' }))).toBe('ResourceAlreadyExistsException');
    await route('apart', { Arn: arn('sqs', 'inbox') }, 'own');
    await put('apart', { on: 'default' });
    await put('apart', { on: 'own' }, 'own');
    expect((await bench.received('inbox')).map(({ body }) => body.detail)).toEqual([{ on: 'own' }]);
    expect(await refusal(bench.events.deleteEventBus({ Name: 'own' }))).toBe('ValidationException');
    await bench.events.removeTargets({ Rule: 'apart', EventBusName: 'own', Ids: ['t'] });
    await bench.events.deleteRule({ Name: 'apart', EventBusName: 'own' });
    await bench.events.deleteEventBus({ Name: 'own' });
    expect((await bench.events.listEventBuses({})).EventBuses?.map(({ Name }) => Name)).toEqual(['default', 'team']);
  });

  it('tell their policies', async () => {
    await bench.events.putPermission({ StatementId: 'one', Action: 'events:PutEvents', Principal: STRANGER });
    const policy = async () => JSON.parse((await bench.events.describeEventBus({})).Policy ?? '{}').Statement;
    expect(await policy()).toEqual([
      {
        Sid: 'one',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${STRANGER}:root` },
        Action: 'events:PutEvents',
        Resource: arn('events', 'event-bus/default'),
      },
    ]);
    await bench.events.removePermission({ StatementId: 'one' });
    expect(await policy()).toBeUndefined();
    expect(await refusal(bench.events.removePermission({ StatementId: 'one' }))).toBe('ResourceNotFoundException');
  });
});

describe('a bus as a target', () => {
  const event = (region: string, account = ACCOUNT) => ({
    version: '0',
    id: 'e-1',
    source: 'aws.iam',
    account,
    region,
    time: '2026-01-01T00:00:00Z',
    resources: [],
    'detail-type': 'AWS API Call via CloudTrail',
    detail: { x: 1 },
  });

  it('takes an event from another Region as it is, and sends it no further', async () => {
    const virginia = new EventBridge({ ...bench.settings, region: 'us-east-1' });
    const home = arn('events', 'event-bus/default');
    await virginia.putRule({ Name: 'home', EventPattern: '{"source":["aws.iam"]}' });
    expect(await refusal(virginia.putTargets({ Rule: 'home', Targets: [{ Id: 'h', Arn: home }] }))).toBe(
      'ValidationException',
    );
    await virginia.putTargets({ Rule: 'home', Targets: [{ Id: 'h', Arn: home, RoleArn: ROLE }] });
    await route('aws.iam', { Arn: arn('sqs', 'inbox') });
    await bench.events.putTargets({ Rule: 'aws.iam', Targets: [{ Id: 'team', Arn: arn('events', 'event-bus/team') }] });
    await route('aws.iam', { Arn: arn('sqs', 'inbox') }, 'team');
    await bench.control.answer({
      method: 'POST',
      path: '/_twin/emit',
      query: new URLSearchParams(),
      headers: {},
      body: Buffer.from(JSON.stringify({ events: [event('us-east-1')] })),
    });
    expect((await bench.received('inbox')).map(({ body }) => body)).toEqual([event('us-east-1')]);
    virginia.destroy();
  });

  it.each([
    ['team', 1],
    ['default', 0],
  ])('takes events of an account that its policy names: %s', async (name, count) => {
    const stranger = { account: STRANGER, region: REGION };
    const principal = {
      kind: 'root' as const,
      arn: `arn:aws:iam::${STRANGER}:root`,
      account: STRANGER,
      userId: '',
      accessKeyId: '',
    };
    const call = (operation: string, input: object) =>
      bench.twin.perform({ service: events as never, operation, input, principal, ...stranger });
    await call('PutRule', { Name: 'out', EventPattern: '{"source":["abroad"]}' });
    await call('PutTargets', { Rule: 'out', Targets: [{ Id: 'b', Arn: arn('events', `event-bus/${name}`) }] });
    await route('abroad', { Arn: arn('sqs', 'inbox') }, name);
    await call('PutEvents', { Entries: [{ Source: 'abroad', DetailType: 'T', Detail: '{}' }] });
    expect((await bench.received('inbox')).map(({ body }) => body.account)).toEqual(
      Array.from({ length: count }, () => STRANGER),
    );
  });
});

describe('an API destination', () => {
  const sent = () =>
    bench.twin.outbox.entries.map(({ channel, to, subject, body }) => ({
      channel,
      to,
      subject,
      body: JSON.parse(body),
    }));

  it('gets the request that its target makes, with what the connection adds, and the secrets stay within', async () => {
    await put('to.pager', { summary: 's', client: 'of the event' });
    expect(sent()).toEqual([
      {
        channel: 'https',
        to: 'https://events.example.com/v2/enqueue?q=over+the+target',
        subject: 'POST',
        body: { summary: 's', client: 'of the connection', routing_key: 'secret too' },
      },
    ]);
    const connection = await bench.events.describeConnection({ Name: 'pager' });
    expect(JSON.stringify(connection)).not.toContain('secret');
    expect(connection.AuthParameters?.InvocationHttpParameters?.BodyParameters).toEqual([
      { Key: 'routing_key', IsValueSecret: true },
      { Key: 'client', Value: 'of the connection', IsValueSecret: false },
    ]);
    const { ApiDestinations } = await bench.events.listApiDestinations({});
    expect(ApiDestinations?.map(({ Name, HttpMethod }) => [Name, HttpMethod])).toEqual([['pager', 'POST']]);
  });

  it.each([
    ['503', true],
    ['429', true],
    ['Timeout', true],
    ['400', false],
  ])('that answers %s is asked again: %s', async (error, again) => {
    const before = sent().length;
    bench.twin.faults.add({ operation: 'events:InvokeApiDestination', error });
    await put('to.pager', { error });
    expect(sent()).toHaveLength(before);
    await bench.twin.clock.advance(60);
    expect(sent().slice(before)).toMatchObject(again ? [{ body: { error } }] : []);
  });
});
