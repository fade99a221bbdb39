import { parseSchedule } from '../../../twin/services/events/schedule-expression';
import { ACCOUNT, ConfigBench, FOUNDATION, fixture, REGION, refusal, shapeOf } from '../config/support';

/** The next times after a moment, as `2026-10-05 18:00`. */
function times(expression: string, from: string, count: number): string[] {
  const next = parseSchedule(expression);
  const found: string[] = [];
  for (let at = next(new Date(`${from}Z`)); at && found.length < count; at = next(at))
    found.push(at.toISOString().slice(0, 16).replace('T', ' '));
  return found;
}

describe('an expression', () => {
  it.each([
    ['rate(1 minute)', ['2026-10-05 12:01', '2026-10-05 12:02']],
    ['rate(6 hours)', ['2026-10-05 18:00', '2026-10-06 00:00']],
    ['rate(7 days)', ['2026-10-12 12:00', '2026-10-19 12:00']],
    // The examples of the user guide, and what its wildcards say.
    ['cron(0 10 * * ? *)', ['2026-10-06 10:00', '2026-10-07 10:00']],
    ['cron(15 12 * * ? *)', ['2026-10-05 12:15', '2026-10-06 12:15']],
    [
      'cron(0 18 ? * MON-FRI *)',
      [
        '2026-10-05 18:00',
        '2026-10-06 18:00',
        '2026-10-07 18:00',
        '2026-10-08 18:00',
        '2026-10-09 18:00',
        '2026-10-12 18:00',
      ],
    ],
    ['cron(0 8 1 * ? *)', ['2026-11-01 08:00', '2026-12-01 08:00']],
    ['cron(0/15 * * * ? *)', ['2026-10-05 12:15', '2026-10-05 12:30', '2026-10-05 12:45', '2026-10-05 13:00']],
    ['cron(0/5 8-17 ? * MON-FRI *)', ['2026-10-05 12:05', '2026-10-05 12:10']],
    ['cron(0/30 20-2 ? * MON-FRI *)', ['2026-10-05 20:00', '2026-10-05 20:30']],
    [
      'cron(0 0 L * ? *)',
      ['2026-10-31 00:00', '2026-11-30 00:00', '2026-12-31 00:00', '2027-01-31 00:00', '2027-02-28 00:00'],
    ],
    ['cron(0 0 ? * L *)', ['2026-10-10 00:00', '2026-10-17 00:00']],
    ['cron(0 0 ? * 6L *)', ['2026-10-30 00:00', '2026-11-27 00:00']],
    ['cron(0 0 ? * 3#2 *)', ['2026-10-13 00:00', '2026-11-10 00:00']],
    ['cron(0 0 ? * MON#1 *)', ['2026-11-02 00:00', '2026-12-07 00:00']],
    ['cron(0 0 3W * ? *)', ['2026-11-03 00:00', '2026-12-03 00:00', '2027-01-04 00:00', '2027-02-03 00:00']],
    [
      'cron(0 0 1W * ? *)',
      [
        '2026-11-02 00:00',
        '2026-12-01 00:00',
        '2027-01-01 00:00',
        '2027-02-01 00:00',
        '2027-03-01 00:00',
        '2027-04-01 00:00',
        '2027-05-03 00:00',
      ],
    ],
    ['cron(0 12 29 FEB ? *)', ['2028-02-29 12:00', '2032-02-29 12:00']],
    [
      'cron(0 0 1 JAN,JUL ? 2027-2028)',
      ['2027-01-01 00:00', '2027-07-01 00:00', '2028-01-01 00:00', '2028-07-01 00:00'],
    ],
    [
      'cron(30 6 ? * fri-mon *)',
      ['2026-10-09 06:30', '2026-10-10 06:30', '2026-10-11 06:30', '2026-10-12 06:30', '2026-10-16 06:30'],
    ],
    ['cron(0 0 31 2 ? *)', []],
    ['cron(0 0 1 1 ? 1999)', []],
  ])('%s', (expression, expected) => {
    expect(times(expression, '2026-10-05T12:00:00', expected.length || 1)).toEqual(expected);
  });

  it.each([
    'rate(5 minute)',
    'rate(1 minutes)',
    'rate(0 minutes)',
    'rate(1.5 hours)',
    'rate(2 weeks)',
    'every(5 minutes)',
    'cron(0 10 * * *)',
    'cron(0 10 * * * *)',
    'cron(0 10 ? * ? *)',
    'cron(60 10 * * ? *)',
    'cron(0 24 * * ? *)',
    'cron(0 10 0 * ? *)',
    'cron(0 10 ? * FUNDAY *)',
    'cron(0/0 10 * * ? *)',
    'cron(0 10 ? * 2#6 *)',
    'cron(0 10 * * ? 1969)',
  ])('%s is refused', (expression) => {
    expect(() => parseSchedule(expression)).toThrow('Parameter ScheduleExpression is not valid.');
  });
});

