import fc from 'fast-check';
import {
  addNumbers,
  normalizeNumber,
  numberSize,
  sortableNumber,
  subtractNumbers,
} from '../../../twin/services/dynamodb/numbers';

/** Integers of any length times a power of ten, so that BigInt can check what becomes of them. */
const decimals = fc.record({
  digits: fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }),
  exponent: fc.integer({ min: -60, max: 60 }),
});
type Decimal = typeof decimals extends fc.Arbitrary<infer T> ? T : never;

const text = ({ digits, exponent }: Decimal): string => `${digits}e${exponent}`;
/** Times 10^60. */
const scaled = ({ digits, exponent }: Decimal): bigint => digits * 10n ** BigInt(exponent + 60);
const sign = (value: bigint): number => (value < 0n ? -1 : value > 0n ? 1 : 0);

describe('numbers', () => {
  it.each([
    ['1.0', '1'],
    ['-0', '0'],
    ['0.000', '0'],
    ['0e500', '0'],
    ['1e3', '1000'],
    ['1E+3', '1000'],
    ['1.5e-3', '0.0015'],
    ['0001', '1'],
    ['+5', '5'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['-123.4500', '-123.45'],
    ['1e-130', `0.${'0'.repeat(129)}1`],
    ['9.9999999999999999999999999999999999999E+125', `${'9'.repeat(38)}${'0'.repeat(88)}`],
    ['1234567890123456789012345678901234567800', '1234567890123456789012345678901234567800'],
  ])('are stored in one form: %s as %s', (given, stored) => {
    expect(normalizeNumber(given)).toBe(stored);
  });

  it.each([
    ['abc', 'The parameter cannot be converted to a numeric value: abc'],
    ['', 'The parameter cannot be converted to a numeric value: '],
    [' 1', 'The parameter cannot be converted to a numeric value:  1'],
    ['.', 'The parameter cannot be converted to a numeric value: .'],
    ['NaN', 'The parameter cannot be converted to a numeric value: NaN'],
    ['Infinity', 'The parameter cannot be converted to a numeric value: Infinity'],
    ['0x1', 'The parameter cannot be converted to a numeric value: 0x1'],
    ['1e126', 'Number overflow. Attempting to store a number with magnitude larger than supported range'],
    ['-1e126', 'Number overflow. Attempting to store a number with magnitude larger than supported range'],
    ['9e-131', 'Number underflow. Attempting to store a number with magnitude smaller than supported range'],
    ['123456789012345678901234567890123456789', 'Attempting to store more than 38 significant digits in a Number'],
  ])('are refused if DynamoDB cannot hold them: %s', (given, message) => {
    expect(() => normalizeNumber(given)).toThrow(expect.objectContaining({ code: 'ValidationException', message }));
  });

  it.each([
    ['1', '2', '3'],
    ['0.1', '0.2', '0.3'],
    ['99999999999999999999999999999999999999', '1', '100000000000000000000000000000000000000'],
    ['1e37', '1', '10000000000000000000000000000000000001'],
    ['-1.5', '1.50', '0'],
  ])('are added exactly: %s + %s = %s', (left, right, expected) => {
    expect(addNumbers(left, right)).toBe(expected);
  });

  it('are not rounded when a sum has too many digits', () => {
    expect(() => addNumbers('1e38', '1')).toThrow('38 significant digits');
  });

  // Measured at the size limit of items; see the link at `numberSize`.
  it.each([
    ['0', 1],
    ['1', 2],
    ['12', 2],
    ['123', 3],
    ['1234', 3],
    ['12345678901234567890123456789012345678', 20],
    ['0042', 2],
    ['100', 2],
    ['1010', 3],
    ['0.0000001', 2],
    ['1E125', 2],
    ['1E-100', 2],
    ['1.5', 3],
    ['15', 2],
    ['1.200', 3],
    ['1.234', 4],
    ['3.14159', 5],
    ['123456', 4],
    ['100.5', 4],
    ['0.15', 2],
    ['-42', 3],
    ['-0', 1],
  ])('count by their digits: %s with %d bytes', (number, size) => {
    expect(numberSize(number)).toBe(size);
  });

  it('keep their value and their form when they are normalised again', () => {
    fc.assert(
      fc.property(decimals, (number) => {
        const normal = normalizeNumber(text(number));
        expect(normalizeNumber(normal)).toBe(normal);
        expect(normal).toMatch(/^(0|-?([1-9]\d*|0)(\.\d*[1-9])?)$/);
        expect(
          scaled({ digits: BigInt(normal.replace('.', '')), exponent: -(normal.split('.')[1]?.length ?? 0) }),
        ).toBe(scaled(number));
      }),
    );
  });

  it('sort as texts in the order of their values', () => {
    const close = decimals.chain((number) =>
      fc.tuple(
        fc.constant(number),
        fc.oneof(
          decimals,
          fc.constantFrom(number, { ...number, digits: -number.digits }, { ...number, digits: number.digits / 10n }),
        ),
      ),
    );
    fc.assert(
      fc.property(close, ([a, b]) => {
        const [left, right] = [sortableNumber(text(a)), sortableNumber(text(b))];
        expect(left < right ? -1 : left > right ? 1 : 0).toBe(sign(scaled(a) - scaled(b)));
      }),
    );
  });

  it('are added and subtracted like integers', () => {
    const small = fc.record({
      digits: fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
      exponent: fc.integer({ min: -10, max: 10 }),
    });
    fc.assert(
      fc.property(small, small, (a, b) => {
        const value = (number: string): bigint =>
          scaled({ digits: BigInt(number.replace('.', '')), exponent: -(number.split('.')[1]?.length ?? 0) });
        expect(value(addNumbers(text(a), text(b)))).toBe(scaled(a) + scaled(b));
        expect(value(subtractNumbers(normalizeNumber(text(a)), normalizeNumber(text(b))))).toBe(scaled(a) - scaled(b));
      }),
    );
  });
});
