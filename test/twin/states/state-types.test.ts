import type { ChoiceRule, Definition, Json, Retrier, State } from '../../../twin/services/states/asl/definition';
import { around, fail, Interpretation, never, outcome } from './interpreting';

describe('a Choice', () => {
  const chosen = async (rule: Partial<ChoiceRule>, input: Json) => {
    const found = await outcome({ Type: 'Choice', Choices: [{ ...rule, Next: 'Done' }], Default: 'Other' }, input);
    return found.error ?? (found.output === 'other' ? 'default' : 'match');
  };

  it.each<[string, Partial<ChoiceRule>, Json, string]>([
    ['7 is 7.0', { Variable: '$.s', NumericEquals: 7 }, { s: 7.0 }, 'match'],
    ['"7" is no number', { Variable: '$.s', NumericGreaterThanEquals: 7 }, { s: '7' }, 'default'],
    ['null is no number', { Variable: '$.s', NumericLessThan: 7 }, { s: null }, 'default'],
    ['a bound is in', { Variable: '$.s', NumericGreaterThanEquals: 7 }, { s: 7 }, 'match'],
    ['a bound is out', { Variable: '$.s', NumericGreaterThan: 7 }, { s: 7 }, 'default'],
    ['against a path', { Variable: '$.s', NumericLessThanPath: '$.t' }, { s: 1, t: 2 }, 'match'],
    ['text is compared by case', { Variable: '$.s', StringEquals: 'a' }, { s: 'A' }, 'default'],
    ['text has an order', { Variable: '$.s', StringLessThan: 'b' }, { s: 'a' }, 'match'],
    [
      'a wildcard',
      { Variable: '$.s', StringMatches: 'UnauthorizedAccess:*/SSH*' },
      { s: 'UnauthorizedAccess:EC2/SSHBruteForce' },
      'match',
    ],
    ['a star that is meant', { Variable: '$.s', StringMatches: 'a\\*' }, { s: 'ab' }, 'default'],
    ['a dot is a dot', { Variable: '$.s', StringMatches: 'a.*' }, { s: 'abc' }, 'default'],
    ['a truth', { Variable: '$.s', BooleanEquals: true }, { s: true }, 'match'],
    ['"true" is no truth', { Variable: '$.s', BooleanEquals: true }, { s: 'true' }, 'default'],
    [
      'moments across offsets',
      { Variable: '$.s', TimestampEquals: '2026-01-01T12:00:00Z' },
      { s: '2026-01-01T13:00:00+01:00' },
      'match',
    ],
    [
      'what is no moment',
      { Variable: '$.s', TimestampLessThan: '2026-01-01T12:00:00Z' },
      { s: '2025-01-01' },
      'default',
    ],
    ['IsPresent of null', { Variable: '$.s', IsPresent: true }, { s: null }, 'match'],
    ['IsPresent of nothing', { Variable: '$.s.t', IsPresent: false }, {}, 'match'],
    ['IsNumeric of text', { Variable: '$.s', IsNumeric: true }, { s: '7' }, 'default'],
    ['IsNumeric false of text', { Variable: '$.s', IsNumeric: false }, { s: '7' }, 'match'],
    ['IsNull', { Variable: '$.s', IsNull: true }, { s: null }, 'match'],
    ['IsString', { Variable: '$.s', IsString: true }, { s: '' }, 'match'],
    ['IsBoolean', { Variable: '$.s', IsBoolean: true }, { s: 0 }, 'default'],
    ['IsTimestamp', { Variable: '$.s', IsTimestamp: true }, { s: '2026-01-01T12:00:00.5Z' }, 'match'],
    [
      'And stops at the first that fails',
      {
        And: [
          { Variable: '$.s', IsPresent: true },
          { Variable: '$.s', NumericEquals: 1 },
        ],
      },
      {},
      'default',
    ],
    [
      'Or stops at the first that holds',
      {
        Or: [
          { Variable: '$.s', IsPresent: false },
          { Variable: '$.s', NumericEquals: 1 },
        ],
      },
      {},
      'match',
    ],
    ['Not', { Not: { Variable: '$.s', NumericEquals: 1 } }, { s: 2 }, 'match'],
    ['the context', { Variable: '$$.Execution.Name', StringEquals: 'run' }, {}, 'match'],
    ['what is not there', { Variable: '$.none', NumericEquals: 1 }, {}, 'States.Runtime'],
  ])('%s', async (_case, rule, input, expected) => {
    expect(await chosen(rule, input)).toBe(expected);
  });

  it('without a match or a Default is States.NoChoiceMatched', async () => {
    const Choices = [{ Variable: '$.s', NumericEquals: 1, Next: 'Done' }];
    expect((await outcome({ Type: 'Choice', Choices }, { s: 2 })).error).toBe('States.NoChoiceMatched');
  });

  it('takes the first rule that holds', async () => {
    const Choices = [
      { Variable: '$.s', NumericGreaterThan: 0, Next: 'Other' },
      { Variable: '$.s', NumericGreaterThan: 1, Next: 'Done' },
    ];
    expect((await outcome({ Type: 'Choice', Choices, Default: 'Done' }, { s: 2 })).output).toBe('other');
  });
});

