import type { Json, State } from '../../../twin/services/states/asl/definition';
import { compileExpression } from '../../../twin/services/states/asl/expression';
import { parsePath } from '../../../twin/services/states/asl/json-path';
import { fail, Interpretation, outcome } from './interpreting';

const DATA = {
  store: {
    book: [
      { title: 'A', price: 8, tags: ['x', 'y'] },
      { title: 'B', price: 12 },
      { title: 'C', price: 22, isbn: '3' },
    ],
    'odd name': { 'with.dot': true },
  },
  nothing: null,
  list: [1, 2, 3, 4],
};

describe('a path', () => {
  it.each<[string, unknown]>([
    ['$', DATA],
    ['$.store.book[0].title', 'A'],
    ['$.store.book[-1].title', 'C'],
    ["$['store']['odd name']['with.dot']", true],
    ['$.nothing', null],
    ['$.store.book[*].title', ['A', 'B', 'C']],
    ['$.store.book[0,2].title', ['A', 'C']],
    ['$.list[1:3]', [2, 3]],
    ['$.list[:2]', [1, 2]],
    ['$.list[-2:]', [3, 4]],
    ['$..price', [8, 12, 22]],
    ['$..tags[0]', ['x']],
    ['$.store.book[?(@.price > 10)].title', ['B', 'C']],
    ["$.store.book[?(@.title == 'A' || @.isbn)].price", [8, 22]],
    ['$.store.book[?(@.price > 10 && !(@.isbn))].title', ['B']],
    ["$.store.book[?(@.price == '8')].title", []],
    ['$.store.book[?(@.price < $.list[3])].title', []],
    ['$.store.none[*]', []],
    ['$.list.length()', 4],
  ])('%s', (path, expected) => {
    expect(parsePath(path).read(DATA)).toEqual(expected);
  });

  it.each(['$.none', '$.list[4]', '$.nothing.deeper', '$.list.name', '$.store[0]'])(
    '%s leads to nothing, which is an error',
    (path) => {
      expect(() => parsePath(path).read(DATA)).toThrow(expect.objectContaining({ name: 'NoSuchPathError' }));
    },
  );

  it.each(['store', '$.', '$.a b', '$[x]', '$.a[', '$.a[?(@.b ==)]', '$.a[?(b)]'])('%s is refused', (path) => {
    expect(() => parsePath(path)).toThrow(expect.objectContaining({ name: 'InvalidPathError' }));
  });
});

