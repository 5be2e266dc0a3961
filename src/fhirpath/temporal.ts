/** Dates, times and their partial precision: http://hl7.org/fhirpath/N1/#datetime-equality */

/** How many of year, month, day, hour, minute, second were given; seconds and milliseconds are one precision. */
export type Precision = 1 | 2 | 3 | 4 | 5 | 6;

export interface Temporal {
  readonly isTime: boolean;
  readonly precision: Precision;
  /** Milliseconds since 1970 of the fields as written, the missing ones at their lowest (a time counts from 1970-01-01). */
  readonly local: number;
  /** Minutes east of UTC; undefined when not given. */
  readonly offset: number | undefined;
  readonly hasMilliseconds: boolean;
}

const DATE_TIME = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(?:(\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?(Z|[+-]\d\d:\d\d)?)?)?)?)?$/;
const TIME = /^T?(\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?$/;
const MINUTE = 60_000;
/** Widest difference that two time zones can make. */
const WIDEST_OFFSET = 14 * 60 * MINUTE;

/** Undefined where the text is no date, dateTime or instant that a calendar has. */
export function parseDateTime(text: string): Temporal | undefined {
  const match = DATE_TIME.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  const given = [year, month, day, hour, minute, second].indexOf(undefined);
  const monthNumber = month === undefined ? 1 : Number(month);
  const dayNumber = day === undefined ? 1 : Number(day);
  const local = utc(Number(year), monthNumber, dayNumber) + timeOfDay(hour, minute, second, fraction);
  if (monthNumber < 1 || monthNumber > 12 || dayNumber < 1 || dayNumber > daysInMonth(Number(year), monthNumber)) return undefined;
  if (Number(hour ?? 0) > 23 || Number(minute ?? 0) > 59 || Number(second ?? 0) > 60) return undefined;
  return {
    isTime: false,
    precision: (given < 0 ? 6 : given) as Precision,
    local,
    offset: zone === undefined ? undefined : zoneOffset(zone),
    hasMilliseconds: fraction !== undefined,
  };
}

export function parseTime(text: string): Temporal | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const [, hour, minute, second, fraction] = match;
  if (Number(hour) > 23 || Number(minute ?? 0) > 59 || Number(second ?? 0) > 59) return undefined;
  const precision = second !== undefined ? 6 : minute !== undefined ? 5 : 4;
  return {
    isTime: true,
    precision,
    local: timeOfDay(hour, minute, second, fraction),
    offset: undefined,
    hasMilliseconds: fraction !== undefined,
  };
}

