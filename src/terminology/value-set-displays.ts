/** How value sets display codes: https://hl7.org/fhir/R4/valueset-definitions.html#ValueSet.compose.include.concept.display */
import type { ValueSet, ValueSetExpansionContains } from 'fhir/r4.js';
import type { ConformanceRegistry } from '../conformance/conformance-registry.js';
import { isBuiltInPackage } from '../conformance/definitions-format.js';
import type { Display } from './terminology-service.js';

interface DisplayedConcept {
  readonly code?: string | undefined;
  readonly display?: string | undefined;
  readonly designation?: readonly { readonly value: string; readonly language?: string | undefined }[] | undefined;
}

/** Read when first asked for, which is when a display is not the code system's. */
export class ValueSetDisplays {
  readonly #read = new Set<object>();
  readonly #displays = new Map<string, Display[]>();
  #listed = 0;

  of(system: string, code: string, conformance: ConformanceRegistry): readonly Display[] {
    const entries = conformance.list('ValueSet');
    if (entries.length !== this.#listed) {
      this.#listed = entries.length;
      for (const entry of entries) {
        // so many would have to be read, and they display codes as their systems do
        if (this.#read.has(entry) || isBuiltInPackage(entry.packageId.split('#', 1)[0] ?? '')) continue;
        this.#read.add(entry);
        this.#add(entry.resource as unknown as ValueSet);
      }
    }
    return this.#displays.get(`${system} ${code}`) ?? [];
  }

  #add({ language, compose, expansion }: ValueSet): void {
    for (const { system, concept = [] } of compose?.include ?? []) for (const one of concept) this.#keep(system, one, language);
    this.#addExpansion(expansion?.contains, language);
  }

  #addExpansion(contains: readonly ValueSetExpansionContains[] | undefined, language: string | undefined): void {
    for (const one of contains ?? []) {
      this.#keep(one.system, one, language);
      this.#addExpansion(one.contains, language);
    }
  }

  #keep(system: string | undefined, { code, display, designation = [] }: DisplayedConcept, language: string | undefined): void {
    const found = designation.map(({ value, language: own }) => ({ text: value, language: own }));
    if (display !== undefined) found.unshift({ text: display, language });
    if (system === undefined || code === undefined || found.length === 0) return;
    const key = `${system} ${code}`;
    const known = this.#displays.get(key);
    if (known === undefined) this.#displays.set(key, found);
    else known.push(...found);
  }
}
