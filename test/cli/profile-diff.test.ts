/** `kauri profile-diff` as a process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runKauri } from '../support/kauri-command.js';

const URL = 'http://example.org/StructureDefinition/P';
const [FIRST, SECOND] = [`${URL}|1.0.0`, `${URL}|1.1.0`] as const;

describe('kauri profile-diff', function () {
  this.timeout(60_000);
  let folder = '';
  const run = (args: readonly string[], stdin = ''): ReturnType<typeof runKauri> =>
    runKauri(folder, ['profile-diff', '--definitions', 'definitions.json', ...args], stdin);
  const write = (name: string, content: object): void => writeFileSync(join(folder, name), JSON.stringify(content, null, 1));

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kauri-diff-'));
    const profile = (version: string, type: string, demanded: readonly string[], url = URL): object => ({
      resourceType: 'StructureDefinition',
      ...{ url, version, name: 'P', status: 'active', kind: 'resource', abstract: false, type },
      ...{ baseDefinition: `http://hl7.org/fhir/StructureDefinition/${type}`, derivation: 'constraint' },
      differential: { element: demanded.map((name) => ({ id: `${type}.${name}`, path: `${type}.${name}`, min: 1 })) },
    });
    const definitions = [
      profile('1.0.0', 'Patient', ['name', 'gender']),
      profile('1.1.0', 'Patient', ['name', 'birthDate']),
      profile('2.0.0', 'Group', ['name']),
      profile('1.0.0', 'Patient', ['name'], 'http://example.org/StructureDefinition/Q'),
    ];
    write('definitions.json', { resourceType: 'Bundle', type: 'collection', entry: definitions.map((resource) => ({ resource })) });
    write('both.json', { resourceType: 'Patient', gender: 'female', birthDate: '1990-05-01' });
    write('neither.json', { resourceType: 'Patient', meta: { profile: [URL] }, gender: 'x' });
    write('group.json', { resourceType: 'Group', type: 'person', actual: true });
    const entry = [
      { resource: { resourceType: 'Basic', code: { text: 'x' } } },
      { resource: { resourceType: 'Patient', meta: { profile: [FIRST] } } },
    ];
    write('bundle.json', { resourceType: 'Bundle', type: 'collection', entry });
  });
  after(() => rmSync(folder, { recursive: true }));

  it('ends with 0 when both say the same, though that be of errors', async () => {
    const { status, stdout, stderr } = await run([FIRST, SECOND, 'both.json']);
    expect({ status, stdout, stderr }).to.deep.equal({
      status: 0,
      stdout: 'both.json: no difference\n\n1 input: 0 with a difference, 1 without\n',
      stderr: '',
    });
  });

  it('says what each alone says, whatever the resource claims, and ends with 1', async () => {
    const { status, stdout } = await run([FIRST, SECOND, 'neither.json', 'bundle.json', 'both.json', 'group.json']);
    expect(status).to.equal(1);
    expect(stdout.split('\n')).to.deep.equal([
      'neither.json: 0 only of 1.0.0, 1 only of 1.1.0',
      '  + 1.1.0 error Patient 1:1 Patient.birthDate is missing: at least 1 is required [cardinality-min]',
      'bundle.json: 1 only of 1.0.0, 1 only of 1.1.0',
      '  - 1.0.0 error Bundle.entry[1].resource 14:16 Patient.gender is missing: at least 1 is required [cardinality-min]',
      '  + 1.1.0 error Bundle.entry[1].resource 14:16 Patient.birthDate is missing: at least 1 is required [cardinality-min]',
      'both.json: no difference',
      'group.json: not compared: the profile is one of Patient, and this is a Group',
      '',
      '4 inputs: 2 with a difference, 1 without, 1 not compared',
      '',
    ]);
  });

  it('takes NDJSON, and the profiles of an API', async () => {
    const url = 'https://fhir-ig.digital.health.nz/rheumatic-fever/StructureDefinition/nz-rheumaticfever-condition';
    const condition = JSON.stringify({ resourceType: 'Condition', subject: { reference: 'Patient/1' } });
    const args = ['--api', 'rheumatic-fever', '--ndjson', `${url}|0.9.0`, `${url}|1.0.0`, '-'];
    const { status, stdout } = await run(args, `${condition}\n\n${condition}\n`);
    expect(status).to.equal(1);
    expect(stdout).to.match(/^-:1: \d+ only of 0\.9\.0, [1-9]\d* only of 1\.0\.0$/m);
    expect(stdout).to.match(/^ {2}\+ 1\.0\.0 error Condition 3:1 /m);
  });

  it('ends with 2 when nothing was compared, or something could not be', async () => {
    expect((await run([FIRST, SECOND, 'group.json'])).status).to.equal(2);
    const { status, stdout } = await run([FIRST, SECOND, 'both.json', 'missing.json', '-'], '{');
    expect(status).to.equal(2);
    expect(stdout).to.include('missing.json: unreadable: there is no such file or folder\n');
    expect(stdout).to.match(/^-: unreadable: 1:2 The text is no JSON that can be read: /m);
  });

  it('refuses what are no two versions of one profile', async () => {
    const wrong: readonly (readonly [readonly string[], RegExp])[] = [
      [[URL, SECOND], /names no version of a profile/],
      [[FIRST, FIRST], /Both are version 1\.0\.0/],
      [[FIRST, 'http://example.org/StructureDefinition/Q|1.0.0'], /two profiles, and not two versions of one/],
      [[FIRST, `${URL}|9.0.0`], /no version 9\.0\.0 of the profile .*P: loaded are 2\.0\.0, 1\.1\.0, 1\.0\.0/],
      [['http://example.org/gone|1', 'http://example.org/gone|2'], /nothing that is loaded has this url/],
      [[FIRST, `${URL}|2.0.0`], /constrain different types, Patient and Group/],
      [[`${URL}|1.1`, SECOND], /Both labels stand for version 1\.1\.0/],
    ];
    const ended = await Promise.all(wrong.map(([canonicals]) => run([...canonicals, 'both.json'])));
    ended.forEach(({ status, stdout, stderr }, index) => {
      const [canonicals, text] = wrong[index] as (typeof wrong)[number];
      expect([canonicals, status, stdout]).to.deep.equal([canonicals, 2, '']);
      expect(stderr)
        .to.match(text)
        .and.match(/^kauri: .*\n$/);
    });
    expect((await run([FIRST, SECOND])).status).to.equal(2);
  });
});
