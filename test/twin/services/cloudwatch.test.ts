import fc from 'fast-check';
import { cloudwatch, putMetric } from '../../../twin/services/cloudwatch';
import { COMPARISONS, evaluateAlarm, evaluationRange } from '../../../twin/services/cloudwatch/alarm-evaluation';
import { evaluateMetricMath } from '../../../twin/services/cloudwatch/metric-math';
import { MetricSeries } from '../../../twin/services/cloudwatch/metric-series';
import { addUser } from '../../../twin/services/iam';
import { sns } from '../../../twin/services/sns';
import { sqs } from '../../../twin/services/sqs';
import { HOME_ACCOUNT, Twin } from '../../../twin/twin';

const REGION = 'eu-west-1';
const scope = { account: HOME_ACCOUNT, region: REGION };
const MINUTE = 60_000;
const TOPIC = `arn:aws:sns:${REGION}:${HOME_ACCOUNT}:alerts`;

/** A twin at the start of a minute, and an administrator who uses it. */
async function start() {
  const twin = new Twin();
  const { accessKeyId } = addUser(twin, HOME_ACCOUNT, 'operator', { administrator: true });
  const principal = twin.credentials.identify(accessKeyId, undefined, twin.clock.now());
  if (typeof principal === 'string') throw new Error(principal);
  const perform = (service: unknown, operation: string, input: object = {}) =>
    twin.perform({ service: service as never, operation, input, principal, ...scope });
  const call = (operation: string, input: object = {}) => perform(cloudwatch, operation, input);
  await twin.clock.advance((MINUTE - (twin.clock.now().getTime() % MINUTE)) / 1000);
  const put = (value: number, ago = 0) =>
    putMetric(twin, scope, 'Test', 'Value', {}, value, 'Count', twin.clock.now().getTime() - ago * MINUTE);
  const state = async (name = 'alarm') => {
    const { MetricAlarms } = (await call('DescribeAlarms', { AlarmNames: [name] })) as {
      MetricAlarms: { StateValue: string; StateReason: string }[];
    };
    return MetricAlarms[0]?.StateValue;
  };
  const history = async (type?: string) => {
    const { AlarmHistoryItems } = (await call('DescribeAlarmHistory', {
      HistoryItemType: type,
      ScanBy: 'TimestampAscending',
    })) as { AlarmHistoryItems: { HistorySummary: string }[] };
    return AlarmHistoryItems.map(({ HistorySummary }) => HistorySummary);
  };
  return { twin, perform, call, put, state, history, minutes: (count: number) => twin.clock.advance(count * 60) };
}

const alarm = (changes: object = {}) => ({
  AlarmName: 'alarm',
  Namespace: 'Test',
  MetricName: 'Value',
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  ...changes,
});

const pendingTimers = (twin: Twin): number => (Reflect.get(twin.clock, 'due') as unknown[]).length;