describe('Pass, Succeed and Fail', () => {
  it.each<[State, Json, unknown]>([
    [{ Type: 'Pass', End: true }, { a: 1 }, { a: 1 }],
    [{ Type: 'Pass', Result: { b: 2 }, ResultPath: '$.r', End: true }, { a: 1 }, { a: 1, r: { b: 2 } }],
    [{ Type: 'Pass', Parameters: { 'x.$': '$.a' }, ResultPath: '$.r', End: true }, { a: 1 }, { a: 1, r: { x: 1 } }],
    [{ Type: 'Succeed', InputPath: '$.a', OutputPath: '$.b' }, { a: { b: 3 } }, 3],
  ])('%j', async (state, input, expected) => {
    expect(await outcome(state, input)).toEqual({ output: expected });
  });

  it('Fail tells what is given, or what paths lead to', async () => {
    expect(await outcome({ Type: 'Fail', Error: 'E', Cause: 'C' }, {})).toEqual({ error: 'E', cause: 'C' });
    const byPath: State = { Type: 'Fail', ErrorPath: '$.e', CausePath: '$.c' };
    expect(await outcome(byPath, { e: 'X', c: 'Y' })).toEqual({ error: 'X', cause: 'Y' });
    expect((await outcome(byPath, {})).error).toBe('States.Runtime');
  });
});

describe('a Wait', () => {
  it.each<[Partial<State>, Json, number]>([
    [{ Seconds: 90 }, {}, 90],
    [{ SecondsPath: '$.s' }, { s: 5 }, 5],
    [{ TimestampPath: '$.t' }, { t: '2000-01-01T00:00:00Z' }, 0],
  ])('%j of %j lasts %i s', async (fields, input, seconds) => {
    const run = new Interpretation(
      {
        StartAt: 'W',
        States: { W: { Type: 'Wait', ...fields, Next: 'T' }, T: { Type: 'Task', Resource: 'do', End: true } },
      },
      input,
      { do: [() => 1] },
    );
    await run.run();
    expect(run.calls[0]?.seconds).toBe(seconds);
  });

  it('whose path leads to nothing fails for good', async () => {
    const { error, cause } = await outcome({ Type: 'Wait', SecondsPath: '$.input.s', End: true }, {});
    expect(error).toBe('States.Runtime');
    // As AWS tells it.
    expect(cause).toBe(
      "An error occurred while executing the state 'It' (entered at the event id #1). The SecondsPath parameter does not reference an input value: $.input.s",
    );
  });
});

