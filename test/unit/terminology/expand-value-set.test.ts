import { expect } from 'chai';
import type { CodeSystem, ValueSet, ValueSetComposeInclude } from 'fhir/r4.js';
import { createTerminologyService } from '../../../src/terminology/create-terminology-service.js';
import { createRegistryDouble } from './registry-double.js';

const animals: CodeSystem = {
  resourceType: 'CodeSystem',
  url: 'http://example.org/animals',
  version: '2.0.0',
  status: 'active',
  content: 'complete',
  caseSensitive: true,
  property: [{ code: 'legs', type: 'integer' }],
  concept: [
    {
      code: 'animal',
      display: 'Animal',
      property: [{ code: 'notSelectable', valueBoolean: true }],
      concept: [
        { code: 'bird', display: 'Bird', property: [{ code: 'legs', valueInteger: 2 }], concept: [{ code: 'kiwi', display: 'Kiwi' }] },
        {
          code: 'dog',
          display: 'Dog',
          designation: [{ language: 'de', value: 'Hund' }],
          property: [{ code: 'legs', valueInteger: 4 }],
        },
        { code: 'moa', display: 'Moa', property: [{ code: 'inactive', valueBoolean: true }] },
      ],
    },
  ],
};
const part: CodeSystem = {
  resourceType: 'CodeSystem',
  url: 'http://example.org/part',
  status: 'active',
  content: 'fragment',
  concept: [{ code: 'a' }],
};
const system = animals.url ?? '';

function aValueSet(id: string, include: ValueSetComposeInclude[], more: Partial<NonNullable<ValueSet['compose']>> = {}): ValueSet {
  return { resourceType: 'ValueSet', url: `http://example.org/${id}`, status: 'active', compose: { include, ...more } };
}

const birds = aValueSet('birds', [{ system, filter: [{ property: 'concept', op: 'is-a', value: 'bird' }] }]);
const circle = aValueSet('circle', [{ valueSet: ['http://example.org/circle'] }, { system, concept: [{ code: 'dog' }] }]);
const deep = Array.from({ length: 60 }, (_, level) => aValueSet(`deep-${level}`, [{ valueSet: [`http://example.org/deep-${level + 1}`] }]));
const conformance = createRegistryDouble([animals, part, birds, circle, ...deep]);
const service = createTerminologyService({ conformance });

const codesOf = (valueSet: ValueSet): readonly string[] | string => {
  const expansion = service.expand(valueSet);
  return 'obstacle' in expansion ? expansion.obstacle : expansion.codes.map(({ code }) => code);
};

