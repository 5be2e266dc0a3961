/** Calls into libraries that print to the console what they are given: that may be a patient's, and the console is the log's. */

export function quietly<T>(work: () => T): T {
  const { log } = console;
  console.log = () => undefined;
  try {
    return work();
  } finally {
    console.log = log;
  }
}
