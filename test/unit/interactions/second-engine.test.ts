import { expect } from 'chai';
import type { Issue } from '../../../src/fhir/operation-outcome.js';
import { type Hl7Engine, Hl7EngineAway } from '../../../src/hl7/hl7-engine.js';
import { decideByEngine } from '../../../src/interactions/second-engine.js';
import type { Api, SecondEngine } from '../../../src/services.js';
import { aPatient } from '../../support/resources.js';
import { TestApi } from '../../support/test-api.js';
import { documentOf } from '../../support/validator-fixture.js';

const error: Issue = { severity: 'error', code: 'invalid', diagnostics: 'theirs', rule: 'hl7' };
const unknown: Issue = { severity: 'error', code: 'not-found', diagnostics: 'ours', rule: 'profile-unknown' };
const own: Issue = { severity: 'error', code: 'invalid', diagnostics: 'ours', rule: 'binding' };
const sent = { document: documentOf(aPatient()), type: 'Patient' };

/** An API with that engine, and what it reports, once there is something. */
async function apiWith(
  mode: SecondEngine['mode'],
  validate: Hl7Engine['validate'],
): Promise<{ readonly api: Api; readonly reported: Promise<string> }> {
  const { api } = await TestApi.open('r4');
  let tell: (verdict: string) => void = () => undefined;
  const reported = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const report: SecondEngine['report'] = (verdict, about) => tell(`${verdict} ${about.api} ${about.type} ${String(about.isValidForUs)}`);
  return { api: { ...api, secondEngine: { engine: { validate }, mode, report } }, reported };
}

describe('A second engine', () => {
  it('decides in place of ours, but for what claims mean', async () => {
    const { api } = await apiWith('hl7', () => Promise.resolve([error]));
    expect(await decideByEngine(api, sent, [], [unknown, own])).to.deep.equal([unknown, error]);
  });

  it('that is away decides nothing: 503', async () => {
    const { api } = await apiWith('hl7', () => Promise.reject(new Hl7EngineAway('x')));
    const refused = await decideByEngine(api, sent, [], []).catch((one: unknown) => one);
    expect(refused).to.include({ code: 'validator-unavailable', status: 503 });
  });

  it('beside ours decides nothing, and is compared with it', async () => {
    for (const [theirs, ours, verdict] of [
      [[], [], 'agree r4 Patient true'],
      [[error], [own], 'agree r4 Patient false'],
      [[error], [], 'disagree r4 Patient true'],
      [new Hl7EngineAway('x'), [], 'away r4 Patient true'],
    ] as const) {
      const { api, reported } = await apiWith('both', () => (theirs instanceof Error ? Promise.reject(theirs) : Promise.resolve(theirs)));
      expect(await decideByEngine(api, sent, [], ours)).to.equal(ours);
      expect(await reported).to.equal(verdict);
    }
  });
});
