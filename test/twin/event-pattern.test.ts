import fc from 'fast-check';
import { EVENT_CASES, INVALID_CASES, VALUE_CASES } from '../../scripts/check-event-patterns/cases';
import { compileEventPattern, InvalidEventPatternError } from '../../twin/event-pattern';

const matches = (pattern: string | object, event: object) => compileEventPattern(pattern)(event);

describe('operators and values', () => {
  it.each(VALUE_CASES)('%s', (_sentence, list, matched, others) => {
    const matchesValue = (value: string) => matches(`{"a":${list}}`, JSON.parse(`{"a":${value}}`));
    expect(matched.filter((value) => !matchesValue(value))).toEqual([]);
    expect(others.filter(matchesValue)).toEqual([]);
  });

  it('a missing field matches exists: false only', () => {
    const lists = VALUE_CASES.map(([, list]) => list).filter((list) => matches(`{"a":${list}}`, { b: 1 }));
    expect(lists).toEqual(['[{"exists":false}]', '[{"exists":false},"a"]']);
  });
});

describe('fields, lists and $or', () => {
  it.each(EVENT_CASES)('%s', (_sentence, pattern, matched, others) => {
    const matchesEvent = (event: string) => matches(pattern, JSON.parse(event));
    expect(matched.filter((event) => !matchesEvent(event))).toEqual([]);
    expect(others.filter(matchesEvent)).toEqual([]);
  });

  it('a pattern may be an object or its text', () => {
    const pattern = { a: ['b'] };
    expect([pattern, JSON.stringify(pattern, null, 2)].map((form) => matches(form, { a: 'b' }))).toEqual([true, true]);
  });

  it('undefined is a missing field', () => {
    expect(matches({ a: [{ exists: false }] }, { a: undefined })).toBe(true);
    expect(matches({ a: [{ 'anything-but': 'b' }] }, { a: undefined })).toBe(false);
  });

  it('lists that have nothing to do with each other do not multiply the work', () => {
    const list = Array.from({ length: 1000 }, () => ({ a: 1 }));
    const [x, y, z, plain] = [list, list, list, list.map(() => 'b')];
    expect(matches({ x: { a: [1] }, y: { a: [1] }, z: { a: [2] } }, { x, y, z })).toBe(false);
    expect(matches({ x: ['b'], y: ['b'], z: ['c'] }, { x: plain, y: plain, z: plain })).toBe(false);
  });

  it('wildcards do not multiply the work', () => {
    expect(matches({ a: [{ wildcard: `${'*a'.repeat(500)}*b` }] }, { a: 'a'.repeat(50_000) })).toBe(false);
  });
});

describe('patterns for the events of AWS services', () => {
  const guardDuty = {
    source: ['aws.guardduty'],
    'detail-type': ['GuardDuty Finding'],
    detail: { severity: [{ numeric: ['>=', 7] }], service: { archived: [false] } },
  };
  const finding = (severity: number, archived = false) => ({
    source: 'aws.guardduty',
    'detail-type': 'GuardDuty Finding',
    detail: { severity, service: { archived } },
  });

  it.each([
    ['a finding on the threshold matches', finding(7), true],
    ['a finding just below the threshold does not match', finding(6.9), false],
    ['an archived finding does not match', finding(8, true), false],
  ])('%s', (_sentence, event, expected) => {
    expect(matches(guardDuty, event)).toBe(expected);
  });

  const call = {
    source: 'aws.ec2',
    detail: { eventSource: 'ec2.amazonaws.com', eventName: 'RevokeSecurityGroupIngress' },
  };
  const succeeded = { source: ['aws.ec2'], detail: { errorCode: [{ exists: false }] } };

  it('a call that failed does not match where errorCode must not exist', () => {
    expect(matches(succeeded, call)).toBe(true);
    expect(matches(succeeded, { ...call, detail: { ...call.detail, errorCode: 'AccessDenied' } })).toBe(false);
  });

  const finds = (...findings: object[]) => ({ source: 'aws.securityhub', detail: { findings } });

  it('an imported Security Hub finding must meet all conditions by itself', () => {
    const failed = {
      detail: { findings: { Severity: { Label: ['HIGH', 'CRITICAL'] }, Compliance: { Status: ['FAILED'] } } },
    };
    const [high, low] = [{ Severity: { Label: 'HIGH' } }, { Severity: { Label: 'LOW' } }];
    const [passed, notPassed] = [{ Compliance: { Status: 'PASSED' } }, { Compliance: { Status: 'FAILED' } }];
    expect(matches(failed, finds({ ...low, ...passed }, { ...high, ...notPassed }))).toBe(true);
    expect(matches(failed, finds({ ...low, ...notPassed }, { ...high, ...passed }))).toBe(false);
  });
});

