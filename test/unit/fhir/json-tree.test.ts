import { expect } from 'chai';
import { parseJson } from '../../../src/fhir/json.js';
import {
  cloneJsonTree,
  equalJsonTrees,
  isDeeperThan,
  type JsonNode,
  toJsonTree,
  toJsonValue,
  weighJsonTree,
  writeJsonTree,
} from '../../../src/fhir/json-tree.js';

const treeOf = (text: string): JsonNode => toJsonTree(parseJson(text));

describe('JSON trees', () => {
  it('print numbers as they were written', () => {
    const text = '{"a":[1.0,-0.50,1e400,12345678901234567890,7],"b":{"c":1.10,"1":"1.0"},"d":null,"e":true,"f":"\\u2028\\"x"}';
    expect(writeJsonTree(treeOf(text))).to.equal(text.replace('{"c":1.10,"1":"1.0"}', '{"1":"1.0","c":1.10}').replace('\\u2028', '\u2028'));
    expect(writeJsonTree(cloneJsonTree(treeOf('[1.0,{"a":2.50}]')))).to.equal('[1.0,{"a":2.50}]');
  });

  it('are values of JSON but for the digits', () => {
    expect(toJsonValue(treeOf('{"a":[1.0,{"b":2.50}],"c":"x"}'))).to.deep.equal({ a: [1, { b: 2.5 }], c: 'x' });
  });

  const equal: readonly (readonly [string, string, boolean])[] = [
    ['1.0', '1', true],
    ['1.0', '1.00', true],
    ['100', '1e2', true],
    ['12345678901234567890', '12345678901234567891', false],
    ['1e400', '1e401', false],
    ['1', '"1"', false],
    ['{"a":1,"b":[2]}', '{"b":[2.0],"a":1}', true],
    ['{"a":1}', '{"a":1,"b":null}', false],
    ['{"a":1}', '{"b":1}', false],
    ['{"toString":1}', '{}', false],
    ['[1,2]', '[2,1]', false],
    ['[]', '{}', false],
    ['null', '{}', false],
    ['null', 'null', true],
  ];
  for (const [left, right, wanted] of equal) {
    it(`${left} ${wanted ? 'equals' : 'is not'} ${right}`, () => {
      expect(equalJsonTrees(treeOf(left), treeOf(right))).to.equal(wanted);
      expect(equalJsonTrees(treeOf(right), treeOf(left))).to.equal(wanted);
    });
  }

  it('have a weight that is about their length, and a depth', () => {
    const tree = treeOf('{"name":[{"given":["Hine","Mere"]}],"n":1.00}');
    expect(weighJsonTree(tree)).to.be.within(25, 60);
    expect(weighJsonTree(tree, 5)).to.be.greaterThan(5);
    expect([0, 1, 2, 3, 4].map((depth) => isDeeperThan(tree, depth))).to.deep.equal([true, true, true, true, false]);
    expect(isDeeperThan('x', 0)).to.equal(false);
  });
});