describe('a retrier', () => {
  const attempts = async (Retry: Retrier[], script: (() => Json)[], random = 1) => {
    const run = new Interpretation(around({ Type: 'Task', Resource: 'do', Retry, End: true }), {}, { do: script });
    run.random = random;
    const found = await run.run();
    return { at: run.calls.map(({ seconds }) => seconds), ...found };
  };
  const bad = fail('Bad');

  it.each<[string, Retrier, number[]]>([
    ['waits 1, 2 and 4 s by default', { ErrorEquals: ['Bad'] }, [0, 1, 3, 7]],
    ['takes interval and rate', { ErrorEquals: ['Bad'], IntervalSeconds: 2, BackoffRate: 3 }, [0, 2, 8, 26]],
    ['takes no more attempts than allowed', { ErrorEquals: ['Bad'], MaxAttempts: 1 }, [0, 1]],
    ['may be told not to retry', { ErrorEquals: ['Bad'], MaxAttempts: 0 }, [0]],
    ['is capped', { ErrorEquals: ['Bad'], MaxDelaySeconds: 2 }, [0, 1, 3, 5]],
    ['is for States.ALL', { ErrorEquals: ['States.ALL'], MaxAttempts: 1 }, [0, 1]],
    ['is for States.TaskFailed', { ErrorEquals: ['States.TaskFailed'], MaxAttempts: 1 }, [0, 1]],
    ['is not for others', { ErrorEquals: ['Worse'] }, [0]],
  ])('%s', async (_case, retrier, at) => {
    expect(await attempts([retrier], [bad])).toEqual({ at, error: 'Bad', cause: undefined });
  });

  it('ends when an attempt succeeds', async () => {
    expect(await attempts([{ ErrorEquals: ['Bad'] }], [bad, bad, () => 'well'])).toEqual({
      at: [0, 1, 3],
      output: 'well',
    });
  });

  it('draws the pause with full jitter', async () => {
    const jittered: Retrier = { ErrorEquals: ['Bad'], IntervalSeconds: 10, JitterStrategy: 'FULL', MaxAttempts: 2 };
    expect((await attempts([jittered], [bad], 0.5)).at).toEqual([0, 5, 15]);
  });

  it('counts for itself: another error has attempts of its own', async () => {
    const Retry = [
      { ErrorEquals: ['Bad'], MaxAttempts: 1 },
      { ErrorEquals: ['States.ALL'], MaxAttempts: 1, IntervalSeconds: 5 },
    ];
    expect((await attempts(Retry, [bad, fail('Worse'), bad])).at).toEqual([0, 1, 6]);
  });
});

describe('a timeout', () => {
  const slow: State = { Type: 'Task', Resource: 'do', TimeoutSeconds: 30, End: true };

  it.each([
    ['States.Timeout', true],
    ['States.ALL', true],
    ['States.TaskFailed', false],
    ['States.HeartbeatTimeout', false],
  ])('is caught by %s: %s', async (name, isCaught) => {
    const Catch = [{ ErrorEquals: [name], Next: 'Caught' }];
    const run = new Interpretation(around({ ...slow, Catch }), {}, { do: [never] });
    const { output, error } = await run.run();
    expect(error ?? output.Error).toBe('States.Timeout');
    expect(error === undefined).toBe(isCaught);
    expect(run.types.slice(0, 4)).toEqual(['TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskTimedOut']);
  });

  it('may come from a path', async () => {
    const { TimeoutSeconds: _fixed, ...rest } = slow;
    const run = new Interpretation(around({ ...rest, TimeoutSecondsPath: '$.t' }), { t: 7 }, { do: [never] });
    expect((await run.run()).error).toBe('States.Timeout');
    expect(run.elapsed).toBeLessThan(10);
  });

  it('comes when a heartbeat fails to', async () => {
    const state: State = {
      Type: 'Task',
      Resource: 'ask.waitForTaskToken',
      HeartbeatSeconds: 5,
      Parameters: { 'Token.$': '$$.Task.Token' },
      Catch: [{ ErrorEquals: ['States.HeartbeatTimeout'], Next: 'Caught' }],
      End: true,
    };
    const run = new Interpretation(around(state), {}, { 'ask.waitForTaskToken': [() => 1], answer: [never] });
    expect((await run.run()).output).toEqual({ Error: 'States.Timeout' });
    expect(run.types.slice(0, 5)).toEqual([
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSubmitted',
      'TaskTimedOut',
    ]);
  });
});

