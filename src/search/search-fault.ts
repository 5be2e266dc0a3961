/** Faults of a query as issues, and whether `Prefer: handling=lenient` may pass over them. https://hl7.org/fhir/R4/search.html#errors */
import type { Issue, IssueType } from '../fhir/operation-outcome.js';

export class FaultList {
  readonly errors: Issue[];
  readonly warnings: Issue[];
  readonly #lenient: boolean;
  readonly #parameter: string | undefined;

  constructor(lenient: boolean, within?: { readonly list: FaultList; readonly parameter: string }) {
    this.#lenient = lenient;
    this.errors = within?.list.errors ?? [];
    this.warnings = within?.list.warnings ?? [];
    this.#parameter = within?.parameter;
  }

  /** The same list for what lies inside a chain: its faults are those of the parameter as the query has it. */
  within(parameter: string): FaultList {
    return new FaultList(this.#lenient, { list: this, parameter: this.#parameter ?? parameter });
  }

  /** A fault that ends the search whatever was preferred: to pass over a bad value would answer another question. */
  error(code: IssueType, name: string, diagnostics: string): undefined {
    this.errors.push({ severity: 'error', code, diagnostics, location: this.#locationOf(name) });
    return undefined;
  }

  /** What the server does not know or offer: under lenient handling it is ignored, and the answer says so. */
  unsupported(name: string, diagnostics: string): undefined {
    if (this.#lenient) {
      const location = this.#locationOf(name);
      this.warnings.push({ severity: 'warning', code: 'not-supported', diagnostics: `Ignored: ${diagnostics}`, location });
      return undefined;
    }
    return this.error('not-supported', name, diagnostics);
  }

  #locationOf(name: string): string {
    return `http.${this.#parameter ?? name}`;
  }
}

/** Values come from callers and may be long. */
export function quote(text: string): string {
  return `'${text.length > 100 ? `${text.slice(0, 100)}…` : text}'`;
}
