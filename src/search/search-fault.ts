/** Faults of a query as issues, and whether `Prefer: handling=lenient` may pass over them. https://hl7.org/fhir/R4/search.html#errors */
import type { Issue, IssueType } from '../fhir/operation-outcome.js';

export class FaultList {
  readonly errors: Issue[] = [];
  readonly warnings: Issue[] = [];
  readonly #lenient: boolean;

  constructor(lenient: boolean) {
    this.#lenient = lenient;
  }

  /** A fault that ends the search whatever was preferred: to pass over a bad value would answer another question. */
  error(code: IssueType, name: string, diagnostics: string): undefined {
    this.errors.push({ severity: 'error', code, diagnostics, location: `http.${name}` });
    return undefined;
  }

  /** What the server does not know or offer: under lenient handling it is ignored, and the answer says so. */
  unsupported(name: string, diagnostics: string): undefined {
    if (this.#lenient) {
      this.warnings.push({ severity: 'warning', code: 'not-supported', diagnostics: `Ignored: ${diagnostics}`, location: `http.${name}` });
      return undefined;
    }
    return this.error('not-supported', name, diagnostics);
  }
}

/** Values come from callers and may be long. */
export function quote(text: string): string {
  return `'${text.length > 100 ? `${text.slice(0, 100)}…` : text}'`;
}
