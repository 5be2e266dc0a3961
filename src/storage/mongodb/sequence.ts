/** The cluster's clock as one whole number, which is what a history's cursor holds. */
import { Timestamp } from 'mongodb';

/** 2020 in seconds: with it the number stays exact as long as 32 bits of seconds last. */
const EPOCH = 1_577_836_800;
/** The clock gives fewer instants than this in a second. */
const PER_SECOND = 2 ** 21;
const MAX_SECONDS = 2 ** 32 - 1;

export function toSequence({ t, i }: Timestamp): number {
  return (t - EPOCH) * PER_SECOND + i;
}

export function fromSequence(sequence: number): Timestamp {
  const seconds = Math.floor(sequence / PER_SECOND);
  if (seconds < 0) return new Timestamp({ t: 0, i: 1 });
  if (seconds + EPOCH > MAX_SECONDS) return new Timestamp({ t: MAX_SECONDS, i: 0 });
  return new Timestamp({ t: EPOCH + seconds, i: sequence - seconds * PER_SECOND });
}
