import { expect } from 'chai';
import type { CodeSystem, ValueSet, ValueSetComposeInclude } from 'fhir/r4.js';
import { createTerminologyService } from '../../../src/terminology/create-terminology-service.js';
import type { PreparedValueSet, TerminologyService } from '../../../src/terminology/terminology-service.js';
import { createRegistryDouble } from './registry-double.js';

const animals: CodeSystem = {
  resourceType: 'CodeSystem',
  url: 'http://example.org/animals',
  valueSet: 'http://example.org/vs/animals',
  status: 'active',
  content: 'complete',
  caseSensitive: true,
  property: [
    { code: 'legs', type: 'integer' },
    { code: 'inactive', type: 'boolean' },
    { code: 'parent', type: 'code' },
  ],
  concept: [
    {
      code: 'animal',
      display: 'Animal',
      concept: [
        {
          code: 'mammal',
          concept: [
            {
              code: 'dog',
              display: 'Dog',
              designation: [{ language: 'mi', value: 'Kuri' }],
              property: [{ code: 'legs', valueInteger: 4 }],
            },
          ],
        },
        {
          code: 'bird',
          concept: [
            { code: 'kiwi', property: [{ code: 'legs', valueInteger: 2 }] },
            { code: 'moa', property: [{ code: 'inactive', valueBoolean: true }] },
          ],
        },
      ],
    },
    { code: 'bat', property: [{ code: 'parent', valueCode: 'mammal' }] },
    { code: 'stone' },
  ],
};

const colours: CodeSystem = {
  resourceType: 'CodeSystem',
  url: 'http://example.org/colours',
  status: 'active',
  content: 'complete',
  caseSensitive: false,
  concept: [{ code: 'Red' }, { code: 'Blue' }],
};

const partial: CodeSystem = {
  resourceType: 'CodeSystem',
  url: 'http://example.org/partial',
  status: 'active',
  content: 'fragment',
  concept: [{ code: 'a' }],
};
const supplement: CodeSystem = {
  resourceType: 'CodeSystem',
  url: 'http://example.org/animals-mi',
  status: 'active',
  content: 'supplement',
  supplements: 'http://example.org/animals',
  property: [
    { code: 'flies', type: 'boolean' },
    { code: 'legs', type: 'integer' },
  ],
  concept: [
    { code: 'kiwi', designation: [{ value: 'Kiwi (manu)' }], property: [{ code: 'flies', valueBoolean: false }] },
    { code: 'stone', property: [{ code: 'legs', valueInteger: 0 }] },
  ],
};

function valueSet(name: string, compose: ValueSet['compose'], rest: Partial<ValueSet> = {}): ValueSet {
  return { resourceType: 'ValueSet', url: `http://example.org/vs/${name}`, status: 'active', ...(compose && { compose }), ...rest };
}

function serviceOf(...valueSets: readonly ValueSet[]): TerminologyService {
  return createTerminologyService({ conformance: createRegistryDouble([animals, colours, partial, supplement, ...valueSets]) });
}

function prepare(...valueSets: readonly [ValueSet, ...(readonly ValueSet[])]): PreparedValueSet {
  const prepared = serviceOf(...valueSets).prepareValueSet(valueSets[0].url ?? '');
  if (prepared === undefined) throw new Error('not found');
  return prepared;
}

function selected(...include: readonly [ValueSetComposeInclude, ...(readonly ValueSetComposeInclude[])]): readonly string[] {
  const prepared = prepare(valueSet('x', { include: [...include] }));
  const codes = ['animal', 'mammal', 'dog', 'bird', 'kiwi', 'moa', 'bat', 'stone'];
  return codes.filter((code) => prepared.check(animals.url, code) === 'member');
}