describe('expand-value-set', () => {
  it('lists a whole code system in its order, with its hierarchy, and what is abstract or retired', () => {
    const expansion = service.expand(aValueSet('all', [{ system }]));
    if ('obstacle' in expansion) throw new Error(expansion.obstacle);
    expect(
      expansion.codes.map(({ code, isAbstract, isInactive, origin }) => [code, isAbstract, isInactive, origin?.concept.parents]),
    ).to.deep.equal([
      ['animal', true, false, []],
      ['bird', false, false, ['animal']],
      ['kiwi', false, false, ['bird']],
      ['dog', false, false, ['animal']],
      ['moa', false, true, ['animal']],
    ]);
    expect(expansion.codes[3]).to.deep.include({
      system,
      version: '2.0.0',
      display: 'Dog',
      designation: [{ language: 'de', value: 'Hund' }],
    });
  });

  it('selects by filters, of the hierarchy and of properties', () => {
    const filtered = (property: string, op: 'is-a' | '=' | 'descendent-of' | 'regex' | 'exists', value: string): unknown =>
      codesOf(aValueSet('filtered', [{ system, filter: [{ property, op, value }] }]));
    expect(filtered('concept', 'is-a', 'bird')).to.deep.equal(['bird', 'kiwi']);
    expect(filtered('concept', 'descendent-of', 'bird')).to.deep.equal(['kiwi']);
    expect(filtered('legs', '=', '4')).to.deep.equal(['dog']);
    expect(filtered('legs', 'exists', 'true')).to.deep.equal(['bird', 'dog']);
    expect(filtered('code', 'regex', '.*o.*')).to.deep.equal(['dog', 'moa']);
    expect(filtered('wings', '=', '2')).to.equal(`the filter 'wings = 2' asks for what the code system ${system} does not state`);
  });

  it('takes listed codes with the display and the designations of the value set first', () => {
    const concept = [{ code: 'dog', display: 'Good dog', designation: [{ language: 'mi', value: 'Kurī' }] }, { code: 'kiwi' }];
    const expansion = service.expand(aValueSet('listed', [{ system, concept }]));
    if ('obstacle' in expansion) throw new Error(expansion.obstacle);
    expect(expansion.codes.map(({ display }) => display)).to.deep.equal(['Good dog', 'Kiwi']);
    expect(expansion.codes[0]?.designation.map(({ value }) => value)).to.deep.equal(['Kurī', 'Hund']);
  });

  it('lists codes of a system that is not here where they are listed, and of none else', () => {
    const away = 'http://snomed.info/sct';
    expect(codesOf(aValueSet('away', [{ system: away, concept: [{ code: '1' }] }]))).to.deep.equal(['1']);
    expect(codesOf(aValueSet('away', [{ system: away }]))).to.equal(`the code system ${away} is not loaded with its codes`);
    expect(codesOf(aValueSet('part', [{ system: part.url ?? '' }]))).to.equal(`the code system ${part.url} is loaded in part only`);
    expect(codesOf(aValueSet('ucum', [{ system: 'http://unitsofmeasure.org' }]))).to.equal(
      'the codes of http://unitsofmeasure.org follow a rule, and cannot be listed',
    );
    expect(codesOf(aValueSet('none', [{ valueSet: ['http://example.org/none'] }]))).to.equal(
      'the value set http://example.org/none is not loaded',
    );
  });

  it('lists the codes of a short public list', () => {
    const currencies = aValueSet('currencies', [{ system: 'urn:iso:std:iso:4217' }], {
      exclude: [{ system: 'urn:iso:std:iso:4217', concept: [{ code: 'AUD' }] }],
    });
    expect(codesOf(currencies)).to.include('NZD').and.not.include('AUD');
    expect(
      codesOf(aValueSet('some', [{ system: 'urn:iso:std:iso:4217', filter: [{ property: 'code', op: '=', value: 'NZD' }] }])),
    ).to.include('cannot be listed');
  });

  it('leaves out what is excluded, and says where that cannot be told', () => {
    expect(
      codesOf(aValueSet('a', [{ system }], { exclude: [{ valueSet: [birds.url ?? ''] }, { system, concept: [{ code: 'moa' }] }] })),
    ).to.deep.equal(['animal', 'dog']);
    expect(codesOf(aValueSet('b', [{ system }], { exclude: [{ valueSet: ['http://example.org/none'] }] }))).to.equal(
      `whether the code 'animal' of ${system} is excluded cannot be told`,
    );
  });

  it('has what every value set of an include has, with the system of the include', () => {
    const both = [{ system, filter: [{ property: 'legs', op: 'exists' as const, value: 'true' }], valueSet: [birds.url ?? ''] }];
    expect(codesOf(aValueSet('both', both))).to.deep.equal(['bird']);
    expect(codesOf(aValueSet('two', [{ valueSet: [birds.url ?? '', circle.url ?? ''] }]))).to.deep.equal([]);
    expect(
      codesOf(
        aValueSet('union', [{ valueSet: [birds.url ?? ''] }, { valueSet: [circle.url ?? ''] }, { system, concept: [{ code: 'kiwi' }] }]),
      ),
    ).to.deep.equal(['bird', 'kiwi', 'dog']);
  });

  it('leaves out retired codes where the value set says so', () => {
    expect(codesOf(aValueSet('active', [{ system }], { inactive: false }))).to.not.include('moa');
    expect(codesOf(aValueSet('active', [{ system }], { inactive: true }))).to.include('moa');
  });

  it('ends where value sets include themselves, or one another too deep', () => {
    expect(codesOf(circle)).to.deep.equal(['dog']);
    expect(codesOf(deep[0] as ValueSet)).to.equal('value sets include one another more than 50 deep');
  });

  it('ends where it would take too long', () => {
    const include = Array.from({ length: 250_000 }, () => ({ system }));
    expect(codesOf(aValueSet('long', include))).to.equal('it takes too many steps');
  });

  it('takes the expansion that came with a value set where it has no other, or cannot work it out', () => {
    const contains = [{ system: 'http://loinc.org', code: '1-8', display: 'One', contains: [{ system: 'http://loinc.org', code: '2-6' }] }];
    const expansion = { timestamp: '2025-01-01', contains };
    const filter = [{ property: 'parent', op: '=' as const, value: 'LP1' }];
    const composed = aValueSet('stored', [{ system: 'http://loinc.org', filter }]);
    expect(codesOf({ resourceType: 'ValueSet', status: 'active', expansion })).to.deep.equal(['1-8', '2-6']);
    expect(codesOf({ ...composed, expansion })).to.deep.equal(['1-8', '2-6']);
    expect(codesOf({ ...composed, expansion: { ...expansion, total: 8 } })).to.equal(
      'the code system http://loinc.org is not loaded with its codes',
    );
    expect(codesOf({ ...aValueSet('own', [{ system, concept: [{ code: 'dog' }] }]), expansion })).to.deep.equal(['dog']);
    expect(codesOf({ resourceType: 'ValueSet', status: 'active' })).to.deep.equal([]);
  });
});
