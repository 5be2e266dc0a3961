import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { DEFINITIONS_FILE, INDEX_FILE } from '../../../src/conformance/definitions-format.js';
import { DefinitionsIndexError, openCoreDefinitions } from '../../../src/conformance/definitions-index.js';

describe('The index of definitions', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kauri-definitions-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is built where it is missing, or of another format, for everybody to read', () => {
    const index = join(folder, 'definitions');
    const packageIds = openCoreDefinitions(index).map(({ packageId }) => packageId);
    expect(packageIds.map((id) => id.split('#')[0])).to.deep.equal(['hl7.terminology.r4', 'hl7.fhir.r4.core', 'hl7.fhir.uv.extensions.r4']);
    expect(statSync(index).mode & 0o777).to.equal(0o755);
    writeFileSync(join(index, INDEX_FILE), '{"format":0}');
    expect(openCoreDefinitions(index).map(({ packageId }) => packageId)).to.deep.equal(packageIds);
    expect(JSON.parse(readFileSync(join(index, INDEX_FILE), 'utf8'))).to.have.property('packages');
  });

  it('is built again where it is damaged', () => {
    const index = join(folder, 'definitions');
    openCoreDefinitions(index);
    for (const file of [INDEX_FILE, DEFINITIONS_FILE]) {
      writeFileSync(join(index, file), '{"format":');
      const [, core] = openCoreDefinitions(index);
      expect(core?.entries.at(-1)?.read(), file).to.have.property('resourceType');
    }
  });

  it('that cannot be read is named, and not built anew', () => {
    mkdirSync(join(folder, INDEX_FILE));
    expect(() => openCoreDefinitions(folder)).to.throw(DefinitionsIndexError, /cannot be read \(EISDIR\)/);
  });

  it('that cannot be written is named', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => openCoreDefinitions(join(folder, 'file', 'definitions'))).to.throw(DefinitionsIndexError, /cannot be/);
  });

  it('reads single definitions', () => {
    const [, core] = openCoreDefinitions();
    const patient = core?.entries.find(({ url }) => url === 'http://hl7.org/fhir/StructureDefinition/Patient');
    expect(patient?.read()).to.include({ resourceType: 'StructureDefinition', type: 'Patient' });
  });
});
