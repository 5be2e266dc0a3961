/** `kauri profile-diff`: what two versions of a profile say differently of the same resources. */
import { parseCanonical, toCanonical } from '../fhir/canonical.js';
import { isJsonObject, type JsonDocument, JsonSyntaxError, parseJson } from '../fhir/json.js';
import { type Issue, syntaxIssue } from '../fhir/operation-outcome.js';
import { moveDown, nameOf } from './check-input.js';
import { type Checker, createChecker } from './checker.js';
import { entriesOf } from './entries.js';
import { type Ground, type GroundOptions, openGround } from './ground.js';
import { findInputs, type Input, InputError, readInput } from './inputs.js';
import { type Pin, pinVersion } from './pinned-registry.js';
import { count, describeIssue, painterFor } from './report/text.js';
import { UsageError } from './usage-error.js';
import { assertStandardInput, type CommandStreams, EXIT_INVALID, EXIT_UNUSABLE, EXIT_VALID, write } from './validate.js';

export interface ProfileDiffCommand extends GroundOptions {
  /** `url|version` of both. */
  readonly canonicals: readonly [string, string];
  readonly files: readonly string[];
  readonly isStdinNdjson: boolean;
}

interface Side {
  readonly version: string;
  readonly canonical: string;
  readonly checker: Checker;
}

interface Comparison {
  readonly sides: readonly [Side, Side];
  readonly url: string;
  /** That the profile constrains. */
  readonly type: string;
  readonly maxDepth: number | undefined;
}

/** Why an input was not compared, or what each side alone says of it. */
type Difference =
  | { readonly only: readonly [readonly Issue[], readonly Issue[]] }
  | { readonly fault: string }
  | { readonly other: string };

/** Resolves to the exit status: whether there is a difference. Rejects with UsageError before anything is read. */
export async function profileDiff(command: ProfileDiffCommand, { stdin, stdout, warn }: CommandStreams): Promise<number> {
  const { files, isStdinNdjson } = command;
  assertStandardInput(files, isStdinNdjson);
  const pins = readPins(command.canonicals);
  const comparison = openComparison(pins, await openGround(command, warn));
  const paint = painterFor(stdout);
  const counts = { same: 0, different: 0, other: 0, faulty: 0 };
  for await (const input of findInputs(files, { stdin, isStdinNdjson })) {
    const name = paint('bold', nameOf(input));
    const difference = await compareInput(input, comparison);
    if ('only' in difference) {
      const [first, second] = difference.only;
      counts[first.length + second.length > 0 ? 'different' : 'same']++;
      const [a, b] = pins.map(({ version }) => version) as [string, string];
      const lines = [
        `${name}: ${first.length + second.length > 0 ? `${first.length} only of ${a}, ${second.length} only of ${b}` : 'no difference'}`,
        ...first.map((issue) => `  ${paint('red', `- ${a}`)} ${describeIssue(issue, paint)}`),
        ...second.map((issue) => `  ${paint('green', `+ ${b}`)} ${describeIssue(issue, paint)}`),
      ];
      await write(stdout, `${lines.join('\n')}\n`);
    } else if ('other' in difference) {
      counts.other++;
      await write(stdout, `${name}: not compared: ${difference.other}\n`);
    } else {
      counts.faulty++;
      await write(stdout, `${name}: ${paint('red', 'unreadable')}: ${difference.fault}\n`);
    }
  }
  const { same, different, other, faulty } = counts;
  const parts = [`${different} with a difference`, `${same} without`];
  if (other > 0) parts.push(`${other} not compared`);
  if (faulty > 0) parts.push(`${faulty} unreadable`);
  await write(stdout, `\n${count(same + different + other + faulty, 'input')}: ${parts.join(', ')}\n`);
  // a comparison of nothing would look like one that found no difference
  if (faulty > 0 || same + different === 0) return EXIT_UNUSABLE;
  return different > 0 ? EXIT_INVALID : EXIT_VALID;
}

function readPins(canonicals: readonly [string, string]): readonly [Pin, Pin] {
  const [first, second] = canonicals.map((canonical) => {
    const { url, version } = parseCanonical(canonical);
    if (url === '' || version === undefined || version === '')
      throw new UsageError(
        `'${canonical}' names no version of a profile: URL|VERSION is wanted, in quotes as the shell takes | for itself`,
      );
    return { url, version };
  }) as [Pin, Pin];
  if (first.url !== second.url) throw new UsageError(`These are two profiles, and not two versions of one: ${first.url} and ${second.url}`);
  if (first.version === second.version) throw new UsageError(`Both are version ${first.version}: there is nothing to compare`);
  return [first, second];
}