describe('a Parallel', () => {
  const task = (Resource: string, more: object = {}): Definition => ({
    StartAt: Resource,
    States: { [Resource]: { Type: 'Task', Resource, End: true, ...more } },
  });

  it('gives each branch the input and collects what they hand on, in their order', async () => {
    const Branches = [
      {
        StartAt: 'W',
        States: { W: { Type: 'Wait', Seconds: 9, Next: 'a' }, a: { Type: 'Task', Resource: 'a', End: true } },
      },
      task('b'),
    ] as Definition[];
    const run = new Interpretation(
      around({ Type: 'Parallel', Branches, ResultPath: '$.r', End: true }),
      { i: 1 },
      { a: [({ i }) => i + 1], b: [({ i }) => i + 2] },
    );
    expect(await run.run()).toEqual({ output: { i: 1, r: [2, 3] } });
  });

  it('ends the others when one fails, and hands on its error', async () => {
    const Branches = [task('bad'), task('slow')];
    const Catch = [{ ErrorEquals: ['Bad'], Next: 'Caught' }];
    const run = new Interpretation(
      around({ Type: 'Parallel', Branches, Catch, End: true }),
      {},
      { bad: [fail('Bad', 'why')], slow: [never] },
    );
    expect(await run.run()).toEqual({ output: { Error: 'Bad', Cause: 'why' } });
    expect(run.types).toEqual([
      'ParallelStateEntered',
      'ParallelStateStarted',
      'TaskStateEntered',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskScheduled',
      'TaskStarted',
      'TaskFailed',
      'TaskStateAborted',
      'ParallelStateFailed',
      'ParallelStateExited',
      'PassStateEntered',
      'PassStateExited',
    ]);
  });

  it('runs all branches again when it is retried', async () => {
    const Retry = [{ ErrorEquals: ['Bad'], MaxAttempts: 1 }];
    const run = new Interpretation(
      around({ Type: 'Parallel', Branches: [task('bad'), task('b')], Retry, End: true }),
      {},
      { bad: [fail('Bad'), () => 1], b: [() => 2] },
    );
    expect(await run.run()).toEqual({ output: [1, 2] });
    expect(run.calls.map(({ resource }) => resource).sort()).toEqual(['b', 'b', 'bad', 'bad']);
  });
});

describe('a Map', () => {
  const ItemProcessor: Definition = { StartAt: 'do', States: { do: { Type: 'Task', Resource: 'do', End: true } } };
  const mapped = (fields: object, input: Json, script: (given: Json) => Json) =>
    new Interpretation(around({ Type: 'Map', ItemProcessor, End: true, ...fields }), input, { do: [script] });

  it.each<[object, Json, unknown]>([
    [{}, [1, 2, 3], [2, 4, 6]],
    [{ ItemsPath: '$.items' }, { items: [5] }, [10]],
    [{}, [], []],
  ])('%j over %j', async (fields, input, expected) => {
    expect(await mapped(fields, input, (item) => item * 2).run()).toEqual({ output: expected });
  });

  it('builds what each iteration gets, from the state and the item', async () => {
    const ItemSelector = { 'at.$': '$$.Map.Item.Index', 'it.$': '$$.Map.Item.Value.n', 'all.$': '$.x' };
    const run = mapped(
      { ItemsPath: '$.items', ItemSelector },
      { x: 'x', items: [{ n: 1 }, { n: 2 }] },
      (given) => given,
    );
    expect((await run.run()).output).toEqual([
      { at: 0, it: 1, all: 'x' },
      { at: 1, it: 2, all: 'x' },
    ]);
  });

  it('runs no more at a time than allowed', async () => {
    let [now, most] = [0, 0];
    const script = async () => {
      now++;
      most = Math.max(most, now);
      await new Promise((resolve) => setImmediate(resolve));
      now--;
    };
    await mapped({ MaxConcurrency: 2 }, [1, 2, 3, 4, 5], script).run();
    expect(most).toBe(2);
  });

  it('fails with its first iteration that fails, and tells the history of each', async () => {
    const run = mapped({ MaxConcurrency: 1 }, [1, 2], fail('Bad'));
    expect((await run.run()).error).toBe('Bad');
    expect(run.types).toEqual([
      'MapStateEntered',
      'MapStateStarted',
      'MapIterationStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskFailed',
      'MapIterationFailed',
      'MapStateFailed',
    ]);
  });

  it('over what is no list fails for good', async () => {
    expect((await mapped({ ItemsPath: '$.x' }, { x: 1 }, (given) => given).run()).error).toBe('States.Runtime');
  });
});
