/** What the command writes about the same inputs in each format, and how it ends. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { SaxesParser } from 'saxes';
import { runKauri } from '../support/kauri-command.js';

describe('the reports of kauri validate', function () {
  this.timeout(60_000);
  let folder = '';
  const run = (...args: readonly string[]): ReturnType<typeof runKauri> => runKauri(folder, ['validate', ...args]);

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kauri-reports-'));
    const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
    write('valid.json', '{"resourceType": "Patient"}');
    write('warned.json', '{"resourceType": "Patient", "name": [{"family": " Ngata"}]}');
    write('a & <b> %.json', '{\n  "resourceType": "Patient",\n  "gender": "\\u0000<&]]>\\ud800"\n}');
    write('broken.json', '{\n  oops');
  });
  after(() => rmSync(folder, { recursive: true }));

  const files = ['valid.json', 'warned.json', 'a & <b> %.json', 'broken.json'] as const;

  it('end with 1 for warnings when --fail-on says so, and with 0 when it does not', async () => {
    const { status, stdout } = await run('valid.json', 'warned.json');
    expect(status).to.equal(0);
    expect(stdout).to.match(/\n2 inputs: 2 valid \(1 with warnings\), 0 invalid\n$/);
    expect((await run('--fail-on', 'warning', 'valid.json', 'warned.json')).status).to.equal(1);
    expect((await run('--fail-on', 'warning', 'valid.json')).status).to.equal(0);
  });

  it('count the issues by profile and rule with --summary, and say nothing of inputs with --quiet', async () => {
    const { status, stdout } = await run('--summary', '--quiet', 'warned.json', 'warned.json', 'a & <b> %.json', 'broken.json');
    expect(status).to.equal(1);
    const lines = stdout.split('\n');
    expect(lines.slice(0, 3)).to.deep.equal(['4 inputs: 2 valid (2 with warnings), 2 invalid', '', 'Issues by profile and rule:']);
    expect(lines[3]).to.match(/^2 warning \[type-string\] /);
    expect(lines[4]).to.equal('  in 2 inputs: warned.json, warned.json');
    expect(stdout).to.include('1 error [binding] http://hl7.org/fhir/StructureDefinition/Patient|4.0.1\n  in 1 input: a & <b> %.json\n');
    expect(stdout).to.include('1 error [json-syntax] (no definition)\n  in 1 input: broken.json\n');
  });

  it('keep the output of other formats whole: their --summary goes to stderr', async () => {
    const json = await run('--format', 'json', ...files, 'missing.json');
    const summarised = await run('--json', '--summary', ...files, 'missing.json');
    expect([json.status, json.stderr]).to.deep.equal([2, '']);
    expect(summarised.stdout).to.equal(json.stdout);
    expect(summarised.stderr).to.match(/^Issues by profile and rule:\n/);
    const names = json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { file: string }).file);
    expect(names).to.deep.equal([...files, 'missing.json']);
  });

  it('are SARIF with rule, level, text, place and FHIRPath', async () => {
    const { status, stdout } = await run('--format', 'sarif', ...files, 'missing.json');
    expect(status).to.equal(2);
    const { version, runs } = JSON.parse(stdout) as SarifLog;
    expect([version, runs.length]).to.deep.equal(['2.1.0', 1]);
    const [{ tool, results, invocations }] = runs as [SarifLog['runs'][number]];
    expect(tool.driver.name).to.equal('kauri');
    expect(invocations).to.deep.equal([{ executionSuccessful: false }]);
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]).to.deep.equal({ id: ruleId });
    const binding = results.find(({ ruleId }) => ruleId === 'binding');
    expect(binding?.level).to.equal('error');
    expect(binding?.message.text).to.include('administrative-gender');
    expect(binding?.locations).to.deep.equal([
      {
        physicalLocation: { artifactLocation: { uri: 'a%20%26%20%3Cb%3E%20%25.json' }, region: { startLine: 3, startColumn: 13 } },
        logicalLocations: [{ fullyQualifiedName: 'Patient.gender', kind: 'element' }],
      },
    ]);
    const levels = results.map(({ ruleId, level, locations }) => [locations[0]?.physicalLocation.artifactLocation.uri, ruleId, level]);
    expect(levels).to.deep.include(['warned.json', 'type-string', 'warning']);
    expect(results.find(({ ruleId }) => ruleId === 'type-string')?.locations[0]?.physicalLocation).to.have.nested.property(
      'region.startLine',
      1,
    );
    expect(levels).to.deep.include(['broken.json', 'json-syntax', 'error']);
    expect(levels).to.deep.include(['missing.json', 'exception', 'error']);
  });

  it('are well-formed JUnit XML with a testcase for each input, whatever the text', async () => {
    const { status, stdout } = await run('--format', 'junit', ...files, 'missing.json');
    expect(status).to.equal(2);
    const elements: string[] = [];
    const parser = new SaxesParser();
    parser.on('error', (error) => {
      throw error;
    });
    parser.on('opentag', ({ name, attributes }) => {
      elements.push([name, ...['tests', 'failures', 'errors', 'name', 'type'].map((key) => attributes[key] ?? '')].join(' ').trimEnd());
    });
    parser.write(stdout).close();
    expect(elements.map((element) => element.replace(/\s+/g, ' '))).to.deep.equal([
      'testsuites 5 2 1',
      'testsuite 5 2 1 kauri validate',
      'testcase valid.json',
      'testcase warned.json',
      'system-out',
      'testcase a & <b> %.json',
      'failure json-lone-surrogate',
      'testcase broken.json',
      'failure json-syntax',
      'testcase missing.json',
      'error exception',
    ]);
    const strict = await run('--format', 'junit', '--fail-on', 'warning', 'warned.json');
    expect(strict.status).to.equal(1);
    expect(strict.stdout).to.match(/<failure message="[^"]+" type="type-string">/);
  });

  it('are refused where they exclude each other', async () => {
    const wrong = [
      ['--format', 'xml'],
      ['--json', '--format', 'sarif'],
      ['--fail-on', 'information'],
      ['--quiet', '--json'],
      ['--explain', '--format', 'junit'],
      ['--ndjson'],
    ];
    const ended = await Promise.all(wrong.map((args) => run(...args, 'valid.json')));
    ended.forEach(({ status, stdout, stderr }, index) => {
      expect([wrong[index], status, stdout]).to.deep.equal([wrong[index], 2, '']);
      expect(stderr).to.match(/^(kauri|error): .+\n$/);
    });
  });
});

interface SarifLog {
  readonly version: string;
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly name: string; readonly rules: readonly { readonly id: string }[] } };
    readonly invocations: readonly object[];
    readonly results: readonly {
      readonly ruleId: string;
      readonly ruleIndex: number;
      readonly level: string;
      readonly message: { readonly text: string };
      readonly locations: readonly { readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } } }[];
    }[];
  }[];
}
