/** What was left to a terminology server, asked of it: https://hl7.org/fhir/R4/terminology-service.html#validation */
import type { Issue } from '../fhir/operation-outcome.js';
import { type TerminologyServer, TerminologyServerAway } from '../terminology/terminology-server.js';
import type { UncheckedCode, ValidationResult } from './validator.js';

/** What becomes of a code while the server is away: nothing is accepted, it is with a warning, or with a remark. */
export type WhenAway = 'refuse' | 'warn' | 'accept';

/** The issues with those that the server adds. Rejects with TerminologyServerAway where nothing may be accepted without it. */
export async function askTerminologyServer(
  { issues, unchecked }: Pick<ValidationResult, 'issues' | 'unchecked'>,
  server: TerminologyServer,
  whenAway: WhenAway,
): Promise<readonly Issue[]> {
  if (unchecked.length === 0) return issues;
  const found = await Promise.all(unchecked.map((one) => ask(one, server, whenAway)));
  return [...issues, ...withoutDoubles(found.filter((issue) => issue !== undefined))];
}

async function ask(code: UncheckedCode, server: TerminologyServer, whenAway: WhenAway): Promise<Issue | undefined> {
  const { valueSet } = code;
  try {
    const answer = await server.validateCode(valueSet, code.value);
    if (answer === 'member') return undefined;
    return answer === 'not-member' ? code.issue : remark(code.issue, valueSet, 'the terminology server does not know it', 'information');
  } catch (error) {
    if (!(error instanceof TerminologyServerAway) || whenAway === 'refuse') throw error;
    return remark(code.issue, valueSet, error.message, whenAway === 'warn' ? 'warning' : 'information');
  }
}

function remark({ expression, definition }: Issue, valueSet: string, reason: string, severity: 'warning' | 'information'): Issue {
  return {
    severity,
    code: 'not-supported',
    rule: 'binding-unchecked',
    diagnostics: `The code was not checked against ${valueSet}: ${reason}`,
    ...(expression !== undefined && { expression }),
    ...(definition !== undefined && { definition }),
  };
}

/** Of remarks the first for each value set is enough. */
function withoutDoubles(issues: readonly Issue[]): readonly Issue[] {
  const seen = new Set<string>();
  return issues.filter(({ rule, diagnostics }) => rule !== 'binding-unchecked' || seen.size < seen.add(diagnostics).size);
}
