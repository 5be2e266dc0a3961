/** What decided: for each claim the version that was chosen, for each issue its definition, slice and value set. In words for people. */
import type { StructureDefinition } from 'fhir/r4.js';
import type { ConformanceEntry, ConformanceRegistry } from '../conformance/conformance-registry.js';
import { parseCanonical, toCanonical } from '../fhir/canonical.js';
import { isJsonObject, type JsonDocument } from '../fhir/json.js';
import type { Issue } from '../fhir/operation-outcome.js';
import type { ResolvedClaim } from '../validation/validator.js';
import type { Checked } from './checker.js';

/** Lines of text. */
export interface Explanation {
  /** What the input was held against. */
  readonly profiles: readonly string[];
  /** For each issue, in their order. */
  readonly issues: readonly (readonly string[])[];
}

export interface ExplanationGround {
  readonly conformance: ConformanceRegistry;
  /** Canonicals that the command names. */
  readonly profiles: readonly string[];
}

export function explain(document: JsonDocument, { issues, claims }: Checked, ground: ExplanationGround): Explanation {
  const { conformance } = ground;
  return { profiles: explainProfiles(document, claims, ground), issues: issues.map((issue) => explainIssue(issue, conformance)) };
}

function explainProfiles(document: JsonDocument, claims: readonly ResolvedClaim[], ground: ExplanationGround): readonly string[] {
  const { value } = document;
  if (!isJsonObject(value)) return [];
  const { meta, resourceType } = value;
  const stated = isJsonObject(meta) && Array.isArray(meta['profile']) ? meta['profile'].filter((one) => typeof one === 'string') : [];
  // the validator gives those of meta.profile first, then an API's, then those of the command
  const named = claims.length - ground.profiles.length;
  const lines = claims.map((claim, index) => {
    const origin = index < stated.length ? 'claimed' : index < named ? 'demanded by the API' : 'named by --profile';
    return explainClaim(claim, origin, ground.conformance);
  });
  const base = typeof resourceType === 'string' ? ground.conformance.findType(resourceType) : undefined;
  return base === undefined ? lines : [...lines, `${describe(base)}: the definition of the type, which always holds`];
}

/** Why this version: its canonical names it, or it is the highest that is loaded. */
function explainClaim({ claim, canonical }: ResolvedClaim, origin: string, conformance: ConformanceRegistry): string {
  const { url, version } = parseCanonical(claim);
  const loaded = conformance.versions('StructureDefinition', url);
  if (canonical === undefined) {
    const others = loaded.length === 0 ? 'no version of it is loaded' : `loaded are ${loaded.join(', ')}`;
    return `${claim}: ${origin}, and unknown: ${others}`;
  }
  const chosen = parseCanonical(canonical).version ?? '';
  const found = conformance.findStructureDefinition(canonical);
  const definition = found === undefined ? canonical : describe(found);
  if (version === chosen) return `${definition}: ${origin} with this version`;
  if (version !== undefined) return `${definition}: ${origin} as ${version}, which stands for it (loaded: ${loaded.join(', ')})`;
  if (loaded.length < 2) return `${definition}: ${origin} without a version, and the only one that is loaded`;
  return `${definition}: ${origin} without a version; chosen of ${loaded.join(', ')}`;
}

function explainIssue(issue: Issue, conformance: ConformanceRegistry): readonly string[] {
  const { definition, sliceName, rule } = issue;
  const found = definition === undefined ? undefined : conformance.findStructureDefinition(definition);
  const lines = [explainDefinition(definition, found)];
  if (sliceName !== undefined) lines.push(`slice: ${sliceName}`);
  if (rule === 'binding' || rule === 'binding-unchecked') lines.push(...explainBinding(issue, found, conformance));
  return lines;
}

function explainDefinition(definition: string | undefined, found: ConformanceEntry<unknown> | undefined): string {
  // rules of the validator itself, such as those for white space or links of a narrative, stand in no definition
  if (definition === undefined) return 'definition: not recorded for this rule';
  return `definition: ${found === undefined ? definition : describe(found)}`;
}

/** The issue carries its value set in its text only: it is told by the bindings of its definition. */
function explainBinding(
  { diagnostics, expression }: Issue,
  found: ConformanceEntry<StructureDefinition> | undefined,
  conformance: ConformanceRegistry,
): readonly string[] {
  const bindings = (found?.resource.snapshot?.element ?? []).flatMap(({ id, binding }) => {
    const { valueSet, strength } = binding ?? {};
    return valueSet === undefined || strength === undefined ? [] : [{ id: id ?? '', valueSet, strength }];
  });
  const named = atElement(
    bindings.filter(({ valueSet }) => namesValueSet(diagnostics, parseCanonical(valueSet).url)),
    expression,
  );
  const [first] = named;
  if (first === undefined) return ['value set: named in the text above; which element binds it is not recorded'];
  const valueSet = conformance.find('ValueSet', first.valueSet, found?.packageId);
  const elements = named.map(({ id, strength }) => `${id} (${strength})`);
  const few = elements.length > 3 ? `${elements.slice(0, 3).join(', ')} and ${elements.length - 3} more elements` : elements.join(', ');
  return [`value set: ${valueSet === undefined ? `${first.valueSet} (not loaded)` : describe(valueSet)}, bound by ${few}`];
}

/** Those that the expression leads to, the nearest; all of them where that cannot be told (choices, nested types). */
function atElement<T extends { readonly id: string }>(bindings: readonly T[], expression = ''): readonly T[] {
  const way = expression.replace(/\[\d+\]/g, '');
  const lengths = bindings.map(({ id }) => {
    const path = id.replace(/:[^.]*/g, '');
    const below = path.slice(path.indexOf('.'));
    return way.endsWith(below) ? below.length : 0;
  });
  const longest = Math.max(0, ...lengths);
  return longest === 0 ? bindings : bindings.filter((_, index) => lengths[index] === longest);
}

/** Whole, and not as the beginning of another. */
function namesValueSet(text: string, url: string): boolean {
  const end = text.indexOf(url) + url.length;
  return text.includes(url) && !/[\w/-]/.test(text.charAt(end));
}

function describe({ url, version, packageId }: ConformanceEntry<unknown>): string {
  return `${toCanonical(url, version)} (${packageId === 'loose#0' ? 'a loose definition' : `package ${packageId}`})`;
}
