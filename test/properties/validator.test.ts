/** The validator on R4's examples, as they are and changed at random: whatever comes, it answers, and points at what is there. */
import { expect } from 'chai';
import fc from 'fast-check';
import fhirpath from 'fhirpath';
import r4Model from 'fhirpath/fhir-context/r4';
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '../../src/fhir/json.js';
import type { Issue } from '../../src/fhir/operation-outcome.js';
import { examples, readExample } from '../support/r4-examples.js';
import { aProfile, profileUrl, validatorWith } from '../support/validator-fixture.js';

const SEED = 20260611;

/** https://hl7.org/fhir/R4/valueset-issue-type.html */
const ISSUE_TYPES: ReadonlySet<string> = new Set(
  (
    'invalid structure required value invariant security login unknown expired forbidden suppressed processing not-supported duplicate ' +
    'multiple-matches not-found deleted too-long code-invalid extension too-costly business-rule conflict transient lock-error no-store ' +
    'exception timeout incomplete throttled informational'
  ).split(' '),
);

/** Slices, discriminators and targets, so that these paths are walked too. */
const { validator } = validatorWith([
  aProfile('any', 'DomainResource', [{ id: 'DomainResource.text', min: 1 }]),
  aProfile('observation', 'Observation', [
    { id: 'Observation.category', slicing: { discriminator: [{ type: 'pattern', path: '$this' }], rules: 'closed', ordered: true } },
    { id: 'Observation.category:a', min: 1, max: '1', patternCodeableConcept: { coding: [{ code: 'vital-signs' }] } },
    { id: 'Observation.subject', type: [{ code: 'Reference', targetProfile: [profileUrl('patient')] }] },
    { id: 'Observation.value[x]', slicing: { discriminator: [{ type: 'type', path: '$this' }], rules: 'open' } },
    { id: 'Observation.value[x]:valueQuantity', min: 1, type: [{ code: 'Quantity' }] },
    { id: 'Observation.value[x]:valueQuantity.unit', fixedString: 'kg' },
  ]),
  aProfile('patient', 'Patient', [
    { id: 'Patient.identifier', slicing: { discriminator: [{ type: 'value', path: 'system' }], rules: 'openAtEnd' } },
    { id: 'Patient.identifier:a', min: 1 },
    { id: 'Patient.identifier:a.system', min: 1, fixedUri: 'urn:oid:1.2.36.146.595.217.0.1' },
    { id: 'Patient.name', fixedHumanName: { family: 'Chalmers' } },
    { id: 'Patient.contained', slicing: { discriminator: [{ type: 'type', path: '$this' }], rules: 'open' } },
    { id: 'Patient.contained:o', max: '1', type: [{ code: 'Organization' }] },
  ]),
]);

const PROFILES: Readonly<Record<string, readonly string[]>> = {
  Observation: [profileUrl('observation'), profileUrl('any')],
  Patient: [profileUrl('patient'), profileUrl('any')],
};

function validateText(text: string, type: JsonValue | undefined): readonly Issue[] {
  return validator.validate(parseJson(text), { profiles: (typeof type === 'string' ? PROFILES[type] : undefined) ?? [] }).issues;
}

function validate(resource: JsonObject): readonly Issue[] {
  return validateText(JSON.stringify(resource), resource['resourceType']);
}

type Place = JsonObject | JsonValue[];

function placesOf(value: JsonValue): readonly Place[] {
  if (Array.isArray(value)) return [value, ...value.flatMap(placesOf)];
  return isJsonObject(value) ? [value, ...Object.values(value).flatMap(placesOf)] : [];
}

const KINDS = ['replace', 'insert', 'remove', 'wrap', 'unwrap', 'companion', 'duplicate', 'rename'] as const;

interface Change {
  readonly at: number;
  readonly key: number;
  readonly kind: (typeof KINDS)[number];
  readonly value: JsonValue;
  readonly name: string;
}

