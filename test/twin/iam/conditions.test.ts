import { evaluate, policy, statement } from './requests';

type Values = string | readonly string[];

const conditional = (Condition: object) => policy(statement({ Condition }));

/** Whether a statement with one condition on `aws:Test` applies to a request in which that key has this value, or is absent. */
function holds(operator: string, wanted: unknown, actual?: Values, context: Record<string, Values> = {}): boolean {
  const document = conditional({ [operator]: { 'aws:Test': wanted } });
  return (
    evaluate(document, { context: actual === undefined ? context : { ...context, 'aws:Test': actual } }) === 'allow'
  );
}

const ARN = 'arn:aws:sns:eu-west-1:111122223333:alerts:sub/1';

describe('a condition operator', () => {
  it.each<[string, string, unknown, string, boolean]>([
    ['compares text with its case', 'StringEquals', 'Team', 'Team', true],
    ['compares text with its case', 'StringEquals', 'Team', 'team', false],
    ['takes a wildcard for a character', 'StringEquals', 'T*', 'Team', false],
    ['compares text without case', 'StringEqualsIgnoreCase', 'tEAM', 'Team', true],
    ['compares all of a text without case', 'StringEqualsIgnoreCase', 'tEAM', 'Teams', false],
    ['excludes text without case', 'StringNotEqualsIgnoreCase', 'tEAM', 'Team', false],
    ['excludes text with its case', 'StringNotEquals', 'team', 'Team', true],
    ['matches any number of characters', 'StringLike', 'a*d*', 'abcd', true],
    ['matches none with a wildcard', 'StringLike', '*abcd*', 'abcd', true],
    ['matches one character', 'StringLike', 'a?c?', 'abcd', true],
    ['matches no fewer than one character', 'StringLike', 'abcd?', 'abcd', false],
    ['matches all of a text', 'StringLike', 'abc', 'abcd', false],
    ['matches with case', 'StringLike', 'A*', 'abcd', false],
    ['knows no other special characters', 'StringLike', 'a.c[d]', 'abcd', false],
    ['matches slashes, colons and line ends with wildcards', 'StringLike', 'a*?z', 'a/:\nz', true],
    ['goes back when a wildcard took too much', 'StringLike', '*ab?d', 'ababcabcd', true],
    ['excludes what matches', 'StringNotLike', 'a*', 'abcd', false],
    ['does not exclude what does not match', 'StringNotLike', 'b*', 'abcd', true],

    ['compares numbers, not their text', 'NumericEquals', '1', '1.0', true],
    ['compares numbers given as such', 'NumericEquals', 10, '10', true],
    ['excludes a number', 'NumericNotEquals', '1', '1.0', false],
    ['orders numbers by value', 'NumericLessThan', '10', '9', true],
    ['is strict in NumericLessThan', 'NumericLessThan', '10', '10', false],
    ['is not strict in NumericLessThanEquals', 'NumericLessThanEquals', '10', '10', true],
    ['has a limit in NumericLessThanEquals', 'NumericLessThanEquals', '10', '10.5', false],
    ['is strict in NumericGreaterThan', 'NumericGreaterThan', '-1', '-1', false],
    ['orders negative numbers', 'NumericGreaterThan', '-2', '-1', true],
    ['is not strict in NumericGreaterThanEquals', 'NumericGreaterThanEquals', '0.5', '.5', true],
    ['has a limit in NumericGreaterThanEquals', 'NumericGreaterThanEquals', '0.5', '0.4', false],
    ['finds no number in a word', 'NumericEquals', 'ten', 'ten', false],
    ['reads decimal numbers only', 'NumericEquals', '1000', '1e3', false],
    ['reads decimal numbers only', 'NumericEquals', '16', '0x10', false],
    ['does not tell a word from a number either', 'NumericNotEquals', '10', 'ten', false],

    ['compares instants, not their text', 'DateEquals', '2026-01-01T01:00:00+01:00', '2026-01-01T00:00:00Z', true],
    ['compares a date with seconds since 1970', 'DateEquals', '2026-01-01T00:00:00Z', '1767225600', true],
    ['compares fractions of seconds', 'DateEquals', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00.001Z', false],
    ['reads a day as its begin', 'DateEquals', '2026-01-01', '2026-01-01T00:00:00Z', true],
    ['reads a month as its begin', 'DateEquals', '2026-03', '2026-03-01T00:00Z', true],
    ['reads four digits as a year', 'DateEquals', '2026', '2026-01-01T00:00:00Z', true],
    ['excludes an instant', 'DateNotEquals', '2026-01-01', '2026-01-01T00:00:00Z', false],
    ['orders instants', 'DateLessThan', '2026-01-01T00:00:00Z', '2025-12-31T23:59:59Z', true],
    ['is strict in DateLessThan', 'DateLessThan', '2026-01-01', '2026-01-01', false],
    ['is not strict in DateLessThanEquals', 'DateLessThanEquals', '2026-01-01', '2026-01-01', true],
    ['is strict in DateGreaterThan', 'DateGreaterThan', '2026-01-01', '2026-01-01', false],
    ['orders later instants', 'DateGreaterThan', '2026-01-01', '2026-01-02', true],
    ['is not strict in DateGreaterThanEquals', 'DateGreaterThanEquals', '2026-01-01', '2026-01-01', true],
    ['finds no date in a word', 'DateLessThan', 'tomorrow', '2026-01-01', false],
    ['reads no other numbers as a date', 'DateEquals', '-1', '-1', false],
    ['reads no other numbers as a date', 'DateEquals', '1e3', '1e3', false],
    ['does not tell a word from a date either', 'DateNotEquals', 'tomorrow', '2026-01-01', false],
    ['wants a zone with a time', 'DateEquals', '2026-01-01T00:00:00', '2026-01-01T00:00:00', false],

    ['compares truth values', 'Bool', 'true', 'true', true],
    ['compares truth values', 'Bool', 'false', 'true', false],
    ['compares truth values given as such', 'Bool', false, 'false', true],
    ['compares truth values without case', 'Bool', 'TRUE', 'true', true],
    ['compares truth values without case', 'Bool', 'true', 'TRUE', true],
    ['finds no truth value in a word', 'Bool', 'yes', 'yes', false],
    ['finds no truth value in a longer word', 'Bool', 'trueish', 'trueish', false],
    ['finds no truth value in a longer word', 'Bool', 'untrue', 'untrue', false],

    ['compares bytes', 'BinaryEquals', 'QUI=', 'QUI=', true],
    ['compares bytes', 'BinaryEquals', 'QUI=', 'QUM=', false],
    ['compares bytes, not their Base64', 'BinaryEquals', 'QUI=', 'QUI', true],

    ['finds an address in a range', 'IpAddress', '203.0.113.0/24', '203.0.113.255', true],
    ['finds the end of a range', 'IpAddress', '203.0.113.0/24', '203.0.114.0', false],
    ['ignores bits of a range after the prefix', 'IpAddress', '203.0.113.77/24', '203.0.113.1', true],
    ['takes an address without prefix for itself', 'IpAddress', '203.0.113.7', '203.0.113.7', true],
    ['takes an address without prefix for nothing more', 'IpAddress', '203.0.113.7', '203.0.113.8', false],
    ['finds every address in the whole internet', 'IpAddress', '0.0.0.0/0', '203.0.113.7', true],
    ['finds an address of IPv6 in a range', 'IpAddress', '2001:DB8:1234:5678::/64', '2001:db8:1234:5678:9::1', true],
    ['finds the end of a range of IPv6', 'IpAddress', '2001:DB8:1234:5678::/64', '2001:db8:1234:5679::1', false],
    ['knows an address of IPv6 however it is written', 'IpAddress', '2001:db8::1', '2001:0DB8:0:0::1', true],
    ['keeps IPv4 and IPv6 apart', 'IpAddress', '0.0.0.0/0', '2001:db8::1', false],
    ['excludes a range', 'NotIpAddress', '203.0.113.0/24', '203.0.113.7', false],
    ['excludes nothing of the other family', 'NotIpAddress', '0.0.0.0/0', '2001:db8::1', true],
    ['finds no range in a bad prefix', 'IpAddress', '203.0.113.0/', '203.0.113.7', false],
    ['finds no range in a bad prefix', 'IpAddress', '203.0.113.7/1e1', '203.0.113.7', false],
    ['finds no range in a bad prefix', 'IpAddress', '203.0.113.7/-1', '203.0.113.7', false],
    ['finds no range in a long prefix', 'IpAddress', '203.0.113.7/33', '203.0.113.7', false],
    ['does not tell a word from a range either', 'NotIpAddress', '203.0.113.0/24', 'internal', false],

    ['compares ARNs', 'ArnEquals', ARN, ARN, true],
    ['compares ARNs with case', 'ArnEquals', ARN.toUpperCase(), ARN, false],
    ['matches each field', 'ArnLike', 'arn:*:s?s:eu-*-1:*:alerts:*', ARN, true],
    ['matches wildcards in ArnEquals, too', 'ArnEquals', 'arn:aws:sns:*:*:alerts*', ARN, true],
    [
      'keeps a wildcard inside its field',
      'ArnLike',
      'arn:aws:sns:*:111122223333:sub/*',
      'arn:aws:sns:eu-west-1:1:111122223333:sub/1',
      false,
    ],
    [
      'keeps a single character inside its field',
      'ArnLike',
      'arn:aws:sns:eu-west-1?111122223333:alerts:sub/1',
      ARN,
      false,
    ],
    ['matches colons in the resource', 'ArnLike', 'arn:aws:sns:eu-west-1:111122223333:*1', ARN, true],
    [
      'keeps a single character inside its field',
      'ArnLike',
      'arn:aws:sns:eu-west-1:111122223333?alerts:sub/1',
      ARN,
      false,
    ],
    ['wants six fields', 'ArnLike', 'arn:aws:*', ARN, false],
    ['wants six fields', 'ArnNotLike', 'arn:aws:sns:*:alerts', ARN, false],
    ['excludes an ARN', 'ArnNotEquals', ARN, ARN, false],
    ['excludes what matches', 'ArnNotLike', 'arn:aws:sns:*:*:*', ARN, false],
    ['does not exclude another ARN', 'ArnNotLike', 'arn:aws:sqs:*:*:*', ARN, true],
    ['does not tell a word from an ARN either', 'ArnNotEquals', ARN, 'alerts', false],
  ])('%s: %s %j of "%s" is %s', (_rule, operator, wanted, actual, expected) => {
    expect(holds(operator, wanted, actual)).toBe(expected);
  });

  it.each([
    ['StringEquals', false],
    ['StringNotEquals', true],
    ['StringLike', false],
    ['StringNotLike', true],
    ['StringEqualsIgnoreCase', false],
    ['StringNotEqualsIgnoreCase', true],
    ['NumericLessThan', false],
    ['NumericNotEquals', true],
    ['DateGreaterThan', false],
    ['DateNotEquals', true],
    ['Bool', false],
    ['BinaryEquals', false],
    ['IpAddress', false],
    ['NotIpAddress', true],
    ['ArnEquals', false],
    ['ArnLike', false],
    ['ArnNotEquals', true],
    ['ArnNotLike', true],
    ['ForAllValues:StringEquals', true],
    ['ForAllValues:StringNotEquals', true],
    ['ForAnyValue:StringEquals', false],
    ['ForAnyValue:StringNotEquals', false],
    ['StringEqualsIfExists', true],
    ['StringNotEqualsIfExists', true],
    ['NumericLessThanIfExists', true],
    ['BoolIfExists', true],
    ['IpAddressIfExists', true],
    ['ArnLikeIfExists', true],
    ['ForAllValues:StringLikeIfExists', true],
    ['ForAnyValue:StringLikeIfExists', true],
  ])('%s is %s when the key is absent', (operator, expected) => {
    expect(holds(operator, '1')).toBe(expected);
    expect(holds(operator, '1', [])).toBe(expected);
  });

  it.each<[string, unknown, Values | undefined, boolean]>([
    ['true', 'true', undefined, true],
    ['true', 'true', 'x', false],
    ['false', 'false', 'x', true],
    ['false', 'false', undefined, false],
    ['false as such', false, ['x', 'y'], true],
    ['without case', 'TRUE', undefined, true],
    ['one of several', ['false', 'true'], 'x', true],
    ['false of an empty text', 'false', '', true],
    ['false of an empty list', 'false', [], false],
  ])('Null tests whether the key is there: %s', (_case, wanted, actual, expected) => {
    expect(holds('Null', wanted, actual)).toBe(expected);
  });

  it.each<[string, unknown, Values, boolean]>([
    ['StringEqualsIfExists', 'a', 'b', false],
    ['StringNotEqualsIfExists', 'a', 'a', false],
    ['StringEqualsIfExists', 'a', '', false],
  ])('%s compares a key that is there', (operator, wanted, actual, expected) => {
    expect(holds(operator, wanted, actual)).toBe(expected);
  });

  it.each<[string, string, readonly string[], string, boolean]>([
    ['one of them', 'StringEquals', ['a', 'b'], 'b', true],
    ['one of them', 'StringEquals', ['a', 'b'], 'c', false],
    ['none of them', 'StringNotEquals', ['a', 'b'], 'b', false],
    ['none of them', 'StringNotEquals', ['a', 'b'], 'c', true],
    ['none of them', 'NotIpAddress', ['10.0.0.0/8', '203.0.113.0/24'], '203.0.113.7', false],
    ['nothing when there are none', 'StringEquals', [], 'a', false],
    ['anything when there are none', 'StringNotEquals', [], 'a', true],
  ])('several values mean %s: %s %j of "%s" is %s', (_rule, operator, wanted, actual, expected) => {
    expect(holds(operator, wanted, actual)).toBe(expected);
  });

  it.each<[string, string, Values, Values, boolean]>([
    ['every value of the request must be one of the policy', 'ForAllValues:StringEquals', ['a', 'b'], ['b', 'a'], true],
    [
      'every value of the request must be one of the policy',
      'ForAllValues:StringEquals',
      ['a', 'b'],
      ['a', 'c'],
      false,
    ],
    ['no value of the request may be one of the policy', 'ForAllValues:StringNotEquals', ['a', 'b'], ['c', 'd'], true],
    ['no value of the request may be one of the policy', 'ForAllValues:StringNotEquals', ['a', 'b'], ['c', 'b'], false],
    ['one value of the request must be one of the policy', 'ForAnyValue:StringLike', ['a*', 'b'], ['c', 'ab'], true],
    ['one value of the request must be one of the policy', 'ForAnyValue:StringLike', ['a*', 'b'], ['c', 'd'], false],
    [
      'one value of the request must be none of the policy',
      'ForAnyValue:StringNotLike',
      ['a*', 'b'],
      ['c', 'ab'],
      true,
    ],
    [
      'one value of the request must be none of the policy',
      'ForAnyValue:StringNotLike',
      ['a*', 'b'],
      ['b', 'ab'],
      false,
    ],
    ['a single value is a set of one', 'ForAnyValue:StringEquals', 'a', 'a', true],
    ['a single value is a set of one', 'ForAllValues:StringEquals', 'a', 'b', false],
    ['an empty text is the empty set', 'ForAllValues:StringEquals', 'a', '', true],
    ['an empty text is the empty set', 'ForAnyValue:StringNotEquals', 'a', '', false],
    ['an empty text among others is a value', 'ForAllValues:StringEquals', 'a', ['', 'a'], false],
    ['without quantifier, one value is enough', 'StringEquals', 'a', ['b', 'a'], true],
    ['without quantifier, the negated operator is the opposite', 'StringNotEquals', 'a', ['b', 'a'], false],
  ])('%s: %s %j of %j is %s', (_rule, operator, wanted, actual, expected) => {
    expect(holds(operator, wanted, actual)).toBe(expected);
  });
});

describe('a condition block', () => {
  const Condition = {
    StringEquals: { 'aws:RequestedRegion': 'eu-west-1', 'aws:PrincipalTag/team': ['red', 'blue'] },
    Bool: { 'aws:SecureTransport': 'true' },
  };
  const met = { 'aws:RequestedRegion': 'eu-west-1', 'aws:PrincipalTag/team': 'blue', 'aws:SecureTransport': 'true' };

  it.each([
    ['is met when all keys of all operators are', met, 'allow'],
    ['is not met when one key of an operator is not', { ...met, 'aws:PrincipalTag/team': 'green' }, 'none'],
    ['is not met when one operator is not', { ...met, 'aws:SecureTransport': 'false' }, 'none'],
    [
      'is not met when one key is absent',
      { 'aws:RequestedRegion': 'eu-west-1', 'aws:SecureTransport': 'true' },
      'none',
    ],
    [
      'finds keys whatever their case',
      Object.fromEntries(Object.entries(met).map(([key, value]) => [key.toUpperCase(), value])),
      'allow',
    ],
  ])('%s', (_rule, context, expected) => {
    expect(evaluate(conditional(Condition), { context })).toBe(expected);
  });
});

describe('a policy variable', () => {
  const tag = { 'aws:PrincipalTag/Team': 'red' };

  it.each<[string, string, unknown, string, Record<string, Values>, boolean]>([
    ['stands for the value of a key', 'StringEquals', '${aws:PrincipalTag/Team}-1', 'red-1', tag, true],
    ['stands for the value of a key', 'StringNotEquals', '${aws:PrincipalTag/Team}-1', 'red-1', tag, false],
    ['finds the key whatever its case', 'StringEquals', '${AWS:principaltag/team}', 'red', tag, true],
    ['may stand beside wildcards', 'StringLike', '*/${aws:PrincipalTag/Team}/?', 'a/red/b', tag, true],
    ['keeps its case', 'StringEquals', '${aws:PrincipalTag/Team}', 'Red', tag, false],
    [
      'loses its case where the operator says so',
      'StringEqualsIgnoreCase',
      '${aws:PrincipalTag/Team}',
      'RED',
      tag,
      true,
    ],
    [
      'brings no wildcards',
      'StringLike',
      '${aws:PrincipalTag/Team}',
      'reddish',
      { 'aws:PrincipalTag/Team': 'red*' },
      false,
    ],
    [
      'brings its wildcard as a character',
      'StringLike',
      '${aws:PrincipalTag/Team}',
      'red*',
      { 'aws:PrincipalTag/Team': 'red*' },
      true,
    ],
    ['has a default', 'StringEquals', "${aws:PrincipalTag/Team, 'none'}", 'none', {}, true],
    [
      'has a default for a key without values',
      'StringEquals',
      "${aws:TagKeys, 'none'}",
      'none',
      { 'aws:TagKeys': [] },
      true,
    ],
    ['has an empty default', 'StringEquals', "a${aws:PrincipalTag/Team, ''}", 'a', {}, true],
    [
      'has no use for the default when it has a value',
      'StringEquals',
      "${aws:PrincipalTag/Team, 'none'}",
      'red',
      tag,
      true,
    ],
    [
      'without value matches nothing',
      'StringEquals',
      '${aws:PrincipalTag/Team}',
      '${aws:PrincipalTag/Team}',
      {},
      false,
    ],
    ['without value excludes nothing', 'StringNotEquals', '${aws:PrincipalTag/Team}', 'red', {}, false],
    ['without value excludes nothing', 'StringNotLike', '${aws:PrincipalTag/Team}*', 'red', {}, false],
    ['without value leaves the other values', 'StringEquals', ['${aws:PrincipalTag/Team}', 'red'], 'red', {}, true],
    [
      'without value leaves the other exclusions',
      'StringNotEquals',
      ['${aws:PrincipalTag/Team}', 'red'],
      'red',
      {},
      false,
    ],
    [
      'has no value when the key has several',
      'StringEquals',
      '${aws:TagKeys}',
      'a',
      { 'aws:TagKeys': ['a', 'b'] },
      false,
    ],
    [
      'stands in ARNs',
      'ArnLike',
      'arn:aws:sns:*:${aws:PrincipalAccount}:*',
      ARN,
      { 'aws:PrincipalAccount': '111122223333' },
      true,
    ],
    ['stands for a whole ARN', 'ArnEquals', '${aws:SourceArn}', ARN, { 'aws:SourceArn': ARN }, true],
    ['without value excludes no ARN', 'ArnNotLike', 'arn:aws:sns:*:${aws:PrincipalAccount}:*', ARN, {}, false],
    ['stands for a truth value', 'Bool', '${aws:SecureTransport}', 'true', { 'aws:SecureTransport': 'true' }, true],
    ['stands for no number', 'NumericEquals', '${aws:PrincipalTag/Team}', '1', { 'aws:PrincipalTag/Team': '1' }, false],
    [
      'stands for no date',
      'DateEquals',
      '${aws:CurrentTime}',
      '2026-01-01',
      { 'aws:CurrentTime': '2026-01-01' },
      false,
    ],
    ['stands for no address', 'IpAddress', '${aws:SourceIp}', '10.0.0.1', { 'aws:SourceIp': '10.0.0.1' }, false],
    ['writes an asterisk', 'StringLike', 'a${*}', 'a*', {}, true],
    ['writes an asterisk that is no wildcard', 'StringLike', 'a${*}', 'ab', {}, false],
    ['writes a question mark', 'StringLike', 'a${?}', 'ab', {}, false],
    ['writes a dollar sign', 'StringEquals', '${$}{a}', '${a}', {}, true],
    ['writes an asterisk into plain text', 'StringEquals', '${*}', '*', {}, true],
  ])('%s: %s %j of "%s"', (_rule, operator, wanted, actual, context, expected) => {
    expect(holds(operator, wanted, actual, context)).toBe(expected);
  });

  it('does not exist before version 2012-10-17', () => {
    const old = (wanted: string) => ({ Statement: statement({ Condition: { StringLike: { 'aws:Test': wanted } } }) });
    const context = { ...tag, 'aws:Test': '${aws:PrincipalTag/Team}' };
    expect(evaluate(old('${aws:PrincipalTag/Team}'), { context })).toBe('allow');
    expect(evaluate(old('${*}'), { context })).toBe('allow');
    expect(evaluate(old('${aws:PrincipalTag/Team}'), { context: { ...tag, 'aws:Test': 'red' } })).toBe('none');
  });
});

it('matches a hostile pattern in no time', () => {
  const start = performance.now();
  expect(holds('StringLike', `${'*a'.repeat(200)}b`, 'a'.repeat(2000))).toBe(false);
  expect(performance.now() - start).toBeLessThan(1000);
});
