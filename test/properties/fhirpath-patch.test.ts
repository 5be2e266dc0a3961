/** FHIRPath Patches of several operations against the same operations one by one: what is remembered between them must not matter. */
import { expect } from 'chai';
import fc from 'fast-check';
import { createConformanceRegistry } from '../../src/conformance/create-conformance-registry.js';
import { FhirError } from '../../src/fhir/fhir-error.js';
import { type JsonObject, parseJson } from '../../src/fhir/json.js';
import { type JsonTree, toJsonTree, writeJsonTree } from '../../src/fhir/json-tree.js';
import { applyFhirPathPatch } from '../../src/interactions/patch/fhirpath-patch.js';
import { readFhirPathPatch } from '../../src/interactions/patch/fhirpath-patch-operation.js';
import { core } from '../support/validator-fixture.js';

const conformance = createConformanceRegistry({ core });
const LIMITS = { depth: 200, bytes: 1_000_000, breathe: () => undefined };
const START: JsonObject = {
  resourceType: 'Questionnaire',
  title: 'q',
  item: [
    { linkId: '1', text: 'a', item: [{ linkId: '1.1' }, { linkId: '1.2', prefix: 'p', _prefix: { id: 'x' } }] },
    { linkId: '2', code: [{ code: 'a' }, { code: 'b' }] },
  ],
};

const treeOf = (value: JsonObject): JsonTree => toJsonTree(parseJson(JSON.stringify(value))) as JsonTree;

const element = fc.constantFrom(
  'item[0]',
  'item[1]',
  'item[0].item[0]',
  'item[0].item[1]',
  'item.last()',
  'repeat(item).where(text.exists()).first()',
  'descendants().where(linkId.exists()).last()',
);
const type = (valueCode: string): JsonObject => ({ name: 'type', valueCode });
const path = (...steps: string[]): JsonObject => ({ name: 'path', valueString: ['Questionnaire', ...steps].join('.') });
const index = (name: string, valueInteger: number): JsonObject => ({ name, valueInteger });
const small = fc.nat({ max: 2 });
const operation: fc.Arbitrary<readonly JsonObject[]> = fc.oneof(
  fc
    .tuple(element, fc.constantFrom('item', 'code', 'text', 'prefix'))
    .map(([at, name]) => [
      type('add'),
      path(at),
      { name: 'name', valueString: name },
      name === 'item'
        ? { name: 'value', part: [{ name: 'linkId', valueString: 'new' }] }
        : { name: 'value', ...(name === 'code' ? { valueCoding: { code: 'new' } } : { valueString: 'new' }) },
    ]),
  fc
    .tuple(element, fc.constantFrom('text', 'prefix'))
    .map(([at, of]) => [
      type('add'),
      path(at, of),
      { name: 'name', valueString: 'extension' },
      { name: 'value', valueExtension: { url: 'urn:x', valueInteger: 1 } },
    ]),
  fc
    .tuple(element, fc.constantFrom('text', 'prefix', 'item[0]', 'code[0]', 'prefix.extension[0]'))
    .map(([at, of]) => [type('delete'), path(at, of)]),
  element.map((at) => [type('delete'), path(at)]),
  fc
    .tuple(element, fc.constantFrom('text', 'linkId'))
    .map(([at, of]) => [type('replace'), path(at, of), { name: 'value', valueString: 'other' }]),
  fc.tuple(small, small).map(([from, to]) => [type('move'), path('item'), index('source', from), index('destination', to)]),
  fc
    .tuple(element, small)
    .map(([at, to]) => [
      type('insert'),
      path(at, 'item'),
      index('index', to),
      { name: 'value', part: [{ name: 'linkId', valueString: 'in' }] },
    ]),
);

/** Whether it could be done. */
async function apply(tree: JsonTree, operations: readonly (readonly JsonObject[])[]): Promise<boolean> {
  const parameter = operations.map((part) => ({ name: 'operation', part: [...part] }));
  try {
    await applyFhirPathPatch(tree, readFhirPathPatch(treeOf({ resourceType: 'Parameters', parameter })), conformance, LIMITS);
    return true;
  } catch (error) {
    if (error instanceof FhirError) return false;
    throw error;
  }
}

describe('FHIRPath Patch of several operations', () => {
  it('does what its operations do one by one', async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 8 }), async (operations) => {
        const singly = treeOf(START);
        const done: (readonly JsonObject[])[] = [];
        // those that cannot be done are left out: they would end the whole
        for (const one of operations) if (await apply(singly, [one])) done.push(one);
        if (done.length === 0) return;
        const together = treeOf(START);
        expect(await apply(together, done)).to.equal(true);
        expect(writeJsonTree(together)).to.equal(writeJsonTree(singly));
        compared += done.length;
      }),
      { numRuns: 500 },
    );
    expect(compared).to.be.greaterThan(500);
  });
});
