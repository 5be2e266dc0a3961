/** What the definitions of a package name, and nothing that is loaded defines: https://hl7.org/fhir/R4/references.html#canonical */
import type { ElementDefinition, StructureDefinition } from 'fhir/r4.js';
import type { JsonObject } from '../fhir/json.js';
import type { ConformanceEntry, ConformanceRegistry } from './conformance-registry.js';
import type { PackageProblem } from './package-content.js';
import { importsOf, includesOf } from './value-set-faults.js';

type Kind = 'target' | 'profile' | 'extension' | 'binding' | 'import' | 'content';

const KINDS: Readonly<Record<Kind, { readonly type: string; readonly follows: string }>> = {
  target: { type: 'StructureDefinition', follows: 'a reference there may lead to anything' },
  profile: { type: 'StructureDefinition', follows: 'what stands there is not checked against it' },
  extension: { type: 'StructureDefinition', follows: 'the extension is not checked against it' },
  binding: { type: 'ValueSet', follows: 'codes there are not checked' },
  import: { type: 'ValueSet', follows: 'its codes are unknown' },
  content: { type: 'StructureDefinition', follows: 'what stands there is not checked' },
};

/** Bindings by which a code may be wrong; the others are advice. */
const BINDING: ReadonlySet<string> = new Set(['required', 'extensible']);

/** Where each is named; one of many packages is often missing as a whole. */
interface Missing {
  readonly kind: Kind;
  readonly canonical: string;
  readonly places: string[];
}

export interface MissingCanonicals {
  /** Of a StructureDefinition or a ValueSet; others are passed over. */
  look(entry: ConformanceEntry): void;
  /** One for each that is missing. */
  problems(): readonly PackageProblem[];
}

export function seekMissing(packageId: string, registry: ConformanceRegistry): MissingCanonicals {
  const found = new Map<string, Missing>();
  const seek = (kind: Kind, canonical: string, place: string): void => {
    if (isImplicit(canonical) || registry.find(KINDS[kind].type, canonical, packageId) !== undefined) return;
    const key = `${kind} ${canonical}`;
    const missing = found.get(key) ?? { kind, canonical, places: [] };
    missing.places.push(place);
    found.set(key, missing);
  };
  return {
    look({ resourceType, url, resource }) {
      if (resourceType === 'StructureDefinition') lookAtElements(resource as unknown as StructureDefinition, url, seek);
      if (resourceType === 'ValueSet') lookAtImports(resource, url, seek);
    },
    problems: () => [...found.values()].map((missing) => ({ packageId, severity: 'warning', message: describe(missing) })),
  };
}

type Seek = (kind: Kind, canonical: string, place: string) => void;

function lookAtElements({ differential, snapshot }: StructureDefinition, url: string, seek: Seek): void {
  const ids = new Set((snapshot?.element ?? []).flatMap(({ id }) => id ?? []));
  for (const element of differential?.element ?? snapshot?.element ?? []) {
    const place = `${url} ${element.id ?? element.path}`;
    for (const { code, profile = [], targetProfile = [] } of element.type ?? []) {
      for (const canonical of profile) seek(code === 'Extension' ? 'extension' : 'profile', canonical, place);
      for (const canonical of targetProfile) seek('target', canonical, place);
    }
    const { binding } = element;
    // an example asks for nothing
    if (binding?.valueSet !== undefined && BINDING.has(binding.strength)) seek('binding', binding.valueSet, place);
    const content = contentOf(element, ids);
    if (content !== undefined) seek('content', content, place);
  }
}

/** Of what lies within the definition itself the id is sought in it, and named as it stands where it is not there. */
function contentOf({ contentReference }: ElementDefinition, ids: ReadonlySet<string>): string | undefined {
  if (contentReference === undefined) return undefined;
  const [url = '', id = ''] = contentReference.split('#');
  if (url !== '') return url;
  return ids.has(id) ? undefined : contentReference;
}

function lookAtImports(valueSet: JsonObject, url: string, seek: Seek): void {
  for (const [place, include] of includesOf(valueSet))
    for (const canonical of importsOf(include)) seek('import', canonical, `${url} ${place}`);
}

/** Value sets that a code system brings with it, by a rule: https://hl7.org/fhir/R4/snomedct.html#implicit */
function isImplicit(canonical: string): boolean {
  return /[?]fhir_vs\b|^http:\/\/loinc\.org\/vs\b/.test(canonical);
}

function describe({ kind, canonical, places }: Missing): string {
  const { type, follows } = KINDS[kind];
  const [first] = places;
  const others = places.length === 1 ? '' : ` and ${places.length - 1} more`;
  const what = kind === 'content' && canonical.startsWith('#') ? `The element ${canonical}` : `${type} ${canonical}`;
  return `${what} was not found; it is named in ${first}${others}: ${follows}`;
}
