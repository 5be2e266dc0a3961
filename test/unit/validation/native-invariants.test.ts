/** Where native invariants say something else than the published expressions, and what the oracle of the property test cannot be asked. */
import { expect } from 'chai';
import type { JsonObject, JsonValue } from '../../../src/fhir/json.js';
import { findNativeInvariant, nativeInvariants } from '../../../src/validation/invariants/index.js';

const REF_1 = "reference.startsWith('#').not() or (reference.substring(1).trace('url') in %rootResource.contained.id.trace('ids'))";

function expressionOf(start: string): string {
  const found = [...nativeInvariants.keys()].find((expression) => expression.startsWith(start));
  if (found === undefined) throw new Error(`There is no native invariant that starts with ${start}`);
  return found;
}

function holds(expression: string, value: JsonValue, resource: JsonObject = { resourceType: 'Basic' }, rootResource = resource): boolean {
  const native = findNativeInvariant(expression);
  if (native === undefined) throw new Error(`${expression} is not native`);
  return native(value, undefined, { resource, rootResource });
}

describe('native invariants', () => {
  it('are found whatever the white space', () => {
    expect(findNativeInvariant('  fixed.empty()\n or (type.count()  <= 1) ')).to.equal(
      findNativeInvariant('fixed.empty() or (type.count() <= 1)'),
    );
    expect(findNativeInvariant('fixed.empty()')).to.equal(undefined);
  });

  it('ref-1 holds for a reference without a literal', () => {
    expect(holds(REF_1, { display: 'Dr Aroha Ngata' })).to.equal(true);
  });

  it('ref-1 lets a contained resource refer to its container, and nobody else to itself', () => {
    const contained: JsonObject = { resourceType: 'Basic', id: 'x' };
    const root: JsonObject = { resourceType: 'Basic', contained: [contained] };
    expect(holds(REF_1, { reference: '#' }, contained, root)).to.equal(true);
    expect(holds(REF_1, { reference: '#' }, root)).to.equal(false);
  });

  it('ref-1 finds its target among many contained resources', () => {
    const contained = Array.from({ length: 20 }, (_, index): JsonObject => ({ resourceType: 'Basic', id: `c${index}` }));
    const root: JsonObject = { resourceType: 'Basic', contained };
    expect(holds(REF_1, { reference: '#c19' }, root)).to.equal(true);
    expect(holds(REF_1, { reference: '#c20' }, root)).to.equal(false);
  });

  it('dom-3 needs one walk for thousands of contained resources', () => {
    const ids = Array.from({ length: 5000 }, (_, index) => `c${index}`);
    const resource: JsonObject = {
      resourceType: 'List',
      contained: ids.map((id) => ({ resourceType: 'Basic', id })),
      entry: ids.map((id) => ({ item: { reference: `#${id}` } })),
    };
    const dom3 = expressionOf("contained.where((('#'+id in");
    expect(holds(dom3, resource, resource)).to.equal(true);
    (resource['entry'] as JsonValue[]).pop();
    expect(holds(dom3, resource, resource)).to.equal(false);
  });

  it('dom-3 takes no plain text for a reference', () => {
    const dom3 = expressionOf("contained.where((('#'+id in");
    const withExtension = (extension: JsonObject): JsonObject => ({
      resourceType: 'Basic',
      contained: [{ resourceType: 'Basic', id: 'x' }],
      extension: [{ url: 'http://x.org/e', ...extension }],
    });
    const textOnly = withExtension({ valueString: '#x' });
    expect(holds(dom3, textOnly, textOnly)).to.equal(false);
    const uri = withExtension({ valueUri: '#x' });
    expect(holds(dom3, uri, uri)).to.equal(true);
  });

  it('que-12 wants enableBehavior from the second enableWhen on', () => {
    const que12 = 'enableWhen.count() > 2 implies enableBehavior.exists()';
    expect(holds(que12, { enableWhen: [{}] })).to.equal(true);
    expect(holds(que12, { enableWhen: [{}, {}] })).to.equal(false);
    expect(holds(que12, { enableWhen: [{}, {}], enableBehavior: 'any' })).to.equal(true);
  });

  it('opd-3 lets a parameter whose type is a resource name profiles', () => {
    const opd3 = "targetProfile.exists() implies (type = 'Reference' or type = 'canonical')";
    for (const type of ['Reference', 'canonical', 'Patient']) {
      expect(holds(opd3, { type, targetProfile: ['http://example.org/p'] }), type).to.equal(true);
    }
    for (const type of ['string', 'HumanName']) {
      expect(holds(opd3, { type, targetProfile: ['http://example.org/p'] }), type).to.equal(false);
    }
  });

  it('ras-2 holds for a prediction without a probability', () => {
    const ras2 = 'probability is decimal implies (probability as decimal) <= 100';
    expect(holds(ras2, { rationale: 'x' })).to.equal(true);
    expect(holds(ras2, { probabilityDecimal: 101 })).to.equal(false);
  });

  it('eld-19 and eld-20 are held against the whole path', () => {
    const eld19 = expressionOf("path.matches('[^");
    expect(holds(eld19, { path: 'Observation.value[x]' })).to.equal(true);
    expect(holds(eld19, { path: 'Observation.val ue' })).to.equal(false);
    expect(holds(eld19, { path: `Observation.${'a'.repeat(65)}` })).to.equal(false);
    const eld20 = expressionOf("path.matches('[A-Za-z]");
    expect(holds(eld20, { path: 'Observation.value[x]' })).to.equal(true);
    expect(holds(eld20, { path: 'Observation.Value' })).to.equal(false);
  });

  it('bdl-8 of older publications holds for an entry without fullUrl', () => {
    const bdl8 = "fullUrl.contains('/_history/').not()";
    expect(holds(bdl8, { resource: { resourceType: 'Basic' } })).to.equal(true);
    expect(holds(bdl8, { fullUrl: 'http://x.org/Basic/1/_history/2' })).to.equal(false);
  });

  it('per-1 does not hold where precision leaves the order open', () => {
    const per1 = 'start.hasValue().not() or end.hasValue().not() or (start <= end)';
    expect(holds(per1, { start: '2023-06-21', end: '2023-06-21T06:20:00Z' })).to.equal(false);
    expect(holds(per1, { start: '2023', end: '2024-01' })).to.equal(true);
    expect(holds(per1, { start: '2023-06-21T10:00:00+12:00', end: '2023-06-20T23:00:00Z' })).to.equal(true);
  });

  it('txt-1 looks at elements and attributes, txt-2 at content, though their expression is the same', () => {
    const div = (content: string): string => `<div xmlns="http://www.w3.org/1999/xhtml">${content}</div>`;
    const verdicts = (xhtml: string): readonly (boolean | undefined)[] => {
      const scope = { resource: {}, rootResource: {} };
      return ['txt-1', 'txt-2'].map((key) => findNativeInvariant('htmlChecks()', key)?.(xhtml, undefined, scope));
    };
    expect(verdicts(div('<p>Kia ora</p>'))).to.deep.equal([true, true]);
    expect(verdicts(div('<img src="kauri.png" alt=""/>'))).to.deep.equal([true, true]);
    expect(verdicts(div('<script>1</script>'))).to.deep.equal([false, true]);
    expect(verdicts(div('<p onclick="x">Kia ora</p>'))).to.deep.equal([false, true]);
    expect(verdicts(div(' '))).to.deep.equal([true, false]);
    expect(verdicts(div('<p>'))).to.deep.equal([false, true]);
    expect(findNativeInvariant('htmlChecks()', 'other')).to.equal(undefined);
  });
});