const queue = (name: string) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`;

describe('a rule with a schedule', () => {
  let bench: ConfigBench;
  beforeEach(async () => {
    bench = await ConfigBench.start({
      aws_cloudwatch_event_rule: { sweep: { name: 'sweep', schedule_expression: 'rate(6 hours)', state: 'ENABLED' } },
    });
    await bench.listen();
  });
  afterEach(() => bench.stop());

  const target = (Rule: string, Input?: string) =>
    bench.events.putTargets({
      Rule,
      Targets: [{ Id: 'queue', Arn: queue('told'), ...(Input !== undefined && { Input }) }],
    });

  it('sends an event like those of AWS whenever its time has come', async () => {
    await target('sweep');
    await bench.twin.clock.advance(5 * 3600);
    expect(await bench.told()).toEqual([]);
    await bench.twin.clock.advance(13 * 3600);
    const events = await bench.told();
    expect(events).toHaveLength(3);
    for (const event of events) {
      expect(shapeOf(event)).toEqual(shapeOf(fixture('scheduled-event-periodic-sweep')));
      expect(event).toMatchObject({
        'detail-type': 'Scheduled Event',
        source: 'aws.events',
        resources: [`arn:aws:events:${REGION}:${ACCOUNT}:rule/sweep`],
        detail: {},
      });
    }
    const [first, second] = events.map(({ time }) => Date.parse(time));
    expect((second ?? 0) - (first ?? 0)).toBe(6 * 3_600_000);
  });

  it('sends its constant input instead', async () => {
    await bench.events.putRule({ Name: 'hourly', ScheduleExpression: 'cron(0 * * * ? *)' });
    await target('hourly', '{"kind":"sweep"}');
    await bench.twin.clock.advance(2 * 3600);
    expect(await bench.told()).toEqual([{ kind: 'sweep' }, { kind: 'sweep' }]);
    expect(await bench.events.describeRule({ Name: 'hourly' })).toMatchObject({
      ScheduleExpression: 'cron(0 * * * ? *)',
      State: 'ENABLED',
    });
  });

  it('rests while it is disabled, and is gone when it is deleted', async () => {
    await target('sweep');
    await bench.events.disableRule({ Name: 'sweep' });
    await bench.twin.clock.advance(24 * 3600);
    expect(await bench.told()).toEqual([]);
    await bench.events.enableRule({ Name: 'sweep' });
    await bench.twin.clock.advance(6 * 3600);
    expect(await bench.told()).toHaveLength(1);
    await bench.events.removeTargets({ Rule: 'sweep', Ids: ['queue'] });
    await bench.events.deleteRule({ Name: 'sweep' });
    await bench.twin.clock.advance(24 * 3600);
    expect(await bench.told()).toEqual([]);
  });

  it('follows its last expression', async () => {
    await target('sweep');
    await bench.events.putRule({ Name: 'sweep', ScheduleExpression: 'rate(1 hour)' });
    await bench.twin.clock.advance(3 * 3600);
    expect(await bench.told()).toHaveLength(3);
  });

  it.each([
    ['a wrong expression', { ScheduleExpression: 'rate(5 minute)' }, 'ValidationException'],
    ['neither pattern nor schedule', {}, 'ValidationException'],
  ])('is refused with %s', async (_case, input, code) => {
    expect(await refusal(bench.events.putRule({ Name: 'wrong', ...input }))).toBe(code);
  });

  it('stops the load of a stack if its expression is wrong', async () => {
    const resources = {
      ...FOUNDATION,
      aws_cloudwatch_event_rule: { sweep: { name: 'sweep', schedule_expression: 'rate(6 hour)' } },
    };
    await expect(ConfigBench.start(resources)).rejects.toThrow('ScheduleExpression is not valid');
  });
});
