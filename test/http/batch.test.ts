/** https://hl7.org/fhir/R4/http.html#transaction: every entry by itself */
import { expect } from 'chai';
import type { JsonObject } from '../../src/fhir/json.js';
import { aBundle, anEntry, anObservation, aPatient } from '../support/resources.js';
import { describeServer } from '../support/test-server.js';

interface BatchEntry {
  readonly resource?: JsonObject;
  readonly response: { readonly status: string; readonly location?: string; readonly etag?: string; readonly outcome?: JsonObject };
}

describeServer('batch', (server) => {
  async function post(entries: readonly JsonObject[], scope?: string): Promise<readonly BatchEntry[]> {
    const answer = await server().request('/r4/', {
      method: 'POST',
      body: aBundle('batch', ...entries),
      ...(scope !== undefined && { scope }),
    });
    expect(answer.status, answer.text).to.equal(200);
    expect(answer.json).to.include({ resourceType: 'Bundle', type: 'batch-response' });
    return (answer.json['entry'] ?? []) as unknown as BatchEntry[];
  }

  it('passes over what an entry says of the form of its answer', async () => {
    const written = await post([
      anEntry({ method: 'PUT', url: 'Patient/format?_format=json' }, aPatient({ id: 'format' })),
      anEntry({ method: 'DELETE', url: 'Patient/format?_pretty=true' }),
    ]);
    expect(written.map(({ response }) => response.status.slice(0, 3))).to.deep.equal(['201', '204']);
  });

  it('answers each entry with its own status and outcome, in the order of the request', async () => {
    const entries = await post([
      anEntry({ method: 'PUT', url: 'Patient/a' }, aPatient({ id: 'a' })),
      anEntry({ method: 'POST', url: 'Patient' }, aPatient({ gender: 'unheard-of' })),
      anEntry({ method: 'GET', url: 'Patient/unknown' }),
      anEntry({ method: 'GET', url: 'Nothing/1' }),
      anEntry({ method: 'GET', url: 'Patient?unheard-of=1' }),
      anEntry({ method: 'POST', url: 'Observation' }, anObservation()),
      anEntry({ method: 'DELETE', url: 'Patient/never' }),
      anEntry({ method: 'FETCH', url: 'Patient/a' }),
    ]);
    expect(entries.map(({ response }) => response.status.slice(0, 3))).to.deep.equal([
      '201',
      '422',
      '404',
      '501',
      '400',
      '201',
      '204',
      '400',
    ]);
    expect(entries[0]?.response).to.include({ location: 'Patient/a/_history/1', etag: 'W/"1"' });
    for (const index of [1, 2, 3, 4, 7])
      expect(entries[index]?.response.outcome?.['resourceType'], String(index)).to.equal('OperationOutcome');
    const outcome = JSON.stringify(entries[1]?.response.outcome);
    expect(outcome).to.include('Patient.gender');
    expect((await server().get('/r4/Patient/a')).status).to.equal(200);
  });

  it('answers reads and searches with what they find', async () => {
    const entries = await post([
      anEntry({ method: 'GET', url: 'Patient/a' }),
      anEntry({ method: 'GET', url: 'Patient?_id=a' }),
      anEntry({ method: 'GET', url: 'metadata' }),
    ]);
    expect(entries.map(({ resource }) => resource?.['resourceType'])).to.deep.equal(['Patient', 'Bundle', 'CapabilityStatement']);
    expect(entries[1]?.resource?.['total']).to.equal(1);
  });

  it('heeds the conditions of its entries', async () => {
    const entries = await post([
      anEntry({ method: 'PUT', url: 'Patient/a', ifMatch: 'W/"7"' }, aPatient({ id: 'a' })),
      anEntry({ method: 'GET', url: 'Patient/a', ifNoneMatch: 'W/"1"' }),
    ]);
    expect(entries.map(({ response }) => response.status.slice(0, 3))).to.deep.equal(['412', '304']);
  });

  it('is allowed entry by entry', async () => {
    const entries = await post(
      [anEntry({ method: 'GET', url: 'Patient/a' }), anEntry({ method: 'GET', url: 'Observation' })],
      'system/Patient.r',
    );
    expect(entries.map(({ response }) => response.status.slice(0, 3))).to.deep.equal(['200', '403']);
  });

  it('refuses an entry that has what only answers have, and that entry alone', async () => {
    const request = { method: 'GET', url: 'Patient?_count=1' };
    const entry = [{ request }, { request, response: { status: '200' } }, { request, search: { mode: 'match' } }];
    const answer = await server().post('/r4', { resourceType: 'Bundle', type: 'batch', entry });
    expect(answer.status, answer.text).to.equal(200);
    const statuses = (answer.json['entry'] as { response: { status: string } }[]).map(({ response }) => response.status.slice(0, 3));
    expect(statuses).to.deep.equal(['200', '400', '400']);
    expect(answer.text).to.include('Bundle.entry[1].response').and.to.include('Bundle.entry[2].search');
    const transaction = await server().post('/r4', { resourceType: 'Bundle', type: 'transaction', entry });
    expect(transaction.status).to.equal(400);
    expect(transaction.issues.map(({ expression }) => expression)).to.deep.equal([
      ['Bundle.entry[1].response'],
      ['Bundle.entry[2].search'],
    ]);
  });

  it('runs operations', async () => {
    const [fine, faulty] = await post([
      anEntry({ method: 'POST', url: 'Patient/$validate' }, aPatient()),
      anEntry({ method: 'POST', url: 'Patient/$validate?mode=create' }, aPatient({ gender: 'x' })),
    ]);
    expect(fine?.response.status).to.equal('200 OK');
    expect(JSON.stringify(faulty?.resource)).to.include('a create would be answered 422');
    const many = Array.from({ length: 300 }, () =>
      anEntry({ method: 'POST', url: 'Patient/$validate' }, { resourceType: 'Patient', contact: Array.from({ length: 200 }, () => ({})) }),
    );
    expect(JSON.stringify(await post(many)).length).to.be.lessThan(6_000_000);
  });

  it('reads no more than an answer may hold, and writes all the same', async () => {
    const name = Array.from({ length: 4 }, () => ({ family: 'x'.repeat(500_000) }));
    expect((await server().put('/r4/Patient/long', aPatient({ id: 'long', name }))).status).to.equal(201);
    const reads = Array.from({ length: 60 }, () => anEntry({ method: 'GET', url: 'Patient/long' }));
    const entries = await post([...reads, anEntry({ method: 'POST', url: 'Patient' }, aPatient())]);
    expect(entries[0]?.response.status).to.equal('200 OK');
    expect(entries.at(-2)?.response.status).to.include('413');
    expect(entries.at(-1)?.response.status).to.equal('201 Created');
  });

  it('takes no batch within a batch', async () => {
    const [entry] = await post([anEntry({ method: 'POST', url: '' }, aBundle('batch'))]);
    expect(Number(entry?.response.status.slice(0, 3))).to.be.within(400, 501);
  });
});
