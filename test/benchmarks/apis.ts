/**
 * The validator as the server has it: R4 and the five APIs in one process. Prints the heap at each step, what a profiled SDHR Condition
 * takes after it is parsed, and what an entry of a Bundle takes as Bundles grow.
 */
import { parseJson } from '../../src/fhir/json.js';
import { openApi, openR4Definitions } from '../../src/open-api.js';
import type { Api } from '../../src/services.js';
import type { Validator } from '../../src/validation/validator.js';
import { errorsOf, say } from '../conformance/harness.js';
import { conditionOf, transactionOf } from './sdhr-resources.js';

const FOLDERS = ['sdhr', 'rheumatic-fever', 'healthpass', 'hcw-at-home', 'r4'];
const MEASURED_MS = 3_000;

memory('before definitions are opened');
const definitions = openR4Definitions();
const apis: Api[] = [];
for (const name of FOLDERS) {
  const folder = new URL(`../../profiles/${name}`, import.meta.url).pathname;
  apis.push((await openApi(folder, definitions, { packages: [], clock: Date.now })).api);
}
memory('R4 and the five APIs open');

const { validator } = apis[0] as Api;
const documents = Array.from({ length: 200 }, (_, index) => parseJson(conditionOf(index)));
const errors = documents.flatMap((document) => errorsOf(validator.validate(document).issues));
if (errors.length > 0) throw new Error(`The Condition has errors: ${errors[0]?.diagnostics}`);
measure(validator, MEASURED_MS);
const perCondition = measure(validator, MEASURED_MS);
say(`  ${'an SDHR Condition of 1.9 kB, after it is parsed'.padEnd(62)} ${perCondition.toFixed(1)} µs`);

for (const entries of [10, 100, 1_000, 3_000]) {
  const bundle = parseJson(transactionOf(entries));
  validator.validate(bundle);
  const rounds = Math.ceil(6_000 / entries);
  const started = performance.now();
  for (let round = 0; round < rounds; round++) validator.validate(bundle);
  const took = (performance.now() - started) / rounds;
  say(`  ${`a Bundle of ${entries} of them`.padEnd(62)} ${took.toFixed(1)} ms, ${((took * 1000) / entries).toFixed(1)} µs an entry`);
}

for (const api of apis) {
  for (const type of api.conformance.resourceTypes) api.validator.validate(parseJson(JSON.stringify({ resourceType: type })));
}
memory('every type was validated in each of them');

function measure(used: Validator, milliseconds: number): number {
  const started = performance.now();
  let count = 0;
  while (performance.now() - started < milliseconds) {
    for (const document of documents) used.validate(document);
    count += documents.length;
  }
  return ((performance.now() - started) * 1000) / count;
}

function memory(label: string): void {
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  say(`  ${label.padEnd(62)} ${((heapUsed + external) / 1e6).toFixed(0)} MB of heap, ${(rss / 1e6).toFixed(0)} MB resident with tsx`);
}
