/** An expression that EventBridge would not take. */
export class InvalidScheduleError extends Error {
  override readonly name = 'InvalidScheduleError';
}

/** When a schedule is due next, after a moment. Undefined if never again. */
export type Schedule = (after: Date) => Date | undefined;

const MINUTE = 60_000;
const UNITS: Readonly<Record<string, number>> = { minute: MINUTE, hour: 60 * MINUTE, day: 24 * 60 * MINUTE };

/**
 * Reads `rate(6 hours)` or `cron(0 18 ? * MON-FRI *)`. Rates count from when they are set up, cron's times are UTC.
 *
 * @throws InvalidScheduleError
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
 */
export function parseSchedule(expression: string): Schedule {
  const [, kind, inner = ''] = /^(rate|cron)\((.*)\)$/.exec(expression) ?? [];
  if (kind === 'rate') return rate(inner);
  if (kind === 'cron') return cron(inner);
  throw new InvalidScheduleError('Parameter ScheduleExpression is not valid.');
}

/** The unit is in the singular for one, and for one only. */
function rate(text: string): Schedule {
  const [, digits = '', unit = ''] = /^(\d+) (\w+)$/.exec(text) ?? [];
  const value = Number(digits);
  const milliseconds = UNITS[value === 1 ? unit : unit.replace(/s$/, '')];
  const isRightUnit = value === 1 || unit.endsWith('s');
  if (value < 1 || milliseconds === undefined || !isRightUnit)
    throw new InvalidScheduleError('Parameter ScheduleExpression is not valid.');
  return (after) => new Date(after.getTime() + value * milliseconds);
}

interface Field {
  readonly from: number;
  readonly to: number;
  readonly names?: readonly string[];
}

const FIELDS = {
  minute: { from: 0, to: 59 },
  hour: { from: 0, to: 23 },
  day: { from: 1, to: 31 },
  month: {
    from: 1,
    to: 12,
    names: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
  },
  weekday: { from: 1, to: 7, names: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] },
  year: { from: 1970, to: 2199 },
} as const satisfies Record<string, Field>;

/** Six fields, of which either the day of the month or the day of the week is a question mark. */
function cron(text: string): Schedule {
  const parts = text.trim().toUpperCase().split(/\s+/);
  const [minutes = '', hours = '', days = '', months = '', weekdays = '', years = ''] = parts;
  if (parts.length !== 6 || (days === '?') === (weekdays === '?'))
    throw new InvalidScheduleError('Parameter ScheduleExpression is not valid.');
  const at = {
    minute: values(minutes, FIELDS.minute),
    hour: values(hours, FIELDS.hour),
    month: values(months, FIELDS.month),
    year: values(years, FIELDS.year),
  };
  const onDay = days === '?' ? byWeekday(weekdays) : byDay(days);
  return (after) => {
    const first = new Date(Math.floor(after.getTime() / MINUTE) * MINUTE + MINUTE);
    for (const day = midnightOf(first); day.getUTCFullYear() <= FIELDS.year.to; day.setUTCDate(day.getUTCDate() + 1)) {
      if (!at.year.has(day.getUTCFullYear())) {
        day.setUTCMonth(11, 31);
        continue;
      }
      if (!at.month.has(day.getUTCMonth() + 1) || !onDay(day)) continue;
      for (const hour of at.hour)
        for (const minute of at.minute) {
          const time = new Date(day.getTime() + (hour * 60 + minute) * MINUTE);
          if (time >= first) return time;
        }
    }
    return undefined;
  };
}

const midnightOf = (date: Date): Date =>
  new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()));

/** `0,15,30-40/2,MON` in ascending order. */
function values(text: string, field: Field): ReadonlySet<number> {
  const found = text.split(',').flatMap((part) => {
    const [, range = '', step] = /^([^/]+)(?:\/(\d+))?$/.exec(part) ?? [];
    const [from, to] = range === '*' ? [field.from, field.to] : bounds(range, field, step !== undefined);
    const every = step === undefined ? 1 : Number(step);
    if (every < 1) throw new InvalidScheduleError('Parameter ScheduleExpression is not valid.');
    // A range may go over the end: FRI-MON.
    const size = field.to - field.from + 1;
    const count = (to >= from ? to - from : to - from + size) + 1;
    return Array.from({ length: Math.ceil(count / every) }, (_none, index) => {
      const value = from + index * every;
      return value > field.to ? value - size : value;
    });
  });
  return new Set(found.sort((a, b) => a - b));
}

function bounds(range: string, field: Field, isStepped: boolean): [from: number, to: number] {
  const [first = '', last = isStepped ? String(field.to) : first, more] = range.split('-');
  if (more !== undefined) throw new InvalidScheduleError('Parameter ScheduleExpression is not valid.');
  return [numberOf(first, field), numberOf(last, field)];
}

function numberOf(text: string, { from, to, names = [] }: Field): number {
  const named = names.indexOf(text);
  const value = named >= 0 ? named + from : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= from && value <= to)) throw new InvalidScheduleError('Parameter ScheduleExpression is not valid.');
  return value;
}

const lastDayOf = (date: Date): number =>
  new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();

/** Days of the month; `L` is the last, `15W` the weekday nearest to the 15th. */
function byDay(text: string): (date: Date) => boolean {
  if (text === 'L') return (date) => date.getUTCDate() === lastDayOf(date);
  const [, near] = /^(\d+)W$/.exec(text) ?? [];
  if (near !== undefined) {
    const wanted = numberOf(near, FIELDS.day);
    return (date) => date.getUTCDate() === nearestWeekday(date, wanted);
  }
  const days = values(text, FIELDS.day);
  return (date) => days.has(date.getUTCDate());
}

/** Within the month of a date. */
function nearestWeekday(date: Date, wanted: number): number {
  const last = lastDayOf(date);
  if (wanted > last) return -1;
  const weekday = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), wanted)).getUTCDay();
  if (weekday === 6) return wanted === 1 ? 3 : wanted - 1;
  if (weekday === 0) return wanted === last ? wanted - 2 : wanted + 1;
  return wanted;
}

/** Days of the week, Sunday being 1; `3#2` is the second Tuesday, `6L` the last Friday. */
function byWeekday(text: string): (date: Date) => boolean {
  const dayOf = (date: Date): number => date.getUTCDay() + 1;
  if (text === 'L') return (date) => dayOf(date) === 7;
  const [, weekday, nth] = /^(\w+)#([1-5])$/.exec(text) ?? [];
  if (weekday !== undefined && nth !== undefined) {
    const wanted = numberOf(weekday, FIELDS.weekday);
    return (date) => dayOf(date) === wanted && Math.ceil(date.getUTCDate() / 7) === Number(nth);
  }
  const [, last] = /^(\w+)L$/.exec(text) ?? [];
  if (last !== undefined) {
    const wanted = numberOf(last, FIELDS.weekday);
    return (date) => dayOf(date) === wanted && date.getUTCDate() + 7 > lastDayOf(date);
  }
  const days = values(text, FIELDS.weekday);
  return (date) => days.has(dayOf(date));
}
