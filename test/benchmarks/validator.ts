/**
 * The validator alone, on one thread: the 200 resources that ../shared/validator-bench names, each parsed and validated in turn.
 * Prints resources/s over at least ten seconds after a warm-up, how many of them have errors, the slowest, and the heap.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseJson } from '../../src/fhir/json.js';
import { errorsOf, newValidator, say } from '../conformance/harness.js';

const LIST = new URL('../../../shared/validator-bench/bench200.json', import.meta.url);
const WARM_UP_MS = 3_000;
const MEASURED_MS = 10_000;

interface Load {
  readonly name: string;
  readonly text: string;
  /** Time of its first validation, links included, and the sum of those that were measured. */
  firstMs: number;
  totalMs: number;
}

if (existsSync(LIST)) measure(readLoad());
else say('  skipped: ../shared/validator-bench is absent');

function readLoad(): readonly Load[] {
  const folder = dirname(createRequire(import.meta.url).resolve('hl7.fhir.r4.examples/package.json'));
  const names = JSON.parse(readFileSync(LIST, 'utf8')) as readonly string[];
  return names.map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8'), firstMs: 0, totalMs: 0 }));
}

function measure(load: readonly Load[]): void {
  const opened = performance.now();
  const validator = newValidator([], []);
  const faulty: string[] = [];
  for (const one of load) {
    const started = performance.now();
    const { issues } = validator.validate(parseJson(one.text));
    one.firstMs = performance.now() - started;
    if (errorsOf(issues).length > 0) faulty.push(one.name);
  }
  const cold = performance.now() - opened;

  const runFor = (milliseconds: number, after: (one: Load, tookMs: number) => void): { rounds: number; tookMs: number } => {
    const started = performance.now();
    let rounds = 0;
    let now = started;
    while (now - started < milliseconds) {
      for (const one of load) {
        validator.validate(parseJson(one.text));
        const next = performance.now();
        after(one, next - now);
        now = next;
      }
      rounds += 1;
    }
    return { rounds, tookMs: now - started };
  };
  runFor(WARM_UP_MS, () => undefined);
  const { rounds, tookMs } = runFor(MEASURED_MS, (one, took) => {
    one.totalMs += took;
  });

  const bytes = load.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  figure('resources/s, parse included', `${((rounds * load.length * 1000) / tookMs).toFixed(0)}/s over ${(tookMs / 1000).toFixed(1)} s`);
  figure('mean size', `${(bytes / load.length / 1000).toFixed(1)} kB`);
  figure(`of the ${load.length} got an error`, `${faulty.length}${faulty.length === 0 ? '' : `: ${faulty.join(', ')}`}`);
  figure('first round, definitions read and plans linked', `${cold.toFixed(0)} ms`);
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  figure('heap afterwards', `${(heapUsed / 1e6).toFixed(0)} MB, resident ${(rss / 1e6).toFixed(0)} MB`);
  say('  slowest, mean of the measured rounds and first round:');
  for (const { name, text, firstMs, totalMs } of [...load].sort((a, b) => b.totalMs - a.totalMs).slice(0, 10)) {
    const mean = ((totalMs / rounds) * 1000).toFixed(0);
    say(`    ${mean.padStart(6)} µs  ${firstMs.toFixed(1).padStart(6)} ms  ${(text.length / 1000).toFixed(1).padStart(6)} kB  ${name}`);
  }
}

function figure(label: string, value: string): void {
  say(`  ${label.padEnd(62)} ${value}`);
}
