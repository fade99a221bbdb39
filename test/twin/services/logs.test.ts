import fc from 'fast-check';
import { type Principal, servicePrincipal } from '../../../twin/iam/principal';
import { cloudwatch } from '../../../twin/services/cloudwatch';
import { addUser, assumeForService, iam, roleByArn } from '../../../twin/services/iam';
import { logs, writeLog } from '../../../twin/services/logs';
import { compileLogFilter, InvalidFilterPatternError } from '../../../twin/services/logs/log-filter';
import { HOME_ACCOUNT, Twin } from '../../../twin/twin';

const REGION = 'eu-west-1';
const scope = { account: HOME_ACCOUNT, region: REGION };
const DAY = 86_400_000;
const GROUP = '/aws/lambda/heal';
const arnOf = (name: string) => `arn:aws:logs:${REGION}:${HOME_ACCOUNT}:log-group:${name}`;

interface Event {
  readonly message: string;
  readonly timestamp: number;
  readonly logStreamName: string;
  readonly eventId: string;
}
interface Page {
  readonly events: readonly Event[];
  readonly nextToken?: string;
  readonly nextForwardToken: string;
  readonly nextBackwardToken: string;
}

/** A twin with a log group, and an administrator who uses it. */
async function start() {
  const twin = new Twin();
  const { accessKeyId } = addUser(twin, HOME_ACCOUNT, 'operator', { administrator: true });
  const principal = twin.credentials.identify(accessKeyId, undefined, twin.clock.now());
  if (typeof principal === 'string') throw new Error(principal);
  const call = (operation: string, input: object = {}) =>
    twin.perform({ service: logs as never, operation, input: { logGroupName: GROUP, ...input }, principal, ...scope });
  await call('CreateLogGroup');
  const now = () => twin.clock.now().getTime();
  /** Lines, a millisecond apart. */
  const put = async (logStreamName: string, messages: readonly string[], timestamp = now()) => {
    await call('CreateLogStream', { logStreamName }).catch(() => undefined);
    return call('PutLogEvents', {
      logStreamName,
      logEvents: messages.map((message, index) => ({ timestamp: timestamp + index, message })),
    });
  };
  const get = async (input: object) => (await call('GetLogEvents', input)) as unknown as Page;
  const filter = async (input: object = {}) => (await call('FilterLogEvents', input)) as unknown as Page;
  const metric = (name: string, statistic = 'Sum', dimensions: Record<string, string> = {}, namespace = 'Test') =>
    twin
      .state(cloudwatch, scope)
      .metrics.find({ namespace, name, dimensions })
      ?.series.statistic(statistic, now() - DAY, now() + DAY);
  return { twin, call, put, get, filter, metric, now };
}

const textsIn = ({ events }: Page) => events.map(({ message }) => message);
const matches = (pattern: string, message: string) => compileLogFilter(pattern).match(message) !== undefined;

describe('a filter pattern of terms', () => {
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html#matching-terms-unstructured-log-events
  const lines = [
    '[ERROR 400] BAD REQUEST',
    '[ERROR 401] UNAUTHORIZED REQUEST',
    '[ERROR 419] MISSING ARGUMENTS',
    '[ERROR 420] INVALID ARGUMENTS',
    '[ERROR 500] INTERNAL SERVER ERROR',
    '[INFO] REQUEST FAILED',
  ];

  it.each([
    ['', [0, 1, 2, 3, 4, 5]],
    ['" "', [0, 1, 2, 3, 4, 5]],
    ['ERROR', [0, 1, 2, 3, 4]],
    ['error', []],
    ['ERROR ARGUMENTS', [2, 3]],
    ['?FAILED ?ARGUMENTS', [2, 3, 5]],
    // Question marks have no effect beside other terms.
    ['?ERROR ?ARGUMENTS REQUEST', [0, 1, 5]],
    ['"INTERNAL SERVER ERROR"', [4]],
    ['ERROR -ARGUMENTS', [0, 1, 4]],
    ['-ERROR', [5]],
    ['-"REQUEST FAILED" -ARGUMENTS', [0, 1, 4]],
    ['%AUTHORIZED%', [1]],
    ['%^\\[ERROR 4[0-1]\\d\\]%', [0, 1, 2]],
    ['%FAILED|MISSING%', [2, 5]],
    ['%R{2,}OR%', [0, 1, 2, 3, 4]],
  ])('%s', (pattern, expected) => {
    const filter = compileLogFilter(pattern);
    expect(lines.flatMap((line, index) => (filter.match(line) ? [index] : []))).toEqual(expected);
  });

  it.each(['foo.bar', 'level=error', '%(a)%', '%!%', '%[%', '%%', `"${'x'.repeat(1023)}"`])('refuses %s', (pattern) => {
    expect(() => compileLogFilter(pattern)).toThrow(InvalidFilterPatternError);
  });

  it('is what its words say', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(word), fc.array(word), fc.array(word), (required, excluded, line) => {
        const text = line.join(' ');
        const pattern = [...required, ...excluded.map((term) => `-${term}`)].join(' ');
        expect(matches(pattern, text)).toBe(
          required.every((term) => text.includes(term)) && !excluded.some((term) => text.includes(term)),
        );
        const optional = required.map((term) => `?${term}`).join(' ');
        expect(matches(optional, text)).toBe(required.length === 0 || required.some((term) => text.includes(term)));
      }),
    );
  });
});

