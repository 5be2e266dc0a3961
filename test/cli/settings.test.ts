/** Options of `kauri validate` that set what counts, and what decided. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runKauri } from '../support/kauri-command.js';

const WEIGHT = { resourceType: 'Observation', status: 'final', code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] } };
const PATIENT = {
  resourceType: 'Patient',
  extension: [{ url: 'http://example.org/StructureDefinition/shoe-size', valueInteger: 43 }],
  maritalStatus: {
    coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus', code: 'M', display: 'Wedded' }],
  },
};

describe('the settings of kauri validate', function () {
  this.timeout(60_000);
  let folder = '';
  const run = (...args: readonly string[]): ReturnType<typeof runKauri> => runKauri(folder, ['validate', ...args]);
  const write = (name: string, content: object): void => writeFileSync(join(folder, name), JSON.stringify(content));

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kauri-settings-'));
    write('weight.json', WEIGHT);
    write('patient.json', PATIENT);
  });
  after(() => rmSync(folder, { recursive: true }));

  it('make errors of what is none without them', async () => {
    for (const [file, without, options, text] of [
      ['weight.json', 0, ['--vital-signs'], 'Observation.category'],
      ['patient.json', 0, ['--unknown-extensions', 'error'], 'shoe-size'],
      ['patient.json', 0, ['--wrong-display', 'error'], 'Wedded'],
      ['patient.json', 0, ['--no-example-urls'], 'example.org'],
    ] as const) {
      const [plain, set] = await Promise.all([run(file), run(...options, file)]);
      expect([options, plain.status, set.status]).to.deep.equal([options, without, 1]);
      expect(set.stdout).to.match(new RegExp(`^ {2}error .*${text}`, 'm'));
    }
  });

  it('count what is best practice when that is asked for', async () => {
    const [plain, set] = await Promise.all([run('patient.json'), run('--best-practice', 'patient.json')]);
    expect(plain.stdout).not.to.include('dom-6');
    expect(set.stdout).to.include('[dom-6]');
  });

  it('hold for threads, and stand above those of an API', async () => {
    const options = ['--unknown-extensions', 'error', '--workers', '2', 'patient.json'];
    expect((await run(...options)).status).to.equal(1);
    expect((await run('--api', 'r4', ...options)).status).to.equal(1);
    expect((await run('--api', 'r4', 'patient.json')).status).to.equal(0);
  });

  it('are refused when they are none', async () => {
    for (const option of ['--unknown-extensions', '--wrong-display']) {
      const { status, stdout, stderr } = await run(option, 'never', 'patient.json');
      expect([option, status, stdout]).to.deep.equal([option, 2, '']);
      expect(stderr).to.match(/^error: option .* Allowed choices are error, warning\.\n$/);
    }
  });
});

describe('kauri validate --explain', function () {
  this.timeout(60_000);
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kauri-explain-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('says of each claim which version was chosen and why, of each issue which definition, slice and value set decided', async () => {
    const url = 'http://example.org/StructureDefinition/P';
    const profile = (version: string): object => ({
      resourceType: 'StructureDefinition',
      ...{ url, version, name: 'P', status: 'active', kind: 'resource', abstract: false, type: 'Patient' },
      ...{ baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient', derivation: 'constraint' },
      differential: {
        element: [
          { id: 'Patient', path: 'Patient' },
          {
            id: 'Patient.identifier',
            path: 'Patient.identifier',
            slicing: { discriminator: [{ type: 'value', path: 'system' }], rules: 'open' },
          },
          { id: 'Patient.identifier:nhi', path: 'Patient.identifier', sliceName: 'nhi', min: 0, max: '1' },
          { id: 'Patient.identifier:nhi.system', path: 'Patient.identifier.system', min: 1, fixedUri: 'http://example.org/nhi' },
          { id: 'Patient.identifier:nhi.value', path: 'Patient.identifier.value', min: 1 },
        ],
      },
    });
    const patient = {
      resourceType: 'Patient',
      meta: { profile: [url, `${url}|1.0.0`, 'http://example.org/StructureDefinition/Gone', `${url}|3.0.0`] },
      identifier: ['a', 'b'].map((value) => ({ system: 'http://example.org/nhi', value })),
      gender: 'x',
      birthDate: 'soon',
    };
    for (const [name, content] of Object.entries({ 'p1.json': profile('1.0.0'), 'p2.json': profile('1.1.0'), 'patient.json': patient })) {
      writeFileSync(join(folder, name), JSON.stringify(content));
    }
    const args = ['--explain', '--definitions', 'p1.json', '--definitions', 'p2.json', 'patient.json'];
    const { status, stdout, stderr } = await runKauri(folder, ['validate', ...args]);
    expect([status, stderr]).to.deep.equal([1, '']);
    const lines = stdout.split('\n');
    const core = '(package hl7.fhir.r4.core#4.0.1)';
    expect(lines.slice(1, 6)).to.deep.equal([
      `  ${url}|1.1.0 (a loose definition): claimed without a version; chosen of 1.1.0, 1.0.0`,
      `  ${url}|1.0.0 (a loose definition): claimed with this version`,
      '  http://example.org/StructureDefinition/Gone: claimed, and unknown: no version of it is loaded',
      `  ${url}|3.0.0: claimed, and unknown: loaded are 1.1.0, 1.0.0`,
      `  http://hl7.org/fhir/StructureDefinition/Patient|4.0.1 ${core}: the definition of the type, which always holds`,
    ]);
    const after = (rule: string): readonly string[] => {
      const at = lines.findIndex((line) => line.startsWith('  error') && line.endsWith(`[${rule}]`));
      return lines.slice(at + 1, at + 3);
    };
    expect(after('cardinality-max')[0]).to.match(
      /^ {4}definition: http:\/\/example\.org\/StructureDefinition\/P\|1\.[01]\.0 \(a loose definition\)$/,
    );
    expect(after('cardinality-max')[1]).to.equal('    slice: nhi');
    expect(after('binding')[1]).to.match(
      /^ {4}value set: http:\/\/hl7\.org\/fhir\/ValueSet\/administrative-gender\|4\.0\.1 \(package .*\), bound by Patient\.gender \(required\)/,
    );
    expect(after('type-date')[0]).to.equal('    definition: not recorded for this rule');
  });
});
