/** history-instance, history-type, history-system: https://hl7.org/fhir/R4/http.html#history */
import { expect } from 'chai';
import type { JsonObject } from '../../src/fhir/json.js';
import { anObservation, aPatient } from '../support/resources.js';
import { type Answer, describeServer } from '../support/test-server.js';

interface HistoryEntry {
  readonly fullUrl: string;
  readonly resource?: JsonObject;
  readonly request: { readonly method: string; readonly url: string };
  readonly response: { readonly status: string; readonly etag: string; readonly lastModified: string };
}

function entriesOf(answer: Answer): readonly HistoryEntry[] {
  expect(answer.status, answer.text).to.equal(200);
  expect(answer.json).to.include({ resourceType: 'Bundle', type: 'history' });
  return (answer.json['entry'] ?? []) as unknown as HistoryEntry[];
}

describeServer('history', (server) => {
  before(async () => {
    await server().put('/r4/Patient/a', aPatient({ id: 'a' }));
    server().clock.advance(1_000);
    await server().put('/r4/Patient/a', aPatient({ id: 'a', active: true }));
    server().clock.advance(1_000);
    await server().put('/r4/Observation/o', anObservation({ id: 'o' }));
    await server().delete('/r4/Patient/a');
  });

  it('answers every version of a resource, the newest first, with what made it', async () => {
    const entries = entriesOf(await server().get('/r4/Patient/a/_history'));
    expect(entries.map(({ request, response }) => [request.method, request.url, response.status, response.etag])).to.deep.equal([
      ['DELETE', 'Patient/a', '204 No Content', 'W/"3"'],
      ['PUT', 'Patient/a', '200 OK', 'W/"2"'],
      ['PUT', 'Patient/a', '201 Created', 'W/"1"'],
    ]);
    expect(entries[0]).to.not.have.property('resource');
    expect(entries[1]?.resource?.['active']).to.equal(true);
    expect(entries[1]?.fullUrl).to.equal(`${server().url}/r4/Patient/a`);
    expect(entries[2]?.response.lastModified).to.equal('2025-03-04T05:06:07.089Z');
  });

  it('answers the versions of a type, and of all types', async () => {
    expect(entriesOf(await server().get('/r4/Patient/_history'))).to.have.length(3);
    const all = await server().get('/r4/_history');
    expect(entriesOf(all).map(({ request }) => request.url)).to.deep.equal(['Patient/a', 'Observation/o', 'Patient/a', 'Patient/a']);
    expect(all.json['total']).to.equal(4);
  });

  it('takes _since, _at and _count, and pages', async () => {
    expect(entriesOf(await server().get('/r4/_history?_since=2025-03-04T05:06:09Z'))).to.have.length(2);
    expect(entriesOf(await server().get('/r4/Patient/a/_history?_at=2025-03-04T05:06:08Z'))).to.have.length(2);
    const seen: number[] = [];
    let next: string | undefined = `${server().url}/r4/_history?_count=1`;
    while (next !== undefined) {
      const answer: Answer = await server().get(next.slice(server().url.length));
      seen.push(entriesOf(answer).length);
      next = (answer.json['link'] as { relation: string; url: string }[]).find(({ relation }) => relation === 'next')?.url;
    }
    expect(seen).to.deep.equal([1, 1, 1, 1]);
    expect(entriesOf(await server().get('/r4/_history?_count=99999'))).to.have.length(4);
  });

  it('answers 404 for a resource that never was, 400 for what it does not understand', async () => {
    expect((await server().get('/r4/Patient/never/_history')).status).to.equal(404);
    const answer = await server().get('/r4/_history?_since=soon&_count=many&name=a');
    expect(answer.status).to.equal(400);
    expect(answer.issueSummaries.map(({ location }) => (location as string[])[0])).to.deep.equal([
      'http._since',
      'http._count',
      'http.name',
    ]);
    expect((await server().get('/r4/_history?_cursor=abc')).status).to.equal(400);
  });
});
