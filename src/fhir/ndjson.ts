/** The lines of a stream of bytes, one in memory at a time: https://github.com/ndjson/ndjson-spec */

export interface Line {
  /** Counted from 1. */
  readonly line: number;
  /** Without the line feed; of a line that is longer than is allowed, its beginning. */
  readonly bytes: Buffer;
  readonly isTooLong: boolean;
}

const LINE_FEED = 10;

/** Rejects as the stream does. What is beyond `mostBytes` of a line is passed over. */
export async function* linesOf(stream: AsyncIterable<Uint8Array>, mostBytes = Number.POSITIVE_INFINITY): AsyncGenerator<Line> {
  /** What was read of the line under way: joined once, so that a long one takes linear time. */
  let parts: Uint8Array[] = [];
  let length = 0;
  let line = 1;
  const take = (part: Uint8Array): void => {
    if (length < mostBytes) parts.push(part.subarray(0, mostBytes - length));
    length += part.length;
  };
  const finish = (): Line => ({ line, bytes: Buffer.concat(parts), isTooLong: length > mostBytes });
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      take(chunk.subarray(start, end));
      yield finish();
      parts = [];
      length = 0;
      line++;
      start = end + 1;
    }
    if (start < chunk.length) take(chunk.subarray(start));
  }
  if (parts.length > 0) yield finish();
}