describe('validation', () => {
  it.each(INVALID_CASES)('%s is invalid', (_sentence, pattern, message) => {
    expect(() => compileEventPattern(pattern)).toThrow(InvalidEventPatternError);
    expect(() => compileEventPattern(pattern)).toThrow(message);
  });

  it('an invalid pattern is invalid as an object, too', () => {
    expect(() => compileEventPattern({ detail: { a: ['b', { prefix: 1 }] } })).toThrow(
      expect.objectContaining({ name: 'InvalidEventPatternError', message: 'detail.a[1].prefix: must be a string' }),
    );
  });

  it('an error about JSON names the cause', () => {
    expect(() => compileEventPattern('{')).toThrow(expect.objectContaining({ cause: expect.any(SyntaxError) }));
  });

  it('a pattern has 2048 characters at most', () => {
    const pattern = (length: number) => `{"a":["${'b'.repeat(length - 10)}"]}`;
    expect(pattern(2048)).toHaveLength(2048);
    expect(() => compileEventPattern(pattern(2048))).not.toThrow();
    expect(() => compileEventPattern(pattern(2049))).toThrow('must have at most 2048 characters, has 2049');
  });

  it('$or lists combine in 1000 ways at most, wherever they stand', () => {
    const or = (length: number) => ({ $or: Array.from({ length }, () => ({ a: [1] })) });
    expect(() => compileEventPattern({ x: or(10), y: or(10), z: or(10) })).not.toThrow();
    expect(() => compileEventPattern({ x: or(13), y: or(11), z: or(7) })).toThrow(
      'may have 1000 $or combinations, has 1001',
    );
    expect(() => compileEventPattern({ ...or(11), x: or(10), y: { z: or(10) } })).toThrow('has 1100');
  });

  it.each([
    ['numeric bounds end at 5e9', { numeric: ['<=', 5e9 + 1] }],
    ['numeric bounds end at -5e9', { numeric: ['>', -5e9 - 1, '<', 0] }],
    ['exactly is no operator of EventBridge', { exactly: 'b' }],
    ['a CIDR ends with its length', { cidr: '10.0.0.0/8/' }],
  ])('%s', (_sentence, item) => {
    expect(() => compileEventPattern({ a: [item] })).toThrow(InvalidEventPatternError);
  });
});

