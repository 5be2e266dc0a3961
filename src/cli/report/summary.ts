/** Issues counted by profile and rule, over all inputs. */
import type { Issue, IssueSeverity } from '../../fhir/operation-outcome.js';
import { type Finding, nameOf } from '../check-input.js';
import { count } from './text.js';

interface Tally {
  readonly severity: IssueSeverity;
  /** Its code where it has no rule. */
  readonly rule: string;
  readonly definition: string | undefined;
  issues: number;
  inputs: number;
  /** Names of the first ones. */
  readonly examples: string[];
}

const EXAMPLES = 2;

export class Summary {
  readonly #tallies = new Map<string, Tally>();

  add(finding: Finding): void {
    const met = new Set<Tally>();
    for (const issue of finding.issues) {
      const tally = this.#find(issue);
      tally.issues += 1;
      met.add(tally);
    }
    for (const tally of met) {
      tally.inputs += 1;
      if (tally.examples.length < EXAMPLES) tally.examples.push(nameOf(finding));
    }
  }

  /** Two lines for each, the most frequent first. */
  describe(): string {
    if (this.#tallies.size === 0) return 'There are no issues.\n';
    const tallies = [...this.#tallies.values()].sort((a, b) => b.issues - a.issues || compare(a, b));
    const width = String(tallies[0]?.issues).length;
    const lines = tallies.flatMap(({ issues, severity, rule, definition, inputs, examples }) => [
      `${String(issues).padStart(width)} ${severity} [${rule}] ${definition ?? '(no definition)'}`,
      `${' '.repeat(width)} in ${count(inputs, 'input')}${inputs > examples.length ? ', such as' : ':'} ${examples.join(', ')}`,
    ]);
    return `Issues by profile and rule:\n${lines.join('\n')}\n`;
  }

  #find({ severity, code, rule = code, definition }: Issue): Tally {
    const key = JSON.stringify([severity, rule, definition]);
    let tally = this.#tallies.get(key);
    if (tally === undefined) {
      tally = { severity, rule, definition, issues: 0, inputs: 0, examples: [] };
      this.#tallies.set(key, tally);
    }
    return tally;
  }
}

function compare(a: Tally, b: Tally): number {
  const [left, right] = [a, b].map(({ rule, definition, severity }) => `${rule} ${definition ?? ''} ${severity}`) as [string, string];
  return left < right ? -1 : 1;
}
