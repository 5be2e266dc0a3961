/** docs/library.md's examples as they stand there, over the package as it was built. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import ts from 'typescript';
import { DEFINITIONS_FILES } from '../../src/conformance/definitions-format.js';
import { DEFINITIONS_FOLDER } from '../../src/conformance/definitions-index.js';
import type { ValidationOutcome } from '../../src/library/validation.js';
import { bundleForBrowser } from '../support/browser-bundle.js';
import { chromiumOrSkip, runInChromium } from '../support/chromium.js';

const PAGE = readFileSync('docs/library.md', 'utf8');
const PUBLIC = ['dist/library/validation.d.ts', 'dist/library/node.d.ts'];

/** The block of code that names itself in its first line. */
function example(name: string): string {
  const found = [...PAGE.matchAll(/^```js\n(.*?)^```$/gms)]
    .map(([, code]) => code as string)
    .find((code) => code.startsWith(`// ${name}\n`));
  if (found === undefined) throw new Error(`docs/library.md has no ${name}`);
  return found;
}

describe('docs/library.md', () => {
  let folder: string;
  before(() => {
    // within the package, so that its name leads to what was built
    mkdirSync('.cache', { recursive: true });
    folder = mkdtempSync('.cache/library-');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('has an example for Node that prints what the page says', () => {
    const file = join(folder, 'example.mjs');
    writeFileSync(file, example('example.mjs'));
    const promised = /^```text\n(.*?)^```$/ms.exec(PAGE)?.[1];
    expect(execFileSync(process.execPath, [file], { encoding: 'utf8' })).to.equal(promised);
  });

  it('has an example for browsers that answers its page', async function () {
    this.timeout(60_000);
    const chromium = chromiumOrSkip(this);
    const file = join(folder, 'worker.js');
    writeFileSync(file, example('worker.js'));
    const message = /worker\.postMessage\((\{.*\})\);$/m.exec(example('page.js'))?.[1] as string;
    const definitions = DEFINITIONS_FILES.map((name) => [
      `/definitions/${name}.gz`,
      { type: 'application/gzip', body: readFileSync(join(DEFINITIONS_FOLDER, `${name}.gz`)) },
    ]);
    const posted = (await runInChromium(chromium, {
      worker: (await bundleForBrowser(file)).text,
      message,
      files: Object.fromEntries(definitions),
      timeoutMs: 30_000,
    })) as ValidationOutcome;
    expect(posted.isValid).to.equal(false);
    expect(posted.issues.map(({ rule, expression }) => `${rule} ${expression}`)).to.deep.equal(['binding Patient.gender']);
    expect(posted.outcome).to.have.nested.property('issue[0].expression[0]', 'Patient.gender');
  });

  it('has examples that the types of the package allow, which need no other package', () => {
    const file = join(folder, 'example.mts');
    writeFileSync(file, example('example.mjs'));
    const program = ts.createProgram([file], {
      strict: true,
      noEmit: true,
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
      types: [],
    });
    const faults = ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
    expect(faults).to.deep.equal([]);
    const files = program.getSourceFiles().filter((source) => !program.isSourceFileDefaultLibrary(source));
    const names = files.map(({ fileName }) => fileName);
    for (const name of PUBLIC) expect(names.some((other) => other.endsWith(name))).to.equal(true);
    expect(names.filter((name) => name.includes('/node_modules/'))).to.deep.equal([]);
  });

  it('is right about sizes', async () => {
    const sizes = [...PAGE.matchAll(/^\| `(\S+)\.gz` \| ([\d.]+) MB \| (\d+) MB \|/gm)].map(([, name, packed, whole]) => ({
      name,
      packed,
      whole,
    }));
    const megabytes = (path: string): number => readFileSync(path).length / 1e6;
    expect(sizes.map(({ name }) => name)).to.have.members([...DEFINITIONS_FILES]);
    for (const { name, packed, whole } of sizes) {
      const path = join(DEFINITIONS_FOLDER, String(name));
      expect(megabytes(`${path}.gz`).toFixed(1), name).to.equal(packed);
      expect(megabytes(path).toFixed(0), name).to.equal(whole);
    }
    const { text } = await bundleForBrowser('src/library/validation.ts');
    const bundled = /Bundled it is ([\d.]+) MB, compressed/.exec(PAGE)?.[1];
    expect((gzipSync(text).length / 1e6).toFixed(1)).to.equal(bundled);
  });
});