describe('properties', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd');
  const scalar = fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
  );
  type Tree = { [name: string]: Tree | string | number | boolean | null };
  const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.dictionary(name, fc.oneof({ maxDepth: 2 }, scalar, tie('tree')), { minKeys: 1, maxKeys: 3 }),
  }));
  const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null;

  /** The pattern that wants each value of an event. */
  const patternOf = (event: Tree): object =>
    Object.fromEntries(Object.entries(event).map(([key, value]) => [key, isTree(value) ? patternOf(value) : [value]]));
  const withFirst = (event: Tree, replace: (value: unknown) => unknown): object => {
    const [[key, value] = ['', null], ...others] = Object.entries(event);
    return { ...Object.fromEntries(others), [key]: isTree(value) ? withFirst(value, replace) : replace(value) };
  };

  it('an event matches the pattern made from it', () => {
    fc.assert(fc.property(tree, (event) => matches(patternOf(event), event)));
  });

  it('more fields do not keep an event from matching', () => {
    fc.assert(fc.property(tree, tree, (event, more) => matches({ x: patternOf(event) }, { x: event, y: more })));
  });

  it('an event matches as an element of lists, at any depth', () => {
    fc.assert(
      fc.property(tree, tree, (event, other) => matches({ x: patternOf(event) }, { x: [other, [[event], other]] })),
    );
  });

  it('an event with another value does not match', () => {
    const another = (value: unknown) => (value === 'other' ? 'another' : 'other');
    fc.assert(fc.property(tree, (event) => !matches(patternOf(event), withFirst(event, another))));
  });

  it('an event that lacks a field does not match', () => {
    fc.assert(
      fc.property(
        tree,
        (event) =>
          !matches(
            patternOf(event),
            withFirst(event, () => undefined),
          ),
      ),
    );
  });

  it('anything-but is the opposite of equality for a value', () => {
    const few = fc.oneof(fc.constantFrom('', 'a', '7', 'null'), fc.constantFrom(0, 7, -7, 7.5));
    const value = fc.oneof(few, fc.constantFrom(null, true, false));
    const property = (wanted: unknown, found: unknown) =>
      matches({ a: [wanted] }, { a: found }) !== matches({ a: [{ 'anything-but': wanted }] }, { a: found });
    fc.assert(fc.property(few, value, property));
    fc.assert(fc.property(fc.string(), fc.string(), property));
  });

  it('anything-but is the opposite of each operator that it takes, for strings', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'A', 'b', '*', 'é'), maxLength: 4 });
    const operator = fc.constantFrom('prefix', 'suffix', 'equals-ignore-case', 'wildcard');
    const property = (kind: string, operand: string, found: string) => {
      fc.pre(operand !== '' && !operand.includes('**'));
      const item = { [kind]: operand };
      return matches({ a: [item] }, { a: found }) !== matches({ a: [{ 'anything-but': item }] }, { a: found });
    };
    fc.assert(fc.property(operator, text, text, property));
  });

  it('numeric agrees with JavaScript', () => {
    const small = fc.integer({ min: -5, max: 5 });
    fc.assert(
      fc.property(small, small, small, (from, to, value) => {
        fc.pre(from < to);
        return matches({ a: [{ numeric: ['>=', from, '<', to] }] }, { a: value }) === (from <= value && value < to);
      }),
    );
  });

  it('prefix, suffix and a wildcard between them agree with strings', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 6 });
    fc.assert(
      fc.property(text, text, text, (start, end, value) => {
        const expected = value.startsWith(start) && value.endsWith(end) && value.length >= start.length + end.length;
        return matches({ a: [{ wildcard: `${start}*${end}` }] }, { a: value }) === expected;
      }),
    );
  });

  const item = fc.oneof(
    fc.constantFrom(1, 2, 'a'),
    fc.constantFrom({ exists: true }, { exists: false }, { 'anything-but': 1 }),
  );
  const pattern = fc.dictionary(name, fc.array(item, { minLength: 1, maxLength: 2 }), { minKeys: 1, maxKeys: 3 });
  const value = fc.oneof(fc.constantFrom(1, 2, 'a'), fc.array(fc.constantFrom(1, 2, 'a'), { maxLength: 2 }));
  const event = fc.dictionary(name, value, { maxKeys: 4 });

  it('$or is the union of its alternatives', () => {
    fc.assert(
      fc.property(fc.array(pattern, { minLength: 2, maxLength: 4 }), event, ($or, found) => {
        return matches({ $or }, found) === $or.some((alternative) => matches(alternative, found));
      }),
    );
  });

  it('$or and the fields beside it both count', () => {
    fc.assert(
      fc.property(pattern, pattern, pattern, event, event, (one, other, beside, found, foundBeside) => {
        const both = { y: beside, $or: [{ x: one }, { x: other }] };
        const expected = (matches(one, found) || matches(other, found)) && matches(beside, foundBeside);
        return matches(both, { x: found, y: foundBeside }) === expected;
      }),
    );
  });

  it('dotted and nested names are the same', () => {
    fc.assert(
      fc.property(pattern, event, (nested, found) => {
        const dotted = Object.fromEntries(Object.entries(nested).map(([key, list]) => [`x.${key}`, list]));
        return matches(dotted, { x: found }) === matches({ x: nested }, { x: found });
      }),
    );
  });

  it('the order of fields, values and list elements does not count where each path comes once', () => {
    const reversed = (object: object) =>
      Object.fromEntries(
        Object.entries(object)
          .map(([key, list]) => [key, Array.isArray(list) ? list.toReversed() : list])
          .toReversed(),
      );
    fc.assert(
      fc.property(pattern, event, (one, found) => matches(one, found) === matches(reversed(one), reversed(found))),
    );
  });

  it('a list of objects matches when one of them does, as long as no field must be absent', () => {
    const present = fc.dictionary(name, fc.array(fc.constantFrom(1, 2, 'a'), { minLength: 1 }), {
      minKeys: 1,
      maxKeys: 3,
    });
    fc.assert(
      fc.property(present, fc.array(event, { maxLength: 4 }), (x, found) => {
        return matches({ x }, { x: found }) === found.some((element) => matches(x, element));
      }),
    );
  });
});
