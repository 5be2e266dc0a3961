/** What is wrong with the entries of a transaction: gathered, and told all at once. */
import { FhirError } from '../../fhir/fhir-error.js';
import type { Issue } from '../../fhir/operation-outcome.js';

export interface EntryName {
  readonly index: number;
  readonly fullUrl: string | undefined;
}

interface EntryFault {
  readonly entry: EntryName;
  readonly error: FhirError;
  /** Expressions start at the entry's resource, and not at the Bundle. */
  readonly inResource: boolean;
}

export class EntryFaults {
  readonly #faults: EntryFault[] = [];
  readonly #failed = new Set<number>();

  has({ index }: Pick<EntryName, 'index'>): boolean {
    return this.#failed.has(index);
  }

  /** A fault of the entry itself or its request: expressions start at the Bundle. */
  addToEntry(entry: EntryName, error: FhirError): void {
    this.#add({ entry, error, inResource: false });
  }

  addToResource(entry: EntryName, error: FhirError): void {
    this.#add({ entry, error, inResource: true });
  }

  /** Runs it, and keeps what it throws as a fault of the resource; undefined then. */
  guard<T>(entry: EntryName, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#keep(entry, error);
      return undefined;
    }
  }

  async guardAsync<T>(entry: EntryName, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#keep(entry, error);
      return undefined;
    }
  }

  /** Throws one error with the issues of all failing entries, in their order. Its status is theirs where they agree, else 400. */
  throwIfAny(): void {
    const faults = this.#faults.sort((a, b) => a.entry.index - b.entry.index);
    const [first] = faults;
    if (first === undefined) return;
    const { code, status, headers } = first.error;
    const agree = faults.every(({ error }) => error.status === status);
    const count = this.#failed.size === 1 ? 'One entry fails' : `${this.#failed.size} entries fail`;
    throw new FhirError(agree ? code : 'malformed-request', `${count}; nothing was stored`, {
      issues: faults.flatMap(({ entry, error, inResource }) => error.issues.flatMap((issue) => toIssue(issue, entry, inResource))),
      ...(agree && { status }),
      ...(agree && headers !== undefined && { headers }),
      cause: first.error,
    });
  }

  #keep(entry: EntryName, error: unknown): void {
    if (!(error instanceof FhirError)) throw error;
    this.addToResource(entry, error);
  }

  #add(fault: EntryFault): void {
    this.#faults.push(fault);
    this.#failed.add(fault.entry.index);
  }
}

/** `Condition.subject` becomes `Bundle.entry[3].resource.subject`. Of what is no fault a transaction that fails says nothing. */
function toIssue(issue: Issue, { index, fullUrl }: EntryName, inResource: boolean): readonly Issue[] {
  if (issue.severity === 'information') return [];
  const at = `Bundle.entry[${index}]`;
  let expression = issue.expression ?? at;
  if (inResource && issue.expression !== undefined) expression = `${at}.resource${issue.expression.replace(/^[A-Za-z]*/, '')}`;
  const name = fullUrl === undefined ? `entry ${index}` : `entry ${index}, ${fullUrl}`;
  return [{ ...issue, diagnostics: `${issue.diagnostics} (${name})`, expression }];
}
