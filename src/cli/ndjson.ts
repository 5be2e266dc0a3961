/** The lines of a stream of bytes, one in memory at a time: https://github.com/ndjson/ndjson-spec */

export interface Line {
  /** Counted from 1. */
  readonly line: number;
  /** Without the line feed. */
  readonly bytes: Buffer;
}

const LINE_FEED = 10;

/** Rejects as the stream does. */
export async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  /** What was read of the line under way: joined once, so that a long one takes linear time. */
  let parts: Uint8Array[] = [];
  let line = 1;
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      const rest = chunk.subarray(start, end);
      yield { line, bytes: Buffer.concat(parts.length === 0 ? [rest] : [...parts, rest]) };
      parts = [];
      line++;
      start = end + 1;
    }
    if (start < chunk.length) parts.push(chunk.subarray(start));
  }
  if (parts.length > 0) yield { line, bytes: Buffer.concat(parts) };
}
