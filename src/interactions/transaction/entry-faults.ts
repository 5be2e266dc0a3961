/** What is wrong with the entries of a transaction: gathered, and told all at once. */
import { FhirError } from '../../fhir/fhir-error.js';
import type { Issue } from '../../fhir/operation-outcome.js';

export interface EntryName {
  readonly index: number;
  readonly fullUrl: string | undefined;
}

/** What expressions start at: the Bundle, for a fault of the entry itself or its request, or the entry's resource. */
type FaultRoot = 'entry' | 'resource';

interface EntryFault {
  readonly entry: EntryName;
  readonly error: FhirError;
  readonly root: FaultRoot;
}

export class EntryFaults {
  readonly #faults: EntryFault[] = [];
  readonly #failed = new Set<number>();

  has({ index }: Pick<EntryName, 'index'>): boolean {
    return this.#failed.has(index);
  }

  add(entry: EntryName, error: FhirError, root: FaultRoot = 'resource'): void {
    this.#faults.push({ entry, error, root });
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

  async guardAsync<T>(entry: EntryName, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.add(entry, toFhirError(error));
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
    throw new FhirError(agree ? code : 'malformed-request', `${count}; nothing was stored`, {
      issues: faults.flatMap(({ entry, error, root }) => error.issues.flatMap((issue) => toIssue(issue, entry, root))),
      ...(agree && { status }),
      ...(agree && headers !== undefined && { headers }),
      cause: first.error,
    });
  }
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
  if (root === 'resource' && issue.expression !== undefined) expression = `${at}.resource${issue.expression.replace(/^[A-Za-z]*/, '')}`;
  const name = fullUrl === undefined ? `entry ${index}` : `entry ${index}, ${fullUrl}`;
  return [{ ...issue, diagnostics: `${issue.diagnostics} (${name})`, expression }];
}
