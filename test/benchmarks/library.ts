/** `npx tsx test/benchmarks/library.ts`: from nothing to the first outcome, by the library in Node and in headless chromium. */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { DEFINITIONS_FILES } from '../../src/conformance/definitions-format.js';
import { DEFINITIONS_FOLDER } from '../../src/conformance/definitions-index.js';
import { readDefinitions } from '../../src/library/node.js';
import { createValidator, type Definitions, openDefinitions } from '../../src/library/validation.js';
import type { WorkerResult } from '../library/official-cases-worker.js';
import { bundleForBrowser } from '../support/browser-bundle.js';
import { findChromium, runInChromium } from '../support/chromium.js';

const PATIENT = '{"resourceType":"Patient","birthDate":"1970-01-31"}';

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function measure(open: () => Definitions | Promise<Definitions>): Promise<string> {
  const start = performance.now();
  const definitions = await open();
  const opened = performance.now();
  createValidator({ definitions }).validate(PATIENT);
  const first = performance.now();
  return describe(opened - start, first - opened);
}

function describe(openMs: number, firstMs: number): string {
  return `definitions open after ${openMs.toFixed(0)} ms, first outcome ${firstMs.toFixed(0)} ms later`;
}

say(`${cpus()[0]?.model}, Node ${process.version}; R4, HL7's terminology and the extensions pack; a Patient`);
say(`Node, files of the package:  ${await measure(readDefinitions)}`);
const bytes = DEFINITIONS_FILES.map((name) => readFileSync(join(DEFINITIONS_FOLDER, `${name}.gz`)));
say(`Node (warm), compressed:     ${await measure(() => openDefinitions(...bytes))}`);

const chromium = findChromium();
if (chromium === undefined) say('chromium: not installed');
else {
  const { text } = await bundleForBrowser('test/library/official-cases-worker.ts');
  const served = (body: string | Uint8Array) => ({ type: 'application/octet-stream', body });
  const files = Object.fromEntries(DEFINITIONS_FILES.map((name, index) => [`/${name}.gz`, served(bytes[index] as Uint8Array)]));
  const { openMs, firstMs } = (await runInChromium(chromium, {
    worker: text,
    files: { ...files, '/runs.json': served('[]'), '/packages.json': served('[]') },
    timeoutMs: 60_000,
  })) as WorkerResult;
  say(`chromium's worker, compressed: ${describe(openMs, firstMs)}`);
}
