import { expect } from 'chai';
import type { CodeSystem, CodeSystemConcept, ValueSet, ValueSetComposeInclude } from 'fhir/r4.js';
import { createTerminologyService } from '../../../src/terminology/create-terminology-service.js';
import { readDefinitions } from '../fhirpath/r4-type-model.js';
import { createRegistryDouble } from './registry-double.js';

/** Two systems of R4 have a bar in their url. */
const SEPARATOR = '\n';

/** A plain expansion, written apart from src/terminology: arrays of system and code joined by SEPARATOR, hierarchy walked each time. */
class NaiveExpander {
  readonly #valueSets: ReadonlyMap<string, ValueSet>;
  readonly #codeSystems: ReadonlyMap<string, CodeSystem>;

  constructor(valueSets: readonly ValueSet[], codeSystems: readonly CodeSystem[]) {
    this.#valueSets = new Map(valueSets.map((resource) => [resource.url ?? '', resource]));
    this.#codeSystems = new Map(codeSystems.map((resource) => [resource.url ?? '', resource]));
  }

  /** Undefined where something is needed that is not loaded. */
  expand(resource: ValueSet): ReadonlySet<string> | undefined {
    const included: string[] = [];
    for (const include of resource.compose?.include ?? []) {
      const codes = this.#include(include);
      if (codes === undefined) return undefined;
      included.push(...codes);
    }
    for (const exclude of resource.compose?.exclude ?? []) {
      const codes = this.#include(exclude);
      if (codes === undefined) return undefined;
      for (const code of codes) {
        while (included.includes(code)) included.splice(included.indexOf(code), 1);
      }
    }
    return new Set(included);
  }

  #include(include: ValueSetComposeInclude): readonly string[] | undefined {
    let codes: readonly string[] | undefined;
    if (include.system !== undefined) {
      codes = this.#ofSystem(include, include.system);
      if (codes === undefined) return undefined;
    }
    for (const canonical of include.valueSet ?? []) {
      const imported = this.#valueSets.get(canonical.split('|')[0] as string);
      const expanded = imported === undefined ? undefined : this.expand(imported);
      if (expanded === undefined) return undefined;
      codes = codes === undefined ? [...expanded] : codes.filter((code) => expanded.has(code));
    }
    return codes;
  }

  #ofSystem(include: ValueSetComposeInclude, system: string): readonly string[] | undefined {
    if (include.concept !== undefined) return include.concept.map(({ code }) => `${system}${SEPARATOR}${code}`);
    const codeSystem = this.#codeSystems.get(system);
    if (codeSystem === undefined || codeSystem.content !== 'complete') return undefined;
    let codes = [...new Set(walk(codeSystem.concept).map(({ code }) => code))];
    for (const { op, property, value } of include.filter ?? []) {
      const below = descendants(codeSystem, value);
      if (property !== 'concept') return undefined;
      if (op === 'is-a') codes = codes.filter((code) => code === value || below.has(code));
      else if (op === 'descendent-of') codes = codes.filter((code) => below.has(code));
      else if (op === 'is-not-a') codes = codes.filter((code) => code !== value && !below.has(code));
      else return undefined;
    }
    return codes.map((code) => `${system}${SEPARATOR}${code}`);
  }
}

function walk(concepts: readonly CodeSystemConcept[] | undefined): readonly CodeSystemConcept[] {
  return (concepts ?? []).flatMap((concept) => [concept, ...walk(concept.concept)]);
}

/** Nested concepts, and flat ones that name their parents; repeated until nothing is added. */
function descendants(codeSystem: CodeSystem, code: string): ReadonlySet<string> {
  const all = walk(codeSystem.concept);
  const found = new Set<string>();
  for (let size = -1; size < found.size; ) {
    size = found.size;
    for (const concept of all) {
      const isUnder = concept.code === code || found.has(concept.code);
      if (isUnder) for (const child of walk(concept.concept)) found.add(child.code);
      for (const property of concept.property ?? []) {
        const other = property.valueCode ?? property.valueString ?? '';
        if ((property.code === 'parent' || property.code === 'subsumedBy') && (other === code || found.has(other))) found.add(concept.code);
        if (property.code === 'child' && isUnder) found.add(other);
      }
    }
  }
  return found;
}

