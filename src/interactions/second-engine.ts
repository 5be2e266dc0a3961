/** HL7's validator in place of ours, or beside it, where api.json says so. */
import { FhirError } from '../fhir/fhir-error.js';
import { type Issue, isAcceptable } from '../fhir/operation-outcome.js';
import { Hl7EngineAway } from '../hl7/hl7-engine.js';
import type { Api } from '../services.js';
import type { SentResource } from './read-resource.js';

/** Rules of ours about claims, which hold whatever the engine: an unknown profile is refused, and said to be. */
const OWN_RULES: ReadonlySet<string | undefined> = new Set(['profile-unknown', 'profile-type', 'profile-incomplete']);

/** The issues that decide: ours, or those of HL7's validator. What the two do not agree on is reported, later and beside. */
export async function decideByEngine(
  api: Api,
  { document, type }: Pick<SentResource, 'document' | 'type'>,
  profiles: readonly string[],
  ours: readonly Issue[],
): Promise<readonly Issue[]> {
  const { secondEngine } = api;
  if (secondEngine === undefined) return ours;
  const { engine, mode, report } = secondEngine;
  if (mode === 'both') {
    const isOurs = isAcceptable(ours);
    engine.validate(document.text, profiles).then(
      (theirs) => report(isAcceptable(theirs) === isOurs ? 'agree' : 'disagree', { api: api.name, type, isValidForUs: isOurs }),
      () => report('away', { api: api.name, type, isValidForUs: isOurs }),
    );
    return ours;
  }
  try {
    return [...ours.filter(({ rule }) => OWN_RULES.has(rule)), ...(await engine.validate(document.text, profiles))];
  } catch (error) {
    if (!(error instanceof Hl7EngineAway)) throw error;
    throw new FhirError('validator-unavailable', error.message, { headers: { 'Retry-After': '10' }, cause: error });
  }
}
