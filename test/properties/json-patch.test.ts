/** JSON Patch on documents that nobody thought of: a library that finds differences, and that applies patches, as oracle. */
import { expect } from 'chai';
import fc from 'fast-check';
import { applyPatch, createPatch, type Operation } from 'rfc6902';
import { FhirError } from '../../src/fhir/fhir-error.js';
import { type JsonValue, parseJson } from '../../src/fhir/json.js';
import { equalJsonTrees, type JsonNode, toJsonTree, toJsonValue, writeJsonTree } from '../../src/fhir/json-tree.js';
import { applyJsonPatch, readJsonPatch } from '../../src/interactions/patch/json-patch.js';

const LIMITS = { depth: 200, bytes: 1_000_000, breathe: () => undefined };
const KEYS = ['a', 'b', '0', '1', '', 'a/b', '~', '~1', '-', 'toString', ' ', 'ā'];

const { value: jsonValue } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<JsonValue>(null, true, false, 0, 1, 2.5, '', 'x', '1'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

const escaped = (key: string | number): string => String(key).replaceAll('~', '~0').replaceAll('/', '~1');
const step = fc.oneof(
  { weight: 2, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.constantFrom(...[...KEYS, 2, '01', 7].map((key) => `/${escaped(key)}`)) },
);
/** Where something stands in the document, as a rule, and perhaps a step further. */
const place = fc.record({ nth: fc.nat({ max: 50 }), further: step });

function pointersOf(value: JsonValue, at = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, child]) => pointersOf(child, `${at}/${escaped(key)}`))];
}

const treeOf = (value: JsonValue): JsonNode => toJsonTree(parseJson(JSON.stringify(value)));

/**
 * The library cannot replace the whole, so that its document is a member; and it finds the target of a move before it removes what
 * is moved, which the RFC does not want.
 */
function toLibraryOperations(operation: { op: string; path: string; from?: string }): Operation[] {
  const path = `/${operation.path}`;
  const from = `/${operation.from ?? ''}`;
  if (operation.op !== 'move') return [{ ...operation, path, from } as unknown as Operation];
  return [
    { op: 'copy', from, path: '/moved' },
    { op: 'remove', path: from },
    { op: 'copy', from: '/moved', path },
    { op: 'remove', path: '/moved' },
  ];
}

/** Undefined where it is refused. */
async function patched(document: JsonValue, patch: JsonValue): Promise<JsonNode | undefined> {
  try {
    return await applyJsonPatch(treeOf(document), readJsonPatch(treeOf(patch)), LIMITS);
  } catch (error) {
    if (error instanceof FhirError) return undefined;
    throw error;
  }
}

describe('JSON Patch on generated documents', () => {
  it('makes of one document any other by their difference', async () => {
    await fc.assert(
      fc.asyncProperty(jsonValue, jsonValue, async (left, right) => {
        const patch = createPatch({ root: left }, { root: right }) as unknown as JsonValue;
        const result = await patched({ root: left }, patch);
        expect(result, JSON.stringify(patch)).to.not.equal(undefined);
        expect(toJsonValue(result as JsonNode)).to.deep.equal({ root: right });
      }),
      { numRuns: 2000 },
    );
  });

  it('does what the library does, or refuses what the RFC refuses', async () => {
    const operation = fc.oneof(
      fc.record({ op: fc.constantFrom('add', 'replace', 'test'), path: place, value: jsonValue }),
      fc.record({ op: fc.constant('remove'), path: place }),
      fc.record({ op: fc.constantFrom('move', 'copy'), path: place, from: place }),
    );
    let done = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(jsonValue, jsonValue, jsonValue),
        fc.array(operation, { minLength: 1, maxLength: 3 }),
        async (start, operations) => {
          const pointers = pointersOf({ a: start });
          const toPointer = ({ nth, further }: { nth: number; further: string }): string => `${pointers[nth % pointers.length]}${further}`;
          const patch = operations.map(({ path, ...one }) =>
            'from' in one ? { ...one, path: toPointer(path), from: toPointer(one.from) } : { ...one, path: toPointer(path) },
          );
          const ours = await patched({ a: start }, patch as JsonValue);
          if (ours === undefined) return;
          const whole = { '': JSON.parse(JSON.stringify({ a: start })) as JsonValue };
          const faults = applyPatch(whole, patch.flatMap(toLibraryOperations)).filter((fault) => fault !== null);
          expect(faults, JSON.stringify(patch)).to.deep.equal([]);
          expect(toJsonValue(ours), JSON.stringify(patch)).to.deep.equal(whole['']);
          done++;
        },
      ),
      { numRuns: 4000 },
    );
    expect(done).to.be.greaterThan(1000);
  });

  it('takes back what it did', async () => {
    await fc.assert(
      fc.asyncProperty(jsonValue, jsonValue, async (left, right) => {
        const there = createPatch({ root: left }, { root: right }) as unknown as JsonValue;
        const back = createPatch({ root: right }, { root: left }) as unknown as JsonValue;
        const result = await patched({ root: left }, [
          ...(there as JsonValue[]),
          ...(back as JsonValue[]),
          { op: 'test', path: '/root', value: left },
        ]);
        expect(result !== undefined && equalJsonTrees(result, treeOf({ root: left }))).to.equal(true);
      }),
      { numRuns: 500 },
    );
  });

  it('leaves the digits of all numbers that it does not touch', async () => {
    const literal = fc
      .tuple(
        fc.constantFrom('', '-'),
        fc.nat({ max: 999 }),
        fc.array(fc.nat({ max: 9 }), { maxLength: 20 }),
        fc.constantFrom('', 'e3', 'E-2', 'e+40'),
      )
      .map(([sign, whole, fraction, exponent]) => `${sign}${whole}${fraction.length > 0 ? `.${fraction.join('')}` : ''}${exponent}`);
    await fc.assert(
      fc.asyncProperty(fc.array(literal, { minLength: 1, maxLength: 8 }), literal, async (literals, added) => {
        const text = `{"a":[${literals.join(',')}],"b":{"c":${literals[0]}}}`;
        const patch = parseJson(`[{"op":"add","path":"/a/0","value":${added}},{"op":"move","from":"/b/c","path":"/d"}]`);
        const result = await applyJsonPatch(toJsonTree(parseJson(text)), readJsonPatch(toJsonTree(patch)), LIMITS);
        expect(writeJsonTree(result)).to.equal(`{"a":[${[added, ...literals].join(',')}],"b":{},"d":${literals[0]}}`);
      }),
      { numRuns: 1000 },
    );
  });
});
