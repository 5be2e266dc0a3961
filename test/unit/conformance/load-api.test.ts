import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import type { ConformanceEntry } from '../../../src/conformance/conformance-registry.js';
import { ApiFolderError, loadApi, readApiConfig } from '../../../src/conformance/load-api.js';
import type { JsonObject } from '../../../src/fhir/json.js';
import { aRegistry, aStatement } from './capability-fixtures.js';

describe('loadApi', () => {
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

  function statementEntry(url: string, packageId = 'example.api#1.2.0'): ConformanceEntry {
    const resource = { ...aStatement([{ type: 'Conditions' as 'Condition' }, { type: 'Patient' }]), url } as unknown as JsonObject;
    return { resourceType: 'CapabilityStatement', url, version: '1.0.0', packageId, resource };
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
    const conformance = aRegistry([
      statementEntry('http://example.org/CapabilityStatement/a'),
      statementEntry('http://example.org/CapabilityStatement/b', 'other#1.0.0'),
    ]);
    const api = await loadApi(folder, async () => ({ conformance, problems: ['a broken definition'] }));
    expect(api.name).to.equal(basename(folder));
    expect(api.conformance).to.equal(conformance);
    expect([...api.policy.resources.keys()]).to.deep.equal(['Patient']);
    expect(api.problems).to.deep.equal([
      'a broken definition',
      'CapabilityStatement.rest.resource[0] (Conditions): R4 has no such resource type',
    ]);
  });

  it('refuses a package without a CapabilityStatement of its own, or with two', async () => {
    const none = aRegistry([statementEntry('http://example.org/CapabilityStatement/b', 'other#1.0.0')]);
    const two = aRegistry([statementEntry('http://example.org/a'), statementEntry('http://example.org/b')]);
    expect(await failure(loadApi(folder, async () => ({ conformance: none, problems: [] })))).to.match(/exactly one .*found none$/);
    expect(await failure(loadApi(folder, async () => ({ conformance: two, problems: [] })))).to.match(
      /found http:\/\/example.org\/a, http:\/\/example.org\/b$/,
    );
  });

  it('fills the defaults of api.json in and freezes it', async () => {
    const config = await readApiConfig(folder);
    expect(config).to.deep.equal({
      basePath: '/test',
      title: 'Test API',
      validation: { invalidStatus: 422, enforceCapabilityProfile: false, allowUnknownExtensions: true },
      references: { uuidIds: false, mustExist: false },
      transaction: { location: 'versioned' },
      search: { defaultCount: 20, maxCount: 1000, total: 'accurate' },
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
});
