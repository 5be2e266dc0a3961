import { expect } from 'chai';
import { isJsonObject, type JsonObject, parseJson } from '../../../../src/fhir/json.js';
import { entryResourceSpans } from '../../../../src/fhir/json-text.js';
import { BundleText, EntryDocument } from '../../../../src/interactions/transaction/entry-document.js';

describe('the document of an entry', () => {
  const text = `{"resourceType": "Bundle", "entry": [
  {"resource": {"resourceType": "Observation",
    "valueQuantity": {"value": 1.50}}}, {"resource": {"resourceType": "Basic", "id":
"b", "code": {"text": "x"}}},
  {"request": {}}]}`;
  const bundle = parseJson(text);
  const spans = entryResourceSpans(text);

  function documentOf(index: number): EntryDocument {
    const span = spans[index];
    const entries = isJsonObject(bundle.value) ? (bundle.value['entry'] as JsonObject[]) : [];
    const value = entries[index]?.['resource'];
    if (span === undefined || !isJsonObject(value)) return expect.fail(`Entry ${index} has no resource`);
    return new EntryDocument(new BundleText(bundle), span, value, [], 200);
  }

  it('has the positions of the Bundle, on its first line as on those that follow', () => {
    for (const [index, path] of [
      [0, []],
      [0, ['resourceType']],
      [0, ['valueQuantity', 'value']],
      [0, ['valueQuantity', 'unknown']],
      [1, []],
      [1, ['id']],
      [1, ['code', 'text']],
    ] as const) {
      expect(documentOf(index).positionOf?.(path), `${index} ${path.join('.')}`).to.deep.equal(
        bundle.positionOf?.(['entry', index, 'resource', ...path]),
      );
    }
  });

  it('has the literals of its numbers, and knows whether it has any that a double does not keep', () => {
    expect(documentOf(0).numberLiteral(['valueQuantity', 'value'])).to.equal('1.50');
    expect(documentOf(0).hasInexactNumbers).to.equal(true);
    expect(documentOf(1).hasInexactNumbers).to.equal(false);
    expect(documentOf(1).numberLiteral(['id'])).to.equal(undefined);
  });

  it('is the text of its resource alone', () => {
    expect(documentOf(1).text).to.equal('{"resourceType": "Basic", "id":\n"b", "code": {"text": "x"}}');
    expect(spans[2]).to.equal(undefined);
  });
});
