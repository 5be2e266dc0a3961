/**
 * `npm run conformance`: the validator against the official cases, R4's examples and the published packages.
 * `-- cases NAME…`, `-- examples PREFIX…`, `-- nz NAME…` run a part of them, with every issue in full.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Issue } from '../../src/fhir/operation-outcome.js';
import { errorsOf, issueLine, newValidator, say, validateFile } from './harness.js';
import { examplesOfPackages } from './nz-examples.js';
import {
  CASES_PRESENT,
  difference,
  isComplete,
  normaliseExpression,
  type OfficialCase,
  type RunResult,
  readCases,
  runCase,
} from './official-cases.js';
import { PUBLISHED_PRESENT } from './packages-published.js';

const RESULTS = new URL('../../.cache/conformance/', import.meta.url);
const PARTS: Readonly<Record<string, (filters: readonly string[]) => Promise<void> | void>> = { cases, examples, nz };

const [part, ...filters] = process.argv.slice(2);
if (part !== undefined && PARTS[part] === undefined) {
  process.stderr.write(`No part named ${part}; there are ${Object.keys(PARTS).join(', ')}\n`);
  process.exit(2);
}
// `| head` closes the pipe, and that is no fault
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});
mkdirSync(RESULTS, { recursive: true });
for (const [name, run] of Object.entries(PARTS)) {
  if (part !== undefined && part !== name) continue;
  say(`\n${name}`);
  await run(filters);
}

async function cases(names: readonly string[]): Promise<void> {
  if (!CASES_PRESENT) return say('  skipped: ../shared/fhir-test-cases is absent');
  const selected = readCases().filter(({ name }) => names.length === 0 || names.some((wanted) => name.includes(wanted)));
  const results = new Map<OfficialCase, readonly RunResult[]>();
  for (const one of selected) {
    const runs = await runCase(one);
    results.set(one, runs);
    if (names.length > 0) for (const result of runs) sayCase(one, result);
  }
  const written = [...results].map(([{ name }, runs]) => ({
    name,
    out: runs.map(({ run, issues }) => ({
      mode: run.mode,
      errors: errorsOf(issues).map(({ expression }) => ({ path: expression ?? '' })),
    })),
  }));
  const file = new URL('cases.json', RESULTS);
  if (names.length === 0) writeFileSync(file, JSON.stringify(written, undefined, 1));
  sayScore(
    'core',
    [...results].flatMap(([one, runs]) => (one.core ? runs : [])),
  );
  sayScore(
    'core, without the cases whose packages are absent',
    [...results].flatMap(([one, runs]) => (one.core && isComplete(one) ? runs : [])),
  );
  sayScore(
    'others',
    [...results].flatMap(([one, runs]) => (one.core ? [] : runs)),
  );
  if (names.length > 0) return;
  for (const [one, runs] of results) {
    for (const result of runs) {
      const wrong = difference(result);
      if (!one.core || wrong === undefined) continue;
      const { run, issues } = result;
      say(`  ${wrong.padEnd(9)} ${one.name} ${run.mode}: expected ${run.expectedErrorCount}, got ${errorsOf(issues).length}`);
    }
  }
}

function sayScore(label: string, runs: readonly RunResult[]): void {
  if (runs.length === 0) return;
  const share = (count: number): string => `${count} (${((100 * count) / runs.length).toFixed(1)} %)`;
  const countOf = (key: 'verdict' | 'count' | 'locations'): string => share(runs.filter((result) => result[key]).length);
  const valid = share(runs.filter(({ run }) => run.expectedErrorCount === 0).length);
  say(
    `  ${label}: runs ${runs.length} · verdict ${countOf('verdict')} · count ${countOf('count')} · locations ${countOf('locations')} · calling all valid: ${valid}`,
  );
}

/** Expected and found errors side by side: `=` both, `-` expected only, `+` found only; then what is no error. */
function sayCase(one: OfficialCase, { run, issues, verdict, count, locations }: RunResult): void {
  const state =
    verdict && count && locations
      ? 'as expected'
      : `${verdict ? '' : 'verdict '}${count ? '' : 'count '}${locations ? '' : 'locations '}differ`;
  say(`\n  ${one.name} ${run.mode}${run.profile === undefined ? '' : ` ${run.profile}`}${one.core ? '' : ' (not core)'}: ${state}`);
  const left = run.expectedErrors.map((error) => ({ ...error, normalised: normaliseExpression(error.expression ?? '') }));
  for (const issue of errorsOf(issues)) {
    const at = left.findIndex(({ normalised }) => normalised === normaliseExpression(issue.expression ?? ''));
    say(`    ${at < 0 ? '+' : '='} ${issueLine(issue)}`);
    if (at >= 0) say(`        ${left.splice(at, 1)[0]?.text}`);
  }
  for (const { code, expression, text } of left) say(`    - error ${code} at ${expression}: ${text}`);
  for (const issue of issues) if (issue.severity !== 'error' && issue.severity !== 'fatal') say(`      ${issueLine(issue)}`);
}

