/** https://www.rfc-editor.org/rfc/rfc6902: its appendix A row by row, and what is refused. */
import { expect } from 'chai';
import { FhirError } from '../../../../src/fhir/fhir-error.js';
import { type JsonValue, parseJson } from '../../../../src/fhir/json.js';
import { type JsonNode, toJsonTree, writeJsonTree } from '../../../../src/fhir/json-tree.js';
import { applyJsonPatch, readJsonPatch } from '../../../../src/interactions/patch/json-patch.js';

const LIMITS = { depth: 200, bytes: 10_000, breathe: () => undefined };
const treeOf = (value: JsonValue): JsonNode => toJsonTree(parseJson(typeof value === 'string' ? value : JSON.stringify(value)));

async function patchText(document: JsonValue, patch: JsonValue): Promise<string> {
  return writeJsonTree(await applyJsonPatch(treeOf(document), readJsonPatch(treeOf(patch)), LIMITS));
}

async function refusal(document: JsonValue, patch: JsonValue): Promise<FhirError> {
  try {
    await patchText(document, patch);
  } catch (error) {
    if (error instanceof FhirError) return error;
    throw error;
  }
  return expect.fail('The patch was not refused');
}

describe('JSON Patch', () => {
  const appendix: readonly (readonly [title: string, document: JsonValue, patch: JsonValue, result: JsonValue | 400 | 422])[] = [
    ['A.1 an object member', { foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux' }], { baz: 'qux', foo: 'bar' }],
    ['A.2 an array element', { foo: ['bar', 'baz'] }, [{ op: 'add', path: '/foo/1', value: 'qux' }], { foo: ['bar', 'qux', 'baz'] }],
    ['A.3 removing a member', { baz: 'qux', foo: 'bar' }, [{ op: 'remove', path: '/baz' }], { foo: 'bar' }],
    ['A.4 removing an element', { foo: ['bar', 'qux', 'baz'] }, [{ op: 'remove', path: '/foo/1' }], { foo: ['bar', 'baz'] }],
    ['A.5 replacing a value', { baz: 'qux', foo: 'bar' }, [{ op: 'replace', path: '/baz', value: 'boo' }], { baz: 'boo', foo: 'bar' }],
    [
      'A.6 moving a value',
      { foo: { bar: 'baz', waldo: 'fred' }, qux: { corge: 'grault' } },
      [{ op: 'move', from: '/foo/waldo', path: '/qux/thud' }],
      { foo: { bar: 'baz' }, qux: { corge: 'grault', thud: 'fred' } },
    ],
    [
      'A.7 moving an element',
      { foo: ['all', 'grass', 'cows', 'eat'] },
      [{ op: 'move', from: '/foo/1', path: '/foo/3' }],
      { foo: ['all', 'cows', 'eat', 'grass'] },
    ],
    [
      'A.8 a test that succeeds',
      { baz: 'qux', foo: ['a', 2, 'c'] },
      [
        { op: 'test', path: '/baz', value: 'qux' },
        { op: 'test', path: '/foo/1', value: 2 },
      ],
      { baz: 'qux', foo: ['a', 2, 'c'] },
    ],
    ['A.9 a test that fails', { baz: 'qux' }, [{ op: 'test', path: '/baz', value: 'bar' }], 422],
    [
      'A.10 a nested object',
      { foo: 'bar' },
      [{ op: 'add', path: '/child', value: { grandchild: {} } }],
      { foo: 'bar', child: { grandchild: {} } },
    ],
    ['A.11 unknown members', { foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux', xyz: 123 }], { foo: 'bar', baz: 'qux' }],
    ['A.12 a target that does not exist', { foo: 'bar' }, [{ op: 'add', path: '/baz/bat', value: 'qux' }], 400],
    // of doubled members the last counts to the parser; read-patch.ts refuses such a text
    ['A.13 a document that is no patch', { foo: 'bar' }, [{ op: 'added', path: '/baz', value: 'qux' }], 400],
    ['A.14 escapes', { '/': 9, '~1': 10 }, [{ op: 'test', path: '/~01', value: 10 }], { '/': 9, '~1': 10 }],
    ['A.15 strings and numbers', { '/': 9, '~1': 10 }, [{ op: 'test', path: '/~01', value: '10' }], 422],
    ['A.16 an array value', { foo: ['bar'] }, [{ op: 'add', path: '/foo/-', value: ['abc', 'def'] }], { foo: ['bar', ['abc', 'def']] }],
  ];
  for (const [title, document, patch, result] of appendix) {
    it(title, async () => {
      if (typeof result === 'number') expect((await refusal(document, patch)).status).to.equal(result);
      else expect(JSON.parse(await patchText(document, patch))).to.deep.equal(result);
    });
  }

  it('replaces and copies', async () => {
    const patch = [
      { op: 'copy', from: '/a', path: '/b' },
      { op: 'replace', path: '/a/0', value: 2 },
      { op: 'add', path: '/a', value: [7] },
      { op: 'move', from: '/b', path: '/b' },
      { op: 'replace', path: '/c', value: null },
      { op: 'add', path: '', value: 'whole' },
      { op: 'replace', path: '', value: { x: 1 } },
      { op: 'copy', from: '', path: '/whole' },
    ];
    expect(JSON.parse(await patchText({ a: [1], c: 1 }, patch.slice(0, 5)))).to.deep.equal({ a: [7], b: [1], c: null });
    expect(JSON.parse(await patchText({ a: [1], c: 1 }, patch))).to.deep.equal({ x: 1, whole: { x: 1 } });
  });

  it('keeps the digits of numbers, and compares them by value', async () => {
    const patch = '[{"op":"test","path":"/a","value":1},{"op":"add","path":"/c","value":3.00},{"op":"copy","from":"/b","path":"/d"}]';
    expect(await patchText('{"a":1.0,"b":[2.50]}', patch)).to.equal('{"a":1.0,"b":[2.50],"c":3.00,"d":[2.50]}');
  });

  const document = { list: ['a', 'b'], text: 'x', empty: [], none: null };
  const refused: readonly (readonly [title: string, status: number, text: string, operation: JsonValue])[] = [
    ['no object', 400, 'is no object', 7],
    ['no op', 400, "has no 'op'", { path: '/text' }],
    ['an inherited op', 400, "'toString'", { op: 'toString', path: '/text' }],
    ['no path', 400, "without 'path'", { op: 'remove' }],
    ['a path that is no string', 400, "no string as 'path'", { op: 'remove', path: 7 }],
    ['a path without a slash', 400, "starts with '/'", { op: 'remove', path: 'text' }],
    ['a broken escape', 400, "'~' is written", { op: 'remove', path: '/te~2xt' }],
    ['an add without a value', 400, "without 'value'", { op: 'add', path: '/text' }],
    ['a replace without a value', 400, "without 'value'", { op: 'replace', path: '/text' }],
    ['a test without a value', 400, "without 'value'", { op: 'test', path: '/text' }],
    ['a move without from', 400, "without 'from'", { op: 'move', path: '/text' }],
    ['a copy without from', 400, "without 'from'", { op: 'copy', path: '/text' }],
    ['a from that is no pointer', 400, "whose 'from'", { op: 'copy', from: 'text', path: '/text' }],
    ['removing what is not there', 400, "there is no 'nothing' at ''", { op: 'remove', path: '/nothing' }],
    ['replacing what is not there', 400, "there is no 'nothing'", { op: 'replace', path: '/nothing', value: 1 }],
    ['copying what is not there', 400, "there is no 'nothing'", { op: 'copy', from: '/nothing', path: '/text' }],
    ['moving what is not there', 400, "there is no 'nothing'", { op: 'move', from: '/nothing', path: '/nothing' }],
    ['testing what is not there', 422, "there is no 'nothing'", { op: 'test', path: '/nothing', value: null }],
    ['a member of a text', 400, "'/text' is a string", { op: 'add', path: '/text/a', value: 1 }],
    ['a member of null', 400, "'/none' is null", { op: 'add', path: '/none/a', value: 1 }],
    ['a parent that is not there', 400, "there is no 'x'", { op: 'add', path: '/x/y', value: 1 }],
    ['an index beyond the end', 400, 'ends at 2', { op: 'add', path: '/list/3', value: 1 }],
    ['replacing beyond the end', 400, 'ends at 1', { op: 'replace', path: '/list/2', value: 1 }],
    ['replacing in an empty list', 400, 'is empty', { op: 'replace', path: '/empty/0', value: 1 }],
    ['replacing the end', 400, 'is no index', { op: 'replace', path: '/list/-', value: 1 }],
    ['removing the end', 400, 'is no index', { op: 'remove', path: '/list/-' }],
    ['an index with a zero before it', 400, 'is no index', { op: 'remove', path: '/list/01' }],
    ['a negative index', 400, 'is no index', { op: 'add', path: '/list/-1', value: 1 }],
    ['a broken index', 400, 'is no index', { op: 'add', path: '/list/1.5', value: 1 }],
    ['an exponent', 400, 'is no index', { op: 'add', path: '/list/1e0', value: 1 }],
    ['a property of lists', 400, 'is no index', { op: 'replace', path: '/list/length', value: 0 }],
    ['adding a prototype', 400, "'__proto__' is not allowed", { op: 'add', path: '/__proto__', value: { polluted: 1 } }],
    ['a path through a prototype', 400, "there is no '__proto__'", { op: 'add', path: '/__proto__/polluted', value: 1 }],
    ['a path through a constructor', 400, "there is no 'constructor'", { op: 'add', path: '/constructor/prototype/polluted', value: 1 }],
    ['removing everything', 400, 'cannot be removed', { op: 'remove', path: '' }],
    ['moving into itself', 400, 'into itself', { op: 'move', from: '/list', path: '/list/0' }],
    ['moving everything into a member', 400, 'into itself', { op: 'move', from: '', path: '/x' }],
  ];
  for (const [title, status, text, operation] of refused) {
    it(`refuses ${title}`, async () => {
      const first = { op: 'test', path: '/text', value: 'x' };
      const error = await refusal(document, [first, operation]);
      expect(error.message).to.include(text).and.include('Operation 1 of the JSON Patch');
      expect(error.status).to.equal(status);
      expect(({} as { polluted?: unknown }).polluted).to.equal(undefined);
    });
  }

  it('refuses what is no array, and thousands of operations', () => {
    expect(() => readJsonPatch(treeOf({ op: 'remove', path: '/a' }))).to.throw(FhirError, 'array of operations');
    const many = Array.from({ length: 1001 }, () => ({ op: 'remove', path: '/a' }));
    expect(() => readJsonPatch(treeOf(many))).to.throw(FhirError, 'at most 1000');
  });

  it('does not grow or become nested without end', async () => {
    const doubling = Array.from({ length: 100 }, (_, index) => ({ op: 'copy', from: '/a', path: `/a/${index}x` }));
    expect((await refusal({ a: { text: 'x'.repeat(100) } }, doubling)).status).to.equal(413);
    const deep: JsonValue = JSON.parse('['.repeat(150) + ']'.repeat(150)) as JsonValue;
    const nesting = [
      { op: 'add', path: '/deep', value: deep },
      { op: 'add', path: `/deep${'/0'.repeat(100)}/-`, value: deep },
    ];
    expect((await refusal({}, nesting)).message).to.include('nested deeper than 200');
  });
});
