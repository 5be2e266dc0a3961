import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import type { ResourcePolicy } from '../../../src/conformance/capability-statement.js';
import { CoreDefinitions } from '../../../src/conformance/create-conformance-registry.js';
import { openCoreDefinitions } from '../../../src/conformance/definitions-index.js';
import { loadApi } from '../../../src/conformance/load-api.js';
import { createTypeModel } from '../../../src/conformance/type-model.js';
import { FhirError } from '../../../src/fhir/fhir-error.js';
import type { JsonObject, JsonValue } from '../../../src/fhir/json.js';
import { compileExpression } from '../../../src/fhirpath/compile-expression.js';
import type { TypedNode } from '../../../src/fhirpath/fhirpath.js';
import { createSearchEngine } from '../../../src/search/create-search-engine.js';
import { compileExtractor } from '../../../src/search/extractor.js';
import { engine, model, OPTIONS, pairsOf, registry } from './search-fixture.js';

const EXAMPLES = new URL('../../../node_modules/hl7.fhir.r4.examples/', import.meta.url);

/** A few examples of each type, as HL7 publishes them. */
function examples(perType: number): readonly JsonObject[] {
  const counts = new Map<string, number>();
  const chosen: JsonObject[] = [];
  for (const name of readdirSync(EXAMPLES).sort()) {
    const type = name.split('-', 1)[0] as string;
    const count = counts.get(type) ?? 0;
    if (!name.endsWith('.json') || !registry.resourceTypes.has(type) || count >= perType) continue;
    counts.set(type, count + 1);
    chosen.push(JSON.parse(readFileSync(new URL(name, EXAMPLES), 'utf8')) as JsonObject);
  }
  return chosen;
}

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('indexResource', () => {
  const condition: JsonObject = {
    resourceType: 'Condition',
    id: 'c',
    meta: { profile: ['https://example.org/p|1.0'], lastUpdated: '2024-01-01T00:00:00Z' },
    clinicalStatus: { coding: [{ system: 's', code: 'Active', display: 'Active now' }] },
    subject: { reference: 'Patient/1' },
    onsetAge: { value: 5, system: 'http://unitsofmeasure.org', code: 'a' },
    recordedDate: '2024-01-01',
  };

  it('makes the entries that searches look for, each once', () => {
    expect(engine.indexResource({ ...condition, meta: {} })).to.have.deep.members([
      { kind: 'term', param: 'clinical-status', value: 'active' },
      { kind: 'term', param: 'clinical-status|', value: 's|active' },
      { kind: 'term', param: 'clinical-status|', value: 's|' },
      { kind: 'string', param: 'clinical-status:text', value: 'active now' },
      { kind: 'term', param: 'subject', value: 'Patient/1' },
      { kind: 'term', param: 'patient', value: 'Patient/1' },
      { kind: 'range', param: 'onset-age', low: 5, high: 5 },
      { kind: 'range', param: 'onset-age~s', low: 157788000, high: 157788000 },
      { kind: 'range', param: 'onset-age||a', low: 5, high: 5 },
      { kind: 'range', param: 'recorded-date', low: Date.parse('2024-01-01'), high: Date.parse('2024-01-02') - 1 },
    ]);
  });

  it('indexes nothing of _id and _lastUpdated, which the store has as columns', () => {
    const params = engine.indexResource(condition).map(({ param }) => param);
    expect(params).to.include('_profile').and.to.not.include('_id').and.to.not.include('_lastUpdated');
  });

  it('never throws, whatever the resource holds', () => {
    const anything = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<JsonValue>;
    const keys = fc.constantFrom(
      'subject',
      'code',
      'name',
      'identifier',
      'value',
      'effectivePeriod',
      'valueQuantity',
      'telecom',
      'meta',
      'component',
      'birthDate',
    );
    const types = fc.constantFrom('Observation', 'Patient', 'Condition', 'Nonsense', 'Bundle');
    const inner = fc.dictionary(
      fc.constantFrom('reference', 'coding', 'system', 'value', 'start', 'text', 'family', 'type', 'identifier'),
      anything,
    );
    fc.assert(
      fc.property(types, fc.dictionary(keys, fc.oneof(anything, inner, fc.array(inner))), (resourceType, rest) => {
        expect(engine.indexResource({ ...rest, resourceType })).to.be.an('array');
      }),
      { numRuns: 500 },
    );
    expect(engine.indexResource({})).to.deep.equal([]);
  });

  it('refuses a resource of too many entries, and says which parameter has most of them', () => {
    const patient = (count: number): JsonObject => ({
      resourceType: 'Patient',
      gender: 'female',
      name: [{ given: Array.from({ length: count }, (_, index) => `g${index}`) }],
    });
    expect(engine.indexResource(patient(16_000))).to.have.length(96_001 + 1);
    const error = thrownBy(() => engine.indexResource(patient(20_000)));
    expect(error).to.be.instanceOf(FhirError).and.to.include({ status: 413, code: 'too-large' });
    const [issue, ...others] = (error as FhirError).issues;
    expect(others).to.deep.equal([]);
    expect(issue).to.include({ severity: 'error', code: 'too-costly', expression: 'Patient.name.given' });
    expect(issue?.diagnostics).to.include("'given'").and.to.include('100000');
  });

  it('takes what is repeated as one entry', () => {
    const member = Array.from({ length: 200_000 }, () => ({ entity: { reference: 'Patient/1' } }));
    expect(engine.indexResource({ resourceType: 'Group', member })).to.deep.equal([{ kind: 'term', param: 'member', value: 'Patient/1' }]);
  });

  it('gives finite numbers and texts for every type of HL7’s examples', () => {
    const resources = examples(5);
    expect(resources.length).to.be.greaterThan(300);
    for (const resource of resources) {
      const entries = engine.indexResource(resource);
      for (const entry of entries) {
        if (entry.kind !== 'range') expect(entry.value, entry.param).to.be.a('string');
        else expect(Number.isFinite(entry.low) && Number.isFinite(entry.high) && entry.low <= entry.high, entry.param).to.equal(true);
      }
      expect(new Set(entries.map((entry) => JSON.stringify(entry))).size, `${resource['resourceType']}/${resource['id']}`).to.equal(
        entries.length,
      );
    }
  });

  it('selects what FHIRPath selects, by every expression of R4', () => {
    let compared = 0;
    for (const resource of examples(2)) {
      const type = String(resource['resourceType']);
      for (const { expression, code } of registry.searchParametersOf(type)) {
        // resolve() is answered from the reference's text alone
        if (expression === undefined || expression.includes('resolve()')) continue;
        const values: JsonValue[] = [];
        compileExtractor(expression, type, model, compileExpression)?.extract(resource, (value) => values.push(value));
        const focus: TypedNode = { value: resource, type };
        const startsElsewhere = new RegExp(`^\\(?(?!(${type}|Resource|DomainResource)\\b)[A-Z]`);
        const own = expression.split(' | ').filter((part) => !startsElsewhere.test(part.trim()));
        const wanted = own.flatMap((part) => {
          const nodes = compileExpression(part, model).evaluate(focus, { model, resource: focus, rootResource: focus });
          return nodes.flatMap(({ value }) => (value === undefined ? [] : [value]));
        });
        expect(values, `${type} ${code}: ${expression}`).to.have.deep.members(wanted);
        compared += values.length;
      }
    }
    expect(compared).to.be.greaterThan(1000);
  }).timeout(60_000);

  it('indexes the value where a parameter selects an extension itself', () => {
    const own = createSearchEngine({
      conformance: {
        ...registry,
        searchParametersOf: () => [
          {
            resourceType: 'SearchParameter',
            url: 'https://example.org/highlighted',
            name: 'highlighted',
            description: '',
            status: 'active',
            code: 'highlighted',
            base: ['Condition'],
            type: 'token',
            expression: "Condition.extension.where(url = 'https://example.org/highlighted')",
          },
        ],
      },
      model,
      compileExpression,
    });
    const extension = [
      { url: 'https://example.org/highlighted', valueBoolean: true },
      { url: 'https://example.org/highlighted', valueCoding: { system: 's', code: 'c' } },
      { url: 'https://example.org/other', valueBoolean: false },
    ];
    expect(own.indexResource({ resourceType: 'Condition', extension })).to.deep.equal([
      { kind: 'term', param: 'highlighted', value: 'true' },
      { kind: 'term', param: 'highlighted', value: 'c' },
      { kind: 'term', param: 'highlighted|', value: 's|c' },
      { kind: 'term', param: 'highlighted|', value: 's|' },
    ]);
  });
});