function openComparison(pins: readonly [Pin, Pin], ground: Ground): Comparison {
  const { conformance, maxDepth } = ground;
  const [first, second] = pins.map(({ url, version: wanted }) => {
    const found = conformance.findStructureDefinition(toCanonical(url, wanted));
    if (found === undefined) {
      const loaded = conformance.versions('StructureDefinition', url);
      const others =
        loaded.length === 0 ? 'nothing that is loaded has this url (--package, --definitions)' : `loaded are ${loaded.join(', ')}`;
      throw new UsageError(`There is no version ${wanted} of the profile ${url}: ${others}`);
    }
    const { version } = found;
    const canonical = toCanonical(url, version);
    const pinned = pinVersion(conformance, { url, version });
    const checker = createChecker({ ...ground, conformance: pinned }, { profiles: [canonical], explain: false });
    return { type: found.resource.type, side: { version, canonical, checker } };
  }) as [{ type: string; side: Side }, { type: string; side: Side }];
  if (first.type !== second.type)
    throw new UsageError(`The two versions constrain different types, ${first.type} and ${second.type}: no resource can fulfil both`);
  if (first.side.version === second.side.version)
    throw new UsageError(`Both labels stand for version ${first.side.version}: there is nothing to compare`);
  return { sides: [first.side, second.side], url: pins[0].url, type: first.type, maxDepth };
}

async function compareInput(input: Input, comparison: Comparison): Promise<Difference> {
  let document: JsonDocument;
  try {
    const { maxDepth } = comparison;
    document = parseJson(await readInput(input), maxDepth === undefined ? {} : { maxDepth });
  } catch (error) {
    if (error instanceof InputError) return { fault: error.message };
    if (!(error instanceof JsonSyntaxError)) throw error;
    const { line, column, diagnostics } = syntaxIssue(error);
    return { fault: `${(line ?? 1) + (input.line ?? 1) - 1}:${column ?? 1} ${diagnostics}` };
  }
  const documents = documentsOfType(document, comparison);
  if (typeof documents === 'string') return { other: documents };
  const lines = (input.line ?? 1) - 1;
  const only: [Issue[], Issue[]] = [[], []];
  for (const { read, toInputIssue } of documents) {
    const [first, second] = compareDocument(read(), comparison);
    only[0].push(...first.map((issue) => moveDown(toInputIssue(issue), lines)));
    only[1].push(...second.map((issue) => moveDown(toInputIssue(issue), lines)));
  }
  return { only };
}

interface Compared {
  read(): JsonDocument;
  toInputIssue(issue: Issue): Issue;
}

/** The document, or the entries of a Bundle that are of the profile's type; else why there is nothing to compare. */
function documentsOfType(document: JsonDocument, { type, maxDepth }: Comparison): readonly Compared[] | string {
  const { value } = document;
  const found = isJsonObject(value) ? value['resourceType'] : undefined;
  if (typeof found !== 'string') return 'it is no resource: it has no resourceType';
  if (found === type || type === 'Resource' || type === 'DomainResource') return [{ read: () => document, toInputIssue: (issue) => issue }];
  const entries = entriesOf(document, maxDepth).filter((entry) => entry.type === type);
  if (entries.length > 0) return entries.map(({ read, toBundleIssue }) => ({ read, toInputIssue: toBundleIssue }));
  return `the profile is one of ${type}, and this is a ${found}${found === 'Bundle' ? ' without one' : ''}`;
}

function compareDocument(document: JsonDocument, { sides, url }: Comparison): readonly [readonly Issue[], readonly Issue[]] {
  const [first, second] = sides.map(({ checker, canonical }) => {
    const { issues } = checker.check(document);
    return issues.filter((issue) => !isOtherClaim(issue, url)).map((issue) => ({ issue, key: toKey(issue, canonical, url) }));
  }) as [Keyed[], Keyed[]];
  return [without(first, second), without(second, first)];
}

/** A claim with a version of the profile that is not this side's: here it does not exist. */
function isOtherClaim({ rule, diagnostics }: Issue, url: string): boolean {
  return rule === 'profile-unknown' && diagnostics.includes(`'${url}|`);
}

interface Keyed {
  readonly issue: Issue;
  readonly key: string;
}

/** What is said, whichever version says it. */
function toKey({ severity, rule, expression, diagnostics }: Issue, canonical: string, url: string): string {
  return JSON.stringify([severity, rule, expression, diagnostics.replaceAll(canonical, url)]);
}

function without(issues: readonly Keyed[], others: readonly Keyed[]): readonly Issue[] {
  const known = new Set(others.map(({ key }) => key));
  return issues.filter(({ key }) => !known.has(key)).map(({ issue }) => issue);
}
