/** Native invariants against the fhirpath library, over generated elements and over those of R4's examples. */
import { expect } from 'chai';
import fc from 'fast-check';
import r4Model from 'fhirpath/fhir-context/r4';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/fhir/json.js';
import { isUcumCode } from '../../src/fhir/ucum.js';
import { compileExpression } from '../../src/fhirpath/compile-expression.js';
import type { TypedNode } from '../../src/fhirpath/fhirpath.js';
import { CHOICES, OPEN_TYPES } from '../../src/validation/invariants/child.js';
import { URI_PROPERTIES } from '../../src/validation/invariants/contained.js';
import { findNativeInvariant, nativeInvariants } from '../../src/validation/invariants/index.js';
import { disturb, ElementGenerator, type GeneratorHints, picks } from '../support/element-generator.js';
import { evaluateByOracle } from '../support/fhirpath-library.js';
import { examples, readExample } from '../support/r4-examples.js';
import { createR4TypeModel, readStructureDefinitions } from '../unit/fhirpath/r4-type-model.js';

const model = createR4TypeModel();
const baseDefinitions = readStructureDefinitions('profiles-types.json', 'profiles-resources.json').filter(
  ({ derivation }) => derivation !== 'constraint',
);

/** Texts of other publications, with a place to try them at. */
const OTHER_TEXTS: ReadonlyMap<string, string> = new Map([
  ['hasValue() or (children().count() > id.count()) or $this is Parameters', 'Parameters.parameter'],
  ["fullUrl.contains('/_history/').not()", 'Bundle.entry'],
  ["offset.empty() or (when.exists() and ((when in ('C' | 'CM' | 'CD' | 'CV')).not()))", 'Timing.repeat'],
  [
    "contained.where(((id.exists() and ('#'+id in (%resource.descendants().reference | %resource.descendants().as(canonical) | %resource.descendants().as(uri) | %resource.descendants().as(url)))) or descendants().where(reference = '#').exists() or descendants().where(as(canonical) = '#').exists() or descendants().where(as(uri) = '#').exists()).not()).trace('unmatched', id).empty()",
    'Basic',
  ],
]);

interface Scope {
  readonly resource: JsonObject;
  readonly rootResource: JsonObject;
}

type Deviation = (element: JsonObject, scope: Scope) => boolean;

const UCUM = 'http://unitsofmeasure.org';

function isOrdered(quantity: JsonValue | undefined): boolean {
  if (!isJsonObject(quantity) || quantity['comparator'] !== undefined || quantity['system'] !== UCUM) return false;
  return typeof quantity['value'] === 'number' && typeof quantity['code'] === 'string' && isUcumCode(quantity['code']);
}

/** The library takes extensions of a primitive for a part of its value. */
function hasCompanion(...names: readonly string[]): Deviation {
  return (element, { resource }) => names.some((name) => JSON.stringify([element, resource]).includes(`"_${name}"`));
}

/** Elements for which the published expression is not followed (the file of the invariant says why), or the library not. */
const DEVIATIONS: ReadonlyMap<string, Deviation> = new Map<string, Deviation>([
  // the library does not see that quantities have no order without a number, or a unit of UCUM
  ['low.empty() or high.empty() or (low <= high)', ({ low, high }) => [low, high].some((one) => one !== undefined && !isOrdered(one))],
  ['type.select(code).isDistinct()', hasCompanion('code')],
  ['constraint.select(key).isDistinct()', hasCompanion('key')],
  ['concept.code.combine($this.descendants().concept.code).isDistinct()', hasCompanion('code')],
  ["derivation = 'constraint' or snapshot.element.select(path).isDistinct()", hasCompanion('path')],
  ["kind != 'logical' implies snapshot.empty() or snapshot.element.first().path = type", hasCompanion('path', 'type')],
  [
    "(%resource.kind = 'logical' or element.first().path = %resource.type) and element.tail().all(path.startsWith(%resource.snapshot.element.first().path&'.'))",
    hasCompanion('path', 'type'),
  ],
  ["fullUrl.contains('/_history/').not()", ({ fullUrl }) => fullUrl === undefined],
  ['enableWhen.count() > 2 implies enableBehavior.exists()', ({ enableWhen }) => Array.isArray(enableWhen) && enableWhen.length === 2],
  [
    "targetProfile.exists() implies (type = 'Reference' or type = 'canonical')",
    ({ type, _type }) => _type !== undefined || (typeof type === 'string' && /^[A-Z]/.test(type)),
  ],
  ['probability is decimal implies (probability as decimal) <= 100', ({ probabilityDecimal }) => probabilityDecimal === undefined],
  [
    "reference.startsWith('#').not() or (reference.substring(1).trace('url') in %rootResource.contained.id.trace('ids'))",
    ({ reference }) => reference === undefined || reference === '#',
  ],
]);
/** eld-19 and eld-20 are held against the whole path. */
const ANCHORED = /^path\.matches/;