const NAMES = [
  'id',
  'extension',
  '_status',
  'value',
  'valueQuantity',
  '_valueString',
  'url',
  'contained',
  'resourceType',
  'div',
  'a b',
  '',
  '.',
  'x',
];

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat({ max: 1_000_000 }),
  key: fc.nat({ max: 1_000_000 }),
  kind: fc.constantFrom(...KINDS),
  value: fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(null, '', 0, -0.5, true, '#', '#x', [], {}, [null], 'Patient/1'),
  ) as fc.Arbitrary<JsonValue>,
  name: fc.constantFrom(...NAMES),
});

/** Sets a property without reaching a prototype. */
function put(place: Place, key: string | number, value: JsonValue): void {
  Object.defineProperty(place, key, { value, enumerable: true, configurable: true, writable: true });
}

function apply(resource: JsonObject, { at, key: chosen, kind, value: shared, name }: Change): void {
  const value = structuredClone(shared);
  const places = placesOf(resource);
  const place = places[at % places.length] as Place;
  const keys = Object.keys(place);
  const key = keys[chosen % Math.max(1, keys.length)];
  if (kind === 'insert') {
    if (Array.isArray(place)) place.splice(chosen % (place.length + 1), 0, value);
    else put(place, name, value);
    return;
  }
  if (key === undefined) return;
  const old = (place as Readonly<Record<string, JsonValue>>)[key] as JsonValue;
  if (kind === 'remove' && Array.isArray(place)) place.splice(Number(key), 1);
  else if (kind === 'remove' && isJsonObject(place)) delete place[key];
  else if (kind === 'replace') put(place, key, value);
  else if (kind === 'wrap') put(place, key, [old]);
  else if (kind === 'unwrap' && Array.isArray(old) && old[0] !== undefined) put(place, key, old[0]);
  else if (kind === 'duplicate' && Array.isArray(place)) place.push(structuredClone(old));
  else if (isJsonObject(place) && (kind === 'companion' || kind === 'rename')) {
    delete place[key];
    put(place, kind === 'companion' ? `_${key}` : name, old);
  }
}

const mutated: fc.Arbitrary<JsonObject> = fc
  .tuple(fc.nat({ max: examples.length - 1 }), fc.array(change, { minLength: 1, maxLength: 6 }))
  .map(([index, changes]) => {
    const resource = structuredClone(readExample(examples[index] as string) ?? { resourceType: 'Patient' });
    for (const one of changes) apply(resource, one);
    return resource;
  });

/** The library takes the first of two types of one choice only. */
function hasTwoTypes(holder: JsonObject, name: string): boolean {
  return Object.keys(holder).filter((key) => new RegExp(`^_?${name}[A-Z]`).test(key)).length > 1;
}

function isMistakenForResource(value: JsonValue | undefined, name: string): boolean {
  return isJsonObject(value) && value['resourceType'] !== undefined && !['contained', 'resource', 'outcome'].includes(name);
}

interface Found {
  readonly value: JsonValue | undefined;
  readonly companion: JsonValue | undefined;
  /** Whether FHIRPath would read the same there. */
  readonly isPlain: boolean;
}

const NOWHERE: Found = { value: undefined, companion: undefined, isPlain: false };

/** What JSON has where the expression points. */
function findByExpression(resource: JsonObject, expression: string): Found {
  const [, ...steps] = expression.replace(/\.ofType\((\w+)\)/g, '@$1').split('.');
  let value: JsonValue | undefined = resource;
  let companion: JsonValue | undefined;
  let isPlain = true;
  for (const step of steps) {
    const [, name = '', type = '', index] = /^(\w+)(?:@(\w+))?(?:\[(\d+)\])?$/.exec(step) ?? [];
    const property = type === '' ? name : `${name}${type.charAt(0).toUpperCase()}${type.slice(1)}`;
    // id and extensions of a primitive stand in its companion
    const holder: JsonValue | undefined = [value, companion].find(
      (one) => isJsonObject(one) && (Object.hasOwn(one, property) || Object.hasOwn(one, `_${property}`)),
    );
    if (!isJsonObject(holder)) return NOWHERE;
    if (holder === companion && isJsonObject(value)) isPlain = false;
    if (type !== '' && hasTwoTypes(holder, name)) isPlain = false;
    value = holder[property];
    companion = holder[`_${property}`];
    if (isMistakenForResource(value, name)) isPlain = false;
    if (index === undefined) continue;
    value = Array.isArray(value) ? value[Number(index)] : undefined;
    companion = Array.isArray(companion) ? companion[Number(index)] : undefined;
    if (isMistakenForResource(value, name)) isPlain = false;
  }
  const isEmpty = value === undefined || value === null || (Array.isArray(value) && value.flat(5).every((item) => item === null));
  return { value, companion, isPlain: isPlain && !isEmpty };
}