describe('createTerminologyService', () => {
  it('takes every code of an included system, and no other', () => {
    const prepared = prepare(valueSet('x', { include: [{ system: 'http://example.org/animals' }] }));
    expect(prepared.check('http://example.org/animals', 'kiwi')).to.equal('member');
    expect(prepared.check('http://example.org/animals', 'Kiwi')).to.equal('not-member');
    expect(prepared.check('http://example.org/colours', 'Red')).to.equal('not-member');
    expect(prepared.check(undefined, 'dog')).to.equal('member');
    expect(prepared.check(undefined, 'Red')).to.equal('not-member');
    expect(prepared.unchecked).to.deep.equal([]);
    expect(prepared.canonical).to.equal('http://example.org/vs/x|1.0.0');
  });

  it('ignores letter case where the system does', () => {
    const whole = prepare(valueSet('x', { include: [{ system: 'http://example.org/colours' }] }));
    expect(whole.check('http://example.org/colours', 'RED')).to.equal('member');
    const listed = prepare(valueSet('x', { include: [{ system: 'http://example.org/colours', concept: [{ code: 'Red' }] }] }));
    expect(listed.check('http://example.org/colours', 'red')).to.equal('member');
    expect(listed.check('http://example.org/colours', 'blue')).to.equal('not-member');
    const otherwise = prepare(valueSet('x', { include: [{ system: 'http://example.org/colours', concept: [{ code: 'red' }] }] }));
    for (const code of ['Red', 'RED', 'red']) expect(otherwise.check('http://example.org/colours', code), code).to.equal('member');
    expect(otherwise.check('http://example.org/colours', 'Blue')).to.equal('not-member');
  });

  const system = 'http://example.org/animals';
  const filters: readonly (readonly [
    string,
    string,
    NonNullable<ValueSetComposeInclude['filter']>[number]['op'],
    string,
    readonly string[],
  ])[] = [
    ['is-a', 'concept', 'is-a', 'mammal', ['mammal', 'dog', 'bat']],
    ['descendent-of', 'concept', 'descendent-of', 'mammal', ['dog', 'bat']],
    ['is-not-a', 'concept', 'is-not-a', 'animal', ['stone']],
    ['generalizes', 'concept', 'generalizes', 'dog', ['animal', 'mammal', 'dog']],
    ['regex on the whole code', 'code', 'regex', '[bm]a.*', ['mammal', 'bat']],
    ['in', 'code', 'in', 'dog,kiwi', ['dog', 'kiwi']],
    ['not-in', 'code', 'not-in', 'dog,kiwi,moa,bat', ['animal', 'mammal', 'bird', 'stone']],
    ['= of a property', 'legs', '=', '4', ['dog']],
    ['exists', 'legs', 'exists', 'true', ['dog', 'kiwi', 'stone']],
    ['of a property that a supplement adds', 'flies', '=', 'false', ['kiwi']],
    ['of a property that a supplement adds to other codes', 'legs', '=', '0', ['stone']],
  ];
  for (const [name, property, op, value, expected] of filters) {
    it(`applies the filter ${name}`, () => {
      expect(selected({ system, filter: [{ property, op, value }] })).to.deep.equal(expected);
    });
  }

  it('demands all filters of an include, and joins includes', () => {
    const isMammal = { property: 'concept', op: 'is-a', value: 'mammal' } as const;
    const hasLegs = { property: 'legs', op: 'exists', value: 'true' } as const;
    expect(selected({ system, filter: [isMammal, hasLegs] })).to.deep.equal(['dog']);
    expect(selected({ system, filter: [isMammal, hasLegs] }, { system, concept: [{ code: 'stone' }] })).to.deep.equal(['dog', 'stone']);
  });

  it('reports a filter by a property that the system does not have as unchecked', () => {
    const prepared = prepare(valueSet('x', { include: [{ system, filter: [{ property: 'wings', op: '=', value: '2' }] }] }));
    expect(prepared.check(system, 'kiwi')).to.equal('unknown');
    expect(prepared.check(system, 'nothing')).to.equal('not-member');
    expect(prepared.unchecked).to.deep.equal(['http://example.org/animals (wings = 2)']);
  });

  it('leaves out what is excluded', () => {
    const prepared = prepare(valueSet('x', { include: [{ system }], exclude: [{ system, concept: [{ code: 'stone' }] }] }));
    expect(prepared.check(system, 'stone')).to.equal('not-member');
    expect(prepared.check(undefined, 'stone')).to.equal('not-member');
    expect(prepared.check(system, 'dog')).to.equal('member');
  });

  it('leaves out inactive concepts where compose says so', () => {
    expect(prepare(valueSet('x', { inactive: false, include: [{ system }] })).check(system, 'moa')).to.equal('not-member');
    expect(prepare(valueSet('x', { include: [{ system }] })).check(system, 'moa')).to.equal('member');
  });

  it('joins value sets over includes and intersects them within one', () => {
    const pets = valueSet('pets', { include: [{ system, concept: [{ code: 'dog' }, { code: 'stone' }] }] });
    const living = valueSet('living', { include: [{ system, filter: [{ property: 'concept', op: 'is-a', value: 'animal' }] }] });
    const both = prepare(valueSet('x', { include: [{ valueSet: [pets.url ?? '', living.url ?? ''] }] }), pets, living);
    expect(['dog', 'stone', 'kiwi'].map((code) => both.check(system, code))).to.deep.equal(['member', 'not-member', 'not-member']);
    const either = prepare(valueSet('x', { include: [{ valueSet: [pets.url ?? ''] }, { valueSet: [living.url ?? ''] }] }), pets, living);
    expect(['dog', 'stone', 'kiwi', 'other'].map((code) => either.check(system, code))).to.deep.equal([
      'member',
      'member',
      'member',
      'not-member',
    ]);
    const inSystem = prepare(valueSet('x', { include: [{ system, valueSet: [pets.url ?? ''] }] }), pets);
    expect(inSystem.check(system, 'dog')).to.equal('member');
    expect(inSystem.check(system, 'kiwi')).to.equal('not-member');
  });

  it('has only codes of the version that an include names, where that one is loaded', () => {
    const url = 'http://example.org/versioned';
    const version = (label: string, code: string): CodeSystem => {
      return {
        resourceType: 'CodeSystem',
        url,
        version: label,
        status: 'active',
        content: 'complete',
        concept: [{ code }, { code: 'both' }],
      };
    };
    const resources = [version('1.0.0', 'old'), version('2.0.0', 'new'), valueSet('x', { include: [{ system: url, version: '1.0.0' }] })];
    const prepared = createTerminologyService({ conformance: createRegistryDouble(resources) }).prepareValueSet('http://example.org/vs/x');
    expect(prepared?.check(url, 'old')).to.equal('member');
    expect(prepared?.check(url, 'old', '1.0.0')).to.equal('member');
    expect(prepared?.check(url, 'new')).to.equal('not-member');
    for (const code of ['new', 'both']) expect(prepared?.check(url, code, '2.0.0'), code).to.equal('not-member');
  });

  it('survives value sets that include each other', () => {
    const a = valueSet('a', { include: [{ valueSet: ['http://example.org/vs/b'] }, { system, concept: [{ code: 'dog' }] }] });
    const b = valueSet('b', { include: [{ valueSet: ['http://example.org/vs/a'] }, { system, concept: [{ code: 'kiwi' }] }] });
    for (const prepared of [prepare(a, b), prepare(b, a)]) {
      expect(prepared.check(system, 'dog')).to.equal('member');
      expect(prepared.check(system, 'kiwi')).to.equal('member');
      expect(prepared.check(system, 'moa')).to.equal('not-member');
      expect(prepared.unchecked).to.deep.equal([]);
    }
  });

  it('knows listed codes of a system that is not loaded, and nothing of its filters', () => {
    const sct = 'http://snomed.info/sct';
    const listed = prepare(valueSet('x', { include: [{ system: sct, concept: [{ code: '1' }] }] }));
    expect(listed.check(sct, '1')).to.equal('member');
    expect(listed.check(sct, '2')).to.equal('not-member');
    expect(listed.unchecked).to.deep.equal([]);
    const filtered = prepare(
      valueSet('x', {
        include: [
          { system: sct, filter: [{ property: 'concept', op: 'is-a', value: '1' }] },
          { system, concept: [{ code: 'dog' }] },
        ],
      }),
    );
    expect(filtered.check(sct, '2')).to.equal('unknown');
    expect(filtered.check(system, 'dog')).to.equal('member');
    expect(filtered.check(system, 'kiwi')).to.equal('not-member');
    expect(filtered.check('http://example.org/other', '2')).to.equal('not-member');
    expect(filtered.unchecked).to.deep.equal(['http://snomed.info/sct (concept is-a 1)']);
  });

  it('does not decide what a fragment may have', () => {
    const prepared = prepare(valueSet('x', { include: [{ system: 'http://example.org/partial' }] }));
    expect(prepared.check('http://example.org/partial', 'a')).to.equal('member');
    expect(prepared.check('http://example.org/partial', 'b')).to.equal('unknown');
    expect(prepared.unchecked).to.deep.equal(['http://example.org/partial']);
  });

  it('uses an expansion where compose cannot be expanded', () => {
    const sct = 'http://snomed.info/sct';
    const expansion = { timestamp: '2020-01-01T00:00:00Z', contains: [{ system: sct, code: '1', contains: [{ system: sct, code: '2' }] }] };
    const include = [{ system: sct, filter: [{ property: 'concept', op: 'is-a' as const, value: '1' }] }];
    const whole = prepare(valueSet('x', { include }, { expansion }));
    expect(['1', '2', '3'].map((code) => whole.check(sct, code))).to.deep.equal(['member', 'member', 'not-member']);
    expect(whole.unchecked).to.deep.equal([]);
    const part = prepare(valueSet('x', { include }, { expansion: { ...expansion, total: 9 } }));
    expect(part.check(sct, '3')).to.equal('unknown');
    expect(prepare(valueSet('x', undefined, { expansion })).check(undefined, '2')).to.equal('member');
  });

  it('reports a value set that is not loaded', () => {
    const prepared = prepare(valueSet('x', { include: [{ valueSet: ['http://example.org/vs/none'] }] }));
    expect(prepared.check(system, 'dog')).to.equal('unknown');
    expect(prepared.unchecked).to.deep.equal(['http://example.org/vs/none']);
    expect(serviceOf().prepareValueSet('http://example.org/vs/none')).to.equal(undefined);
  });

  it('makes the value set of all codes of a system, and of all of SNOMED CT', () => {
    const all = serviceOf().prepareValueSet('http://example.org/vs/animals');
    expect(all?.check(system, 'kiwi')).to.equal('member');
    expect(all?.check(system, 'cat')).to.equal('not-member');
    const snomed = serviceOf().prepareValueSet('http://snomed.info/sct?fhir_vs=ecl/<123');
    expect(snomed?.check('http://snomed.info/sct', '1')).to.equal('unknown');
    expect(snomed?.check('http://loinc.org', '1')).to.equal('not-member');
    expect(snomed?.unchecked).to.deep.equal(['http://snomed.info/sct']);
  });

  it('makes the value set of all codes of any system, by the URL of the system', () => {
    const service = createTerminologyService({
      conformance: createRegistryDouble([animals, supplement]),
      ucum: (code) => code === 'kg',
    });
    for (const suffix of ['?vs', '?fhir_vs', '/vs', '/vs|1.0.0']) {
      const all = service.prepareValueSet(`${system}${suffix}`);
      expect(all?.check(system, 'kiwi'), suffix).to.equal('member');
      expect(all?.check(system, 'cat'), suffix).to.equal('not-member');
      const units = service.prepareValueSet(`http://unitsofmeasure.org${suffix}`);
      expect(units?.check('http://unitsofmeasure.org', 'kg'), suffix).to.equal('member');
      expect(units?.check('http://unitsofmeasure.org', 'stone'), suffix).to.equal('not-member');
      expect(service.prepareValueSet(`http://example.org/nothing${suffix}`), suffix).to.equal(undefined);
      expect(service.prepareValueSet(`http://example.org/animals-mi${suffix}`), suffix).to.equal(undefined);
    }
    const imported = prepare(valueSet('x', { include: [{ valueSet: [`${system}?vs`] }] }));
    expect(imported.check(system, 'kiwi')).to.equal('member');
    expect(imported.unchecked).to.deep.equal([]);
  });

  const known: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['urn:ietf:bcp:47', ['en', 'en-NZ', 'mi', 'zh-Hant-TW', 'x-private', 'de-CH-1996'], ['english language', 'e', 'en_NZ', '']],
    ['urn:ietf:bcp:13', ['application/pdf', 'text/plain; charset=UTF-8', 'image/svg+xml'], ['pdf', 'application/', 'a b/c']],
    ['urn:iso:std:iso:4217', ['NZD', 'USD'], ['NZ$', 'nzd', 'ABC']],
    ['urn:iso:std:iso:3166', ['NZ', 'DE', 'NZL', 'DEU', '554'], ['QQ', 'nz', 'New Zealand', 'QQQ', 'nzl', '555', '']],
    ['https://www.iana.org/time-zones', ['Pacific/Auckland', 'UTC'], ['Pacific/Nowhere', '']],
  ];
  for (const [url, valid, invalid] of known) {
    it(`tells codes of ${url} without a CodeSystem`, () => {
      const prepared = prepare(valueSet('x', { include: [{ system: url }] }));
      expect(prepared.unchecked).to.deep.equal([]);
      for (const code of valid) expect(prepared.check(url, code), code).to.equal('member');
      for (const code of invalid) expect(prepared.check(url, code), code).to.equal('not-member');
    });
  }

  it('asks the hook for UCUM, and knows nothing without it', () => {
    const ucum = valueSet('x', { include: [{ system: 'http://unitsofmeasure.org' }] });
    const without = prepare(ucum);
    expect(without.check('http://unitsofmeasure.org', 'kg')).to.equal('unknown');
    expect(without.unchecked).to.deep.equal(['http://unitsofmeasure.org']);
    const service = createTerminologyService({ conformance: createRegistryDouble([ucum]), ucum: (code) => code === 'kg' });
    expect(service.prepareValueSet(ucum.url ?? '')?.check('http://unitsofmeasure.org', 'kg')).to.equal('member');
    expect(service.lookup('http://unitsofmeasure.org', 'stone')).to.equal('unknown-code');
  });

  it('looks up displays, designations and supplements', () => {
    const service = serviceOf();
    const english = { text: 'Dog', language: 'en' };
    const maori = { text: 'Kuri', language: 'mi' };
    expect(service.lookup(system, 'dog')).to.deep.equal({ canonical: system, display: 'Dog', displays: [english, maori], inactive: false });
    const supplemented = { text: 'Kiwi (manu)', language: undefined };
    expect(service.lookup(system, 'kiwi')).to.deep.equal({
      canonical: system,
      display: undefined,
      displays: [supplemented],
      inactive: false,
    });
    expect(service.lookup(system, 'moa')).to.deep.equal({ canonical: system, display: undefined, displays: [], inactive: true });
    expect(service.lookup(system, 'cat')).to.equal('unknown-code');
    expect(service.lookup('http://example.org/partial', 'b')).to.equal('unknown-system');
    expect(service.lookup('http://loinc.org', '1')).to.equal('unknown-system');
    expect(service.lookup('urn:ietf:bcp:47', 'en')).to.have.property('displays').that.is.empty;
  });
});
