import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { DEFINITIONS_FILES, R4_FILE } from '../../../src/conformance/definitions-format.js';
import { DEFINITIONS_FOLDER, DefinitionsIndexError, openCoreDefinitions } from '../../../src/conformance/definitions-index.js';

describe('The index of definitions', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kauri-definitions-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is built where it is missing, or of another format, for everybody to read', () => {
    const index = join(folder, 'definitions');
    const packageIds = openCoreDefinitions(index).map(({ packageId }) => packageId);
    expect(packageIds.map((id) => id.split('#')[0])).to.deep.equal(['hl7.terminology.r4', 'hl7.fhir.uv.extensions.r4', 'hl7.fhir.r4.core']);
    expect(statSync(index).mode & 0o777).to.equal(0o755);
    writeFileSync(join(index, R4_FILE), '{"format":0}\n');
    expect(openCoreDefinitions(index).map(({ packageId }) => packageId)).to.deep.equal(packageIds);
    expect(readFileSync(join(index, R4_FILE), 'utf8').split('\n', 1)[0]).to.match(/^\{"format":[1-9]/);
  });

  it('is built again where it is damaged', () => {
    const index = join(folder, 'definitions');
    openCoreDefinitions(index);
    for (const file of DEFINITIONS_FILES) {
      writeFileSync(join(index, file), '{"format":');
      const [, , core] = openCoreDefinitions(index);
      expect(core?.entries.at(-1)?.read(), file).to.have.property('resourceType');
    }
  });

  it('that cannot be read is named, and not built anew', () => {
    mkdirSync(join(folder, DEFINITIONS_FILES[0]));
    expect(() => openCoreDefinitions(folder)).to.throw(DefinitionsIndexError, /cannot be read \(EISDIR\)/);
  });

  it('that cannot be written is named', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => openCoreDefinitions(join(folder, 'file', 'definitions'))).to.throw(DefinitionsIndexError, /cannot be/);
  });

  it('reads single definitions', () => {
    const [, , core] = openCoreDefinitions();
    const patient = core?.entries.find(({ url }) => url === 'http://hl7.org/fhir/StructureDefinition/Patient');
    expect(patient?.read()).to.include({ resourceType: 'StructureDefinition', type: 'Patient' });
  });

  it('lies there compressed as well, R4 alone in less than 3 MB', () => {
    openCoreDefinitions();
    for (const name of DEFINITIONS_FILES) {
      const file = join(DEFINITIONS_FOLDER, name);
      expect(gunzipSync(readFileSync(`${file}.gz`)).equals(readFileSync(file)), name).to.equal(true);
    }
    expect(statSync(join(DEFINITIONS_FOLDER, `${R4_FILE}.gz`)).size).to.be.lessThan(3_000_000);
  });
});
