/** What is wrong with the entries of a transaction: gathered, and told all at once. */

import { entryExpression } from '../../fhir/bundle.js';
import { FhirError } from '../../fhir/fhir-error.js';
import type { Issue } from '../../fhir/operation-outcome.js';
import { MOST_ISSUES } from '../check-resource.js';

export interface EntryName {
  readonly index: number;
  readonly fullUrl: string | undefined;
}

/** What expressions start at: the Bundle, for a fault of the entry itself or its request, the entry's resource, or what its patch makes. */
type FaultRoot = 'entry' | 'resource' | 'patched';

/** The Bundle has more faults than are told. */
const NOT_ALL: Issue = {
  severity: 'information',
  code: 'incomplete',
  diagnostics: 'The entries have more faults than these: of some only the first is told. Mend them, and send the Bundle again',
  expression: 'Bundle',
};

interface EntryFault {
  readonly entry: EntryName;
  readonly error: FhirError;
  readonly root: FaultRoot;
}

/** Of a whole Bundle: each entry that fails says one thing at least, and nobody reads more than this. */
const MOST_BUNDLE_ISSUES = 5000;

export class EntryFaults {
  readonly #faults: EntryFault[] = [];
  #issues = 0;
  readonly #failed = new Set<number>();

  has({ index }: Pick<EntryName, 'index'>): boolean {
    return this.#failed.has(index);
  }

  /** How many issues the next entry may have. */
  get room(): number {
    return roomFor(this.#issues);
  }

  /** Issues that are told elsewhere, of an entry that does not fail. */
  count(issues: number): void {
    this.#issues += issues;
  }

  add(entry: EntryName, error: FhirError, root: FaultRoot = 'resource'): void {
    this.#faults.push({ entry, error, root });
    this.#issues += error.issues.length;
    this.#failed.add(entry.index);
  }

  /** Runs it, and keeps what it throws as a fault; undefined then. */
  guard<T>(entry: EntryName, work: () => T, root?: FaultRoot): T | undefined {
    try {
      return work();
    } catch (error) {
      this.add(entry, toFhirError(error), root);
      return undefined;
    }
  }

  async guardAsync<T>(entry: EntryName, work: () => Promise<T>, root?: FaultRoot): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.add(entry, toFhirError(error), root);
      return undefined;
    }
  }

  /** Throws one error with the issues of all failing entries, in their order. Its status is theirs where they agree, else 400. */
  throwIfAny(): void {
    const faults = this.#faults.toSorted((a, b) => a.entry.index - b.entry.index);
    const [first] = faults;
    if (first === undefined) return;
    const { code, status, headers } = first.error;
    const agree = faults.every(({ error }) => error.status === status);
    const count = this.#failed.size === 1 ? 'One entry fails' : `${this.#failed.size} entries fail`;
    const issues = faults.flatMap(({ entry, error, root }) => error.issues.flatMap((issue) => toIssue(issue, entry, root)));
    throw new FhirError(agree ? code : 'malformed-request', `${count}; nothing was stored`, {
      issues: this.room > 1 ? issues : [...issues, NOT_ALL],
      ...(agree && { status }),
      ...(agree && headers !== undefined && { headers }),
      cause: first.error,
    });
  }
}

/** What is left of a Bundle's issues for one entry. */
export function roomFor(issues: number): number {
  return Math.max(1, Math.min(MOST_ISSUES, MOST_BUNDLE_ISSUES - issues));
}

function toFhirError(error: unknown): FhirError {
  if (error instanceof FhirError) return error;
  throw error;
}

/** `Condition.subject` becomes `Bundle.entry[3].resource.subject`. Of what is no fault a transaction that fails says nothing. */
function toIssue(issue: Issue, { index, fullUrl }: EntryName, root: FaultRoot): readonly Issue[] {
  if (issue.severity === 'information') return [];
  const at = `Bundle.entry[${index}]`;
  let expression = issue.expression ?? at;
  if (root === 'resource' && issue.expression !== undefined) expression = entryExpression(index, issue.expression);
  const name = fullUrl === undefined ? `entry ${index}` : `entry ${index}, ${fullUrl}`;
  const diagnostics = `${issue.diagnostics} (${name})`;
  // the resource that has the fault stands nowhere in the Bundle
  if (root === 'patched') return [{ ...issue, diagnostics: `${atPatched(issue)}${diagnostics}`, expression: `${at}.resource` }];
  return [{ ...issue, diagnostics, expression }];
}

function atPatched({ expression }: Issue): string {
  return expression === undefined ? 'As patched: ' : `As patched, ${expression}: `;
}
