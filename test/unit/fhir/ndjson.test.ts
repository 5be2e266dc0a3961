import { Readable } from 'node:stream';
import { expect } from 'chai';
import { linesOf } from '../../../src/fhir/ndjson.js';

describe('linesOf', () => {
  const read = async (chunks: readonly string[]): Promise<readonly string[]> => {
    const lines: string[] = [];
    for await (const { line, bytes } of linesOf(Readable.from(chunks.map((chunk) => Buffer.from(chunk, 'latin1'))))) {
      lines.push(`${line} ${bytes.toString('latin1')}`);
    }
    return lines;
  };

  it('gives the same lines however the bytes come', async () => {
    const text = 'one\n\ntwo \xc4\nthree';
    const expected = ['1 one', '2 ', '3 two \xc4', '4 three'];
    for (let size = 1; size <= text.length; size++) {
      const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, index) => text.slice(index * size, (index + 1) * size));
      expect(await read(chunks)).to.deep.equal(expected);
    }
  });

  it('gives no line after the last line feed', async () => {
    expect(await read(['one\n'])).to.deep.equal(['1 one']);
    expect(await read([])).to.deep.equal([]);
  });

  it('rejects as the stream does', async () => {
    const stream = Readable.from(
      (async function* () {
        yield Buffer.from('one\ntwo');
        throw new Error('gone');
      })(),
    );
    const seen: number[] = [];
    try {
      for await (const { line } of linesOf(stream)) seen.push(line);
      throw new Error('It ended');
    } catch (error) {
      expect((error as Error).message).to.equal('gone');
    }
    expect(seen).to.deep.equal([1]);
  });
});
