import { expect } from 'chai';
import fc from 'fast-check';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/fhir/json.js';
import { aPatient } from '../support/resources.js';
import { aCodeSystem, anExtension, aProfile, aValueSet, profileUrl, TEST_BASE, validatorWith } from '../support/validator-fixture.js';

const SEED = 20_261_125;
const RUNS = 600;

const SYSTEM = `${TEST_BASE}/CodeSystem/c`;
const DEFINITIONS: readonly JsonObject[] = [
  aCodeSystem('c', ['a', { code: 'b', concept: [{ code: 'b1', property: [{ code: 'kind', valueCode: 'x' }] }] }], {
    property: [{ code: 'kind', type: 'code' }],
  }),
  aValueSet('v', [
    { system: SYSTEM, filter: [{ property: 'concept', op: 'is-a', value: 'b' }] },
    { system: SYSTEM, concept: [{ code: 'a' }] },
  ]),
  anExtension('e', ['string'], { context: [{ type: 'element', expression: 'Patient' }] }),
  aProfile('p', 'Patient', [
    { id: 'Patient', constraint: [{ key: 'p-1', severity: 'error', human: 'named', expression: 'name.exists()' }] },
    { id: 'Patient.extension', slicing: { discriminator: [{ type: 'value', path: 'url' }], rules: 'open' } },
    { id: 'Patient.extension:e', min: 1, type: [{ code: 'Extension', profile: [profileUrl('e')] }] },
    { id: 'Patient.identifier', slicing: { discriminator: [{ type: 'pattern', path: 'type' }], rules: 'closed' }, min: 1 },
    { id: 'Patient.identifier:c', max: '1' },
    { id: 'Patient.identifier:c.type', patternCodeableConcept: { coding: [{ system: SYSTEM, code: 'a' }] } },
    { id: 'Patient.maritalStatus', binding: { strength: 'required', valueSet: `${TEST_BASE}/ValueSet/v` } },
    {
      id: 'Patient.managingOrganization',
      type: [{ code: 'Reference', targetProfile: ['http://hl7.org/fhir/StructureDefinition/Organization'] }],
    },
  ]),
];
const PATIENT = aPatient({
  extension: [{ url: profileUrl('e'), valueString: 'x' }],
  identifier: [
    {
      type: {
        coding: [
          { system: SYSTEM, code: 'a' },
          { system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' },
        ],
      },
      value: '1',
    },
  ],
  maritalStatus: { coding: [{ system: SYSTEM, code: 'b1' }] },
  managingOrganization: { reference: 'Organization/1' },
});

type Path = readonly (string | number)[];

function pathsOf(value: JsonValue, path: Path = []): readonly Path[] {
  if (Array.isArray(value)) return [path, ...value.flatMap((item, index) => pathsOf(item, [...path, index]))];
  if (!isJsonObject(value)) return [path];
  return [path, ...Object.keys(value).flatMap((key) => pathsOf(value[key] as JsonValue, [...path, key]))];
}

/** The value with something else at the path; `undefined` takes away what is there. */
function changed(value: JsonValue, [step, ...rest]: Path, by: JsonValue | undefined): JsonValue | undefined {
  if (step === undefined) return by;
  const copy: JsonValue = Array.isArray(value) ? [...value] : { ...(value as JsonObject) };
  const at = copy as Record<string | number, JsonValue>;
  const next = changed(at[step] as JsonValue, rest, by);
  if (next === undefined) delete at[step];
  else at[step] = next;
  return Array.isArray(copy) ? copy.filter((item) => item !== undefined) : copy;
}

/** Without these a definition cannot be found at all. */
const IDENTITY = new Set(['resourceType', 'url', 'version']);
const CHANGES = DEFINITIONS.flatMap((definition, index) =>
  pathsOf(definition)
    .filter(([first]) => first !== undefined && !IDENTITY.has(String(first)))
    .map((path) => ({ index, path })),
);

describe('definitions of any shape', () => {
  it('are found sound as they are', () => {
    expect(validatorWith(DEFINITIONS).issuesOf(PATIENT, { profiles: [profileUrl('p')] })).to.deep.equal([]);
  });

  it(`never make the validator throw (seed ${SEED})`, () => {
    const odd = fc.constantFrom<JsonValue | undefined>(undefined, null, 4, true, '', 'x', '*', [], {}, [null], [4], ['x'], [[]], [{}], {
      x: 1,
    });
    fc.assert(
      fc.property(fc.constantFrom(...CHANGES), odd, ({ index, path }, by) => {
        const definitions = DEFINITIONS.map((definition, at) =>
          at === index ? (changed(definition, path, by) as JsonObject) : definition,
        );
        const issues = validatorWith(definitions).validate(PATIENT, { profiles: [profileUrl('p')] });
        for (const { diagnostics } of issues) expect(diagnostics).to.be.a('string').that.is.not.empty;
      }),
      { seed: SEED, numRuns: RUNS },
    );
  }).timeout(60_000);
});