describe('an alarm with missing data', () => {
  /** `0` does not breach, `X` does, `-` is missing; the newest is at the right. */
  const pointsOf = (text: string) =>
    [...text.replaceAll(' ', '')].map((point, index) => ({ time: index * MINUTE, value: { 0: 0, X: 1 }[point] }));
  const stateOf = (text: string, evaluationPeriods: number, datapointsToAlarm: number, treatMissingData: string) =>
    evaluateAlarm(
      {
        evaluationPeriods,
        datapointsToAlarm,
        comparisonOperator: 'GreaterThanThreshold',
        threshold: 0.5,
        treatMissingData,
      },
      pointsOf(text),
    ).state;

  // The tables of https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html, and what the text says.
  it.each([
    [3, '0 - X - X', 'OK', 'OK', 'OK', 'OK'],
    [3, '0 - - - -', 'OK', 'OK', 'OK', 'OK'],
    [3, '- - - - -', 'INSUFFICIENT_DATA', undefined, 'ALARM', 'OK'],
    [3, '0 X X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    [3, '- - X - -', 'ALARM', undefined, 'ALARM', 'OK'],
    [3, 'X - - - -', 'ALARM', undefined, 'ALARM', 'OK'],
    [3, '- - - - X', 'INSUFFICIENT_DATA', undefined, 'ALARM', 'OK'],
    [3, '- - - X -', 'INSUFFICIENT_DATA', undefined, 'ALARM', 'OK'],
    [3, '- - - X 0', 'OK', 'OK', 'OK', 'OK'],
    [2, '0 - X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    [2, '0 0 X 0 X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    [2, '0 - X - -', 'OK', 'OK', 'ALARM', 'OK'],
    [2, '- - - - 0', 'OK', 'OK', 'ALARM', 'OK'],
    [2, '- - - X -', 'ALARM', undefined, 'ALARM', 'OK'],
    [2, '- - - - X', 'INSUFFICIENT_DATA', undefined, 'ALARM', 'OK'],
  ])(
    'of which %d of 3 must breach is decided as AWS says: %s',
    (datapoints, points, missing, ignore, breaching, notBreaching) => {
      const states = ['missing', 'ignore', 'breaching', 'notBreaching'].map((treatment) =>
        stateOf(points, 3, datapoints, treatment),
      );
      expect(states).toEqual([missing, ignore, breaching, notBreaching]);
    },
  );

  /** The same once more, on the text. */
  function naively(text: string, n: number, m: number, treatment: string): string | undefined {
    const filler = { breaching: 'X', notBreaching: '0' }[treatment] ?? '';
    const real = text.replaceAll('-', '').slice(-n);
    const seen = real.padEnd(n, filler || '?');
    if (seen.split('X').length - 1 >= m) return 'ALARM';
    if (!seen.includes('?') || real.includes('0')) return 'OK';
    if (treatment === 'ignore') return undefined;
    return text.includes('X') && text.length - text.indexOf('X') >= m ? 'ALARM' : 'INSUFFICIENT_DATA';
  }

  it('is decided like a naive model does', () => {
    const cases = fc
      .integer({ min: 1, max: 6 })
      .chain((n) =>
        fc.tuple(
          fc.constant(n),
          fc.integer({ min: 1, max: n }),
          fc.string({ unit: fc.constantFrom('0', 'X', '-'), minLength: n + 2, maxLength: n + 2 }),
          fc.constantFrom('missing', 'ignore', 'breaching', 'notBreaching'),
        ),
      );
    fc.assert(
      fc.property(cases, ([n, m, text, treatment]) => {
        expect(stateOf(text, n, m, treatment)).toBe(naively(text, n, m, treatment));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    [
      { value: 2 },
      'notBreaching',
      undefined,
      'Threshold Crossed: 1 datapoint [2.0 (21/11/26 10:02:00)] was greater than or equal to the threshold (1.0).',
    ],
    [
      { value: 2 },
      'notBreaching',
      1,
      'Threshold Crossed: 1 out of the last 1 datapoints [2.0 (21/11/26 10:02:00)] was greater than or equal to the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition).',
    ],
    [
      { value: 0.5 },
      'notBreaching',
      undefined,
      'Threshold Crossed: 1 datapoint [0.5 (21/11/26 10:02:00)] was not greater than or equal to the threshold (1.0).',
    ],
    [
      { value: undefined },
      'notBreaching',
      undefined,
      'Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].',
    ],
    [{ value: undefined }, 'missing', undefined, 'Insufficient Data: 1 datapoint was unknown.'],
  ])('says why: %j, %s, %s', ({ value }, treatMissingData, datapointsToAlarm, reason) => {
    const rule = {
      evaluationPeriods: 1,
      datapointsToAlarm,
      comparisonOperator: 'GreaterThanOrEqualToThreshold',
      threshold: 1,
      treatMissingData,
    };
    const time = Date.UTC(2026, 10, 21, 10, 2);
    expect(
      evaluateAlarm(rule, [
        { time: time - 2 * MINUTE, value: undefined },
        { time: time - MINUTE, value: undefined },
        { time, value },
      ]).reason,
    ).toBe(reason);
  });
});

describe('statistics', () => {
  it('are those of a plain list of samples', () => {
    const sample = fc.record({
      at: fc.integer({ min: 0, max: 30 * MINUTE }),
      value: fc.integer({ min: -50, max: 50 }),
    });
    const range = fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 30 }));
    fc.assert(
      fc.property(fc.array(sample), range, fc.integer({ min: 0, max: 100 }), (samples, [from, length], percent) => {
        const series = new MetricSeries();
        for (const { at, value } of samples) series.add(at, 'Count', value);
        const [start, end] = [from * MINUTE, (from + length) * MINUTE];
        const values = samples
          .filter(({ at }) => at >= start && at < end)
          .map(({ value }) => value)
          .sort((a, b) => a - b);
        const sum = values.reduce((total, value) => total + value, 0);
        const expected: Record<string, number | undefined> = {
          SampleCount: values.length,
          Sum: sum,
          Average: sum / values.length,
          Minimum: values[0],
          Maximum: values.at(-1),
          [`p${percent}`]: values[Math.max(0, Math.ceil((values.length * percent) / 100) - 1)],
        };
        for (const [name, value] of Object.entries(expected))
          expect(series.statistic(name, start, end)).toBe(values.length === 0 ? undefined : value);
      }),
    );
  });

  it('come by the period, with what several clients sent', async () => {
    const { twin, call, minutes } = await start();
    const begin = new Date(Math.floor(twin.clock.now().getTime() / MINUTE) * MINUTE);
    const metric = { Namespace: 'Test', MetricName: 'Latency', Dimensions: [{ Name: 'Route', Value: 'a' }] };
    const datum = (values: object) => ({
      MetricName: 'Latency',
      Dimensions: metric.Dimensions,
      Unit: 'Milliseconds',
      ...values,
    });
    await call('PutMetricData', {
      Namespace: 'Test',
      MetricData: [
        datum({ Value: 10 }),
        datum({ Values: [20, 30], Counts: [1, 2] }),
        datum({ StatisticValues: { SampleCount: 2, Sum: 80, Minimum: 40, Maximum: 40 } }),
      ],
    });
    await minutes(5);
    await call('PutMetricData', { Namespace: 'Test', MetricData: [datum({ Value: 1 })] });
    await minutes(5);
    const answer = await call('GetMetricStatistics', {
      ...metric,
      StartTime: begin,
      EndTime: twin.clock.now(),
      Period: 300,
      Statistics: ['Sum', 'SampleCount', 'Maximum', 'Average'],
      ExtendedStatistics: ['p50'],
    });
    expect(answer).toEqual({
      Label: 'Latency',
      Datapoints: [
        {
          Timestamp: begin,
          Sum: 170,
          SampleCount: 6,
          Maximum: 40,
          Average: 170 / 6,
          ExtendedStatistics: { p50: 30 },
          Unit: 'Milliseconds',
        },
        {
          Timestamp: new Date(begin.getTime() + 5 * MINUTE),
          Sum: 1,
          SampleCount: 1,
          Maximum: 1,
          Average: 1,
          ExtendedStatistics: { p50: 1 },
          Unit: 'Milliseconds',
        },
      ],
    });
    expect(await call('ListMetrics', { Namespace: 'Test', Dimensions: [{ Name: 'Route' }] })).toEqual({
      Metrics: [metric],
    });
    expect(await call('ListMetrics', { Namespace: 'Test', Dimensions: [{ Name: 'Other' }] })).toEqual({ Metrics: [] });
  });

  it.each([
    [
      'a namespace of AWS',
      { Namespace: 'AWS/Lambda', MetricData: [{ MetricName: 'x', Value: 1 }] },
      'InvalidParameterValueException',
    ],
    [
      'no number',
      { Namespace: 'Test', MetricData: [{ MetricName: 'x', Value: Number.NaN }] },
      'InvalidParameterValueException',
    ],
    [
      'an old time',
      { Namespace: 'Test', MetricData: [{ MetricName: 'x', Value: 1, Timestamp: new Date(0) }] },
      'InvalidParameterValueException',
    ],
    [
      'two kinds of value',
      { Namespace: 'Test', MetricData: [{ MetricName: 'x', Value: 1, Values: [1] }] },
      'InvalidParameterCombinationException',
    ],
    ['no name', { Namespace: 'Test', MetricData: [{ Value: 1 }] }, 'MissingRequiredParameterException'],
  ])('do not take %s', async (_what, input, code) => {
    const { call } = await start();
    await expect(call('PutMetricData', input)).rejects.toMatchObject({ code });
  });

  it('may be put by who may put into the namespace', async () => {
    const { twin } = await start();
    const { accessKeyId } = addUser(twin, HOME_ACCOUNT, 'sender');
    const principal = twin.credentials.identify(accessKeyId, undefined, twin.clock.now());
    if (typeof principal === 'string') throw new Error(principal);
    const put = () =>
      twin.perform({
        service: cloudwatch as never,
        operation: 'PutMetricData',
        input: { Namespace: 'Test', MetricData: [{ MetricName: 'x', Value: 1 }] },
        principal,
        ...scope,
      });
    await expect(put()).rejects.toMatchObject({ code: 'AccessDeniedException' });
  });
});

describe('metric math', () => {
  const m1 = new Map([
    [0, 1],
    [60, 2],
    [120, 3],
  ]);
  const m2 = new Map([
    [0, 10],
    [120, 0],
  ]);
  const metrics = new Map([
    ['m1', m1],
    ['errors', m2],
  ]);
  const context = {
    metrics,
    times: () => [0, 60, 120],
    series: (id: string) => metrics.get(id) ?? new Map<number, number>(),
  };

  it.each<[string, [number, number][]]>([
    [
      'm1 + errors',
      [
        [0, 11],
        [120, 3],
      ],
    ],
    [
      'm1 + 2 * 3',
      [
        [0, 7],
        [60, 8],
        [120, 9],
      ],
    ],
    [
      '(m1 + 2) * 3',
      [
        [0, 9],
        [60, 12],
        [120, 15],
      ],
    ],
    [
      '10 - m1 - 1',
      [
        [0, 8],
        [60, 7],
        [120, 6],
      ],
    ],
    [
      '-m1 ^ 2',
      [
        [0, -1],
        [60, -4],
        [120, -9],
      ],
    ],
    ['m1 / errors', [[0, 0.1]]],
    [
      'm1 / SUM(m1) * 6',
      [
        [0, 1],
        [60, 2],
        [120, 3],
      ],
    ],
    [
      'SUM(METRICS())',
      [
        [0, 11],
        [60, 2],
        [120, 3],
      ],
    ],
    [
      'AVG(METRICS())',
      [
        [0, 5.5],
        [60, 2],
        [120, 1.5],
      ],
    ],
    [
      'MIN([m1, errors])',
      [
        [0, 1],
        [60, 2],
        [120, 0],
      ],
    ],
    [
      'MAX(METRICS("err"))',
      [
        [0, 10],
        [120, 0],
      ],
    ],
    [
      'FILL(errors, 7)',
      [
        [0, 10],
        [60, 7],
        [120, 0],
      ],
    ],
  ])('computes %s', (expression, points) => {
    expect([...evaluateMetricMath(expression, context)]).toEqual(points);
  });

  it.each([
    "SEARCH('{Test}', 'Sum', 60)",
    'IF(m1 > 1, m1, 0)',
    'RATE(m1)',
    'ANOMALY_DETECTION_BAND(m1)',
    'METRICS()',
    '1 + 1',
    'm1 +',
    '(m1',
    'm1 m1',
    'SELECT AVG(x) FROM y',
  ])('refuses %s', (expression) => {
    expect(() => evaluateMetricMath(expression, context)).toThrow(/Error in expression/);
  });

  it('is part of GetMetricData', async () => {
    const { twin, call, put, minutes } = await start();
    const begin = twin.clock.now();
    put(4);
    await minutes(1);
    put(6);
    const stat = (Stat: string) => ({
      MetricStat: { Metric: { Namespace: 'Test', MetricName: 'Value' }, Period: 60, Stat },
    });
    const queries = [
      { Id: 'a', ...stat('Sum'), ReturnData: false },
      { Id: 'b', ...stat('SampleCount') },
      { Id: 'double', Expression: 'a * 2' },
      { Id: 'sum', Expression: 'double + b', Label: 'all' },
    ];
    const { MetricDataResults } = (await call('GetMetricData', {
      StartTime: begin,
      EndTime: new Date(begin.getTime() + 2 * MINUTE),
      MetricDataQueries: queries,
      ScanBy: 'TimestampAscending',
    })) as { MetricDataResults: { Id: string; Label: string; Values: number[] }[] };
    expect(MetricDataResults.map(({ Id, Label, Values }) => [Id, Label, Values])).toEqual([
      ['b', 'Value', [1, 1]],
      ['double', 'double', [8, 12]],
      ['sum', 'all', [9, 13]],
    ]);
    const circle = call('GetMetricData', {
      StartTime: begin,
      EndTime: twin.clock.now(),
      MetricDataQueries: [
        { Id: 'x', Expression: 'y + 1' },
        { Id: 'y', Expression: 'x + 1' },
      ],
    });
    await expect(circle).rejects.toThrow('refers to itself');
  });
});

describe('an alarm', () => {
  it('has no data at first, and goes where its metric takes it', async () => {
    const { call, put, state, minutes } = await start();
    await call('PutMetricAlarm', alarm());
    expect(await state()).toBe('INSUFFICIENT_DATA');
    put(0);
    expect(await state()).toBe('OK');
    put(1);
    expect(await state()).toBe('ALARM');
    await minutes(1);
    put(0);
    expect(await state()).toBe('OK');
    // The last point counts for as long as it is within the range that is looked at.
    await minutes(3);
    expect(await state()).toBe('OK');
    await minutes(1);
    expect(await state()).toBe('INSUFFICIENT_DATA');
  });

  it.each([
    ['GreaterThanOrEqualToThreshold', [false, true, true]],
    ['GreaterThanThreshold', [false, false, true]],
    ['LessThanThreshold', [true, false, false]],
    ['LessThanOrEqualToThreshold', [true, true, false]],
  ])('compares: %s', (operator, expected) => {
    expect([4, 5, 6].map((value) => COMPARISONS[operator]?.test(value, 5))).toEqual(expected);
  });

  it('watches a window that slides by the minute', async () => {
    const { call, put, state, minutes } = await start();
    await call('PutMetricAlarm', alarm({ Period: 300, Threshold: 2, TreatMissingData: 'notBreaching' }));
    await minutes(4);
    put(1);
    // In another five minutes of the clock, but within five minutes.
    await minutes(4);
    put(1);
    expect(await state()).toBe('ALARM');
  });

  it('cries when nothing comes, if that is breaching', async () => {
    const { call, put, state, minutes } = await start();
    await call(
      'PutMetricAlarm',
      alarm({ ComparisonOperator: 'LessThanThreshold', EvaluationPeriods: 2, TreatMissingData: 'breaching' }),
    );
    put(1);
    await minutes(4);
    expect(await state()).toBe('OK');
    await minutes(1);
    expect(await state()).toBe('ALARM');
  });

  it('goes by percentiles, and not by few samples if told so', async () => {
    const { call, put, state } = await start();
    const definition = { Statistic: undefined, ExtendedStatistic: 'p90', Threshold: 100 };
    await call('PutMetricAlarm', alarm(definition));
    await call(
      'PutMetricAlarm',
      alarm({ ...definition, AlarmName: 'patient', EvaluateLowSampleCountPercentile: 'ignore' }),
    );
    for (let index = 0; index < 98; index++) put(index < 80 ? 1 : 200);
    expect(await state()).toBe('ALARM');
    expect(await state('patient')).toBe('INSUFFICIENT_DATA');
    put(200);
    put(200);
    expect(await state('patient')).toBe('ALARM');
  });

  it('watches an expression', async () => {
    const { twin, call, state } = await start();
    const stat = (MetricName: string) => ({
      MetricStat: { Metric: { Namespace: 'Test', MetricName }, Period: 60, Stat: 'Sum' },
      ReturnData: false,
    });
    const Metrics = [
      { Id: 'errors', ...stat('Errors') },
      { Id: 'calls', ...stat('Calls') },
      { Id: 'rate', Expression: '100 * errors / calls', Label: 'Error rate', ReturnData: true },
    ];
    await call(
      'PutMetricAlarm',
      alarm({
        Namespace: undefined,
        MetricName: undefined,
        Statistic: undefined,
        Period: undefined,
        Metrics,
        Threshold: 50,
      }),
    );
    putMetric(twin, scope, 'Test', 'Errors', {}, 3);
    putMetric(twin, scope, 'Test', 'Calls', {}, 10);
    expect(await state()).toBe('OK');
    putMetric(twin, scope, 'Test', 'Errors', {}, 3);
    expect(await state()).toBe('ALARM');
  });

  it('has the state that a naive model has, minute by minute', async () => {
    const setting = fc.record({
      values: fc.array(fc.option(fc.integer({ min: 0, max: 3 })), { minLength: 8, maxLength: 20 }),
      Period: fc.constantFrom(60, 120, 300),
      EvaluationPeriods: fc.integer({ min: 1, max: 3 }),
      TreatMissingData: fc.constantFrom('missing', 'ignore', 'breaching', 'notBreaching'),
    });
    await fc.assert(
      fc.asyncProperty(setting, async ({ values, ...changes }) => {
        const { twin, call, put, state, minutes } = await start();
        await call('PutMetricAlarm', alarm({ ...changes, Threshold: 2 }));
        let expected: string | undefined = 'INSUFFICIENT_DATA';
        /** Sums of each window that ends with a number of minutes, oldest first. */
        const verdict = (known: readonly (number | null)[]) => {
          const step = changes.Period / 60;
          const windows = Array.from({ length: evaluationRange(changes.EvaluationPeriods) }, (_, back) => {
            const end = known.length - back * step;
            const within = known.slice(Math.max(0, end - step), Math.max(0, end)).filter((value) => value !== null);
            return within.length > 0 ? within.reduce((sum, value) => sum + value, 0) : undefined;
          });
          const points = windows.reverse().map((value, index) => ({ time: index, value }));
          const { state: next } = evaluateAlarm(
            {
              evaluationPeriods: changes.EvaluationPeriods,
              comparisonOperator: 'GreaterThanOrEqualToThreshold',
              threshold: 2,
              treatMissingData: changes.TreatMissingData,
            },
            points,
          );
          return next ?? expected;
        };
        for (const [index, value] of values.entries()) {
          if (value !== null) {
            put(value);
            expected = verdict(values.slice(0, index + 1));
            expect(await state()).toBe(expected);
          }
          await minutes(1);
          expected = verdict(values.slice(0, index + 1));
          expect(await state()).toBe(expected);
        }
        await twin.stop();
      }),
      { numRuns: 25 },
    );
  });

  it('is cheap: six hours with ten of them pass in no time, and without any the clock has nothing to do', async () => {
    const { twin, call, put } = await start();
    expect(pendingTimers(twin)).toBe(0);
    const names = Array.from({ length: 10 }, (_, index) => `alarm-${index}`);
    for (const AlarmName of names)
      await call('PutMetricAlarm', alarm({ AlarmName, Period: 300, EvaluationPeriods: 3 }));
    put(1);
    const before = process.cpuUsage();
    await twin.clock.advance(6 * 3600);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(1000);
    await call('DeleteAlarms', { AlarmNames: names });
    expect(pendingTimers(twin)).toBe(0);
  });

  it.each([
    ['a period of 61 seconds', { Period: 61 }, 'ValidationError'],
    ['more than a day', { Period: 300, EvaluationPeriods: 289 }, 'ValidationError'],
    ['more datapoints than periods', { DatapointsToAlarm: 2 }, 'ValidationError'],
    ['no statistic', { Statistic: undefined }, 'ValidationError'],
    ['an unknown comparison', { ComparisonOperator: 'Greater' }, 'ValidationError'],
    ['an unknown treatment', { TreatMissingData: 'maybe' }, 'ValidationError'],
    ['anomaly detection', { ComparisonOperator: 'GreaterThanUpperThreshold' }, 'NotImplemented'],
    ['a period of ten seconds', { Period: 10 }, 'NotImplemented'],
    ['a trimmed mean', { Statistic: undefined, ExtendedStatistic: 'tm90' }, 'NotImplemented'],
    ['a wall clock window', { EvaluationWindow: { WallClockWindow: {} } }, 'NotImplemented'],
  ])('does not take %s', async (_what, changes, code) => {
    const { call } = await start();
    await expect(call('PutMetricAlarm', alarm(changes))).rejects.toMatchObject({ code });
  });

  it('is described, found, tagged and deleted', async () => {
    const { call } = await start();
    await call('PutMetricAlarm', alarm({ AlarmActions: [TOPIC], Tags: [{ Key: 'a', Value: '1' }] }));
    const described = {
      MetricAlarms: [
        expect.objectContaining({
          AlarmName: 'alarm',
          AlarmArn: `arn:aws:cloudwatch:${REGION}:${HOME_ACCOUNT}:alarm:alarm`,
          ActionsEnabled: true,
        }),
      ],
    };
    expect(
      await call('DescribeAlarms', { ActionPrefix: 'arn:aws:sns', StateValue: 'INSUFFICIENT_DATA' }),
    ).toMatchObject(described);
    expect(await call('DescribeAlarmsForMetric', { Namespace: 'Test', MetricName: 'Value' })).toMatchObject(described);
    expect(await call('DescribeAlarms', { AlarmNamePrefix: 'b' })).toMatchObject({ MetricAlarms: [] });
    const ResourceARN = `arn:aws:cloudwatch:${REGION}:${HOME_ACCOUNT}:alarm:alarm`;
    await call('TagResource', { ResourceARN, Tags: [{ Key: 'b', Value: '2' }] });
    await call('UntagResource', { ResourceARN, TagKeys: ['a'] });
    expect(await call('ListTagsForResource', { ResourceARN })).toEqual({ Tags: [{ Key: 'b', Value: '2' }] });
    await expect(call('DeleteAlarms', { AlarmNames: ['alarm', 'none'] })).rejects.toMatchObject({
      code: 'ResourceNotFound',
      options: { status: 404 },
    });
    await call('DeleteAlarms', { AlarmNames: ['alarm'] });
    expect(await call('DescribeAlarms')).toMatchObject({ MetricAlarms: [] });
  });
});

describe('what an alarm does', () => {
  const actions = { AlarmActions: [TOPIC], OKActions: [TOPIC], InsufficientDataActions: [] };

  it('publishes to topics in the words of AWS', async () => {
    const { twin, perform, call, put } = await start();
    await perform(sns, 'CreateTopic', { Name: 'alerts' });
    await perform(sns, 'Subscribe', { TopicArn: TOPIC, Protocol: 'email', Endpoint: 'a@example.com' });
    await call('PutMetricAlarm', alarm({ ...actions, AlarmDescription: 'Too much', Dimensions: [] }));
    put(5);
    await twin.clock.settle();
    const [mail] = twin.outbox.entries;
    expect(mail).toMatchObject({ channel: 'email', subject: 'ALARM: "alarm" in EU (Ireland)' });
    expect(JSON.parse(mail?.body ?? '')).toEqual({
      AlarmName: 'alarm',
      AlarmDescription: 'Too much',
      AWSAccountId: HOME_ACCOUNT,
      AlarmConfigurationUpdatedTimestamp: expect.stringMatching(/\+0000$/),
      NewStateValue: 'ALARM',
      NewStateReason: expect.stringContaining('Threshold Crossed: 1 datapoint [5.0 ('),
      StateChangeTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/),
      Region: 'EU (Ireland)',
      AlarmArn: `arn:aws:cloudwatch:${REGION}:${HOME_ACCOUNT}:alarm:alarm`,
      OldStateValue: 'INSUFFICIENT_DATA',
      ...actions,
      Trigger: {
        MetricName: 'Value',
        Namespace: 'Test',
        StatisticType: 'Statistic',
        Statistic: 'SUM',
        Unit: null,
        Dimensions: [],
        Period: 60,
        EvaluationPeriods: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        Threshold: 1,
        TreatMissingData: '',
        EvaluateLowSampleCountPercentile: '',
      },
    });
  });

  it('cuts long subjects, which SNS would refuse', async () => {
    const { twin, perform, call, history } = await start();
    await perform(sns, 'CreateTopic', { Name: 'alerts' });
    await perform(sns, 'Subscribe', { TopicArn: TOPIC, Protocol: 'email', Endpoint: 'a@example.com' });
    const AlarmName = `Größe-${'x'.repeat(200)}`;
    await call('PutMetricAlarm', alarm({ ...actions, AlarmName }));
    await call('SetAlarmState', { AlarmName, StateValue: 'ALARM', StateReason: 'test' });
    await twin.clock.settle();
    expect(twin.outbox.entries[0]?.subject).toBe(`ALARM: "Gr??e-${'x'.repeat(86)}`);
    expect(await history('Action')).toEqual([`Successfully executed action ${TOPIC}`]);
  });

  it('writes into the history what it could not do', async () => {
    const { twin, perform, call, put, history } = await start();
    await perform(sns, 'CreateTopic', { Name: 'alerts', Attributes: { KmsMasterKeyId: 'alias/aws/sns' } });
    const other = `arn:aws:automate:${REGION}:ec2:stop`;
    await call('PutMetricAlarm', alarm({ AlarmActions: [TOPIC, `${TOPIC}-gone`, other] }));
    put(1);
    await twin.clock.settle();
    const summaries = await history('Action');
    expect(summaries).toHaveLength(3);
    expect(summaries).toContainEqual(
      expect.stringMatching(
        /^Failed to execute action .*:alerts\. Received error: .*authorization to access the SNS topic encryption key/,
      ),
    );
    expect(summaries).toContainEqual(
      expect.stringMatching(/^Failed to execute action .*:alerts-gone\. Received error: "Topic does not exist"/),
    );
    expect(summaries).toContainEqual(expect.stringContaining(other));
  });

  it('happens when the state changes, not while it lasts, and not while actions are disabled', async () => {
    const { twin, perform, call, put, history, minutes } = await start();
    await perform(sns, 'CreateTopic', { Name: 'alerts' });
    await call('PutMetricAlarm', alarm(actions));
    put(1);
    await minutes(1);
    put(2);
    await minutes(1);
    await call('DisableAlarmActions', { AlarmNames: ['alarm'] });
    put(0);
    await call('EnableAlarmActions', { AlarmNames: ['alarm'] });
    put(1);
    await twin.clock.settle();
    expect(await history('StateUpdate')).toEqual([
      'Alarm updated from INSUFFICIENT_DATA to ALARM',
      'Alarm updated from ALARM to OK',
      'Alarm updated from OK to ALARM',
    ]);
    expect(await history('Action')).toHaveLength(2);
  });

  it('tells the default bus', async () => {
    const { twin, perform, call, put } = await start();
    const arn = `arn:aws:sqs:${REGION}:${HOME_ACCOUNT}:events`;
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: arn },
      ],
    });
    await perform(sqs, 'CreateQueue', { QueueName: 'events', Attributes: { Policy } });
    const events = twin.service('events');
    await perform(events, 'PutRule', {
      Name: 'alarms',
      EventPattern: '{"source":["aws.cloudwatch"],"detail":{"state":{"value":["ALARM"]}}}',
    });
    await perform(events, 'PutTargets', { Rule: 'alarms', Targets: [{ Id: 'queue', Arn: arn }] });
    await call('PutMetricAlarm', alarm());
    put(1);
    await twin.clock.settle();
    const { Messages } = (await perform(sqs, 'ReceiveMessage', { QueueUrl: `https://sqs/${HOME_ACCOUNT}/events` })) as {
      Messages: { Body: string }[];
    };
    expect(JSON.parse(Messages[0]?.Body ?? '')).toMatchObject({
      'detail-type': 'CloudWatch Alarm State Change',
      source: 'aws.cloudwatch',
      account: HOME_ACCOUNT,
      resources: [`arn:aws:cloudwatch:${REGION}:${HOME_ACCOUNT}:alarm:alarm`],
      detail: {
        alarmName: 'alarm',
        state: { value: 'ALARM' },
        previousState: { value: 'INSUFFICIENT_DATA', reason: 'Unchecked: Initial alarm creation' },
        configuration: {
          metrics: [
            {
              metricStat: { metric: { namespace: 'Test', name: 'Value', dimensions: {} }, period: 60, stat: 'Sum' },
              returnData: true,
            },
          ],
        },
      },
    });
  });
});

