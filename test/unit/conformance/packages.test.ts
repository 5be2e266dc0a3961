import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import type { StructureDefinition } from 'fhir/r4.js';
import { create } from 'tar';
import { createConformanceRegistry } from '../../../src/conformance/create-conformance-registry.js';
import { checkDefinitions, linkPackages } from '../../../src/conformance/package-graph.js';
import { type FhirPackage, readDefinitions, readPackage } from '../../../src/conformance/package-reader.js';
import { anElement, aProfile, core } from './snapshot-fixtures.js';

const URL = 'http://example.org/ValueSet/a';

describe('FHIR packages', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kauri-packages-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  async function write(path: string, content: unknown): Promise<string> {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  }

  /** A package of that id, with these files. */
  async function aPackage(
    id: string,
    files: Readonly<Record<string, unknown>> = {},
    dependencies: Readonly<Record<string, string>> = {},
  ): Promise<FhirPackage> {
    const [name, version] = id.split('#');
    await write(`${id}/package.json`, { name, version, dependencies });
    for (const [file, content] of Object.entries(files)) await write(`${id}/${file}`, content);
    return readPackage(join(folder, id));
  }

  function messagesOf(...packages: readonly FhirPackage[]): readonly string[] {
    const graph = linkPackages(packages);
    const registry = createConformanceRegistry({ core, packages, dependenciesOf: graph.dependenciesOf });
    return [...graph.problems, ...checkDefinitions(packages, registry)].map(({ packageId, file, message }) =>
      [packageId, file, message].filter((part) => part !== undefined).join(' '),
    );
  }

  function aSet(content: object = {}): object {
    return { resourceType: 'ValueSet', url: URL, status: 'active', ...content };
  }

  it('are read from a folder, from a published layout and from an archive, all alike', async () => {
    const manifest = { name: 'p', version: '1.0.0' };
    for (const at of ['plain', 'published/package']) {
      await write(`${at}/package.json`, manifest);
      await write(`${at}/ValueSet-a.json`, aSet({ version: '2.0.0' }));
      await write(`${at}/Patient-a.json`, { resourceType: 'Patient' });
      await write(`${at}/.index.json`, { files: [] });
    }
    await write('published/package/example/ValueSet-b.json', aSet({ url: 'http://example.org/ValueSet/b' }));
    await create({ file: join(folder, 'p.tgz'), cwd: join(folder, 'published'), gzip: true }, ['package']);
    for (const path of ['plain', 'published', 'p.tgz']) {
      const { packageId, entries, problems } = await readPackage(join(folder, path));
      expect(packageId, path).to.equal('p#1.0.0');
      expect(problems, path).to.deep.equal([]);
      expect(entries.map(({ url, version, resourceType }) => [resourceType, url, version])).to.deep.equal([['ValueSet', URL, '2.0.0']]);
      expect(entries[0]?.read(), path).to.deep.equal(aSet({ version: '2.0.0' }));
    }
  });

  it('that are none say so with their path', async () => {
    const failure = async (path: string): Promise<string> => {
      try {
        await readPackage(join(folder, path));
      } catch (error) {
        return (error as Error).message;
      }
      return expect.fail(`${path} was read`);
    };
    await write('empty/ValueSet-a.json', aSet());
    await write('nameless/package.json', { version: '1.0.0' });
    await write('broken/package.json', '{"name": ');
    expect(await failure('empty')).to.match(/empty is no FHIR package: it has no package.json$/);
    expect(await failure('nameless')).to.match(/nameless is no FHIR package: its package.json has no name and version$/);
    expect(await failure('broken')).to.match(/broken: package.json is no JSON: /);
  });

  it('name a definition that stands twice, and take the last', async () => {
    const { problems } = await aPackage('p#1.0.0', { 'a.json': aSet(), 'b.json': aSet({ title: 'other' }) });
    expect(problems.map(({ file, message }) => `${file} ${message}`)).to.deep.equal([
      `b.json is ValueSet ${URL}|1.0.0, as a.json is: only this one counts`,
    ]);
  });

  it('may have files that begin with a byte order mark', async () => {
    const { entries, problems } = await aPackage('p#1.0.0', { 'a.json': `\uFEFF${JSON.stringify(aSet())}` });
    expect(problems).to.deep.equal([]);
    expect(entries[0]?.read()).to.include({ url: URL });
    const loose = await write('loose.json', `\uFEFF${JSON.stringify(aSet())}`);
    expect(readDefinitions(loose)).to.have.length(1);
  });

  it('that are no whole archive are named with their path', async () => {
    const path = await write('broken.tgz', 'text');
    const message = await readPackage(path).then(
      () => '',
      (error: Error) => error.message,
    );
    expect(message).to.match(/broken\.tgz is no whole \.tgz: /);
  });

  it('name what their package.json says wrongly', async () => {
    await write('odd/package.json', { name: 'odd', version: '1.0.0', dependencies: ['a'], fhirVersions: ['5.0.0'] });
    const { dependencies, problems } = await readPackage(await write('odd/ValueSet-a.json', aSet()).then((path) => dirname(path)));
    expect(dependencies).to.deep.equal({});
    expect(problems.map(({ message }) => message)).to.deep.equal([
      'has dependencies that are no object of names and versions: those that are none were left out',
      'is for FHIR 5.0.0, and this is a server of R4 (4.0.1)',
    ]);
  });

  it('name every file that is broken, and load the others', async () => {
    const { entries, problems } = await aPackage('p#1.0.0', {
      'a.json': aSet(),
      'b.json': '{"resourceType": ',
      'c.json': '"text"',
      'd.json': aSet({ url: undefined }),
      'e.json': { resourceType: 'StructureDefinition', url: 'http://example.org/e' },
      'f.json': { resourceType: 'Observation', status: 'final' },
    });
    expect(entries.map(({ url }) => url)).to.deep.equal([URL]);
    expect(problems.map(({ file, severity, message }) => [file, severity, message.replace(/(is no JSON).*/, '$1')])).to.deep.equal([
      ['b.json', 'error', 'is no JSON'],
      ['c.json', 'error', 'is no FHIR resource: it has no resourceType'],
      ['d.json', 'error', 'is a ValueSet without a url: nothing can refer to it'],
      ['e.json', 'error', 'StructureDefinition http://example.org/e has neither differential nor snapshot'],
    ]);
  });

  it('name a dependency that is missing, and the versions that are there instead', async () => {
    const used = await aPackage('used#1.0.0');
    const user = await aPackage('user#1.0.0', {}, { used: '2.0.0', absent: '1.0.0', 'hl7.fhir.r4.core': '4.0.1' });
    expect(messagesOf(used, user)).to.deep.equal([
      'user#1.0.0 depends on used#2.0.0, which is not loaded (loaded: 1.0.0)',
      'user#1.0.0 depends on absent#1.0.0, which is not loaded',
    ]);
  });

  it('resolve x, current and latest to the highest version loaded, pre-releases last', async () => {
    const versions = await Promise.all(['1.0.0', '1.2.0', '2.0.0-draft', '1.10.0'].map((version) => aPackage(`used#${version}`)));
    const resolved = async (range: string): Promise<readonly string[] | undefined> =>
      linkPackages([...versions, await aPackage('user#1.0.0', {}, { used: range })]).dependenciesOf.get('user#1.0.0');
    expect(await resolved('1.2.x')).to.deep.equal(['used#1.2.0']);
    expect(await resolved('1.x')).to.deep.equal(['used#1.10.0']);
    expect(await resolved('latest')).to.deep.equal(['used#1.10.0']);
  });

  it('depend in circles without end', async () => {
    const a = await aPackage('a#1.0.0', {}, { b: '1.0.0' });
    const b = await aPackage('b#1.0.0', {}, { a: '1.0.0' });
    expect(linkPackages([a, b]).dependenciesOf).to.deep.equal(
      new Map([
        ['a#1.0.0', ['b#1.0.0']],
        ['b#1.0.0', ['a#1.0.0']],
      ]),
    );
  });

  describe('of several versions side by side', () => {
    const setOf = (version: string): object => aSet({ version, name: `V${version}` });

    it('are found by version, by the beginning of one, and the highest without', async () => {
      const packages = [
        await aPackage('p#1.0.0', { 'a.json': setOf('1.0.0') }),
        await aPackage('p#1.10.0', { 'a.json': setOf('1.10.0') }),
        await aPackage('p#1.9.0', { 'a.json': setOf('1.9.0') }),
        await aPackage('p#2.0.0-ballot', { 'a.json': setOf('2.0.0-ballot') }),
      ];
      const registry = createConformanceRegistry({ core, packages });
      const found = (canonical: string): string | undefined => registry.find('ValueSet', canonical)?.version;
      expect(registry.versions('ValueSet', URL)).to.deep.equal(['1.10.0', '1.9.0', '1.0.0', '2.0.0-ballot']);
      expect(found(URL)).to.equal('1.10.0');
      expect(found(`${URL}|2.0.0-ballot`)).to.equal('2.0.0-ballot');
      expect(found(`${URL}|1.9.0`)).to.equal('1.9.0');
      expect(found(`${URL}|1`)).to.equal('1.10.0');
      expect(found(`${URL}|1.0`)).to.equal('1.0.0');
      expect(found(`${URL}|3.0.0`)).to.equal(undefined);
      expect(registry.find('CodeSystem', URL)).to.equal(undefined);
    });

    it('are sought first in the package that asks, then in what it depends on', async () => {
      const packages = [
        await aPackage('base#1.0.0', { 'a.json': setOf('1.0.0') }),
        await aPackage('base#2.0.0', { 'a.json': setOf('2.0.0') }),
        await aPackage('near#1.0.0', {}, { base: '1.0.0' }),
        await aPackage('far#1.0.0', {}, { near: '1.0.0' }),
      ];
      const { dependenciesOf } = linkPackages(packages);
      const registry = createConformanceRegistry({ core, packages, dependenciesOf });
      const from = (packageId?: string): string | undefined => registry.find('ValueSet', URL, packageId)?.version;
      expect(from()).to.equal('2.0.0');
      expect(from('base#1.0.0')).to.equal('1.0.0');
      expect(from('near#1.0.0')).to.equal('1.0.0');
      expect(from('far#1.0.0')).to.equal('1.0.0');
      expect(from('elsewhere#1.0.0')).to.equal('2.0.0');
    });

    it('build a profile upon the base of the version that its package depends on', async () => {
      const base = (min: number): StructureDefinition => aProfile('base', 'Patient', [anElement('Patient.active', { min })]);
      const derived = aProfile('derived', 'Patient', [], { baseDefinition: 'http://example.org/base' });
      const packages = [
        await aPackage('base#1.0.0', { 'a.json': base(1) }),
        await aPackage('base#2.0.0', { 'a.json': base(0) }),
        await aPackage('derived#1.0.0', { 'a.json': derived }, { base: '1.0.0' }),
      ];
      const { dependenciesOf } = linkPackages(packages);
      const registry = createConformanceRegistry({ core, packages, dependenciesOf });
      const elements = registry.findStructureDefinition('http://example.org/derived')?.resource.snapshot?.element;
      expect(elements?.find(({ id }) => id === 'Patient.active')?.min).to.equal(1);
    });
  });

  describe('with definitions that cannot be used', () => {
    it('name them: the base not loaded, in a circle, of another type', async () => {
      const one = await aPackage('p#1.0.0', {
        'a.json': aProfile('absent-base', 'Patient', [], { baseDefinition: 'http://example.org/absent' }),
        'b.json': aProfile('circle-a', 'Patient', [], { baseDefinition: 'http://example.org/circle-b' }),
        'c.json': aProfile('circle-b', 'Patient', [], { baseDefinition: 'http://example.org/circle-a' }),
        'd.json': aProfile('mistyped', 'Patinet', [], { baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient' }),
        'e.json': { ...aProfile('typeless', 'Patient', []), type: undefined },
        'f.json': aProfile('good', 'Patient', [anElement('Patient.active', { min: 1 })]),
      });
      expect(messagesOf(one)).to.deep.equal([
        'p#1.0.0 StructureDefinition http://example.org/absent-base is built upon http://example.org/absent, which is not loaded',
        'p#1.0.0 StructureDefinition http://example.org/circle-a is built upon itself',
        'p#1.0.0 StructureDefinition http://example.org/circle-b is built upon itself',
        'p#1.0.0 StructureDefinition http://example.org/mistyped is of type Patinet, but built upon a definition of Patient',
        'p#1.0.0 StructureDefinition http://example.org/typeless says no type',
      ]);
    });

    it('name what R4 shapes otherwise, in definitions of every kind', async () => {
      const profile = { ...aProfile('p', 'Patient', []), differential: { element: [{ path: 'Patient', constraint: 4 }] } };
      const broken = await aPackage('p#1.0.0', {
        'a.json': aSet({ compose: { include: [{ system: 'http://example.org', filter: 'x' }] } }),
        'p.json': profile,
        'q.json': { ...aProfile('q', 'Patient', []), type: 5 },
      });
      expect(messagesOf(broken)).to.have.members([
        `p#1.0.0 ValueSet ${URL} has a fault at ValueSet.compose.include[0].filter: is no list`,
        'p#1.0.0 StructureDefinition http://example.org/p has a fault at StructureDefinition.differential.element[0].constraint: is no list',
        'p#1.0.0 StructureDefinition http://example.org/q has a fault at StructureDefinition.type: is no string',
        'p#1.0.0 StructureDefinition http://example.org/q says no type',
      ]);
    });

    it('name what no resource could ever be held against', async () => {
      const constraint = { key: 'c-1', severity: 'error' as const, human: 'x', expression: 'name.(((' };
      const one = await aPackage('p#1.0.0', {
        'a.json': aProfile('a', 'Patient', [
          anElement('Patient', { constraint: [constraint] }),
          anElement('Patient.name', { min: 3, max: '1' }),
          anElement('Patient.identifier', { slicing: { rules: 'closed' } }),
        ]),
        's.json': {
          resourceType: 'SearchParameter',
          url: 'http://example.org/s',
          code: 's',
          base: ['Patient'],
          type: 'token',
          expression: 'a.(',
        },
      });
      const messages = messagesOf(one).map((message) => message.replace(/FHIRPath \(.*\):/, 'FHIRPath:'));
      expect(messages).to.deep.equal([
        'p#1.0.0 StructureDefinition http://example.org/a has a fault at Patient.name: min 3 is more than max 1: nothing can be both',
        'p#1.0.0 StructureDefinition http://example.org/a has a fault at Patient.identifier: no discriminator says what is in a slice: it is taken to have what conforms to it',
        'p#1.0.0 StructureDefinition http://example.org/a has a fault at Patient: the constraint c-1 is no FHIRPath: name.(((',
        'p#1.0.0 SearchParameter http://example.org/s has an expression that is no FHIRPath: a.(',
      ]);
    });

    it('name value sets that import themselves, near or far, and patterns that are none', async () => {
      const importing = (url: string, other: string): object => aSet({ url, compose: { include: [{ valueSet: [other] }] } });
      const broken = aSet({ compose: { include: [{ system: 'urn:x', filter: [{ property: 'code', op: 'regex', value: '(' }] }] } });
      const messages = messagesOf(
        await aPackage('p#1.0.0', {
          'ValueSet-self.json': importing('http://example.org/self', 'http://example.org/self'),
          'ValueSet-b.json': importing('http://example.org/b', 'http://example.org/c'),
          'ValueSet-c.json': importing('http://example.org/c', 'http://example.org/b'),
          'ValueSet-d.json': importing('http://example.org/d', 'http://example.org/absent'),
          'ValueSet-broken.json': broken,
        }),
      );
      const circles = messages.filter((message) => message.includes('imports itself')).join('\n');
      expect(circles)
        .to.include('http://example.org/b -> http://example.org/c -> http://example.org/b')
        .and.include('self -> http://example.org/self');
      expect(circles).not.to.include('http://example.org/d');
      expect(messages.filter((message) => message.includes('no regular expression'))).to.have.length(1);
    });

    it('name what they name and nothing defines, once each', async () => {
      const at = (name: string): string => `http://example.org/${name}`;
      const bound = (strength: 'required' | 'example', valueSet: string) => ({ binding: { strength, valueSet } });
      const one = await aPackage('p#1.0.0', {
        'a.json': aProfile('a', 'Patient', [
          anElement('Patient.extension:e', { type: [{ code: 'Extension', profile: [at('e')] }] }),
          anElement('Patient.name', { type: [{ code: 'HumanName', profile: [at('n')] }] }),
          anElement('Patient.gender', bound('required', at('v'))),
          anElement('Patient.maritalStatus', bound('required', at('v'))),
          anElement('Patient.communication.language', bound('example', at('other'))),
          anElement('Patient.generalPractitioner', { type: [{ code: 'Reference', targetProfile: [at('t')] }] }),
          anElement('Patient.link.other', { contentReference: '#Patient.nickname' }),
          anElement('Patient.photo.contentType', bound('required', 'http://snomed.info/sct?fhir_vs')),
        ]),
        'ValueSet-x.json': aSet({ compose: { include: [{ valueSet: [at('w')] }] } }),
      });
      const messages = messagesOf(one).map((message) => message.replace('p#1.0.0 ', '').replaceAll(at(''), ''));
      expect(messages).to.have.members([
        'StructureDefinition e was not found; it is named in a Patient.extension:e: the extension is not checked against it',
        'StructureDefinition n was not found; it is named in a Patient.name: what stands there is not checked against it',
        'ValueSet v was not found; it is named in a Patient.gender and 1 more: codes there are not checked',
        'StructureDefinition t was not found; it is named in a Patient.generalPractitioner: a reference there may lead to anything',
        'The element #Patient.nickname was not found; it is named in a Patient.link.other: what stands there is not checked',
        `ValueSet w was not found; it is named in ${URL.replace(at(''), '')} ValueSet.compose.include[0]: its codes are unknown`,
      ]);
    });

    it('name filters by operators that R4 has not, and by properties that the code system has not', async () => {
      const system = 'http://example.org/system';
      const codes = {
        resourceType: 'CodeSystem',
        url: system,
        content: 'complete',
        property: [{ code: 'wave' }],
        filter: [{ code: 'shade' }],
      };
      const filters = ['wave', 'shade', 'concept', 'colour'].map((property) => ({ property, op: '=', value: 'x' }));
      const below = { property: 'concept', op: 'child-of', value: 'x' };
      const one = await aPackage('p#1.0.0', {
        'CodeSystem-c.json': codes,
        'ValueSet-v.json': aSet({
          compose: {
            include: [
              { system, filter: [...filters, below] },
              { system: 'urn:absent', filter: filters },
            ],
          },
        }),
      });
      const at = (index: number): string => `p#1.0.0 ValueSet ${URL} has a fault at ValueSet.compose.include[0].filter[${index}]: `;
      expect(messagesOf(one)).to.deep.equal([
        `${at(3)}the code system ${system} has no property 'colour': the codes that it selects are unknown`,
        `${at(4)}R4 has no filter operator 'child-of': the codes that it selects are unknown; use one of =, is-a, descendent-of, ` +
          'is-not-a, regex, in, not-in, generalizes, exists',
      ]);
    });

    it('name every element of a differential that cannot be laid onto the base', async () => {
      const one = await aPackage('p#1.0.0', {
        'a.json': aProfile('a', 'Patient', [anElement('Patient.nickname', { min: 1 }), anElement('Patient.gender', { max: '2' })]),
      });
      expect(messagesOf(one)).to.deep.equal([
        "p#1.0.0 StructureDefinition http://example.org/a has a fault at Patient.nickname: There is no element 'nickname' in 'Patient'",
        'p#1.0.0 StructureDefinition http://example.org/a has a fault at Patient.gender: max 2 is more than the 1 of what it constrains',
      ]);
    });
  });

  describe('readDefinitions', () => {
    it('reads a file, a Bundle and a folder', async () => {
      const file = await write('loose/a.json', aSet());
      await write('loose/b.json', { resourceType: 'Bundle', entry: [{ resource: aSet({ url: 'http://example.org/b' }) }, {}] });
      expect(readDefinitions(file)).to.deep.equal([aSet()]);
      expect(readDefinitions(join(folder, 'loose')).map(({ url }) => url)).to.deep.equal([URL, 'http://example.org/b']);
    });

    it('reads the folders of a folder, but for what is hidden and the examples of a package, whatever the case of .json', async () => {
      const at = (name: string): Promise<string> => write(`deep/${name}`, aSet({ url: `http://example.org/${name}` }));
      for (const name of ['A.JSON', 'sub/b.json', 'sub/sub/c.Json', '.hidden/d.json', 'pack/e.json', 'pack/example/f.json']) await at(name);
      await write('deep/pack/package.json', { name: 'p', version: '1.0.0' });
      const found = readDefinitions(join(folder, 'deep')).map(({ url }) => String(url).replace('http://example.org/', ''));
      expect(found.sort()).to.deep.equal(['A.JSON', 'pack/e.json', 'sub/b.json', 'sub/sub/c.Json']);
      await write('deep/sub/broken.json', '{');
      expect(() => readDefinitions(join(folder, 'deep'))).to.throw(/deep\/sub\/broken\.json is no JSON: /);
    });

    it('names the file that is no JSON or no resource', async () => {
      const broken = await write('broken.json', '{');
      const none = await write('none.json', {});
      expect(() => readDefinitions(broken)).to.throw(/broken\.json is no JSON: /);
      expect(() => readDefinitions(none)).to.throw(/none\.json is no FHIR resource in JSON$/);
    });
  });
});