describe('value sets of R4', function () {
  this.timeout(60_000);
  const resources = ['valuesets.json', 'v3-codesystems.json', 'v2-tables.json'].flatMap((file) => readDefinitions(file));
  const valueSets = resources.filter((resource) => resource.resourceType === 'ValueSet');
  const codeSystems = resources.filter((resource) => resource.resourceType === 'CodeSystem');
  const service = createTerminologyService({ conformance: createRegistryDouble([...valueSets, ...codeSystems]) });
  const naive = new NaiveExpander(valueSets, codeSystems);

  it('has the members of an independent expansion, and not others', () => {
    let compared = 0;
    let checks = 0;
    const everyCode = codeSystems.flatMap((codeSystem) =>
      walk(codeSystem.concept).map(({ code }) => `${codeSystem.url}${SEPARATOR}${code}`),
    );
    for (const [index, resource] of valueSets.entries()) {
      const expected = naive.expand(resource);
      if (expected === undefined) continue;
      const prepared = service.prepareValueSet(resource.url ?? '');
      if (prepared === undefined) throw new Error(`${resource.url} is not found`);
      expect(prepared.unchecked, resource.url).to.deep.equal([]);
      const wrong: string[] = [];
      // every member, and a sample of all other codes that differs from set to set
      const others = everyCode.filter((_code, at) => (at + index) % 97 === 0);
      for (const key of [...expected, ...others]) {
        const [system, code] = key.split(SEPARATOR) as [string, string];
        const membership = prepared.check(system, code);
        checks++;
        if (membership !== (expected.has(key) ? 'member' : 'not-member')) wrong.push(`${key} ${membership}`);
      }
      expect(wrong, resource.url).to.deep.equal([]);
      expect(prepared.check('http://example.org/none', 'x')).to.equal('not-member');
      compared++;
    }
    expect(compared).to.be.greaterThan(1200);
    expect(checks).to.be.greaterThan(100_000);
  });

  it('lists the codes of an independent expansion, each once', () => {
    let compared = 0;
    for (const resource of valueSets) {
      const expected = naive.expand(resource);
      if (expected === undefined) continue;
      const expansion = service.expand(resource);
      if ('obstacle' in expansion) throw new Error(`${resource.url}: ${expansion.obstacle}`);
      const found = expansion.codes.map(({ system, code }) => `${system}${SEPARATOR}${code}`);
      expect([...found].sort(), resource.url).to.deep.equal([...expected].sort());
      compared++;
    }
    expect(compared).to.be.greaterThan(1200);
  });

  it('lists the codes of the expansions that R4 publishes', () => {
    const listed = (id: string): { readonly published: readonly unknown[]; readonly found: readonly unknown[] } => {
      const resource = valueSets.find((one) => one.id === id);
      if (resource === undefined) throw new Error(`R4 has no value set ${id}`);
      const { expansion: published, ...definition } = resource;
      const expansion = service.expand(definition);
      if ('obstacle' in expansion) throw new Error(expansion.obstacle);
      return { published: (published?.contains ?? []).map(({ code }) => code), found: expansion.codes.map(({ code }) => code) };
    };
    const answers = listed('yesnodontknow');
    expect(answers.found).to.have.members([...answers.published]);
    // R4's code system has more codes than when this was expanded
    const moods = listed('inactive');
    expect(moods.found).to.include.members([...moods.published]);
    // and what cannot be worked out, as LOINC is not here, is told as it was published
    const cholesterol = valueSets.find((one) => one.id === 'example-expansion');
    if (cholesterol === undefined) throw new Error('R4 has no value set example-expansion');
    const { expansion: _published, ...definition } = cholesterol;
    expect(service.expand(definition)).to.deep.equal({ obstacle: 'the code system http://loinc.org is not loaded with its codes' });
  });

  it('finds every code of a stored expansion', () => {
    const stored = valueSets.filter((resource) => resource.expansion?.contains !== undefined);
    expect(stored.length).to.be.greaterThan(2);
    const missing: string[] = [];
    for (const resource of stored) {
      const prepared = service.prepareValueSet(resource.url ?? '');
      // its groups stand in the expansion only, in a contained system that no instance can name
      if (resource.id === 'example-hierarchical') continue;
      for (const { system, code } of resource.expansion?.contains ?? []) {
        if (code !== undefined && prepared?.check(system, code) !== 'member') missing.push(`${resource.url} ${code}`);
      }
    }
    expect(missing).to.deep.equal([]);
  });

  it('says of each value set that cannot be expanded offline what it lacks', () => {
    const lacking = new Map<string, number>();
    let sets = 0;
    for (const resource of valueSets) {
      const unchecked = service.prepareValueSet(resource.url ?? '')?.unchecked ?? [];
      if (unchecked.length > 0) sets++;
      for (const part of unchecked) {
        const system = part.replace(/ \(.*$/, '');
        lacking.set(system, (lacking.get(system) ?? 0) + 1);
      }
    }
    expect(sets).to.be.within(50, 120);
    expect([...lacking.keys()]).to.include.members(['http://snomed.info/sct', 'http://loinc.org', 'http://unitsofmeasure.org']);
    expect([...lacking.keys()].filter((system) => /hl7\.org\/fhir\/(?!sid|ValueSet|CodeSystem)|\/v[23]-/.test(system))).to.deep.equal([]);
  });
});
