/** The library in headless chromium: the outcomes of the official cases are those of Node. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { DEFINITIONS_FILES } from '../../src/conformance/definitions-format.js';
import { DEFINITIONS_FOLDER } from '../../src/conformance/definitions-index.js';
import { readPackage } from '../../src/library/node.js';
import { CASES_PRESENT, inputsOf, packagesOf, readCases, runCase } from '../conformance/official-cases.js';
import { bundleForBrowser } from '../support/browser-bundle.js';
import { chromiumOrSkip, runInChromium, type ServedFile } from '../support/chromium.js';
import type { WorkerCase, WorkerResult } from './official-cases-worker.js';

/** Of both clocks: issues quote bounds that are relative to now. */
const NOW = Date.parse('2026-01-31T12:00:00Z');

function json(value: unknown): ServedFile {
  return { type: 'application/json', body: JSON.stringify(value) };
}

function definitionsFiles(): Record<string, ServedFile> {
  return Object.fromEntries(
    DEFINITIONS_FILES.map((name) => [
      `/${name}.gz`,
      { type: 'application/octet-stream', body: readFileSync(join(DEFINITIONS_FOLDER, `${name}.gz`)) },
    ]),
  );
}

describe('the library in a browser', function () {
  this.timeout(180_000);
  let chromium: string;

  before(function () {
    chromium = chromiumOrSkip(this);
  });

  it('finds in the official cases what it finds in Node', async function () {
    if (!CASES_PRESENT) {
      process.stdout.write('    skipped: ../shared/fhir-test-cases is absent\n');
      this.skip();
    }
    const cases = readCases();
    const paths = [...new Set(cases.flatMap(packagesOf))];
    const runs = cases.flatMap((one) =>
      one.runs.map((run): WorkerCase => {
        const { path, ...inputs } = inputsOf(one, run);
        return { ...inputs, now: NOW, text: readFileSync(path, 'utf8'), packages: packagesOf(one).map((file) => paths.indexOf(file)) };
      }),
    );
    const { text } = await bundleForBrowser('test/library/official-cases-worker.ts');
    const posted = (await runInChromium(chromium, {
      worker: text,
      files: { ...definitionsFiles(), '/runs.json': json(runs), '/packages.json': json(await Promise.all(paths.map(readPackage))) },
      timeoutMs: 120_000,
    })) as WorkerResult;
    const expected = (await Promise.all(cases.map((one) => runCase(one, { clock: () => NOW })))).flat().map(({ issues }) => issues);
    expect(expected.length).to.be.greaterThan(150);
    expect(posted.issues).to.have.length(expected.length);
    const names = cases.flatMap(({ name, runs: list }) => list.map(({ mode }) => `${name} ${mode}`));
    names.forEach((name, index) => {
      expect(posted.issues[index], name).to.deep.equal(expected[index]);
    });
  });

  it('has its faults told: what a worker throws, and what cannot be loaded', async () => {
    const faultOf = async (worker: string): Promise<string> =>
      String(await runInChromium(chromium, { worker, files: {}, timeoutMs: 30_000 }).catch((error: unknown) => error));
    expect(await faultOf("throw new Error('no definitions')")).to.match(/worker failed: .*no definitions/);
    expect(await faultOf("import './none.js';")).to.match(/worker failed: the worker cannot be loaded/);
  });
});
