import { expect } from 'chai';
import fc from 'fast-check';
import { JsonSyntaxError, parseJson } from '../../../src/fhir/json.js';

function faultOf(text: string, maxDepth?: number): JsonSyntaxError {
  try {
    parseJson(text, maxDepth === undefined ? {} : { maxDepth });
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

describe('parseJson', () => {
  it('gives the value of the native parser', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = JSON.stringify(value);
        const document = parseJson(text);
        expect(document.value).to.deep.equal(JSON.parse(text));
        expect(document.problems.filter((problem) => problem.kind === 'duplicate-key')).to.deep.equal([]);
      }),
      { seed: 20240501, numRuns: 500 },
    );
  });

  it('refuses every text that the native parser refuses, with the position of the fault', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), fc.constantFrom('', '}', ',', '"', '\\', '01', 'tru', '\u0000'), (value, where, junk) => {
        const sound = JSON.stringify(value);
        const at = where % (sound.length + 1);
        const text = sound.slice(0, at) + junk + sound.slice(at + 1);
        let native = true;
        try {
          JSON.parse(text);
        } catch {
          native = false;
        }
        if (native) parseJson(text);
        else expect(faultOf(text).position.column).to.be.greaterThan(0);
      }),
      { seed: 20240502, numRuns: 1000 },
    );
  });

  it('says line and column of a syntax fault', () => {
    const fault = faultOf('{\n  "a": 1,\n  "b" 2\n}');
    expect(fault.position).to.deep.equal({ line: 3, column: 7 });
    expect(fault.message).to.contain("after the property name 'b'");
  });

  it('reads strings of any length where it looks for positions', () => {
    const long = 'YWFh'.repeat(4_000_000);
    expect(parseJson(`{"a":1.50,"b":"${long}"}`).numberLiteral(['a'])).to.equal('1.50');
    expect(faultOf(`{"a":"${long}",\n}`).position).to.deep.equal({ line: 2, column: 1 });
  });

  it('refuses an object of more properties than any element has, and says where it begins', () => {
    const wide = (count: number): string => `{${Array.from({ length: count }, (_, index) => `"k${index}":{"x":1}`).join()}}`;
    expect(parseJson(`{"a":1,\n"b":[${wide(10_000)}]}`).problems).to.deep.equal([]);
    const fault = faultOf(`{"a":"\\"{",\n"b":[${wide(10_001)}]}`);
    expect(fault.position).to.deep.equal({ line: 2, column: 6 });
    expect(fault.message).to.equal('An object has 10001 properties; at most 10000 are read');
  });

  it('finds doubled keys at any depth, whatever escapes they are written with', () => {
    const document = parseJson('{"a":[{"x":1,"\\u0078":2}]}');
    expect(document.problems.map(({ kind, path }) => ({ kind, path }))).to.deep.equal([{ kind: 'duplicate-key', path: ['a', 0, 'x'] }]);
  });

  it('finds the key __proto__ and does not touch the prototype', () => {
    const document = parseJson('{"a":{"__proto__":{"polluted":true}}}');
    expect(document.problems.map((problem) => problem.kind)).to.deep.equal(['forbidden-key']);
    expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined);
  });

  it('finds halves of surrogate pairs written as escapes or as they are', () => {
    expect(parseJson('{"a":"\\ud83d"}').problems[0]).to.include({ kind: 'lone-surrogate' });
    expect(parseJson('{"a":"\ud83d"}').problems[0]).to.include({ kind: 'lone-surrogate' });
    expect(parseJson('{"a":"\\ud83d\\ude00"}').problems).to.deep.equal([]);
  });

  it('keeps number literals that a double would change', () => {
    for (const literal of ['1.10', '1e2', '12345678901234567890', '-0', '1E400', '0.1000000000000000055']) {
      const document = parseJson(`{"a":[0,${literal}]}`);
      expect(document.hasInexactNumbers, literal).to.equal(true);
      expect(document.numberLiteral(['a', 1])).to.equal(literal);
    }
    expect(parseJson('{"a":[1.5,-3,0,123456]}').hasInexactNumbers).to.equal(false);
  });

  it('says where a value stands, or its nearest ancestor', () => {
    const document = parseJson('{"a": 1,\n "b": {"c": [10,\n 20]}}');
    expect(document.positionOf?.(['b', 'c', 1])).to.deep.equal({ line: 3, column: 2 });
    expect(document.positionOf?.(['b', 'missing'])).to.deep.equal({ line: 2, column: 7 });
  });

  it('refuses what is nested too deeply, also when it is not closed', () => {
    expect(faultOf(`${'['.repeat(10_000)}${']'.repeat(10_000)}`).message).to.contain('nested deeper than 200 levels');
    expect(faultOf('[['.repeat(50_000)).message).to.contain('nested deeper');
    expect(faultOf('[[[]]]', 2).position).to.deep.equal({ line: 1, column: 3 });
  });
});
