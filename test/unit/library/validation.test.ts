import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { R4_FILE, TERMINOLOGY_FILE } from '../../../src/conformance/definitions-format.js';
import { DEFINITIONS_FOLDER, openCoreDefinitions } from '../../../src/conformance/definitions-index.js';
import { readDefinitions, readPackage } from '../../../src/library/node.js';
import {
  createValidator,
  Definitions,
  DefinitionsFileError,
  openDefinitions,
  type ValidatorConfig,
} from '../../../src/library/validation.js';
import { aProfile, aValueSet, profileUrl } from '../../support/validator-fixture.js';

const definitions = readDefinitions();
const R4_BYTES = readFileSync(join(DEFINITIONS_FOLDER, `${R4_FILE}.gz`));
const TERMINOLOGY_BYTES = readFileSync(join(DEFINITIONS_FOLDER, `${TERMINOLOGY_FILE}.gz`));
const PATIENT = { resourceType: 'Patient', gender: 'female' };
const NAMED = aProfile('named', 'Patient', [{ id: 'Patient.name', min: 1 }]);
const NAMED_URL = profileUrl('named');

function validatorOf(config: Omit<ValidatorConfig, 'definitions'> = {}) {
  return createValidator({ definitions, ...config });
}

function rulesOf(resource: string | object, config: Omit<ValidatorConfig, 'definitions'> = {}, profiles: readonly string[] = []) {
  return validatorOf(config)
    .validate(resource, { profiles })
    .issues.map(({ severity, code, rule, expression }) => `${severity} ${code} ${rule} ${expression ?? '-'}`);
}

