/** A CodeSystem made ready for look-ups: its concepts by code, and its hierarchy. https://hl7.org/fhir/R4/codesystem.html */
import type { CodeSystem, CodeSystemConcept, CodeSystemConceptProperty } from 'fhir/r4.js';
import type { Display } from './terminology-service.js';

export interface Concept {
  /** As the CodeSystem has it; never copied. */
  readonly definition: CodeSystemConcept;
  readonly parents: readonly string[];
}

/** Properties by which flat systems state their hierarchy: https://hl7.org/fhir/R4/codesystem.html#defined-props */
const PARENT_PROPERTIES: ReadonlySet<string> = new Set(['parent', 'subsumedBy']);

/** By which concepts are said to be for grouping alone; the second is how HL7's older tables spell it. */
const ABSTRACT_PROPERTIES: ReadonlySet<string> = new Set(['notSelectable', 'not-selectable']);

/** What code systems that state no language are taken to be written in, as HL7's are. */
const DEFAULT_LANGUAGE = 'en';

export class LoadedCodeSystem {
  readonly url: string;
  readonly version: string | undefined;
  /** Whether a code that is not here is no code of the system. */
  readonly isComplete: boolean;
  /** Whether it says more of another system's codes, and has none of its own. */
  readonly isSupplement: boolean;
  readonly #resource: CodeSystem;
  readonly #isCaseSensitive: boolean;
  readonly #concepts = new Map<string, Concept>();
  #children: ReadonlyMap<string, readonly string[]> | undefined;

  constructor(resource: CodeSystem) {
    this.#resource = resource;
    this.url = resource.url ?? '';
    this.version = resource.version;
    this.isComplete = resource.content === 'complete';
    this.isSupplement = resource.content === 'supplement' || resource.supplements !== undefined;
    // unstated is taken for sensitive, as the specification advises where it is not known
    this.#isCaseSensitive = resource.caseSensitive !== false;
    this.#add(resource.concept, undefined);
  }

  #add(concepts: readonly CodeSystemConcept[] | undefined, parent: string | undefined): void {
    for (const definition of concepts ?? []) {
      const parents = parent === undefined ? [] : [parent];
      for (const property of definition.property ?? []) {
        if (PARENT_PROPERTIES.has(property.code)) {
          const code = property.valueCode ?? property.valueString;
          if (code !== undefined && !parents.includes(code)) parents.push(code);
        }
      }
      const key = this.#key(definition.code);
      const existing = this.#concepts.get(key);
      // a concept may stand below several parents, once for each
      const allParents = existing === undefined ? parents : [...new Set([...existing.parents, ...parents])];
      this.#concepts.set(key, { definition: existing?.definition ?? definition, parents: allParents });
      this.#add(definition.concept, definition.code);
    }
  }

  #key(code: string): string {
    return this.#isCaseSensitive ? code : code.toLowerCase();
  }

  get size(): number {
    return this.#concepts.size;
  }

  /** What people call it. */
  get name(): string {
    return this.#resource.name ?? this.#resource.title ?? this.url;
  }

  /** Whether concepts have a property of this code, so that a filter by it says something. */
  hasProperty(code: string): boolean {
    return (
      (this.#resource.property ?? []).some((property) => property.code === code) ||
      (this.#resource.filter ?? []).some((filter) => filter.code === code) ||
      PARENT_PROPERTIES.has(code)
    );
  }

  find(code: string): Concept | undefined {
    return this.#concepts.get(this.#key(code));
  }

  get language(): string {
    return this.#resource.language ?? DEFAULT_LANGUAGE;
  }

  /** Its display, in the language of the code system, and its designations. */
  displaysOf({ display, designation = [] }: CodeSystemConcept): readonly Display[] {
    const own = display === undefined ? [] : [{ text: display, language: this.language }];
    return [...own, ...designation.map(({ value, language }) => ({ text: value, language }))];
  }

  concepts(): IterableIterator<Concept> {
    return this.#concepts.values();
  }

  /** What the system says of a property of this code. */
  propertyDescription(code: string): string | undefined {
    return this.#resource.property?.find((property) => property.code === code)?.description;
  }

  /** Codes right below this one. */
  children(code: string): readonly string[] {
    this.#children ??= this.#linkChildren();
    return [...new Set(this.#children.get(this.#key(code)) ?? [])];
  }

  /** Codes below this one at any depth, without itself. */
  descendants(code: string): ReadonlySet<string> {
    this.#children ??= this.#linkChildren();
    const found = new Set<string>();
    const open = [code];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const child of this.#children.get(this.#key(next)) ?? []) {
        if (!found.has(child)) {
          found.add(child);
          open.push(child);
        }
      }
    }
    found.delete(code);
    return found;
  }

  /** Codes above this one at any height, without itself. */
  ancestors(code: string): ReadonlySet<string> {
    const found = new Set<string>();
    const open = [code];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const parent of this.find(next)?.parents ?? []) {
        if (!found.has(parent)) {
          found.add(parent);
          open.push(parent);
        }
      }
    }
    found.delete(code);
    return found;
  }

  #linkChildren(): ReadonlyMap<string, readonly string[]> {
    const children = new Map<string, string[]>();
    const link = (parent: string, child: string): void => {
      const key = this.#key(parent);
      const known = children.get(key);
      if (known === undefined) children.set(key, [child]);
      else known.push(child);
    };
    for (const { definition, parents } of this.#concepts.values()) {
      for (const parent of parents) link(parent, definition.code);
      for (const property of definition.property ?? []) {
        if (property.code === 'child' && property.valueCode !== undefined) link(definition.code, property.valueCode);
      }
    }
    return children;
  }
}

/** Whether the concept is there to group others, and not to be used. */
export function isAbstract(definition: CodeSystemConcept): boolean {
  return (definition.property ?? []).some(
    ({ code, valueBoolean, valueCode, valueString }) =>
      ABSTRACT_PROPERTIES.has(code) && (valueBoolean === true || valueCode === 'true' || valueString === 'true'),
  );
}

/** Whether a version is the one that a label means: `4.0` also means 4.0.1. */
export function isVersion(version: string, label: string): boolean {
  return version === label || version.startsWith(`${label}.`);
}

/** Whether the concept was retired: property `inactive`, or a `status` that says so. */
export function isInactive(definition: CodeSystemConcept): boolean {
  return (definition.property ?? []).some(
    (property) =>
      (property.code === 'inactive' &&
        (property.valueBoolean === true || property.valueString === 'true' || property.valueCode === 'true')) ||
      (property.code === 'status' && /^(retired|inactive)$/i.test(property.valueCode ?? property.valueString ?? '')),
  );
}

/** A property's value as a filter compares it. */
export function propertyText(property: CodeSystemConceptProperty): string | undefined {
  const { valueCode, valueString, valueDateTime, valueCoding } = property;
  const text = valueCode ?? valueString ?? valueDateTime ?? valueCoding?.code;
  if (text !== undefined) return text;
  const plain = property.valueBoolean ?? property.valueInteger ?? property.valueDecimal;
  return plain === undefined ? undefined : String(plain);
}
