import { expect } from 'chai';
import type { ElementDefinition, StructureDefinition } from 'fhir/r4.js';
import { isOfR4, readDataElements, restoreType } from '../../../src/conformance/restore-r4.js';
import { core, registryOf } from './snapshot-fixtures.js';

function own(path: string, content: Partial<ElementDefinition> = {}): ElementDefinition {
  const { min = 0, max = '1' } = content;
  return { id: path, path, base: { path, min, max }, min, max, ...content };
}

function aType(snapshot: readonly ElementDefinition[], differential: readonly ElementDefinition[]): StructureDefinition {
  return {
    resourceType: 'StructureDefinition',
    url: 'http://hl7.org/fhir/StructureDefinition/T',
    name: 'T',
    status: 'active',
    kind: 'resource',
    abstract: false,
    type: 'T',
    derivation: 'specialization',
    snapshot: { element: [own('T'), ...snapshot] },
    differential: { element: [own('T'), ...differential] },
  };
}

function elementsOf(definition: StructureDefinition, ...dataElements: readonly ElementDefinition[]): readonly ElementDefinition[] {
  const known = new Map(dataElements.map((element) => [element.path, element]));
  return restoreType(definition, known).snapshot?.element ?? [];
}

describe('restoreType', () => {
  const string = { type: [{ code: 'string' }] };
  const backbone = { type: [{ code: 'BackboneElement' }] };

  it('drops elements that R4 has not, with all that they hold', () => {
    const inherited: ElementDefinition = { ...own('T.added.id', string), base: { path: 'Element.id', min: 0, max: '1' } };
    const elements = elementsOf(
      aType([own('T.a', string), own('T.added', backbone), inherited, own('T.added.b', string)], [own('T.a', string)]),
      own('T.a', string),
    );
    expect(elements.map(({ path }) => path)).to.deep.equal(['T', 'T.a']);
  });

  it('keeps what holds others, what refers to others, and what is inherited', () => {
    const inherited: ElementDefinition = { ...own('T.language', string), base: { path: 'Resource.language', min: 0, max: '1' } };
    const kept = [own('T.group', backbone), own('T.group.a', string), own('T.group.same', { contentReference: '#T.group' })];
    const elements = elementsOf(aType([inherited, ...kept], kept), own('T.group.a', string));
    expect(elements.map(({ path }) => path)).to.deep.equal(['T', 'T.language', 'T.group', 'T.group.a', 'T.group.same']);
  });

  it('lets the data element say type, binding and cardinality, and brings back what was taken out', () => {
    const binding = { strength: 'required' as const, valueSet: 'http://hl7.org/fhir/ValueSet/x|4.0.1' };
    const constraint = [{ key: 'ele-1', severity: 'error' as const, human: 'ele-1' }];
    const elements = elementsOf(
      aType(
        [own('T.group', { ...backbone, min: 0 }), own('T.group.a', { type: [{ code: 'markdown' }], constraint })],
        [own('T.group', { ...backbone, min: 1 }), own('T.group.a', string), own('T.group.b', string)],
      ),
      own('T.group.a', { ...string, min: 1, binding }),
      own('T.group.b', string),
    );
    expect(elements).to.deep.equal([
      own('T'),
      own('T.group', { ...backbone, min: 1 }),
      own('T.group.a', { ...string, min: 1, binding, constraint }),
      own('T.group.b', { ...string, constraint }),
    ]);
  });

  it('leaves profiles as they are', () => {
    const profile: StructureDefinition = { ...aType([own('T.a')], []), derivation: 'constraint' };
    expect(restoreType(profile, new Map())).to.equal(profile);
  });
});

describe('readDataElements', () => {
  it('takes the first of a path: what comes later is of a profile', () => {
    const entry = [own('Quantity.comparator'), own('Quantity.comparator', { max: '0' })].map((element) => ({
      resource: { ...aType([], []), snapshot: { element: [element] } },
    }));
    const elements = readDataElements({ resourceType: 'Bundle', type: 'collection', entry });
    expect(elements.get('Quantity.comparator')?.max).to.equal('1');
  });
});

describe("R4's definitions", () => {
  it('know no type, element or value set of a later version', () => {
    const registry = registryOf();
    const paths = (type: string): readonly string[] => (registry.findType(type)?.resource.snapshot?.element ?? []).map(({ path }) => path);
    expect(core.resourceTypes.size).to.equal(146);
    expect(registry.findType('SubscriptionStatus')).to.equal(undefined);
    expect(registry.find('ValueSet', 'http://hl7.org/fhir/ValueSet/detectedissue-status')).to.equal(undefined);
    expect(paths('Meta').slice(3)).to.deep.equal(
      ['versionId', 'lastUpdated', 'source', 'profile', 'security', 'tag'].map((name) => `Meta.${name}`),
    );
    expect(paths('Binary')).to.not.include('Binary.url');
    const characteristic = paths('EvidenceVariable').filter((path) => path.startsWith('EvidenceVariable.characteristic.'));
    expect(characteristic.slice(3).map((path) => path.replace(/^.*\./, ''))).to.deep.equal([
      'description',
      'definition[x]',
      'usageContext',
      'exclude',
      'participantEffective[x]',
      'timeFromStart',
      'groupMeasure',
    ]);
  });

  it('are told by their version', () => {
    expect(['4.0.1', '4.0.0', '2018-08-12', '2.9', undefined].map((version) => isOfR4({ version }))).to.deep.equal(Array(5).fill(true));
    expect(['4.3.0', '5.0.0', '5.0.0-snapshot1'].map((version) => isOfR4({ version }))).to.deep.equal(Array(3).fill(false));
  });
});
