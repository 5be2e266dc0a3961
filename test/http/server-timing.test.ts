/** Server-Timing: https://www.w3.org/TR/server-timing/ */
import { expect } from 'chai';
import { aBundle, aCondition, anEntry, aPatient } from '../support/resources.js';
import { type Answer, describeServer } from '../support/test-server.js';

const DURATION = /^\d+\.\d$/;

/** Names of the phases, each of which must have its milliseconds, and none more than all of them together. */
function phases(answer: Answer): readonly string[] {
  const parts = (answer.headers.get('Server-Timing') ?? '').split(', ').map((part) => part.split(';dur='));
  const total = Number(parts.at(-1)?.[1]);
  for (const [name, duration] of parts) {
    expect(duration, name).to.match(DURATION);
    // what was rounded up is a tenth longer at most
    expect(Number(duration), name).to.be.at.most(total + 0.1);
  }
  return parts.map(([name]) => name ?? '');
}

describeServer('Server-Timing', (server) => {
  before(async () => {
    await server().put('/r4/Patient/timed', aPatient({ id: 'timed' }));
  });

  it('names the phases of a write', async () => {
    const written = ['auth', 'parse', 'validate', 'index', 'commit', 'total'];
    expect(phases(await server().post('/sdhr/Condition', aCondition()))).to.deep.equal(written);
    expect(phases(await server().put('/r4/Patient/timed', aPatient({ id: 'timed' })))).to.deep.equal(written);
    expect(phases(await server().post('/r4/Patient', aPatient(), { 'If-None-Exist': 'identifier=timing' }))).to.deep.equal([
      ...written.slice(0, -1),
      'search',
      'total',
    ]);
    const entries = [anEntry({ method: 'POST', url: 'Patient' }, aPatient()), anEntry({ method: 'POST', url: 'Patient' }, aPatient())];
    for (const type of ['batch', 'transaction'])
      expect(phases(await server().post('/r4', aBundle(type, ...entries)))).to.deep.equal(written);
    expect(phases(await server().delete('/r4/Patient/timed'))).to.deep.equal(['auth', 'commit', 'total']);
    // an API that marks in place of removing
    const marked = await server().post('/api/fhir/Patient', aPatient());
    expect(phases(await server().delete(`/api/fhir/Patient/${String(marked.json['id'])}`))).to.deep.equal([
      'auth',
      'index',
      'commit',
      'total',
    ]);
  });

  it('names the phases of a search and of a read', async () => {
    expect(phases(await server().get('/r4/Patient?name=x'))).to.deep.equal(['auth', 'search', 'total']);
    const byForm = { method: 'POST', body: 'name=x', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } };
    expect(phases(await server().request('/r4/Patient/_search', byForm))).to.deep.equal(['auth', 'search', 'total']);
    expect(phases(await server().get('/r4/Patient/timed'))).to.deep.equal(['auth', 'total']);
  });

  it('names what happened before a refusal, and nothing that did not', async () => {
    expect(phases(await server().post('/r4/Patient', '{'))).to.deep.equal(['auth', 'parse', 'total']);
    expect(phases(await server().post('/r4/Patient', aPatient({ gender: 'x' })))).to.deep.equal(['auth', 'parse', 'validate', 'total']);
    expect(phases(await server().get('/r4/Patient?unheard-of=x'))).to.deep.equal(['auth', 'search', 'total']);
    expect(phases(await server().get('/r4/Patient', { Authorization: undefined }))).to.deep.equal(['auth', 'total']);
    // who may not has not searched
    expect(phases(await server().request('/r4/Patient?name=x', { scope: 'system/Observation.s' }))).to.deep.equal(['auth', 'total']);
  });

  it('says of $validate what was done, not what a write would have', async () => {
    const answer = await server().post('/r4/Patient/$validate?mode=create', aPatient());
    expect(phases(answer)).to.deep.equal(['auth', 'parse', 'validate', 'total']);
  });

  it('stands on every answer', async () => {
    for (const path of ['/health/live', '/nowhere', '/r4/metadata', '/r4/%ff', '/oauth2/jwks']) {
      expect(phases(await server().get(path, { Authorization: undefined })).at(-1), path).to.equal('total');
    }
    const preflight = await server().request('/r4/Patient', {
      method: 'OPTIONS',
      headers: { Origin: 'https://a.example.org', 'Access-Control-Request-Method': 'GET' },
    });
    expect(phases(preflight)).to.deep.equal(['total']);
    expect(phases(await server().request('/r4/Patient?name=x', { method: 'HEAD' }))).to.deep.equal(['auth', 'search', 'total']);
    const imported = await server().post('/r4/$import', JSON.stringify(aPatient()), { 'Content-Type': 'application/fhir+ndjson' });
    expect(phases(imported)).to.include('auth');
  });

  it('is in the metrics too', async () => {
    await server().post('/r4/Patient', aPatient());
    const metrics = await server().get('/metrics');
    expect(phases(metrics)).to.deep.equal(['auth', 'total']);
    const { text } = metrics;
    for (const phase of ['auth', 'parse', 'validate', 'index', 'commit', 'search']) {
      expect(Number(new RegExp(`kauri_phase_duration_seconds_count\\{phase="${phase}"\\} (\\d+)`).exec(text)?.[1]), phase).to.be.at.least(
        1,
      );
    }
  });
});