describe('an intrinsic function', () => {
  // The examples of the developer guide, and the edges around them.
  it.each<[string, Json, unknown]>([
    ["States.Format('Hello, my name is {}.', $.name)", { name: 'Arnav' }, 'Hello, my name is Arnav.'],
    ["States.Format('{} {} {}', 1.5, null, $.o)", { o: { a: [1] } }, '1.5 null {"a":[1]}'],
    ["States.Format('it\\'s \\{{}\\}', $.a)", { a: 1 }, "it's {1}"],
    ['States.StringToJson($.s)', { s: '{"number":20}' }, { number: 20 }],
    ['States.JsonToString($.j)', { j: { a: 1 } }, '{"a":1}'],
    ['States.Array($.Id, 2)', { Id: 123456 }, [123456, 2]],
    ['States.Array()', {}, []],
    ['States.ArrayPartition($.a, 4)', { a: [1, 2, 3, 4, 5, 6, 7, 8, 9] }, [[1, 2, 3, 4], [5, 6, 7, 8], [9]]],
    ['States.ArrayContains($.a, $.v)', { a: [1, { b: 2 }], v: { b: 2 } }, true],
    ["States.ArrayContains($.a, '1')", { a: [1] }, false],
    ['States.ArrayRange(1, 9, 2)', {}, [1, 3, 5, 7, 9]],
    ['States.ArrayRange(5, 1, -2)', {}, [5, 3, 1]],
    ['States.ArrayGetItem($.a, 5)', { a: [1, 2, 3, 4, 5, 6] }, 6],
    ['States.ArrayLength($.a)', { a: [1, 2] }, 2],
    ['States.ArrayUnique($.a)', { a: [1, 1, '1', { a: 1 }, { a: 1 }] }, [1, '1', { a: 1 }]],
    ['States.Base64Encode($.s)', { s: 'Data to encode' }, 'RGF0YSB0byBlbmNvZGU='],
    ['States.Base64Decode($.s)', { s: 'RGVjb2RlZCBkYXRh' }, 'Decoded data'],
    ["States.Hash('input data', 'SHA-1')", {}, 'aaff4a450a104cd177d28d18d74485e8cae074b7'],
    ['States.JsonMerge($.a, $.b, false)', { a: { x: { p: 1 }, y: 2 }, b: { x: { q: 3 } } }, { x: { q: 3 }, y: 2 }],
    ['States.MathAdd($.v, -1)', { v: 111 }, 110],
    ["States.StringSplit($.s, ',')", { s: '1,2,,3' }, ['1', '2', '3']],
    ["States.StringSplit('a.b-c', '.-')", {}, ['a', 'b', 'c']],
    ["States.ArrayGetItem(States.StringSplit($.arn, ':'), 5)", { arn: 'arn:aws:sns:r:a:topic' }, 'topic'],
    ["States.Format('{}', $['a,b'])", { 'a,b': 'x' }, 'x'],
  ])('%s', (text, input, expected) => {
    expect(compileExpression(text)({ input, context: {} })).toEqual(expected);
  });

  it.each([
    ['States.ArrayGetItem($.a, 9)', { a: [1] }],
    ['States.StringToJson($.a)', { a: '{' }],
    ["States.Format('{} {}', $.a)", { a: 1 }],
    ["States.Format('{}', $.a, 2)", { a: 1 }],
    ['States.ArrayLength($.a)', { a: 'text' }],
    ['States.JsonMerge($.a, $.a, true)', { a: {} }],
    ['States.ArrayRange(1, 5, 0)', {}],
    ["States.Hash('x', 'SHA-3')", {}],
  ])('%s fails with States.IntrinsicFailure', async (text, input) => {
    const state: State = { Type: 'Pass', Parameters: { 'x.$': text }, End: true };
    expect((await outcome(state, input)).error).toBe('States.IntrinsicFailure');
  });

  it.each(['States.Nothing($)', 'States.UUID(1)', 'States.Array($.a', "'text'", 'States.Format()'])(
    '%s is refused',
    (text) => {
      expect(() => compileExpression(text)).toThrow(expect.objectContaining({ name: 'InvalidPathError' }));
    },
  );

  it('draws a number from a range, and the same from the same seed', () => {
    const draw = (text: string) => compileExpression(text)({ input: {}, context: {} }) as number;
    const drawn = Array.from({ length: 50 }, () => draw('States.MathRandom(1, 4)'));
    expect(drawn.every((value) => [1, 2, 3].includes(value))).toBe(true);
    expect(draw('States.MathRandom(1, 1000, 7)')).toBe(draw('States.MathRandom(1, 1000, 7)'));
    expect(draw('States.UUID()')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

const INPUT = { a: { b: 1 }, keep: 'k' };
const RESULT = { status: 'ok', extra: [1, 2] };

describe('data flows through a state', () => {
  it.each<[string, Partial<State>, unknown]>([
    ['a result replaces the input', {}, RESULT],
    ['ResultPath puts it beside the input', { ResultPath: '$.r' }, { ...INPUT, r: RESULT }],
    ['ResultPath makes what is missing on the way', { ResultPath: '$.r.s' }, { ...INPUT, r: { s: RESULT } }],
    ['ResultPath null drops it', { ResultPath: null }, INPUT],
    [
      'ResultPath goes into the raw input, not into what InputPath left',
      { InputPath: '$.a', ResultPath: '$.r' },
      { ...INPUT, r: RESULT },
    ],
    [
      'ResultSelector cuts it',
      { ResultSelector: { 's.$': '$.status', fixed: 1 }, ResultPath: '$.r' },
      { ...INPUT, r: { s: 'ok', fixed: 1 } },
    ],
    ['ResultSelector reads the context', { ResultSelector: { 'n.$': '$$.State.Name' } }, { n: 'It' }],
    ['OutputPath cuts from both', { ResultPath: '$.r', OutputPath: '$.r.extra' }, [1, 2]],
    ['OutputPath null leaves nothing', { OutputPath: null }, {}],
  ])('%s', async (_case, fields, expected) => {
    const { output } = await outcome({ Type: 'Task', Resource: 'do', End: true, ...fields }, INPUT, {
      do: [() => RESULT],
    });
    expect(output).toEqual(expected);
  });

  it.each<[string, Partial<State>, unknown]>([
    ['all of the input', {}, INPUT],
    ['what InputPath selects', { InputPath: '$.a' }, { b: 1 }],
    ['nothing, by InputPath null', { InputPath: null }, {}],
    [
      'what Parameters build',
      { InputPath: '$.a', Parameters: { 'x.$': '$.b', deep: [{ 'y.$': '$.b', z: '$.b' }] } },
      { x: 1, deep: [{ y: 1, z: '$.b' }] },
    ],
    [
      'the context',
      {
        Parameters: { 'name.$': '$$.Execution.Name', 'of.$': '$$.Execution.Input.keep', 'at.$': '$$.State.RetryCount' },
      },
      { name: 'run', of: 'k', at: 0 },
    ],
  ])('a task gets %s', async (_case, fields, expected) => {
    const run = new Interpretation(
      { StartAt: 'It', States: { It: { Type: 'Task', Resource: 'do', End: true, ...fields } } },
      INPUT,
      { do: [() => RESULT] },
    );
    await run.run();
    expect(run.calls.map(({ parameters }) => parameters)).toEqual([expected]);
  });

  it.each<[string, Partial<State>, string, string]>([
    [
      'Parameters',
      { Parameters: { 'x.$': '$.none' } },
      'States.Runtime',
      'The JSONPath \'$.none\' specified for the field \'x.$\' could not be found in the input \'{"a":{"b":1},"keep":"k"}\'',
    ],
    ['InputPath', { InputPath: '$.none' }, 'States.Runtime', "Invalid path '$.none'"],
    ['OutputPath', { OutputPath: '$.none' }, 'States.Runtime', "Invalid path '$.none'"],
    [
      'ResultPath',
      { ResultPath: '$.keep.deeper' },
      'States.ResultPathMatchFailure',
      'Unable to apply step "deeper" to input',
    ],
  ])('%s without a place fails the execution', async (_field, fields, error, cause) => {
    const found = await outcome({ Type: 'Task', Resource: 'do', End: true, ...fields }, INPUT, { do: [() => RESULT] });
    expect(found).toEqual({ error, cause: expect.stringContaining(cause) });
  });

  it('tells where in the history States.Runtime came up', async () => {
    const { cause } = await outcome({ Type: 'Task', Resource: 'do', InputPath: '$.none', End: true }, {}, {});
    expect(cause).toMatch(/^An error occurred while executing the state 'It' \(entered at the event id #1\)\. /);
  });

  it.each<[string, string[], boolean]>([
    ['States.ALL', ['States.ALL'], false],
    ['States.TaskFailed', ['States.TaskFailed'], false],
    ['its name', ['States.DataLimitExceeded'], true],
  ])(
    'more than 256 KiB fails with States.DataLimitExceeded, caught by %s: %s',
    async (_name, ErrorEquals, isCaught) => {
      const state: State = { Type: 'Task', Resource: 'do', Catch: [{ ErrorEquals, Next: 'Caught' }], End: true };
      const { output, error } = await outcome(state, {}, { do: [() => 'ü'.repeat(131_072)] });
      expect(error ?? output.Error).toBe('States.DataLimitExceeded');
      expect(error === undefined).toBe(isCaught);
      expect((await outcome(state, {}, { do: [() => 'ü'.repeat(131_071)] })).output).toHaveLength(131_071);
    },
  );

  it('does not catch States.Runtime, whoever asks', async () => {
    for (const name of ['States.ALL', 'States.Runtime', 'States.TaskFailed']) {
      const Catch = [{ ErrorEquals: [name], Next: 'Caught' }];
      const found = await outcome({ Type: 'Task', Resource: 'do', InputPath: '$.none', Catch, End: true }, {}, {});
      expect(found.error).toBe('States.Runtime');
    }
  });

  it.each<[object, unknown]>([
    [{}, { Error: 'Bad', Cause: 'why' }],
    [{ ResultPath: '$.error' }, { x: 1, error: { Error: 'Bad', Cause: 'why' } }],
    [{ ResultPath: null }, { x: 1 }],
  ])('a catcher with %j hands on the error', async (fields, expected) => {
    const Catch = [{ ErrorEquals: ['Bad'], Next: 'Caught', ...fields }];
    const state: State = { Type: 'Task', Resource: 'do', Catch, End: true };
    expect((await outcome(state, { x: 1 }, { do: [fail('Bad', 'why')] })).output).toEqual(expected);
  });
});
