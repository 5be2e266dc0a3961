/**
 * FHIR date, dateTime and instant as closed intervals of milliseconds: https://hl7.org/fhir/R4/datatypes.html#dateTime
 * What states no zone is read as UTC, on both sides of a comparison: an index entry is made once and cannot know the zone of
 * whoever will search, and two dates without a zone then compare as dates, as https://hl7.org/fhir/R4/search.html#date asks.
 */

/** Closed interval, milliseconds since 1970 UTC. */
export interface TimeRange {
  readonly low: number;
  readonly high: number;
}

type DateTimePrecision = 'year' | 'month' | 'day' | 'minute' | 'second' | 'fraction';

export interface ParsedDateTime extends TimeRange {
  readonly precision: DateTimePrecision;
  /** False for dates, and for times that state no zone. */
  readonly hasZone: boolean;
}

/** Open ends of a Period. Finite, so that a store can keep them as numbers. */
export const EARLIEST_TIME = -8.64e15;
export const LATEST_TIME = 8.64e15;

const DAY = 86_400_000;
const MINUTE = 60_000;
const SECOND = 1000;
const WIDEST_OFFSET = 14 * 60;

/**
 * From the year alone to any fraction of a second; undefined when the text is something else or no calendar has that day.
 * Wider than the types of a resource: minutes without seconds and times without zone are what searches may hold.
 */
export function parseDateTime(text: string): ParsedDateTime | undefined {
  const { length } = text;
  const year = digits(text, 0, 4);
  if (year < 1) return undefined;
  if (length === 4)
    return { low: dayNumber(year, 1, 1) * DAY, high: dayNumber(year + 1, 1, 1) * DAY - 1, precision: 'year', hasZone: false };
  const month = text[4] === '-' ? digits(text, 5, 2) : -1;
  if (month < 1 || month > 12) return undefined;
  if (length === 7) {
    const low = dayNumber(year, month, 1);
    return { low: low * DAY, high: (low + daysInMonth(year, month)) * DAY - 1, precision: 'month', hasZone: false };
  }
  const day = text[7] === '-' ? digits(text, 8, 2) : -1;
  if (day < 1 || day > daysInMonth(year, month)) return undefined;
  const midnight = dayNumber(year, month, day) * DAY;
  if (length === 10) return { low: midnight, high: midnight + DAY - 1, precision: 'day', hasZone: false };
  return text[10] === 'T' ? parseTime(text, midnight) : undefined;
}

function parseTime(text: string, midnight: number): ParsedDateTime | undefined {
  const hour = digits(text, 11, 2);
  const minute = text[13] === ':' ? digits(text, 14, 2) : -1;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return undefined;
  let low = midnight + hour * 3_600_000 + minute * MINUTE;
  let width = MINUTE;
  let precision: DateTimePrecision = 'minute';
  let position = 16;
  if (text[16] === ':') {
    const second = digits(text, 17, 2);
    // a leap second is the instant at which the next minute begins, as in POSIX time
    if (second < 0 || second > 60) return undefined;
    low += second * SECOND;
    width = SECOND;
    precision = 'second';
    position = 19;
    if (text[19] === '.') {
      let end = 20;
      while (end < text.length && isDigit(text.charCodeAt(end))) end += 1;
      const count = end - 20;
      if (count === 0) return undefined;
      const kept = Math.min(count, 3);
      width = 10 ** (3 - kept);
      low += digits(text, 20, kept) * width;
      precision = 'fraction';
      position = end;
    }
  }
  const offset = zoneOffset(text, position);
  if (offset === undefined) return undefined;
  low -= offset * MINUTE;
  return { low, high: low + width - 1, precision, hasZone: position < text.length };
}

/** Minutes east of UTC; 0 when there is no zone; undefined when what stands there is none. */
function zoneOffset(text: string, position: number): number | undefined {
  if (position === text.length) return 0;
  const sign = text[position];
  if (sign === 'Z') return position + 1 === text.length ? 0 : undefined;
  if ((sign !== '+' && sign !== '-') || position + 6 !== text.length || text[position + 3] !== ':') return undefined;
  const hours = digits(text, position + 1, 2);
  const minutes = digits(text, position + 4, 2);
  const offset = hours * 60 + minutes;
  if (hours < 0 || minutes < 0 || minutes > 59 || offset > WIDEST_OFFSET) return undefined;
  return sign === '+' ? offset : -offset;
}

/** The number that `count` digits from `start` make; -1 when other characters stand there. */
function digits(text: string, start: number, count: number): number {
  if (start + count > text.length) return -1;
  let value = 0;
  for (let index = start; index < start + count; index += 1) {
    const code = text.charCodeAt(index);
    if (!isDigit(code)) return -1;
    value = value * 10 + code - 48;
  }
  return value;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function daysInMonth(year: number, month: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 && isLeap ? 29 : (DAYS_IN_MONTH[month - 1] as number);
}

/** Days since 1970-01-01 in the proleptic Gregorian calendar. Years counted from March put the leap day last. */
function dayNumber(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1;
  const marchMonth = (month + 9) % 12;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + Math.floor((marchMonth * 153 + 2) / 5) + day - 719_469;
}
