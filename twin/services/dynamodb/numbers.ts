import { invalid } from './errors';

/** A number as DynamoDB keeps it: 0.DIGITS × 10^point, without zeros at either end of the digits. Zero has no digits. */
interface Decimal {
  readonly negative: boolean;
  readonly digits: string;
  readonly point: number;
}

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html#HowItWorks.DataTypes.Number */
const MOST_DIGITS = 38;
/** Of 9.99…E+125, the greatest number. */
const GREATEST_POINT = 126;
/** Of 1E-130, the smallest number above zero. */
const SMALLEST_POINT = -129;

const ZERO: Decimal = { negative: false, digits: '', point: 0 };

/** @throws AwsError for a number that DynamoDB cannot hold. */
function decimal(negative: boolean, allDigits: string, point: number): Decimal {
  const digits = allDigits.replace(/^0+/, '');
  if (digits === '') return ZERO;
  const trimmed = { negative, digits: digits.replace(/0+$/, ''), point: point - (allDigits.length - digits.length) };
  if (trimmed.digits.length > MOST_DIGITS) {
    throw invalid('Attempting to store more than 38 significant digits in a Number');
  }
  if (trimmed.point > GREATEST_POINT) {
    throw invalid('Number overflow. Attempting to store a number with magnitude larger than supported range');
  }
  if (trimmed.point < SMALLEST_POINT) {
    throw invalid('Number underflow. Attempting to store a number with magnitude smaller than supported range');
  }
  return trimmed;
}

function parse(text: string): Decimal {
  const [match, sign, whole = '', fraction = '', exponent = '0'] =
    /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  if (match === undefined || whole + fraction === '') {
    throw invalid(`The parameter cannot be converted to a numeric value: ${text}`);
  }
  return decimal(sign === '-', whole + fraction, whole.length + Number(exponent));
}

/** Without an exponent, however large or small the number is. */
function format({ negative, digits, point }: Decimal): string {
  if (digits === '') return '0';
  const padded = '0'.repeat(Math.max(0, 1 - point)) + digits.padEnd(point, '0');
  const whole = Math.max(1, point);
  const fraction = padded.slice(whole);
  return `${negative ? '-' : ''}${padded.slice(0, whole)}${fraction && `.${fraction}`}`;
}

/**
 * A number as DynamoDB stores and returns it: `1.0` and `1E0` are `1`.
 *
 * @throws AwsError for what is no number, or none of those that DynamoDB can hold.
 */
export const normalizeNumber = (text: string): string => format(parse(text));

/** Exact. @throws AwsError if the sum has too many digits or is out of range. */
export function addNumbers(left: string, right: string): string {
  const [a, b] = [parse(left), parse(right)];
  const exponent = Math.min(a.point - a.digits.length, b.point - b.digits.length);
  const scaled = ({ negative, digits, point }: Decimal): bigint =>
    BigInt(`${digits || '0'}${'0'.repeat(point - digits.length - exponent)}`) * (negative ? -1n : 1n);
  const sum = scaled(a) + scaled(b);
  const digits = String(sum < 0n ? -sum : sum);
  return format(decimal(sum < 0n, digits, digits.length + exponent));
}

export const subtractNumbers = (left: string, right: string): string =>
  addNumbers(left, right.startsWith('-') ? right.slice(1) : `-${right}`);

/** A text that sorts, by UTF-16 code units, as the numbers do. Equal numbers give equal texts. */
export function sortableNumber(text: string): string {
  const { negative, digits, point } = parse(text);
  if (digits === '') return '1';
  if (!negative) return `2${point + 500}${digits}`;
  // Of two negative numbers the one with the greater magnitude comes first; `~` sorts behind every digit.
  return `0${999 - (point + 500)}${digits.replace(/\d/g, (digit) => String(9 - Number(digit)))}~`;
}

/**
 * What a number counts for in an item's size: a byte, one for each two digits before and each two behind the decimal point
 * without the zeros at both ends, and one for a minus. AWS documents this as an approximation; the exact rule was measured by
 * others at the size limit.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 * @see https://github.com/paritysuite/dynamodb-conformance/blob/main/tests/tier3/limits/numberByteSize.test.ts
 */
export function numberSize(text: string): number {
  const { negative, digits, point } = parse(text);
  const whole = Math.min(Math.max(0, point), digits.length);
  // With digits behind the point, the zeros before it count too; `digits` has none at its end.
  return 1 + Math.ceil(whole / 2) + Math.ceil((digits.length - whole) / 2) + (negative ? 1 : 0);
}
