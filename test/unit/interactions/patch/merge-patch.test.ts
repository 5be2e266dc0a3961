/** https://www.rfc-editor.org/rfc/rfc7386#appendix-A, row by row. */
import { expect } from 'chai';
import { parseJson } from '../../../../src/fhir/json.js';
import { type JsonNode, toJsonTree, writeJsonTree } from '../../../../src/fhir/json-tree.js';
import { applyMergePatch } from '../../../../src/interactions/patch/merge-patch.js';

const treeOf = (text: string): JsonNode => toJsonTree(parseJson(text));

describe('JSON Merge Patch', () => {
  const rows: readonly (readonly [original: string, patch: string, result: string])[] = [
    ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
    ['{"a":"b"}', '{"a":null}', '{}'],
    ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
    ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
    ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
    ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
    ['["a","b"]', '["c","d"]', '["c","d"]'],
    ['{"a":"b"}', '["c"]', '["c"]'],
    ['{"a":"foo"}', 'null', 'null'],
    ['{"a":"foo"}', '"bar"', '"bar"'],
    ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
    ['[1,2]', '{"a":"b","c":null}', '{"a":"b"}'],
    ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
    // and the digits of numbers
    ['{"a":1.0,"b":2.50}', '{"a":3.00,"c":{"d":4.0}}', '{"a":3.00,"b":2.50,"c":{"d":4.0}}'],
    ['{"a":{"toString":1}}', '{"a":{"constructor":{"x":1}}}', '{"a":{"toString":1,"constructor":{"x":1}}}'],
  ];
  for (const [original, patch, result] of rows) {
    it(`${original} with ${patch} is ${result}`, () => {
      expect(writeJsonTree(applyMergePatch(treeOf(original), treeOf(patch)))).to.equal(result);
    });
  }

  it('gives a result of its own', () => {
    const patch = treeOf('{"a":{"b":[1]}}');
    const result = applyMergePatch({}, patch);
    applyMergePatch(result, treeOf('{"a":{"b":null}}'));
    expect(writeJsonTree(patch)).to.equal('{"a":{"b":[1]}}');
  });
});