describe('the library', () => {
  it('says nothing of what is right', () => {
    const { isValid, issues, outcome, claims } = validatorOf().validate(JSON.stringify(PATIENT));
    expect({ isValid, issues, claims }).to.deep.equal({ isValid: true, issues: [], claims: [] });
    expect(outcome).to.deep.include({ resourceType: 'OperationOutcome' });
  });

  it('says what is wrong with a text, and where it stands', () => {
    const { isValid, issues, outcome } = validatorOf().validate('{"resourceType": "Patient",\n "gender": "blue"}');
    expect(isValid).to.equal(false);
    expect(issues).to.have.length(1);
    expect(issues[0]).to.include({ severity: 'error', code: 'code-invalid', expression: 'Patient.gender', line: 2, column: 12 });
    expect(outcome).to.have.nested.property('issue[0].expression[0]', 'Patient.gender');
  });

  it('takes what was parsed, of which nobody knows lines', () => {
    const { issues } = validatorOf().validate({ resourceType: 'Patient', gender: 'blue' });
    expect(issues).to.have.length(1);
    expect(issues[0]).to.include({ code: 'code-invalid', expression: 'Patient.gender' });
    expect(issues[0]).not.to.have.property('line');
  });

  it('takes objects as JSON has them: properties without a value are none, dates are texts', () => {
    expect(rulesOf({ ...PATIENT, id: undefined, deceasedDateTime: new Date(0) })).to.deep.equal([]);
  });

  it('has an outcome for what is no JSON', () => {
    const circle: Record<string, unknown> = { resourceType: 'Patient' };
    circle['link'] = circle;
    const nested = `${'['.repeat(300)}${']'.repeat(300)}`;
    for (const given of ['', '{"resourceType": ', nested, circle, { resourceType: 'Patient', multipleBirthInteger: 1n }]) {
      expect(rulesOf(given)).to.deep.equal(['error structure json-syntax -']);
    }
    const [issue] = validatorOf().validate('{"resourceType":\n}').issues;
    expect(issue).to.include({ line: 2, column: 1 });
    // what a program without types may give
    for (const given of [undefined, () => 1]) expect(rulesOf(given as unknown as object)).to.deep.equal(['error structure json-syntax -']);
  });

  it('has an outcome for JSON that is no resource', () => {
    for (const given of ['null', '1', '[]', '{}', '{"resourceType":"Nothing"}']) {
      expect(validatorOf().validate(given).isValid, given).to.equal(false);
    }
  });

  it('passes over a byte order mark', () => {
    expect(rulesOf(`\uFEFF${JSON.stringify(PATIENT)}`)).to.deep.equal([]);
  });

  it('holds loose definitions and packages, and says which definition a claim stands for', () => {
    const pack = { name: 'example.named', version: '1.0.0', resources: [NAMED] };
    for (const config of [{ resources: [NAMED] }, { packages: [pack] }]) {
      const { issues, claims } = validatorOf(config).validate({ ...PATIENT, meta: { profile: [NAMED_URL] } });
      expect(issues.map(({ rule, definition }) => `${rule} ${definition}`)).to.deep.equal([`cardinality-min ${NAMED_URL}|1.0.0`]);
      expect(claims).to.deep.equal([{ claim: NAMED_URL, canonical: `${NAMED_URL}|1.0.0` }]);
      expect(rulesOf(PATIENT, config, [`${NAMED_URL}|1.0.0`])).to.deep.equal(['error required cardinality-min Patient']);
    }
  });

  it('has several versions of a package side by side', () => {
    const versions = ['1.0.0', '2.0.0'].map((version) => ({
      name: 'example.named',
      version,
      resources: [{ ...aProfile('named', 'Patient', [{ id: 'Patient.name', min: version === '1.0.0' ? 1 : 0 }]), version }],
    }));
    expect(rulesOf(PATIENT, { packages: versions }, [`${NAMED_URL}|1.0.0`])).to.deep.equal(['error required cardinality-min Patient']);
    expect(rulesOf(PATIENT, { packages: versions }, [`${NAMED_URL}|2.0.0`])).to.deep.equal([]);
  });

  it('has the settings of the validator', () => {
    const resource = { ...PATIENT, meta: { profile: [NAMED_URL] } };
    expect(rulesOf(resource)).to.deep.equal(['error not-found profile-unknown Patient.meta.profile[0]']);
    expect(rulesOf(resource, { options: { unknownProfile: 'warning' } })).to.deep.equal([
      'warning not-found profile-unknown Patient.meta.profile[0]',
    ]);
  });

  it('gives an outcome that a worker can post', () => {
    const outcome = validatorOf().validate('{}');
    expect(structuredClone(outcome)).to.deep.equal({ ...outcome });
  });

  it('says what is wrong with what it was given, when asked', () => {
    const { checkPackages } = validatorOf({
      packages: [
        {
          name: 'example.faulty',
          version: '1.0.0',
          dependencies: { 'example.missing': '2.0.0', 'hl7.fhir.r4.core': '4.0.1' },
          resources: [aProfile('lost', 'Patient', [], { baseDefinition: 'http://example.org/none' }), { resourceType: 'ValueSet' }, {}],
          problems: ['ValueSet-x.json: is no JSON'],
        },
      ],
      resources: [aProfile('odd', 'Patient', [{ id: 'Patient.nose', min: 1 }])],
    });
    const problems = checkPackages();
    for (const part of [
      'is no JSON',
      'example.missing#2.0.0',
      'without a url',
      'no resourceType',
      'http://example.org/none',
      'Patient.nose',
    ]) {
      expect(
        problems.filter((problem) => problem.includes(part)),
        part,
      ).to.have.length(1);
    }
    expect(problems).to.have.length(6);
    expect(validatorOf({ resources: [NAMED, aValueSet('all', [])] }).checkPackages()).to.deep.equal([]);
  });

  it('refuses what is no package and no definition by its place', () => {
    const packages = [{ name: 'example', version: '1.0.0' }] as unknown as ValidatorConfig['packages'] & object;
    expect(() => validatorOf({ packages })).to.throw(TypeError, /^packages\[0\] is no package/);
    expect(() => validatorOf({ resources: [NAMED, PATIENT] })).to.throw(TypeError, /^resources\[1\] is no definition/);
  });

  it('says so where definitions were not awaited', () => {
    const promised = openDefinitions(R4_BYTES) as unknown as Definitions;
    expect(() => createValidator({ definitions: promised })).to.throw(TypeError, /openDefinitions resolves with/);
  });

  describe('its definitions', () => {
    it('come from bytes in any order, compressed or not', async () => {
      const opened = await openDefinitions(TERMINOLOGY_BYTES, readFileSync(join(DEFINITIONS_FOLDER, R4_FILE)));
      expect(opened.packageIds).to.deep.equal(definitions.packageIds);
      const { issues } = createValidator({ definitions: opened }).validate({ resourceType: 'Patient', gender: 'blue' });
      expect(issues.map(({ rule }) => rule)).to.deep.equal(['binding']);
    });

    it('are parsed when they are used, and not before', () => {
      const read: string[] = [];
      const sources = openCoreDefinitions().map(({ packageId, entries }) => ({
        packageId,
        entries: entries.map((entry) => ({
          ...entry,
          read: () => {
            read.push(`${entry.resourceType} ${entry.url}`);
            return entry.read();
          },
        })),
      }));
      const validator = createValidator({ definitions: new Definitions(sources) });
      // of code systems those that add to others, whichever these are
      expect(read.filter((name) => !name.startsWith('CodeSystem '))).to.deep.equal([]);
      expect(read.length).to.be.lessThan(20);
      expect(validator.validate(PATIENT).issues).to.deep.equal([]);
      expect(new Set(read).size).to.equal(read.length);
      expect(read).to.include('CodeSystem http://hl7.org/fhir/administrative-gender');
      expect(read.length).to.be.lessThan(20);
    });

    it('may be those of R4 alone', async () => {
      const opened = await openDefinitions(new Uint8Array(R4_BYTES).buffer);
      expect(opened.packageIds).to.deep.equal(['hl7.fhir.r4.core#4.0.1']);
      expect(readDefinitions({ terminology: false }).packageIds).to.deep.equal(opened.packageIds);
      expect(createValidator({ definitions: opened }).validate(PATIENT).issues).to.deep.equal([]);
    });

    it('are refused with a reason where they are none, damaged, not R4, or R4 twice', async () => {
      const faults: readonly (readonly [string, readonly Uint8Array[], RegExp])[] = [
        ['a page', [Buffer.from('<!doctype html>\n')], /no file of definitions/],
        ['nothing', [new Uint8Array()], /no file of definitions/],
        ['another format', [Buffer.from('{"format":1,"index":1,"definitions":1}\n')], /in format 1; wanted is one in format/],
        ['half of it', [readFileSync(join(DEFINITIONS_FOLDER, R4_FILE)).subarray(0, 2_000_000)], /bytes in place of/],
        ['half of it compressed', [R4_BYTES.subarray(0, 100_000)], /compressed file of definitions is damaged/],
        ['another file, compressed', [gzipSync('{}')], /no file of definitions/],
        ['no R4', [TERMINOLOGY_BYTES], /are wanted once, and are here 0 times/],
        ['R4 twice', [R4_BYTES, R4_BYTES], /are wanted once, and are here 2 times/],
        ['no file', [], /are wanted once, and are here 0 times/],
      ];
      for (const [title, files, message] of faults) {
        const error: unknown = await openDefinitions(...files).catch((reason: unknown) => reason);
        expect(error, title).to.be.instanceOf(DefinitionsFileError);
        expect((error as Error).message, title).to.match(message);
      }
    });
  });

  describe('its reader of packages', () => {
    it('gives what the validator takes', async () => {
      const base = readdirSync('profiles/packages').map((name) => join('profiles/packages', name));
      const packages = await Promise.all([...base, 'profiles/sdhr'].map(readPackage));
      expect(packages.at(-1)).to.deep.include({ name: 'kauri.sdhr', problems: [] });
      // value sets that New Zealand's base names, and its terminology server alone has
      const problems = validatorOf({ packages }).checkPackages();
      expect(problems.filter((problem) => !/ValueSet http\S+nz\S+ was not found/.test(problem))).to.deep.equal([]);
    });

    it('rejects with the path of what is none', async () => {
      const error: unknown = await readPackage('profiles/none').catch((reason: unknown) => reason);
      expect(String(error)).to.include('profiles/none');
    });
  });
});