describe('Terraform', () => {
  const making = (twin: Twin) => ({
    twin,
    ...scope,
    address: 'aws_cloudwatch_metric_alarm.a',
    tags: {},
    file: (path: string) => path,
  });

  it('makes alarms, and sets nothing off', async () => {
    const { twin, call } = await start();
    const made = cloudwatch.terraform?.aws_cloudwatch_metric_alarm?.(
      {
        alarm_name: 'waiting',
        namespace: 'AWS/SQS',
        metric_name: 'ApproximateNumberOfMessagesVisible',
        dimensions: { QueueName: 'dead' },
        statistic: 'Maximum',
        period: 60,
        evaluation_periods: 1,
        threshold: 1,
        comparison_operator: 'GreaterThanOrEqualToThreshold',
        treat_missing_data: 'notBreaching',
        alarm_actions: [TOPIC],
        extended_statistic: null,
      },
      making(twin),
    );
    expect(made).toEqual({ arn: `arn:aws:cloudwatch:${REGION}:${HOME_ACCOUNT}:alarm:waiting`, id: 'waiting' });
    expect(await call('DescribeAlarms')).toMatchObject({
      MetricAlarms: [
        {
          AlarmName: 'waiting',
          StateValue: 'INSUFFICIENT_DATA',
          Dimensions: [{ Name: 'QueueName', Value: 'dead' }],
          AlarmActions: [TOPIC],
        },
      ],
    });
  });

  it('makes alarms on expressions', async () => {
    const { twin, state } = await start();
    const metric = (metric_name: string) => ({ metric: { namespace: 'Test', metric_name, period: 60, stat: 'Sum' } });
    cloudwatch.terraform?.aws_cloudwatch_metric_alarm?.(
      {
        alarm_name: 'alarm',
        evaluation_periods: 1,
        threshold: 3,
        comparison_operator: 'GreaterThanOrEqualToThreshold',
        metric_query: [
          { id: 'a', ...metric('A') },
          { id: 'b', ...metric('B') },
          { id: 'both', expression: 'SUM(METRICS())', return_data: true },
        ],
      },
      making(twin),
    );
    putMetric(twin, scope, 'Test', 'A', {}, 1);
    putMetric(twin, scope, 'Test', 'B', {}, 2);
    expect(await state()).toBe('ALARM');
  });
});