describe('a filter pattern of JSON conditions', () => {
  // The guide's own events and patterns.
  const trail = JSON.stringify({
    eventType: 'UpdateTrail',
    sourceIPAddress: '111.111.111.111',
    arrayKey: ['value', 'another value'],
    objectList: [
      { name: 'a', id: 1 },
      { name: 'b', id: 2 },
    ],
    SomeObject: null,
    ThisFlag: true,
    'cluster.name': 'c',
    latency: 501.5,
  });
  const users = JSON.stringify({
    user: { id: 1, email: 'John.Stiles@example.com' },
    users: [
      { id: 2, email: 'John.Doe@example.com' },
      { id: 3, email: 'Jane.Doe@example.com' },
    ],
    actions: ['GET', 'PUT', 'DELETE'],
    coordinates: [
      [0, 1, 2],
      [4, 5, 6],
      [7, 8, 9],
    ],
  });

  it.each([
    ['{ $.eventType = "UpdateTrail" }', trail, true],
    ['{ $.eventType = UpdateTrail }', trail, true],
    ['{ $.eventType = "updateTrail" }', trail, false],
    ['{ $.eventType = "Update*" }', trail, true],
    ['{ $.eventType = *Trail }', trail, true],
    ['{ $.eventType = "*dateT*" }', trail, true],
    ['{ $.eventType = "Up*ail" }', trail, false],
    ['{ $.eventType = * }', trail, true],
    ['{ $.none = * }', trail, false],
    ['{ $.sourceIPAddress != 123.123.* }', trail, true],
    ['{ $.sourceIPAddress != 111.111.* }', trail, false],
    ['{ $.none != "x" }', trail, false],
    ['{ $.arrayKey[0] = "value" }', trail, true],
    ['{ $.arrayKey[2] = "value" }', trail, false],
    ['{ $.arrayKey = "value" }', trail, false],
    ['{ $.arrayKey != "value" }', trail, false],
    ['{ $.objectList[1].id = 2 }', trail, true],
    ['{ $.eventType = %Trail% }', trail, true],
    ['{ $.arrayKey[*] = %val.{2}% }', trail, true],
    ['{ $.* = %111\\.111\\.111\\.1[0-9]{1,2}% }', trail, true],
    ['{ $.[\'cluster.name\'] = "c" }', trail, true],
    ['{ $.SomeObject IS NULL }', trail, true],
    ['{ $.SomeOtherObject IS NULL }', trail, false],
    ['{ $.SomeOtherObject NOT EXISTS }', trail, true],
    ['{ $.SomeObject NOT EXISTS }', trail, false],
    ['{ $.ThisFlag IS TRUE }', trail, true],
    ['{ $.ThisFlag IS FALSE }', trail, false],
    ['{ $.latency >= 501.5 }', trail, true],
    ['{ $.latency > +5.015e2 }', trail, false],
    ['{ $.latency < 10e3 }', trail, true],
    ['{ $.eventType > 1 }', trail, false],
    ['{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', users, true],
    ['{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }', users, false],
    [
      '{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch && $.actions[2] = nomatch }',
      users,
      true,
    ],
    [
      '{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch) && $.actions[2] = nomatch }',
      users,
      false,
    ],
    ['{ $.coordinates[2][0] = 7 }', users, true],
    ['{ $.x NOT EXISTS }', 'no JSON', false],
    ['{ $.x NOT EXISTS }', '"text"', false],
    // CIS: use of the root user.
    [
      '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }',
      '{"userIdentity":{"type":"Root"},"eventType":"AwsApiCall"}',
      true,
    ],
    [
      '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }',
      '{"errorCode":"Client.UnauthorizedOperation"}',
      true,
    ],
  ])('%s', (pattern, event, expected) => {
    expect(matches(pattern, event)).toBe(expected);
  });

  it.each([
    '{ $.a = 1',
    '{ $.a }',
    '{ a = 1 }',
    '{ $.a > x }',
    '{ $.a IS 1 }',
    '{ $.a NOT "x" }',
    '{ ($.a = 1 }',
    '{ $.a = 1 $.b = 2 }',
    '{ $.a EXISTS }',
    '{ }',
  ])('refuses %s', (pattern) => {
    expect(() => compileLogFilter(pattern)).toThrow(InvalidFilterPatternError);
  });

  it('gives the values that it names', () => {
    expect(compileLogFilter('{ $.eventType = "U*" && $.latency > 1 }').match(trail)).toEqual({
      '$.eventType': 'UpdateTrail',
      '$.latency': '501.5',
    });
  });

  type Expression = { readonly text: string; readonly holds: (event: Record<string, number>) => boolean };
  const comparisons: Record<string, (a: number, b: number) => boolean> = {
    '=': (a, b) => a === b,
    '!=': (a, b) => a !== b,
    '>': (a, b) => a > b,
    '<': (a, b) => a < b,
    '>=': (a, b) => a >= b,
    '<=': (a, b) => a <= b,
  };
  const names = fc.constantFrom('a', 'b', 'c');

  it('is what its conditions say, with the precedence of && and parentheses', () => {
    const condition: fc.Arbitrary<Expression> = fc.oneof(
      fc
        .record({
          name: names,
          operator: fc.constantFrom(...Object.keys(comparisons)),
          value: fc.integer({ min: -2, max: 2 }),
        })
        .map(({ name, operator, value }) => ({
          text: `$.${name} ${operator} ${value}`,
          holds: (event: Record<string, number>) =>
            event[name] !== undefined && comparisons[operator]?.(event[name], value) === true,
        })),
      names.map((name) => ({
        text: `$.${name} NOT EXISTS`,
        holds: (event: Record<string, number>) => event[name] === undefined,
      })),
    );
    const { expression } = fc.letrec<{ expression: Expression; and: Expression; one: Expression }>((tie) => ({
      one: fc.oneof(
        { maxDepth: 3 },
        condition,
        tie('expression').map(({ text, holds }) => ({ text: `(${text})`, holds })),
      ),
      and: fc.array(tie('one'), { minLength: 1, maxLength: 3 }).map((parts) => ({
        text: parts.map(({ text }) => text).join(' && '),
        holds: (event) => parts.every(({ holds }) => holds(event)),
      })),
      expression: fc.array(tie('and'), { minLength: 1, maxLength: 3 }).map((parts) => ({
        text: parts.map(({ text }) => text).join('||'),
        holds: (event) => parts.some(({ holds }) => holds(event)),
      })),
    }));
    fc.assert(
      fc.property(
        expression.filter(({ text }) => text.length < 1000),
        fc.dictionary(names, fc.integer({ min: -2, max: 2 })),
        ({ text, holds }, event) => {
          expect(matches(`{ ${text} }`, JSON.stringify(event))).toBe(holds({ ...event }));
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('a filter pattern of fields', () => {
  const line = '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534';

  it.each([
    ['[ip=%127\\.0\\.0\\.[1-9]%, user, username, timestamp, request =*.html*, status_code = 4*, bytes]', line, true],
    ['[..., request =*.html*, status_code = 4*, bytes]', line, true],
    ['[..., status_code = 404 || status_code = 410, bytes]', line, true],
    ['[..., status_code = 4* && status_code != 404, bytes]', line, false],
    ['[ip, user, ..., bytes > 1000]', line, true],
    ['[ip, user, ..., bytes > 2000]', line, false],
    ['[ip, user=Prod, ...]', line, true],
    ['[ip, user, username, timestamp, request, status_code, bytes, more]', line, false],
    ['[w1=ERROR, w2]', 'ERROR 09/25/2014 12:00:02 Failed to process request', true],
    ['[w1=ERROR, w2]', 'INFO 09/25/2014 12:00:00 GET /service/resource/67 1200', false],
    ['[w1=ERROR || w1=WARNING, w2]', 'WARNING 09/25/2014 12:00:02 Invalid user request', true],
    ['[w1!=ERROR && w1!=WARNING, w2]', 'ERROR 09/25/2014', false],
    [
      '[logLevel, date, time, method, url=%/service/resource/[0-9]+$%, response_time]',
      'INFO 09/25/2014 12:00:00 GET /service/resource/67 1200',
      true,
    ],
    [
      '[logLevel, date, time, method, url=%/service/resource/[0-9]+$%, response_time]',
      'INFO 09/25/2014 12:00:01 POST /service/resource/67/part/111 1310',
      false,
    ],
    ['[w1="*Failed*"]', 'ERROR Failed to process', true],
  ])('%s', (pattern, event, expected) => {
    expect(matches(pattern, event)).toBe(expected);
  });

  it('gives the fields by name or number', () => {
    const filter = compileLogFilter('[..., request=*.html*, status_code=4*,]');
    expect(filter.match(line)).toEqual({
      $1: '127.0.0.1',
      $2: 'Prod',
      $3: 'frank',
      $4: '10/Oct/2000:13:25:15 -0700',
      $request: 'GET /index.html HTTP/1.0',
      $status_code: '404',
      $7: '1534',
    });
  });

  it.each(['[a, b', '[..., a, ...]', '[a=1 && b=2]', '[a > x]'])('refuses %s', (pattern) => {
    expect(() => compileLogFilter(pattern)).toThrow(InvalidFilterPatternError);
  });
});

describe('groups and streams', () => {
  it('are made once, described and deleted', async () => {
    const { call, put } = await start();
    await expect(call('CreateLogGroup')).rejects.toMatchObject({ code: 'ResourceAlreadyExistsException' });
    await call('CreateLogGroup', { logGroupName: '/other', tags: { a: '1' } });
    expect(await call('DescribeLogGroups', { logGroupNamePrefix: '/aws' })).toMatchObject({
      logGroups: [{ logGroupName: GROUP, arn: `${arnOf(GROUP)}:*`, logGroupArn: arnOf(GROUP), storedBytes: 0 }],
    });
    expect(await call('DescribeLogGroups', { logGroupNamePattern: 'the' })).toMatchObject({
      logGroups: [{ logGroupName: '/other' }],
    });
    const first = await call('DescribeLogGroups', { limit: 1 });
    expect(await call('DescribeLogGroups', { limit: 1, nextToken: first.nextToken })).toMatchObject({
      logGroups: [{ logGroupName: '/other' }],
    });
    await put('s', ['x']);
    await expect(call('CreateLogStream', { logStreamName: 's' })).rejects.toMatchObject({
      code: 'ResourceAlreadyExistsException',
    });
    await call('DeleteLogStream', { logStreamName: 's' });
    await expect(call('GetLogEvents', { logStreamName: 's' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    });
    await call('DeleteLogGroup');
    await expect(call('DeleteLogGroup')).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
  });

  it('are listed by name, or by the last event', async () => {
    const { call, put, now } = await start();
    await put('a', ['x'], now());
    await put('b', ['x'], now() - 10_000);
    await call('CreateLogStream', { logStreamName: 'c' });
    const names = async (input: object) =>
      ((await call('DescribeLogStreams', input)) as { logStreams: { logStreamName: string }[] }).logStreams.map(
        ({ logStreamName }) => logStreamName,
      );
    expect(await names({})).toEqual(['a', 'b', 'c']);
    expect(await names({ orderBy: 'LastEventTime', descending: true })).toEqual(['a', 'b', 'c']);
    expect(await names({ orderBy: 'LastEventTime' })).toEqual(['c', 'b', 'a']);
    expect(await names({ logStreamNamePrefix: 'b' })).toEqual(['b']);
  });

  it('have tags, on ARNs with and without an end', async () => {
    const { call } = await start();
    await call('TagResource', { resourceArn: arnOf(GROUP), tags: { a: '1', b: '2' } });
    await call('UntagResource', { resourceArn: `${arnOf(GROUP)}:*`, tagKeys: ['a'] });
    expect(await call('ListTagsForResource', { resourceArn: arnOf(GROUP) })).toEqual({ tags: { b: '2' } });
    expect(await call('ListTagsLogGroup')).toEqual({ tags: { b: '2' } });
  });

  it('forget after the retention period', async () => {
    const { twin, call, put, filter } = await start();
    await call('PutRetentionPolicy', { retentionInDays: 1 });
    await put('s', ['old']);
    await twin.clock.advance(86_000);
    await put('s', ['new']);
    expect(textsIn(await filter())).toEqual(['old', 'new']);
    await twin.clock.advance(500);
    expect(textsIn(await filter())).toEqual(['new']);
    await expect(call('PutRetentionPolicy', { retentionInDays: 2 })).rejects.toMatchObject({
      code: 'InvalidParameterException',
    });
    await call('DeleteRetentionPolicy');
    await twin.clock.advance(10 * 86_400);
    expect(textsIn(await filter())).toEqual(['new']);
  });

  it('come from Terraform', async () => {
    const { twin, call, metric, put } = await start();
    const making = {
      twin,
      ...scope,
      address: 'aws_cloudwatch_log_group.a',
      tags: { team: 'a' },
      file: (path: string) => path,
    };
    const made = logs.terraform?.aws_cloudwatch_log_group?.({ name: 'made', retention_in_days: 365 }, making);
    expect(made).toEqual({ arn: arnOf('made'), id: 'made', name: 'made' });
    expect(await call('DescribeLogGroups', { logGroupNamePrefix: 'made' })).toMatchObject({
      logGroups: [{ retentionInDays: 365 }],
    });
    logs.terraform?.aws_cloudwatch_log_metric_filter?.(
      {
        name: 'errors',
        pattern: 'ERROR',
        log_group_name: GROUP,
        metric_transformation: [{ name: 'Errors', namespace: 'Test', value: '1' }],
      },
      making,
    );
    await put('s', ['ERROR']);
    expect(metric('Errors')).toBe(1);
  });
});

describe('events', () => {
  it.each([
    ['none', () => []],
    [
      'out of order',
      (now: number) => [
        { timestamp: now, message: 'b' },
        { timestamp: now - 1, message: 'a' },
      ],
    ],
    [
      'more than a day apart',
      (now: number) => [
        { timestamp: now - DAY - 1, message: 'a' },
        { timestamp: now, message: 'b' },
      ],
    ],
    ['empty', (now: number) => [{ timestamp: now, message: '' }]],
    ['too many', (now: number) => Array.from({ length: 10_001 }, () => ({ timestamp: now, message: 'a' }))],
    ['too long', (now: number) => [{ timestamp: now, message: 'x'.repeat(1_048_576) }]],
  ])('are refused: %s', async (_what, eventsAt) => {
    const { call, now } = await start();
    await call('CreateLogStream', { logStreamName: 's' });
    await expect(call('PutLogEvents', { logStreamName: 's', logEvents: eventsAt(now()) })).rejects.toMatchObject({
      code: 'InvalidParameterException',
    });
  });

  it('are left out if they are too old or too new', async () => {
    const { put, filter, now } = await start();
    expect(await put('s', ['old', 'old'], now() - 15 * DAY)).toMatchObject({
      rejectedLogEventsInfo: { tooOldLogEventEndIndex: 2 },
    });
    expect(await put('s', ['new'], now() + 3 * 3_600_000)).toMatchObject({
      rejectedLogEventsInfo: { tooNewLogEventStartIndex: 0 },
    });
    expect(await put('s', ['good'])).not.toHaveProperty('rejectedLogEventsInfo');
    expect(textsIn(await filter())).toEqual(['good']);
  });

  it('are read page by page in both directions, and the token says when it is over', async () => {
    const { put, get, now } = await start();
    await put('s', ['1', '2', '3'], now() - 1000);
    const first = await get({ logStreamName: 's', startFromHead: true, limit: 2 });
    const second = await get({ logStreamName: 's', nextToken: first.nextForwardToken, limit: 2 });
    const third = await get({ logStreamName: 's', nextToken: second.nextForwardToken, limit: 2 });
    expect([first, second, third].map(textsIn)).toEqual([['1', '2'], ['3'], []]);
    expect(third.nextForwardToken).toBe(second.nextForwardToken);
    const last = await get({ logStreamName: 's', limit: 2 });
    expect(textsIn(last)).toEqual(['2', '3']);
    expect(textsIn(await get({ logStreamName: 's', nextToken: last.nextBackwardToken }))).toEqual(['1']);
    await put('s', ['4']);
    expect(textsIn(await get({ logStreamName: 's', nextToken: third.nextForwardToken }))).toEqual(['4']);
  });

  it('are read by time: the end counts when they are filtered, not when they are got', async () => {
    const { put, get, filter, now } = await start();
    const at = now() - 1000;
    await put('s', ['0', '1', '2', '3'], at);
    const range = { startTime: at + 1, endTime: at + 2 };
    expect(textsIn(await get({ logStreamName: 's', ...range }))).toEqual(['1']);
    expect(textsIn(await filter(range))).toEqual(['1', '2']);
  });

  it('of several streams are filtered in the order of time, page by page', async () => {
    const { put, filter, now } = await start();
    const at = now() - 1000;
    await put('a/1', ['ERROR a0', 'ok'], at);
    await put('b/1', ['ERROR b100'], at + 100);
    await put('a/2', ['ERROR a50'], at + 50);
    const first = await filter({ filterPattern: 'ERROR', limit: 2 });
    const second = await filter({ filterPattern: 'ERROR', limit: 2, nextToken: first.nextToken });
    expect([first, second].map(textsIn)).toEqual([['ERROR a0', 'ERROR a50'], ['ERROR b100']]);
    expect(second).not.toHaveProperty('nextToken');
    expect(first.events[1]).toMatchObject({ logStreamName: 'a/2', timestamp: at + 50 });
    expect(new Set([...first.events, ...second.events].map(({ eventId }) => eventId)).size).toBe(3);
    expect(textsIn(await filter({ logStreamNamePrefix: 'a/', filterPattern: 'ERROR' }))).toEqual([
      'ERROR a0',
      'ERROR a50',
    ]);
    expect(textsIn(await filter({ logStreamNames: ['b/1'] }))).toEqual(['ERROR b100']);
    expect(
      textsIn(
        await filter({ logGroupName: undefined, logGroupIdentifier: arnOf(GROUP), startFromHead: false, limit: 2 }),
      ),
    ).toEqual(['ERROR b100', 'ERROR a50']);
    await expect(filter({ filterPattern: '{ $.a' })).rejects.toMatchObject({ code: 'InvalidParameterException' });
  });

  it('can be put by several in any order', async () => {
    const { put, filter, now } = await start();
    const at = now() - 10_000;
    await put('s', ['c'], at + 20);
    await put('s', ['a'], at);
    await put('s', ['b'], at + 10);
    expect(textsIn(await filter())).toEqual(['a', 'b', 'c']);
  });
});

describe('metric filters', () => {
  const filterOf = (changes: object, filterPattern: string) => ({
    filterName: 'f',
    filterPattern,
    metricTransformations: [{ metricNamespace: 'Test', metricName: 'Found', metricValue: '1', ...changes }],
  });

  it('count, extract and fall back', async () => {
    const { call, put, metric } = await start();
    await call('PutMetricFilter', filterOf({ defaultValue: 0 }, 'ERROR'));
    await call('PutMetricFilter', {
      ...filterOf(
        { metricName: 'Latency', metricValue: '$.latency', unit: 'Milliseconds', dimensions: { Route: '$.route' } },
        '{ $.latency = * }',
      ),
      filterName: 'g',
    });
    await call('PutMetricFilter', {
      ...filterOf({ metricName: 'Bytes', metricValue: '$bytes' }, '[..., status = 4*, bytes]'),
      filterName: 'h',
    });
    await put('s', [
      'ERROR',
      'ok',
      'ERROR again',
      '{"latency":20,"route":"/a"}',
      '{"latency":30,"route":"/a"}',
      '{"latency":40}',
      '{"latency":"slow","route":"/a"}',
      'GET 404 17',
    ]);
    expect([metric('Found'), metric('Found', 'SampleCount')]).toEqual([2, 8]);
    expect([metric('Latency', 'Sum', { Route: '/a' }), metric('Latency', 'SampleCount', { Route: '/a' })]).toEqual([
      50, 2,
    ]);
    expect(metric('Bytes')).toBe(17);
  });

  it('are described, tested and deleted', async () => {
    const { call } = await start();
    await call('PutMetricFilter', filterOf({}, 'ERROR'));
    const described = {
      filterName: 'f',
      filterPattern: 'ERROR',
      logGroupName: GROUP,
      metricTransformations: [{ metricName: 'Found', metricNamespace: 'Test', metricValue: '1' }],
    };
    expect(await call('DescribeMetricFilters')).toMatchObject({ metricFilters: [described] });
    expect(await call('DescribeMetricFilters', { logGroupName: undefined, metricName: 'Other' })).toEqual({
      metricFilters: [],
    });
    expect(
      await call('TestMetricFilter', { filterPattern: '{ $.a = 1 }', logEventMessages: ['x', '{"a":1}'] }),
    ).toEqual({ matches: [{ eventNumber: 2, eventMessage: '{"a":1}', extractedValues: { '$.a': '1' } }] });
    await call('DeleteMetricFilter', { filterName: 'f' });
    await expect(call('DeleteMetricFilter', { filterName: 'f' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    });
  });

  it.each([
    ['a pattern that is none', filterOf({}, '{ $.a')],
    ['a value that is none', filterOf({ metricValue: 'many' }, 'ERROR')],
    ['a selector that is none', filterOf({ metricValue: '$latency' }, '{ $.latency = * }')],
    ['a default together with dimensions', filterOf({ defaultValue: 0, dimensions: { a: '$.a' } }, '{ $.a = * }')],
  ])('refuse %s', async (_what, input) => {
    const { call } = await start();
    await expect(call('PutMetricFilter', input)).rejects.toMatchObject({ code: 'InvalidParameterException' });
  });
});

describe('the embedded metric format', () => {
  const line = (changes: object = {}, directive: object = {}, at = Date.now()) =>
    JSON.stringify({
      _aws: {
        Timestamp: at,
        CloudWatchMetrics: [
          {
            Namespace: 'Test',
            Dimensions: [['Action', 'Outcome'], ['Action'], []],
            Metrics: [
              { Name: 'Actions', Unit: 'Count' },
              { Name: 'Milliseconds', Unit: 'Milliseconds', StorageResolution: 1 },
            ],
            ...directive,
          },
        ],
      },
      Action: 'Revoke',
      Outcome: 'REMEDIATED',
      Actions: 1,
      Milliseconds: [10, 30],
      ...changes,
    });

  it('becomes metrics, for each set of dimensions', async () => {
    const { put, metric, now } = await start();
    await put('s', ['START', line({}, {}, now()), line({ Outcome: 'FAILED' }, {}, now()), 'END']);
    expect(metric('Actions')).toBe(2);
    expect(metric('Actions', 'Sum', { Action: 'Revoke' })).toBe(2);
    expect(metric('Actions', 'Sum', { Outcome: 'REMEDIATED', Action: 'Revoke' })).toBe(1);
    expect([metric('Milliseconds', 'SampleCount'), metric('Milliseconds', 'Average')]).toEqual([4, 20]);
  });

  it.each([
    ['a value that is no number', { Actions: 'one' }, {}, 0],
    ['a value that is missing', { Actions: undefined }, {}, 0],
    ['a dimension that is no text', { Action: 7 }, { Dimensions: [['Action']] }, 0],
    ['a dimension that is missing', {}, { Dimensions: [['Region']] }, 0],
    ['no dimensions', {}, { Dimensions: undefined }, 0],
    ['no namespace', {}, { Namespace: undefined }, 0],
    ['metrics that are no list', {}, { Metrics: {} }, 0],
    ['an old time', { _aws: { Timestamp: 0, CloudWatchMetrics: [] } }, {}, 0],
    ['time as a text', { _aws: { Timestamp: 'now' } }, {}, 0],
    ['no metadata', { _aws: null }, {}, 0],
  ])('is ignored with %s', async (_what, changes, directive, expected) => {
    const { put, metric, now } = await start();
    await put('s', [line(changes, directive, now()), '{"_aws"', '["_aws"]']);
    expect(metric('Actions') ?? metric('Actions', 'Sum', { Action: 'Revoke' }) ?? 0).toBe(expected);
  });
});

describe('what functions write', () => {
  /** A session of a role that may do something to the log group. */
  async function startAs(actions: readonly string[], resource: string) {
    const context = await start();
    const { twin } = context;
    const making = { twin, ...scope, address: 'aws_iam_role.r', tags: {}, file: (path: string) => path };
    const trust = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    };
    const { arn } =
      iam.terraform?.aws_iam_role?.({ name: 'writer', assume_role_policy: JSON.stringify(trust) }, making) ?? {};
    const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: resource }] };
    iam.terraform?.aws_iam_role_policy?.({ role: 'writer', name: 'write', policy: JSON.stringify(policy) }, making);
    const role = roleByArn(twin, String(arn));
    if (!role) throw new Error('no role');
    const { principal } = assumeForService(
      twin,
      role,
      servicePrincipal('lambda.amazonaws.com', HOME_ACCOUNT, 'arn:function'),
      'session',
    );
    const write = (messages: readonly string[], logGroup = GROUP, who: Principal = principal) =>
      writeLog(twin, {
        ...scope,
        logGroup,
        logStream: 's',
        principal: who,
        lines: messages.map((message) => ({ timestamp: context.now(), message })),
      });
    return { ...context, write };
  }
  const both = ['logs:CreateLogStream', 'logs:PutLogEvents'];

  it.each([
    ['with both permissions on what is in the group', both, `${arnOf(GROUP)}:*`, ['one', 'two']],
    ['with both permissions on everything', ['logs:*'], '*', ['one', 'two']],
    ['without the permission to make streams', ['logs:PutLogEvents'], `${arnOf(GROUP)}:*`, []],
    ['without the permission to write', ['logs:CreateLogStream'], `${arnOf(GROUP)}:*`, []],
    ['with permissions on the bare group', both, arnOf(GROUP), []],
    ['with permissions on another group', both, `${arnOf('/other')}:*`, []],
  ])('is kept or lost: %s', async (_how, actions, resource, kept) => {
    const { write, filter } = await startAs(actions, resource);
    await Promise.all([write(['one']), write(['two'])]);
    expect(textsIn(await filter()).sort()).toEqual(kept);
  });

  it('is lost without the group, and nobody is told', async () => {
    const { write, call } = await startAs(['*'], '*');
    await write(['x'], '/none');
    expect(await call('DescribeLogGroups')).toMatchObject({ logGroups: [{ logGroupName: GROUP }] });
  });

  it('comes in as many batches as it needs', async () => {
    const { write, filter } = await startAs(['*'], '*');
    await write(Array.from({ length: 10_500 }, (_, index) => `line ${index}`));
    await write(['x'.repeat(600_000), 'y'.repeat(600_000)]);
    expect(textsIn(await filter({ filterPattern: '"line 10499"' }))).toHaveLength(1);
    expect(textsIn(await filter({ filterPattern: 'xxx' }))).toHaveLength(1);
    expect(textsIn(await filter({ filterPattern: 'yyy' }))).toHaveLength(1);
  });
});