/** Each API says what it can be searched by: every parameter of it must be understood, and indexed. */
describe('search parameters of the APIs', () => {
  const core = new CoreDefinitions(openCoreDefinitions());
  const load = async (name: string) => {
    const { policy, conformance } = await loadApi(new URL(`../../../profiles/${name}`, import.meta.url).pathname, { core });
    return { policy, engine: createSearchEngine({ conformance, model: createTypeModel(conformance), compileExpression, policy }) };
  };
  const samples: Readonly<Record<string, string>> = {
    token: 'https://example.org/system|code',
    reference: 'https://example.org/fhir/Patient/ZZZ0032',
    string: 'text',
    date: 'ge2024-01-01',
    uri: 'https://example.org/x',
    quantity: 'gt5.4|http://unitsofmeasure.org|mg',
    number: '5',
    composite: 'a$b',
  };

  for (const name of ['sdhr', 'rheumatic-fever', 'healthpass', 'hcw-at-home']) {
    it(`of ${name} are all understood`, async () => {
      const api = await load(name);
      for (const type of api.policy.resources.values()) {
        const mandatory = [...new Set(type.requiredCombinations[0] ?? [])].map((param) => `${param}=Patient/1`).join('&');
        for (const param of type.searchParams.values()) {
          const query = `${mandatory}&${param.name}=${param.type in samples ? samples[param.type] : 'x'}`;
          if (param.definition === undefined) continue;
          const parsed = api.engine.parse(api.policy, [type], pairsOf(query), OPTIONS);
          expect('issues' in parsed ? parsed.issues : [], `${type.type}?${query}`).to.deep.equal([]);
        }
      }
    });
  }

  const documented: [string, string, string][] = [
    ['healthpass', 'Patient', 'telecom=+27821234567'],
    ['healthpass', 'Patient', 'name=Smith&_count=20&_offset=40'],
    ['healthpass', 'Observation', 'patient=Patient/patient-123&category=vital-signs&_sort=-_lastUpdated'],
    ['healthpass', 'Observation', 'patient=Patient/patient-123&code=8310-5,9279-1'],
    ['healthpass', 'Observation', 'patient=Patient/patient-123&_sort=-_lastUpdated&_count=1'],
    ['healthpass', 'Condition', 'patient=Patient/patient-123&clinical-status=active'],
    ['healthpass', 'MedicationRequest', 'patient=Patient/patient-123&status=active'],
    ['healthpass', 'Appointment', 'patient=Patient/patient-123&status=booked&date=ge2024-01-15&_sort=start'],
    ['healthpass', 'Practitioner', 'name:contains=silva'],
    ['healthpass', 'Practitioner', 'specialty:text=cardiologia'],
    ['healthpass', 'PractitionerRole', 'location=Location/location-city-center&_include=PractitionerRole:practitioner&_count=10'],
    ['healthpass', 'RelatedPerson', 'patient=Patient/patient-123&relationship=CHILD'],
    ['sdhr', 'Condition', 'patient=https://api.hip.digital.health.nz/fhir/nhi/v1/Patient/ZZZ0032&_include=Condition:encounter'],
    [
      'sdhr',
      'Condition',
      'patient:identifier=https://standards.digital.health.nz/ns/nhi-id|ZZZ0032&highlighted=true&long-term-condition=false',
    ],
    ['sdhr', 'Observation', 'patient=Patient/1&date=ge2024-01-01T00:00:00+13:00&_lastUpdated=gt2024-01-01'],
    [
      'rheumatic-fever',
      'Condition',
      '_profile=https://fhir-ig.digital.health.nz/rheumatic-fever/StructureDefinition/nz-rheumaticfever-condition|1.0.0',
    ],
    ['rheumatic-fever', 'Observation', 'patient=Patient/1&_include=Observation:has-member'],
    ['hcw-at-home', 'Appointment', 'identifier=https://ozonehis.example/ns/appointment-id|OZ-7'],
    ['hcw-at-home', 'Encounter', 'appointment=Appointment/7'],
  ];
  for (const [name, type, query] of documented) {
    it(`${name}: ${type}?${query} is understood`, async () => {
      const api = await load(name);
      const parsed = api.engine.parse(api.policy, [api.policy.resources.get(type) as ResourcePolicy], pairsOf(query), OPTIONS);
      expect('issues' in parsed ? parsed.issues : []).to.deep.equal([]);
    });
  }

  for (const query of ['', 'code=1', '_id=1', '_lastUpdated=gt2020']) {
    it(`sdhr: Condition?${query} needs the patient`, async () => {
      const api = await load('sdhr');
      const parsed = api.engine.parse(api.policy, [api.policy.resources.get('Condition') as ResourcePolicy], pairsOf(query), OPTIONS);
      expect('issues' in parsed ? parsed.issues.map(({ code }) => code) : []).to.deep.equal(['required']);
    });
  }

  it('are what is indexed, and nothing else', async () => {
    const api = await load('sdhr');
    const entries = api.engine.indexResource({
      resourceType: 'Condition',
      clinicalStatus: { coding: [{ code: 'active' }] },
      bodySite: [{ coding: [{ code: 'x' }] }],
      subject: { reference: 'https://api.hip.digital.health.nz/fhir/nhi/v1/Patient/ZZZ0032' },
      recorder: { reference: 'Practitioner/1' },
      extension: [{ url: 'http://hl7.org.nz/fhir/StructureDefinition/long-term-condition', valueBoolean: true }],
    });
    expect([...new Set(entries.map(({ param }) => param))]).to.have.members(['patient', 'subject', 'participant', 'long-term-condition']);
  });
});