/** `Date.UTC` takes the years 0 to 99 for 1900 to 1999. */
function utc(year: number, month: number, day: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime();
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function timeOfDay(hour: string | undefined, minute: string | undefined, second: string | undefined, fraction: string | undefined): number {
  return (
    Number(hour ?? 0) * 3_600_000 +
    Number(minute ?? 0) * MINUTE +
    Number(second ?? 0) * 1000 +
    (fraction === undefined ? 0 : Math.floor(Number(`0.${fraction}`) * 1000))
  );
}

function zoneOffset(zone: string): number {
  if (zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  return zone.startsWith('-') ? -minutes : minutes;
}

/** Negative, zero or positive; undefined where the precisions leave it open. */
export function compareTemporals(left: Temporal, right: Temporal): number | undefined {
  if (left.isTime !== right.isTime) return undefined;
  let a = left.local;
  let b = right.local;
  if (left.precision > 3 && right.precision > 3 && !left.isTime) {
    if (left.offset !== undefined && right.offset !== undefined) {
      a -= left.offset * MINUTE;
      b -= right.offset * MINUTE;
    } else if (left.offset !== right.offset) {
      const difference = a - b;
      return Math.abs(difference) > WIDEST_OFFSET ? difference : undefined;
    }
  }
  if (left.precision === right.precision) return a - b;
  const shared = Math.min(left.precision, right.precision) as Precision;
  const difference = floor(a, shared) - floor(b, shared);
  return difference === 0 ? undefined : difference;
}

/** The start of the year, month, … that holds this moment. */
function floor(moment: number, precision: Precision): number {
  const date = new Date(moment);
  if (precision < 2) date.setUTCMonth(0);
  if (precision < 3) date.setUTCDate(1);
  if (precision < 4) date.setUTCHours(0);
  if (precision < 5) date.setUTCMinutes(0);
  if (precision < 6) date.setUTCSeconds(0, 0);
  return date.getTime();
}

const UNITS: Readonly<Record<string, { readonly months?: number; readonly milliseconds?: number; readonly precision: Precision }>> = {
  year: { months: 12, precision: 1 },
  month: { months: 1, precision: 2 },
  week: { milliseconds: 7 * 86_400_000, precision: 3 },
  day: { milliseconds: 86_400_000, precision: 3 },
  hour: { milliseconds: 3_600_000, precision: 4 },
  minute: { milliseconds: MINUTE, precision: 5 },
  second: { milliseconds: 1000, precision: 6 },
  millisecond: { milliseconds: 1, precision: 6 },
};

const UCUM_DURATIONS: Readonly<Record<string, string>> = {
  a: 'year',
  mo: 'month',
  wk: 'week',
  d: 'day',
  h: 'hour',
  min: 'minute',
  s: 'second',
  ms: 'millisecond',
};

/** http://hl7.org/fhirpath/N1/#datetime-arithmetic ; undefined where the unit is none of time, or the result leaves the calendar. */
export function addDuration(moment: Temporal, amount: number, unit: string): string | undefined {
  const definition = UNITS[UCUM_DURATIONS[unit] ?? unit.replace(/s$/, '')];
  if (definition === undefined) return undefined;
  const whole = definition.milliseconds === 1000 ? amount : Math.trunc(amount);
  if (moment.isTime) {
    if (definition.milliseconds === undefined) return undefined;
    const day = 86_400_000;
    return formatTemporal({ ...moment, local: (((moment.local + whole * definition.milliseconds) % day) + day) % day });
  }
  let local = moment.local;
  if (definition.months !== undefined) {
    local = addMonths(local, whole * definition.months);
  } else if (definition.milliseconds !== undefined) {
    if (moment.precision >= definition.precision) {
      local += whole * definition.milliseconds;
    } else {
      // a finer unit than what is given counts in the given one: 2014 + 24 months is 2016, 2014-01 + 31 days is 2014-02
      const days = Math.trunc((whole * definition.milliseconds) / 86_400_000);
      local =
        moment.precision === 3
          ? local + days * 86_400_000
          : addMonths(local, Math.trunc(days / (moment.precision === 1 ? 365 : 30)) * (moment.precision === 1 ? 12 : 1));
    }
  }
  if (moment.precision === 1) local = floor(local, 1);
  const year = new Date(local).getUTCFullYear();
  return Number.isNaN(local) || year < 1 || year > 9999 ? undefined : formatTemporal({ ...moment, local });
}

function addMonths(moment: number, months: number): number {
  const date = new Date(moment);
  const total = date.getUTCFullYear() * 12 + date.getUTCMonth() + months;
  const year = Math.floor(total / 12);
  const month = total - year * 12 + 1;
  const day = Math.min(date.getUTCDate(), daysInMonth(year, month));
  return utc(year, month, day) + (moment - floor(moment, 3));
}

export function formatTemporal(moment: Temporal): string {
  const iso = new Date(moment.local).toISOString();
  const seconds = moment.hasMilliseconds || moment.local % 1000 !== 0 ? 23 : 19;
  if (moment.isTime) return iso.slice(11, moment.precision === 6 ? seconds : moment.precision === 5 ? 16 : 13);
  const ends = [4, 7, 10, 13, 16, seconds];
  const text = iso.slice(0, ends[moment.precision - 1]);
  if (moment.precision < 4 || moment.offset === undefined) return text;
  if (moment.offset === 0) return `${text}Z`;
  const minutes = Math.abs(moment.offset);
  const pad = (part: number): string => String(part).padStart(2, '0');
  return `${text}${moment.offset < 0 ? '-' : '+'}${pad(Math.trunc(minutes / 60))}:${pad(minutes % 60)}`;
}
