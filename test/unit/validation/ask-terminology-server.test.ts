import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import { type CodedValue, type TerminologyServer, TerminologyServerAway } from '../../../src/terminology/terminology-server.js';
import type { Membership } from '../../../src/terminology/terminology-service.js';
import { askTerminologyServer, type WhenAway } from '../../../src/validation/ask-terminology-server.js';
import { anObservation } from '../../support/resources.js';
import { aProfile, aValueSet, documentOf, profileUrl, TEST_BASE, validatorWith } from '../../support/validator-fixture.js';

const SCT = 'http://snomed.info/sct';
const filtered = aValueSet('clinical', [{ system: SCT, filter: [{ property: 'concept', op: 'is-a', value: '404684003' }] }]);
const bound = (strength: string, valueSet = `${TEST_BASE}/ValueSet/clinical`): JsonObject =>
  aProfile(strength, 'Observation', [{ id: 'Observation.code', binding: { strength, valueSet } }]);
const { validator } = validatorWith([
  filtered,
  bound('required'),
  bound('extensible'),
  aProfile('absent', 'Observation', [{ id: 'Observation.code', binding: { strength: 'required', valueSet: 'http://x.example/unknown' } }]),
]);

const coded = (code: string, display = 'a text that may be of a patient'): JsonObject =>
  anObservation({ code: { text: 'secret', coding: [{ system: SCT, code, display }] } });

class Fake implements TerminologyServer {
  readonly asked: (readonly [string, CodedValue])[] = [];
  readonly #answer: Membership | Error;

  constructor(answer: Membership | Error) {
    this.#answer = answer;
  }

  validateCode(valueSet: string, value: CodedValue): Promise<Membership> {
    this.asked.push([valueSet, value]);
    return this.#answer instanceof Error ? Promise.reject(this.#answer) : Promise.resolve(this.#answer);
  }
}

async function issuesOf(profile: string, server: Fake, whenAway: WhenAway = 'refuse'): Promise<readonly string[]> {
  const result = validator.validate(documentOf(coded('404684003')), { profiles: [profileUrl(profile)], collectUnchecked: true });
  expect(result.issues).to.deep.equal([]);
  const issues = await askTerminologyServer(result, server, whenAway);
  return issues.map(({ severity, code, rule, expression }) => `${severity} ${code} ${rule} ${expression}`);
}

describe('Codes that nothing loaded can decide', () => {
  it('are a remark where there is no terminology server', () => {
    const { issues, unchecked } = validator.validate(documentOf(coded('1')), { profiles: [profileUrl('required')] });
    expect(issues.map(({ severity, rule }) => `${severity} ${rule}`)).to.deep.equal(['information binding-unchecked']);
    expect(unchecked).to.deep.equal([]);
  });

  it('are asked of the server, with their system and code alone', async () => {
    const server = new Fake('member');
    expect(await issuesOf('required', server)).to.deep.equal([]);
    expect(server.asked).to.deep.equal([
      [`${TEST_BASE}/ValueSet/clinical|1.0.0`, { codeableConcept: { coding: [{ system: SCT, code: '404684003' }] } }],
    ]);
  });

  it('that are not in the value set are what the binding makes of it, with their place', async () => {
    expect(await issuesOf('required', new Fake('not-member'))).to.deep.equal(['error code-invalid binding Observation.code']);
    expect(await issuesOf('extensible', new Fake('not-member'))).to.deep.equal(['warning code-invalid binding Observation.code']);
    const result = validator.validate(documentOf(coded('1')), { profiles: [profileUrl('required')], collectUnchecked: true });
    const [issue] = await askTerminologyServer(result, new Fake('not-member'), 'refuse');
    expect(issue).to.include({ line: 1, definition: `${profileUrl('required')}|1.0.0` });
    expect(issue?.diagnostics).to.equal(
      `The code ${SCT}#1 is not in the value set ${TEST_BASE}/ValueSet/clinical|1.0.0 (required): use one of its codes`,
    );
  });

  it('are asked of the server also where the value set is not loaded', async () => {
    expect(await issuesOf('absent', new Fake('not-member'))).to.deep.equal(['error code-invalid binding Observation.code']);
  });

  it('that the server does not know are a remark', async () => {
    expect(await issuesOf('required', new Fake('unknown'))).to.deep.equal(['information not-supported binding-unchecked Observation.code']);
  });

  it('are refused, warned of or accepted while the server is away', async () => {
    const away = new Fake(new TerminologyServerAway('ECONNREFUSED'));
    const refused = await issuesOf('required', away).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(TerminologyServerAway);
    expect(await issuesOf('required', away, 'warn')).to.deep.equal(['warning not-supported binding-unchecked Observation.code']);
    expect(await issuesOf('required', away, 'accept')).to.deep.equal(['information not-supported binding-unchecked Observation.code']);
  });
});