/** eld-11 and its bug. */
const CANNOT_FAIL = /^binding\.empty\(\) or type\.code\.empty\(\)/;

/** How often each verdict was compared, by expression. */
class Tally {
  readonly #counts = new Map<string, number>();
  readonly different: string[] = [];
  compared = 0;

  add(expression: string, verdict: boolean): void {
    this.#counts.set(`${verdict} ${expression}`, this.count(expression, verdict) + 1);
    this.compared++;
  }

  count(expression: string, verdict: boolean): number {
    return this.#counts.get(`${verdict} ${expression}`) ?? 0;
  }
}

const satisfied = (result: readonly unknown[]): boolean =>
  result.length === 1 && typeof result[0] === 'boolean' ? result[0] : result.length > 0;

/** By the library, or by our compiler (which has tests of its own) where the library throws; undefined where both do. */
function holdsByFhirPath(expression: string, base: string, focus: TypedNode, { resource, rootResource }: Scope): boolean | undefined {
  const result = evaluateByOracle(expression, { base, focus, resource, rootResource });
  if (result !== undefined) return satisfied(result);
  try {
    const toNode = (value: JsonObject): TypedNode => ({ value, type: String(value['resourceType']) });
    return compileExpression(expression, model).holds(focus, { model, resource: toNode(resource), rootResource: toNode(rootResource) });
  } catch {
    return undefined;
  }
}

function compare(expression: string, base: string, focus: TypedNode, scope: Scope, tally: Tally): void {
  const native = findNativeInvariant(expression);
  // a div is no value of an extension, so that the library cannot be asked about it alone
  if (native === undefined || ANCHORED.test(expression) || focus.type === 'xhtml') return;
  if (isJsonObject(focus.value) && DEVIATIONS.get(expression)?.(focus.value, scope) === true) return;
  const expected = holdsByFhirPath(expression, base, focus, scope);
  if (expected === undefined) return;
  tally.add(expression, expected);
  const actual = native(focus.value, focus.companion, scope);
  if (actual !== expected) {
    tally.different.push(
      `FHIRPath says ${expected}, native ${actual}: ${expression} on ${JSON.stringify(focus)} in ${JSON.stringify(scope)}`,
    );
  }
}

/** Native constraint expressions by the path (or type) that they are on. */
const constraints = new Map<string, Set<string>>();
/** Paths (or types) by native expression. */
const places = new Map<string, string[]>([...OTHER_TEXTS].map(([expression, path]) => [expression, [path]]));
for (const { snapshot, type } of baseDefinitions) {
  // the package has types that are not R4's
  if (r4Model.type2Parent[type] === undefined) continue;
  for (const { path, constraint } of snapshot?.element ?? []) {
    for (const { expression } of constraint ?? []) {
      if (expression === undefined || findNativeInvariant(expression) === undefined) continue;
      const normalised = expression.replace(/\s+/g, ' ');
      constraints.set(path, (constraints.get(path) ?? new Set()).add(normalised));
      places.set(normalised, [...(places.get(normalised) ?? []), path]);
    }
  }
}

type Visit = (focus: TypedNode, base: string, path: string, scope: Scope) => void;

