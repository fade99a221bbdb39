/** Values by time, ms since 1970. */
export type Points = ReadonlyMap<number, number>;

/** What an expression may refer to. */
export interface MathContext {
  /** A metric or another expression, by its id. */
  readonly series: (id: string) => Points;
  /** The metrics of the request by id, without expressions: what `METRICS()` stands for. */
  readonly metrics: ReadonlyMap<string, Points>;
  /** The start of each period, for `FILL`. */
  readonly times: () => readonly number[];
}

/** An expression that is wrong, or that the twin cannot compute. */
export class MetricMathError extends Error {
  override readonly name = 'MetricMathError';
}

type Value = number | Points | readonly Points[];

const isSeries = (value: Value): value is Points => value instanceof Map;
const isList = (value: Value): value is readonly Points[] => Array.isArray(value);

const FOLDS: Readonly<Record<string, (values: readonly number[]) => number>> = {
  SUM: (values) => values.reduce((sum, value) => sum + value, 0),
  AVG: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  MIN: (values) => Math.min(...values),
  MAX: (values) => Math.max(...values),
};

const OPERATORS: Readonly<Record<string, { readonly rank: number; readonly apply: (a: number, b: number) => number }>> =
  {
    '+': { rank: 1, apply: (a, b) => a + b },
    '-': { rank: 1, apply: (a, b) => a - b },
    '*': { rank: 2, apply: (a, b) => a * b },
    '/': { rank: 2, apply: (a, b) => a / b },
    '^': { rank: 3, apply: (a, b) => a ** b },
  };

/**
 * Computes a metric math expression: arithmetic on ids and numbers, `SUM`, `AVG`, `MIN`, `MAX` of `METRICS()`, of a list or of one
 * metric, and `FILL` with a number.
 *
 * @throws MetricMathError
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export function evaluateMetricMath(expression: string, context: MathContext): Points {
  const value = new Parser(expression, context).read();
  if (isSeries(value)) return value;
  throw new MetricMathError(
    `Error in expression: '${expression}' gives no single time series, which is all that the twin simulates`,
  );
}

function tokensOf(expression: string): string[] {
  const tokens =
    expression.match(/\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[A-Za-z_]\w*|"[^"]*"|'[^']*'|[-+*/^()[\],]|\S/g) ?? [];
  const odd = tokens.find((token) => !/^["'\w\-+*/^()[\],]/.test(token));
  if (odd === undefined) return tokens;
  throw new MetricMathError(`Error in expression: the twin does not simulate ${odd} in '${expression}'`);
}

class Parser {
  private readonly tokens: string[];

  constructor(
    private readonly expression: string,
    private readonly context: MathContext,
  ) {
    this.tokens = tokensOf(expression);
  }

  read(): Value {
    const value = this.sum(0);
    if (this.tokens.length > 0) this.fail(`unexpected ${this.tokens[0]}`);
    return value;
  }

  private sum(rank: number): Value {
    let left = this.operand();
    for (;;) {
      const operator = OPERATORS[this.tokens[0] ?? ''];
      if (!operator || operator.rank <= rank) return left;
      this.tokens.shift();
      left = this.combine(left, this.sum(operator.rank), operator.apply);
    }
  }

  private operand(): Value {
    const token = this.tokens.shift() ?? this.fail('something is missing at the end');
    if (/^\d/.test(token)) return Number(token);
    if (token === '-') return this.combine(0, this.sum(2), (a, b) => a - b);
    if (token === '(') {
      const value = this.sum(0);
      this.expect(')');
      return value;
    }
    if (token === '[') return this.list(']').map((value) => this.asSeries(value));
    if (this.tokens[0] === '(') return this.call(token);
    if (/^[a-z]/.test(token)) return this.context.series(token);
    return this.fail(`the twin does not simulate ${token}`);
  }

  private call(name: string): Value {
    this.expect('(');
    if (name === 'METRICS') {
      const part = this.tokens[0] === ')' ? '' : (this.tokens.shift() ?? '').slice(1, -1);
      this.expect(')');
      return [...this.context.metrics].filter(([id]) => id.includes(part)).map(([, points]) => points);
    }
    const [first, second] = this.list(')');
    const fold = FOLDS[name];
    if (fold && first !== undefined && second === undefined) {
      if (isList(first)) return foldList(first, fold);
      return fold([...this.asSeries(first).values()]);
    }
    if (name === 'FILL' && first !== undefined && typeof second === 'number') {
      const points = this.asSeries(first);
      return new Map(this.context.times().map((time) => [time, points.get(time) ?? second]));
    }
    return this.fail(`the twin does not simulate ${name} like this`);
  }

  private list(end: string): Value[] {
    const values: Value[] = [];
    while (this.tokens[0] !== end) {
      if (values.length > 0) this.expect(',');
      values.push(this.sum(0));
    }
    this.expect(end);
    return values;
  }

  /** By time: where one of two series has nothing, the result has nothing. */
  private combine(left: Value, right: Value, apply: (a: number, b: number) => number): Value {
    if (isList(left) || isList(right))
      return this.fail('the twin does not simulate arithmetic on several series at once');
    if (typeof left === 'number' && typeof right === 'number') return apply(left, right);
    const times = isSeries(left) ? [...left.keys()] : isSeries(right) ? [...right.keys()] : [];
    const at = (value: number | Points, time: number) => (typeof value === 'number' ? value : value.get(time));
    const entries = times.flatMap((time): [number, number][] => {
      const [a, b] = [at(left, time), at(right, time)];
      const result = a === undefined || b === undefined ? Number.NaN : apply(a, b);
      // Nothing comes of a division by zero.
      return Number.isFinite(result) ? [[time, result]] : [];
    });
    return new Map(entries);
  }

  private asSeries(value: Value): Points {
    return isSeries(value) ? value : this.fail('a time series was expected');
  }

  private expect(token: string): void {
    if (this.tokens.shift() !== token) this.fail(`${token} is missing`);
  }

  private fail(reason: string): never {
    throw new MetricMathError(`Error in expression '${this.expression}': ${reason}`);
  }
}

/** By time, over those series that have something then. */
function foldList(list: readonly Points[], fold: (values: readonly number[]) => number): Points {
  const times = new Set(list.flatMap((points) => [...points.keys()]));
  return new Map([...times].map((time) => [time, fold(list.flatMap((points) => points.get(time) ?? []))]));
}
