/** `kauri validate` in this process: inputs, definitions, APIs, exit status. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { expect } from 'chai';
import { create } from 'tar';
import { UsageError } from '../../../src/cli/usage-error.js';
import { type ValidateCommand, validate } from '../../../src/cli/validate.js';

interface Line {
  readonly file: string;
  readonly outcome: {
    readonly resourceType: string;
    readonly issue: readonly {
      readonly severity: string;
      readonly code: string;
      readonly diagnostics: string;
      readonly expression?: readonly string[];
      readonly extension?: readonly { readonly url: string; readonly valueInteger?: number }[];
      readonly details?: { readonly coding: readonly { readonly code: string }[] };
    }[];
  };
}

interface Outcome {
  readonly status: number;
  readonly lines: readonly Line[];
  readonly warnings: readonly string[];
}

const PATIENT = { resourceType: 'Patient', name: [{ family: 'Ngata' }] };
const INVALID_PATIENT = { ...PATIENT, gender: 'x' };
const LOCATION = 'https://api.hip.digital.health.nz/fhir/hpi/v1/Location/F38006-B';
/** As R4 has it, and as SDHRCondition does not. */
const CONDITION = { resourceType: 'Condition', subject: { reference: 'https://example.org/fhir/Patient/1' } };

describe('kauri validate', function () {
  this.timeout(60_000);
  let folder = '';

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kauri-cli-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  function file(name: string, content: unknown): string {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content));
    return path;
  }

  async function run(command: Partial<ValidateCommand>, stdin = ''): Promise<Outcome> {
    let text = '';
    const warnings: string[] = [];
    const stdout = new Writable({
      write(chunk: Buffer, _encoding, done): void {
        text += chunk.toString();
        done();
      },
    });
    const all: ValidateCommand = {
      ...{ files: [], profiles: [], packages: [], definitions: [], settings: {}, format: 'json', failOn: 'error', workers: undefined },
      ...{ explain: false, isSummaryWanted: false, isQuiet: false, isStdinNdjson: false, version: '1.0.0' },
      ...command,
    };
    const input = Readable.from([Buffer.from(stdin)]);
    const status = await validate(all, { stdin: input, stdout, stderr: stdout, warn: (problem) => warnings.push(problem) });
    const lines = text.split('\n').filter((line) => line !== '');
    return { status, lines: lines.map((line) => JSON.parse(line) as Line), warnings };
  }

  async function refusal(command: Partial<ValidateCommand>): Promise<string> {
    try {
      await run(command);
    } catch (error) {
      expect(error).to.be.instanceOf(UsageError);
      return (error as Error).message;
    }
    throw new Error('The command was run');
  }

  const errorsOf = (line: Line | undefined): readonly string[] =>
    (line?.outcome.issue ?? [])
      .filter(({ severity }) => severity === 'error' || severity === 'fatal')
      .map(({ expression, diagnostics }) => `${expression?.[0]}: ${diagnostics}`);

  describe('inputs', () => {
    it('end with 0 when all are valid, and with a line for each in their order', async () => {
      const files = [file('b.json', PATIENT), file('a.json', PATIENT)];
      const { status, lines } = await run({ files });
      expect(status).to.equal(0);
      expect(lines.map((line) => line.file)).to.deep.equal(files);
      expect(lines[0]?.outcome).to.deep.equal({
        resourceType: 'OperationOutcome',
        issue: [{ severity: 'information', code: 'informational', diagnostics: 'No issues detected' }],
      });
    });

    it('end with 1 when one is invalid, with its place in the text', async () => {
      const { status, lines } = await run({
        files: [file('a.json', PATIENT), file('bad.json', '{"resourceType":"Patient",\n "gender":"x"}')],
      });
      expect(status).to.equal(1);
      const [issue] = lines[1]?.outcome.issue ?? [];
      expect([issue?.severity, issue?.code, issue?.expression]).to.deep.equal(['error', 'code-invalid', ['Patient.gender']]);
      expect(issue?.extension?.map(({ valueInteger }) => valueInteger)).to.include.members([2]);
    });

    it('of a folder are its .json files by name, and those of the folders in it', async () => {
      for (const name of ['dir/b.json', 'dir/c/z.json', 'dir/a.json', 'dir/.index.json', 'dir/read.me', 'dir/d.json']) file(name, PATIENT);
      const { status, lines } = await run({ files: [`${join(folder, 'dir')}/`] });
      expect(status).to.equal(0);
      expect(lines.map((line) => line.file)).to.deep.equal(
        ['a.json', 'b.json', 'c/z.json', 'd.json'].map((name) => `${folder}/dir/${name}`),
      );
    });

    it('may come from standard input, once', async () => {
      const { status, lines } = await run({ files: ['-'] }, JSON.stringify(INVALID_PATIENT));
      expect(status).to.equal(1);
      expect(lines.map((line) => line.file)).to.deep.equal(['-']);
      expect(await refusal({ files: ['-', '-'] })).to.equal('- can be read only once');
    });

    it('that cannot be read end with 2, have their line, and do not stop the others', async () => {
      mkdirSync(join(folder, 'empty'), { recursive: true });
      const { status, lines } = await run({
        files: [join(folder, 'missing.json'), join(folder, 'empty'), file('bad.json', INVALID_PATIENT)],
      });
      expect(status).to.equal(2);
      expect(lines.slice(0, 2).map((line) => line.outcome.issue[0]?.diagnostics)).to.deep.equal([
        'The input cannot be read: there is no such file or folder',
        'The input cannot be read: the folder has no .json or .ndjson file',
      ]);
      expect(lines[0]?.outcome.issue[0]).to.include({ severity: 'fatal', code: 'exception' });
      expect(lines[2]?.outcome.issue[0]).to.include({ severity: 'error', code: 'code-invalid' });
    });

    it('that are no JSON are invalid, and say where', async () => {
      const { status, lines } = await run({ files: [file('broken.json', '{"resourceType": "Patient",\n  oops}')] });
      expect(status).to.equal(1);
      const [issue] = lines[0]?.outcome.issue ?? [];
      expect(issue).to.include({ severity: 'error', code: 'structure' });
      expect(issue?.extension?.map(({ valueInteger }) => valueInteger)).to.deep.equal([2, 3]);
    });

    it('that are no UTF-8, or no resource, are invalid; a byte order mark is none of their text', async () => {
      const latin = Buffer.from('{"resourceType":"Patient","name":[{"family":"\xc4"}]}', 'latin1');
      const files = [file('latin.json', latin), file('array.json', '[]'), file('mark.json', `\ufeff${JSON.stringify(PATIENT)}`)];
      const { status, lines } = await run({ files });
      expect(status).to.equal(1);
      expect(lines.map((line) => line.outcome.issue[0]?.severity)).to.deep.equal(['error', 'error', 'information']);
      expect(lines[0]?.outcome.issue[0]?.diagnostics).to.equal('The text is not UTF-8');
    });

    it('nested too deeply are invalid', async () => {
      const { status } = await run({ files: [file('deep.json', `${'['.repeat(10_000)}${']'.repeat(10_000)}`)] });
      expect(status).to.equal(1);
    });
  });

  describe('--profile', () => {
    const bodyWeight = {
      resourceType: 'Observation',
      status: 'final',
      code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] },
    };

    it('holds for every input, beside what they claim', async () => {
      const profiles = ['http://hl7.org/fhir/StructureDefinition/bodyweight'];
      const { status, lines } = await run({ files: [file('weight.json', bodyWeight)], profiles });
      expect(status).to.equal(1);
      expect(errorsOf(lines[0]).join('\n')).to.include('category');
      expect((await run({ files: [file('weight.json', bodyWeight)] })).status).to.equal(0);
    });

    it('that is unknown makes every input invalid', async () => {
      const { status, lines } = await run({ files: [file('a.json', PATIENT)], profiles: ['http://example.org/p|1.0.0'] });
      expect(status).to.equal(1);
      expect(lines[0]?.outcome.issue[0]?.diagnostics).to.equal(
        "Profile reference 'http://example.org/p|1.0.0' has not been checked because it is unknown",
      );
    });
  });

  /** A profile with a differential only. */
  const profile = (url: string, base: string, path: string): object => ({
    resourceType: 'StructureDefinition',
    url,
    version: '1.0.0',
    name: 'Test',
    status: 'active',
    kind: 'resource',
    abstract: false,
    type: 'Patient',
    baseDefinition: base,
    derivation: 'constraint',
    differential: { element: [{ id: path, path, min: 1 }] },
  });
  const base = 'http://hl7.org/fhir/StructureDefinition/Patient';

  describe('--definitions', () => {
    it('takes a StructureDefinition without a snapshot', async () => {
      const definitions = [file('definitions/a.json', profile('http://example.org/born', base, 'Patient.birthDate'))];
      const { status, lines, warnings } = await run({
        files: [file('a.json', PATIENT)],
        definitions,
        profiles: ['http://example.org/born'],
      });
      expect(warnings).to.deep.equal([]);
      expect(status).to.equal(1);
      expect(errorsOf(lines[0])).to.have.lengthOf(1);
      expect(errorsOf(lines[0])[0]).to.match(/^Patient: .*birthDate.* missing/);
    });

    it('takes a folder and a Bundle, one definition building upon another', async () => {
      file('folder/b.json', profile('http://example.org/first', 'http://example.org/second', 'Patient.birthDate'));
      file('folder/package.json', { name: 'x', version: '1.0.0' });
      const bundle = {
        resourceType: 'Bundle',
        type: 'collection',
        entry: [{ resource: profile('http://example.org/second', base, 'Patient.gender') }],
      };
      const definitions = [join(folder, 'folder'), file('bundle.json', bundle)];
      const claimed = { ...PATIENT, meta: { profile: ['http://example.org/first|1.0.0'] } };
      const { lines, warnings } = await run({ files: [file('claimed.json', claimed)], definitions });
      expect(warnings).to.deep.equal([]);
      expect(errorsOf(lines[0])).to.have.lengthOf(2);
    });

    it('takes value sets and code systems', async () => {
      const definition = profile('http://example.org/bound', base, 'Patient.maritalStatus') as { differential: { element: object[] } };
      definition.differential.element = [
        {
          id: 'Patient.maritalStatus',
          path: 'Patient.maritalStatus',
          binding: { strength: 'required', valueSet: 'http://example.org/set' },
        },
      ];
      const definitions = [
        file('bound.json', definition),
        file('system.json', {
          resourceType: 'CodeSystem',
          url: 'http://example.org/system',
          status: 'active',
          content: 'complete',
          concept: [{ code: 'a' }],
        }),
        file('set.json', {
          resourceType: 'ValueSet',
          url: 'http://example.org/set',
          status: 'active',
          compose: { include: [{ system: 'http://example.org/system' }] },
        }),
      ];
      const patient = (code: string): object => ({
        ...PATIENT,
        maritalStatus: { coding: [{ system: 'http://example.org/system', code }] },
      });
      const files = [file('in.json', patient('a')), file('out.json', patient('b'))];
      const { lines } = await run({ files, definitions, profiles: ['http://example.org/bound'] });
      expect(errorsOf(lines[0])).to.deep.equal([]);
      expect(errorsOf(lines[1]).join('\n')).to.include('http://example.org/set');
    });

    it('names what is no definition, and one that is built upon nothing', async () => {
      const definitions = [
        file('example.json', { ...PATIENT, id: 'p' }),
        file('lost.json', profile('http://example.org/lost', 'http://example.org/gone', 'Patient.name')),
      ];
      const { status, warnings } = await run({ files: [file('a.json', PATIENT)], definitions });
      expect(status).to.equal(0);
      expect(warnings).to.have.lengthOf(2);
      expect(warnings[0]).to.match(/example\.json: Patient\/p is no definition: it has no url$/);
      expect(warnings[1]).to.equal(
        'StructureDefinition http://example.org/lost is built upon http://example.org/gone, which is not loaded',
      );
    });

    it('that is missing or no JSON is refused', async () => {
      const files = [file('a.json', PATIENT)];
      expect(await refusal({ files, definitions: [join(folder, 'none.json')] })).to.match(/none\.json: there is no such file or folder$/);
      expect(await refusal({ files, definitions: [file('broken.json', '{')] })).to.match(/broken\.json is no JSON/);
    });
  });

  describe('--package', () => {
    const manifest = { name: 'example.package', version: '1.0.0', dependencies: { 'hl7.fhir.r4.core': '4.0.1' } };
    const command = (): Partial<ValidateCommand> => ({ files: [file('a.json', PATIENT)], profiles: ['http://example.org/packed'] });

    it('takes a folder', async () => {
      file('packed/package.json', manifest);
      file('packed/profile.json', profile('http://example.org/packed', base, 'Patient.birthDate'));
      const { status, lines, warnings } = await run({ ...command(), packages: [join(folder, 'packed')] });
      expect(warnings).to.deep.equal([]);
      expect(status).to.equal(1);
      expect(errorsOf(lines[0])).to.have.lengthOf(1);
    });

    it('takes an archive as it is published', async () => {
      file('archive/package/package.json', manifest);
      file('archive/package/profile.json', profile('http://example.org/packed', base, 'Patient.birthDate'));
      const archive = join(folder, 'example.tgz');
      await create({ gzip: true, file: archive, cwd: join(folder, 'archive') }, ['package']);
      const { lines } = await run({ ...command(), packages: [archive] });
      expect(errorsOf(lines[0])).to.have.lengthOf(1);
    });

    it('finds a dependency among the packages that come with Kauri, and names one that is nowhere', async () => {
      file('dependent/package.json', { ...manifest, dependencies: { 'kauri.nzbase': '3.0.1', 'example.gone': '9.9.9' } });
      const nzPatient = 'http://hl7.org.nz/fhir/StructureDefinition/NzPatient';
      file('dependent/profile.json', profile('http://example.org/packed', nzPatient, 'Patient.birthDate'));
      const { lines, warnings } = await run({ ...command(), packages: [join(folder, 'dependent')] });
      const own = warnings.filter((warning) => warning.startsWith('example.package'));
      expect(own).to.deep.equal(['example.package#1.0.0: depends on example.gone#9.9.9, which is not loaded']);
      expect(errorsOf(lines[0])).to.have.lengthOf(1);
    });

    it('that is missing or none is refused', async () => {
      const missing = join(folder, 'gone.tgz');
      expect(await refusal({ ...command(), packages: [missing] })).to.equal(`--package ${missing}: there is no such file or folder`);
      const none = file('none.tgz', 'no archive');
      expect(await refusal({ ...command(), packages: [none] })).to.match(/^--package .*none\.tgz: /);
      mkdirSync(join(folder, 'bare'), { recursive: true });
      expect(await refusal({ ...command(), packages: [join(folder, 'bare')] })).to.match(
        /bare is no FHIR package: it has no package\.json$/,
      );
    });
  });

  describe('--api', () => {
    it('demands the profile of the CapabilityStatement where api.json says so', async () => {
      const files = [file('condition.json', CONDITION)];
      expect((await run({ files })).status).to.equal(0);
      expect((await run({ files, api: 'r4' })).status).to.equal(0);
      const { status, lines } = await run({ files, api: 'sdhr' });
      expect(status).to.equal(1);
      expect(errorsOf(lines[0]).join('\n')).to.include('Condition.identifier');
    });

    it('demands it of the entries of a transaction, at their place', async () => {
      const condition = { ...CONDITION, meta: { source: LOCATION } };
      const bundle = {
        resourceType: 'Bundle',
        type: 'transaction',
        entry: [
          {
            fullUrl: 'urn:uuid:5b0c4a3e-8d1f-4c5a-9d5e-2f6b7a8c9d01',
            resource: condition,
            request: { method: 'POST', url: 'Condition' },
          },
        ],
      };
      const files = [file('transaction.json', JSON.stringify(bundle, null, 1))];
      expect((await run({ files })).status).to.equal(0);
      const { lines } = await run({ files, api: 'sdhr' });
      const issues = lines[0]?.outcome.issue.filter(({ severity }) => severity === 'error') ?? [];
      expect(issues.map(({ diagnostics }) => diagnostics).join('\n')).to.include('Condition.identifier');
      for (const { expression, extension } of issues) {
        expect(expression?.[0]).to.match(/^Bundle\.entry\[0\]\.resource/);
        expect(extension?.find(({ url }) => url.endsWith('issue-line'))?.valueInteger).to.be.greaterThan(6);
      }
    });

    it('holds references against its rules, but for links of a transaction', async () => {
      const withReference = (reference: string): object => ({ ...CONDITION, subject: { reference } });
      const files = [file('empty-id.json', withReference('Patient/')), file('short-id.json', withReference('Patient/1'))];
      const { lines } = await run({ files, api: 'sdhr' });
      expect(errorsOf(lines[0]).join('\n')).to.include("The reference 'Patient/' has no id");
      expect(errorsOf(lines[1]).join('\n')).to.include('ids of this API are UUIDs');
      const bundle = {
        resourceType: 'Bundle',
        type: 'transaction',
        entry: [{ resource: withReference('Patient?identifier=x'), request: { method: 'POST', url: 'Condition' } }],
      };
      const { status } = await run({ files: [file('conditional.json', bundle)], api: 'r4' });
      expect(status).to.equal(0);
    });

    it('gives the issue codes that it answers with', async () => {
      const { lines } = await run({ files: [file('condition.json', { ...CONDITION, verificationStatus: { text: 1 } })], api: 'sdhr' });
      const codes = lines[0]?.outcome.issue.filter(({ severity }) => severity === 'error').map(({ code }) => code) ?? [];
      expect(new Set(codes)).to.deep.equal(new Set(['invalid']));
    });

    it('that there is not is refused, with the names of those that there are', async () => {
      expect(await refusal({ files: [file('a.json', PATIENT)], api: 'nope' })).to.match(
        /^--api nope: there is no such API; there are sdhr, /,
      );
    });

    it('takes packages and definitions as well', async () => {
      const definitions = [file('definitions/a.json', profile('http://example.org/born', base, 'Patient.birthDate'))];
      const { status, lines } = await run({
        files: [file('a.json', PATIENT)],
        api: 'r4',
        definitions,
        profiles: ['http://example.org/born'],
      });
      expect(status).to.equal(1);
      expect(errorsOf(lines[0])).to.have.lengthOf(1);
    });
  });
});