/** Every element below, with the scope that it has. */
function visitElements(focus: TypedNode, path: string, scope: Scope, visit: Visit): void {
  visit(focus, focus.type, path, scope);
  if (!isJsonObject(focus.value)) return;
  for (const { property, type } of model.properties(focus.type)) {
    const values = listOf(focus.value[property]);
    const companions = listOf(focus.value[`_${property}`]);
    for (let index = 0; index < Math.max(values.length, companions.length); index++) {
      const value = values[index] ?? undefined;
      const companion = companions[index];
      const beside = isJsonObject(companion) && model.isPrimitive(type) ? { companion } : {};
      if (value === undefined && !('companion' in beside)) continue;
      if (type !== 'Resource') {
        visitElements({ value, type, ...beside }, `${focus.type}.${property}`, scope, visit);
      } else if (isJsonObject(value)) {
        const inner = String(value['resourceType']);
        const rootResource = property === 'contained' ? scope.rootResource : value;
        visitElements({ value, type: inner }, inner, { resource: value, rootResource }, visit);
      }
    }
  }
}

function listOf(value: JsonValue | undefined): readonly (JsonValue | undefined)[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}

function compareAll(resource: JsonObject, tally: Tally): void {
  const type = String(resource['resourceType']);
  const scope = { resource, rootResource: resource };
  visitElements({ value: resource, type }, type, scope, (focus, base, path, at) => {
    const expressions = new Set([...(constraints.get(path) ?? []), ...(constraints.get(base) ?? [])]);
    for (const expression of expressions) compare(expression, base, focus, at, tally);
  });
}

/** Names and texts of an expression, so that what is generated has what it looks at. */
function hintsOf(expression: string, path: string): GeneratorHints {
  // '#' stands for the container only in references and canonicals (see contained.ts), which the generator knows itself
  const literals = expression.startsWith('contained') ? [] : [...expression.matchAll(/'([^']*)'/g)].map(([, text]) => text as string);
  const texts = [...literals, ...(expression.includes('_history') ? ['x/_history/1'] : []), ...(path.split('.', 1) as [string])];
  return {
    names: new Set([...(expression.match(/[A-Za-z]\w*/g) ?? []), ...path.split('.').slice(1)]),
    texts,
  };
}

const isType = (name: string): boolean => baseDefinitions.some(({ type, kind }) => type === name && kind !== 'resource');

/** Compares the expression on all elements at this path, in something generated around it. */
function compareGenerated(expression: string, path: string, generator: ElementGenerator, tally: Tally): void {
  const [root] = path.split('.', 1) as [string];
  const resource = generator.resource(isType(root) ? 'Basic' : root);
  const scope = { resource, rootResource: resource };
  const start: TypedNode = model.isPrimitive(root)
    ? { value: generator.primitive(root, ''), type: root, companion: generator.companion() }
    : { value: isType(root) ? generator.element(root, 0) : resource, type: root };
  visitElements(start, root, scope, (focus, base, at, inner) => {
    if (at === path || base === path) compare(expression, base, focus, inner, tally);
  });
}

function expectNoDifference({ different }: Tally): void {
  expect(different.map((text) => text.slice(0, 1000)).join('\n')).to.equal('');
}

const RANGE = 'low.empty() or high.empty() or (low <= high)';