type Compiled = (resource: JsonObject) => readonly unknown[];
const compiled = new Map<string, Compiled>();

function evaluate(expression: string, resource: JsonObject): readonly unknown[] {
  let known = compiled.get(expression);
  if (known === undefined) {
    // an operator of FHIRPath; R4 writes names of elements as they are
    known = fhirpath.compile(expression.replaceAll('.div', '.`div`'), r4Model) as unknown as Compiled;
    compiled.set(expression, known);
  }
  return known(resource);
}

function shuffled(value: JsonValue, random: () => number): JsonValue {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, random));
  if (!isJsonObject(value)) return value;
  const result: JsonObject = {};
  const entries = Object.entries(value)
    .map(([key, item]) => ({ key, item, rank: random() }))
    .sort((a, b) => a.rank - b.rank);
  for (const { key, item } of entries) put(result, key, shuffled(item, random));
  return result;
}

/** A remark that is made once per run stands where its cause is met first. */
function withoutPlaceOfRemarks({ severity, code, rule, expression }: Issue): string {
  return `${severity} ${code} ${rule} ${rule === 'binding-unchecked' ? '' : expression}`;
}

describe('The validator on changed examples', function () {
  this.timeout(120_000);

  it('never throws, and says what is wrong with codes of R4 at elements that are there', () => {
    let issueCount = 0;
    let evaluated = 0;
    fc.assert(
      fc.property(mutated, (resource) => {
        for (const { severity, code, expression = '', diagnostics } of validate(resource)) {
          issueCount++;
          expect(['error', 'warning', 'information']).to.include(severity);
          expect(ISSUE_TYPES.has(code), code).to.equal(true);
          expect(diagnostics).to.not.equal('');
          const results = evaluate(expression, resource);
          const { value, companion, isPlain } = findByExpression(resource, expression);
          expect(value !== undefined || companion !== undefined, `${expression} is there: ${diagnostics}`).to.equal(true);
          // what is of no type of R4 is no Resource to FHIRPath either
          if (!isPlain || expression === 'Resource') continue;
          evaluated++;
          expect(results.length, `${expression} selects something: ${diagnostics}`).to.be.greaterThan(0);
        }
      }),
      { seed: SEED, numRuns: 2000 },
    );
    expect(issueCount).to.be.greaterThan(1000);
    expect(evaluated).to.be.greaterThan(1000);
  });

  it('gives the same answer twice, and leaves the document as it was', () => {
    fc.assert(
      fc.property(mutated, (resource) => {
        const document = parseJson(JSON.stringify(resource));
        const before = structuredClone(document.value);
        const first = validator.validate(document).issues;
        expect(validator.validate(document).issues).to.deep.equal(first);
        expect(document.value).to.deep.equal(before);
      }),
      { seed: SEED + 1, numRuns: 500 },
    );
  });

  it('finds the same whatever the order of properties', () => {
    let different = 0;
    fc.assert(
      fc.property(mutated, fc.nat(), (resource, start) => {
        let state = start;
        const random = (): number => {
          state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
          return state;
        };
        const other = shuffled(resource, random) as JsonObject;
        if (JSON.stringify(other) !== JSON.stringify(resource)) different++;
        expect(validate(other).map(withoutPlaceOfRemarks).sort()).to.deep.equal(validate(resource).map(withoutPlaceOfRemarks).sort());
      }),
      { seed: SEED + 2, numRuns: 1000 },
    );
    expect(different).to.be.greaterThan(900);
  });

  it('takes any JSON at all', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        const issues = validateText(text, undefined);
        expect(issues.some(({ severity }) => severity === 'error')).to.equal(true);
      }),
      { seed: SEED + 3, numRuns: 300 },
    );
  });
});
