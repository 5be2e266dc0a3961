import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { CapabilityStatement } from 'fhir/r4.js';
import { create } from 'tar';
import { DEFAULT_SEARCH_LIMITS } from '../../../src/conformance/api-config.js';
import { CoreDefinitions, createConformanceRegistry } from '../../../src/conformance/create-conformance-registry.js';
import { openCoreDefinitions } from '../../../src/conformance/definitions-index.js';
import { ApiFolderError, addDefinitions, loadApi, readApiConfig } from '../../../src/conformance/load-api.js';
import { aStatement } from './capability-fixtures.js';

describe('loadApi', () => {
  const core = new CoreDefinitions(openCoreDefinitions());
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kauri-api-'));
    await write('package.json', { name: 'example.api', version: '1.2.0' });
    await write('api.json', { basePath: '/test', title: 'Test API' });
  });

  afterEach(() => rm(folder, { recursive: true }));

  function write(name: string, content: unknown): Promise<void> {
    return writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }

  function statement(url: string): CapabilityStatement {
    return { ...aStatement([{ type: 'Conditions' as 'Condition' }, { type: 'Patient' }]), url };
  }

  async function failure(promise: Promise<unknown>): Promise<string> {
    try {
      await promise;
    } catch (error) {
      expect(error).to.be.instanceOf(ApiFolderError);
      return (error as Error).message;
    }
    return expect.fail('nothing was thrown');
  }

  it('gives name, configuration, policy and every problem', async () => {
    await write('CapabilityStatement-a.json', statement('http://example.org/CapabilityStatement/a'));
    await write('ValueSet-broken.json', '{"resourceType": ');
    await write('package.json', { name: 'example.api', version: '1.2.0', dependencies: { 'example.base': '1.0.0', absent: '2.0.0' } });
    await mkdir(join(folder, 'packages/base'), { recursive: true });
    await write('packages/base/package.json', { name: 'example.base', version: '1.0.0' });
    await write('packages/base/ValueSet-a.json', { resourceType: 'ValueSet', url: 'http://example.org/ValueSet/a' });
    const api = await loadApi(folder, { core });
    expect(api.name).to.equal(basename(folder));
    expect([...api.policy.resources.keys()]).to.deep.equal(['Patient']);
    expect(api.conformance.find('ValueSet', 'http://example.org/ValueSet/a')?.packageId).to.equal('example.base#1.0.0');
    expect(api.problems).to.have.length(3);
    expect(api.problems[0]).to.match(/^example\.api#1\.2\.0 ValueSet-broken\.json: is no JSON/);
    expect(api.problems[1]).to.equal('example.api#1.2.0: depends on absent#2.0.0, which is not loaded');
    expect(api.problems[2]).to.equal('CapabilityStatement.rest.resource[0] (Conditions): R4 has no such resource type');
  });

  it('loads the archives that lie in it', async () => {
    await write('CapabilityStatement-a.json', statement('http://example.org/CapabilityStatement/a'));
    await mkdir(join(folder, 'source/package'), { recursive: true });
    await write('source/package/package.json', { name: 'example.archive', version: '1.0.0' });
    await write('source/package/ValueSet-a.json', { resourceType: 'ValueSet', url: 'http://example.org/ValueSet/archived' });
    await create({ gzip: true, cwd: join(folder, 'source'), file: join(folder, 'archive.tgz') }, ['package']);
    const { conformance } = await loadApi(folder, { core });
    expect(conformance.find('ValueSet', 'http://example.org/ValueSet/archived')?.packageId).to.equal('example.archive#1.0.0');
    await write('broken.tgz', 'text');
    expect(await failure(loadApi(folder, { core }))).to.match(/broken\.tgz is no whole \.tgz/);
  });

  it('takes of the packages beside the folder those that it depends on', async () => {
    const own = join(folder, 'own');
    await mkdir(own);
    for (const name of ['wanted', 'farther', 'other']) {
      await mkdir(join(folder, 'packages', name), { recursive: true });
      const dependencies = name === 'wanted' ? { farther: '1.0.0' } : {};
      await write(`packages/${name}/package.json`, { name, version: '1.0.0', dependencies });
      await write(`packages/${name}/ValueSet-a.json`, { resourceType: 'ValueSet', url: `http://example.org/ValueSet/${name}` });
    }
    await write('own/package.json', { name: 'example.own', version: '1.0.0', dependencies: { wanted: '1.0.x' } });
    await write('own/api.json', { basePath: '/own', title: 'Own' });
    await write('own/CapabilityStatement-a.json', { ...statement('http://example.org/a'), rest: [{ mode: 'server' }] });
    const { conformance, problems } = await loadApi(own, { core });
    const found = ['wanted', 'farther', 'other'].map((name) => conformance.find('ValueSet', `http://example.org/ValueSet/${name}`)?.url);
    expect(problems).to.deep.equal([]);
    expect(found).to.deep.equal(['http://example.org/ValueSet/wanted', 'http://example.org/ValueSet/farther', undefined]);
  });

  it('refuses a folder without a package, without a CapabilityStatement, or with two', async () => {
    expect(await failure(loadApi(folder, { core }))).to.match(/exactly one .*found none$/);
    await write('CapabilityStatement-a.json', statement('http://example.org/a'));
    await write('CapabilityStatement-b.json', statement('http://example.org/b'));
    expect(await failure(loadApi(folder, { core }))).to.match(/found http:\/\/example.org\/a, http:\/\/example.org\/b$/);
    await rm(join(folder, 'package.json'));
    expect(await failure(loadApi(folder, { core }))).to.include('no package.json');
  });

  for (const name of ['sdhr', 'rheumatic-fever', 'healthpass', 'hcw-at-home', 'r4']) {
    it(`finds no fault with profiles/${name}`, async () => {
      const api = await loadApi(fileURLToPath(new URL(`../../../profiles/${name}`, import.meta.url)), { core });
      // value sets that New Zealand's base names, and its terminology server alone has
      const faults = api.problems.filter((problem) => !/ValueSet http\S+nz\S+ was not found/.test(problem));
      expect(faults).to.deep.equal([]);
      expect(api.policy.resources.size).to.be.greaterThan(4);
    });
  }

  it('fills the defaults of api.json in and freezes it', async () => {
    const config = await readApiConfig(folder);
    expect(config).to.deep.equal({
      basePath: '/test',
      title: 'Test API',
      validation: { invalidStatus: 422, enforceCapabilityProfile: false, allowUnknownExtensions: true, engine: 'kauri' },
      update: 'replace',
      deleteOfNothing: 204,
      ids: 'uuid',
      references: { uuidIds: false, mustExist: false },
      transaction: { location: 'versioned' },
      search: { defaultCount: 20, maxCount: 1000, total: 'accurate', limits: DEFAULT_SEARCH_LIMITS },
      createByQuery: false,
      everyType: false,
      tokenSchemes: [],
      identifiers: {},
      softDelete: {},
    });
    expect(Object.isFrozen(config.search)).to.equal(true);
  });

  it('names the file and every faulty property of api.json', async () => {
    await write('api.json', { basePath: 'test/', validation: { invalidStatus: 500 }, search: { defaultCount: 0, pageSize: 3 } });
    const message = await failure(readApiConfig(folder));
    expect(message.split('\n')[0]).to.equal(`${join(folder, 'api.json')} is faulty:`);
    expect(message).to.include('title: missing');
    expect(message).to.include('search.pageSize: unknown property');
    expect(message).to.include('search.defaultCount: must be >= 1');
    expect(message).to.include('validation.invalidStatus: must be one of 400, 422');
    expect(message).to.include('basePath: must match pattern');
  });

  it('says when api.json is missing or no JSON', async () => {
    await write('api.json', '{"basePath": ');
    expect(await failure(readApiConfig(folder))).to.include('api.json is no JSON');
    await rm(join(folder, 'api.json'));
    expect(await failure(readApiConfig(folder))).to.include('api.json cannot be read');
  });

  it('says so of definitions where there are none', async () => {
    await mkdir(join(folder, 'empty', 'sub'), { recursive: true });
    expect(addDefinitions([join(folder, 'empty')], createConformanceRegistry({ core }))).to.deep.equal([
      `${join(folder, 'empty')}: there is no .json file with a definition in it`,
    ]);
  });
});