describe('native invariants', function () {
  this.timeout(120_000);

  it('have the texts that R4 has', () => {
    expect([...nativeInvariants.keys()].filter((expression) => !places.has(expression))).to.deep.equal([]);
  });

  it('know the choices and the uris of R4', () => {
    const stems = new Set<string>();
    const uris = new Set(['reference']);
    const types = new Set<string>();
    for (const { snapshot } of baseDefinitions) {
      for (const { path, type } of snapshot?.element ?? []) {
        const name = path.slice(path.lastIndexOf('.') + 1);
        const stem = name.replace('[x]', '');
        for (const { code } of type ?? []) {
          if (stem !== name) types.add(code);
          const property = stem === name ? name : `${stem}${code.charAt(0).toUpperCase()}${code.slice(1)}`;
          if (path.includes('.') && ['uri', 'url', 'canonical', 'oid', 'uuid'].includes(code)) uris.add(property);
        }
        if (stem !== name) stems.add(stem);
      }
    }
    expect([...stems].filter((stem) => !CHOICES.has(stem))).to.deep.equal([]);
    expect([...types].filter((type) => !OPEN_TYPES.includes(type))).to.deep.equal([]);
    expect([...uris].filter((name) => !URI_PROPERTIES.has(name))).to.deep.equal([]);
  });

  it('say what the library says of the elements of R4’s examples', () => {
    const tally = new Tally();
    for (const [index, file] of examples.entries()) {
      const resource = index % 25 === 0 ? readExample(file) : undefined;
      if (resource !== undefined) compareAll(resource, tally);
    }
    expectNoDifference(tally);
    expect(tally.compared).to.be.greaterThan(10_000);
  });

  for (const [expression, paths] of places) {
    // ranges need more than chance to be comparable: see below
    if (expression === RANGE || ANCHORED.test(expression)) continue;
    it(`say what the library says of generated elements: ${expression.slice(0, 90)}`, () => {
      const tally = new Tally();
      const some = paths.slice(0, 3);
      const property = fc.property(picks, fc.nat({ max: some.length - 1 }), (pick, index) => {
        const path = some[index] as string;
        compareGenerated(expression, path, new ElementGenerator(model, hintsOf(expression, path), pick), tally);
      });
      // until each verdict was met; an expression that asks for much at once is rarely broken by chance
      const verdicts = [true, ...(CANNOT_FAIL.test(expression) ? [] : [false])];
      for (let round = 0; round < 20 && (round === 0 || verdicts.some((verdict) => tally.count(expression, verdict) < 5)); round++) {
        fc.assert(property, { seed: 20261125 + round, numRuns: 200 });
      }
      expectNoDifference(tally);
      for (const verdict of verdicts) expect(tally.count(expression, verdict), `compared where it is ${verdict}`).to.be.greaterThan(4);
    });
  }

  it('say what the library says of ranges in UCUM’s units', () => {
    const tally = new Tally();
    const scope = { resource: { resourceType: 'Basic' }, rootResource: { resourceType: 'Basic' } };
    const quantity = fc.record(
      { value: fc.constantFrom(-1, 0, 0.1, 1, 2.5, 1000), system: fc.constant(UCUM), code: fc.constantFrom('kg', 'g', 'cm', 'm') },
      { requiredKeys: ['value', 'system', 'code'] },
    );
    const range: fc.Arbitrary<JsonObject> = fc.record({ low: quantity, high: quantity }, { requiredKeys: [] });
    fc.assert(
      fc.property(range, (value) => compare(RANGE, 'Range', { value, type: 'Range' }, scope, tally)),
      { seed: 20261125, numRuns: 500 },
    );
    expectNoDifference(tally);
    for (const verdict of [true, false]) expect(tally.count(RANGE, verdict)).to.be.greaterThan(50);
  });

  it('never throw, whatever JSON is in the place of whatever value', () => {
    const natives = [...nativeInvariants];
    fc.assert(
      fc.property(picks, fc.jsonValue(), fc.nat({ max: natives.length - 1 }), (pick, odd, index) => {
        const [expression, native] = natives[index] as (typeof natives)[number];
        const [path] = places.get(expression) ?? ['Questionnaire'];
        const [root] = (path as string).split('.', 1) as [string];
        const generator = new ElementGenerator(model, hintsOf(expression, path as string), pick);
        const resource = disturb(generator.resource(isType(root) ? 'Basic' : root), pick, odd as JsonValue);
        const scopeResource = isJsonObject(resource) ? resource : {};
        const scope = { resource: scopeResource, rootResource: scopeResource };
        const start = isType(root) && !model.isPrimitive(root) ? disturb(generator.element(root, 0), pick, odd as JsonValue) : resource;
        visitElements({ value: start, type: root }, root, scope, ({ value, companion }, base, at, inner) => {
          if (at === path || base === path) expect(native(value, companion, inner)).to.be.a('boolean');
        });
        for (const value of [odd as JsonValue, undefined]) expect(native(value, undefined, scope)).to.be.a('boolean');
      }),
      { seed: 20261125, numRuns: 5000 },
    );
  });
});