function examples(prefixes: readonly string[]): void {
  const folder = dirname(createRequire(import.meta.url).resolve('hl7.fhir.r4.examples/package.json'));
  const names = readdirSync(folder).filter(
    (name) => /^[A-Z].*\.json$/.test(name) && (prefixes.length === 0 || prefixes.some((prefix) => name.startsWith(prefix))),
  );
  const validator = newValidator([], []);
  const found = names.map((name) => ({ name, issues: validateFile(validator, join(folder, name)) }));
  sayFiles(found, prefixes.length > 0);
  if (prefixes.length === 0) writeErrors('examples.json', found);
}

async function nz(names: readonly string[]): Promise<void> {
  if (!PUBLISHED_PRESENT) return say('  skipped: ../shared/nz/packages is absent');
  const found: FileResult[] = [];
  for (const { packageFile, validator, files } of await examplesOfPackages()) {
    for (const { name, resource } of files) {
      const title = `${packageFile} ${name}`;
      if (names.length > 0 && !names.some((wanted) => title.includes(wanted))) continue;
      found.push({ name: title, issues: validator.validate(resource).issues });
    }
  }
  sayFiles(found, true, names.length > 0);
  if (names.length === 0) writeErrors('nz.json', found);
}

interface FileResult {
  readonly name: string;
  readonly issues: readonly Issue[];
}

/** Counts by rule and definition, with some of the files; each file's issues where asked for. */
function sayFiles(found: readonly FileResult[], eachFile: boolean, warningsToo = eachFile): void {
  const faulty = found.filter(({ issues }) => errorsOf(issues).length > 0);
  say(`  files ${found.length} · with errors ${faulty.length}`);
  const groups = new Map<string, { count: number; readonly files: Set<string> }>();
  for (const { name, issues } of found) {
    for (const { rule, definition } of errorsOf(issues)) {
      const key = `${rule ?? '-'} of ${definition ?? '-'}`;
      const group = groups.get(key) ?? { count: 0, files: new Set() };
      groups.set(key, group);
      group.count += 1;
      group.files.add(name);
    }
  }
  for (const [key, { count, files }] of [...groups].sort((a, b) => b[1].count - a[1].count)) {
    say(`  ${String(count).padStart(6)} in ${String(files.size).padStart(4)} files  ${key}  ${[...files].slice(0, 3).join(' ')}`);
  }
  if (!eachFile) return;
  for (const { name, issues } of found) {
    const shown = warningsToo ? issues : errorsOf(issues);
    if (shown.length > 0) say(`\n  ${name}`);
    for (const issue of shown) say(`    ${issueLine(issue)}`);
  }
}

function writeErrors(name: string, found: readonly FileResult[]): void {
  const errors = Object.fromEntries(
    found.map((one) => [one.name, errorsOf(one.issues).map(issueLine)] as const).filter(([, lines]) => lines.length > 0),
  );
  writeFileSync(new URL(name, RESULTS), JSON.stringify(errors, undefined, 1));
}
