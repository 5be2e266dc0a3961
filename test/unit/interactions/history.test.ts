import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import { aPatient } from '../../support/resources.js';
import { BASE_URL, bodyOf, TestApi } from '../../support/test-api.js';

describe('history', () => {
  let r4: TestApi;
  const start = Date.parse('2025-03-04T05:06:07.089Z');

  beforeEach(async () => {
    r4 = await TestApi.open('r4');
    for (const [step, write] of [
      () => r4.update(aPatient({ id: 'a' })),
      () => r4.update(aPatient({ id: 'a', active: true })),
      () => r4.update({ resourceType: 'Group', id: 'g', type: 'person', actual: false }),
      () => r4.call('delete', { type: 'Patient', id: 'a' }),
    ].entries()) {
      r4.now = start + step * 60_000;
      await write();
    }
  });

  const entriesOf = (bundle: JsonObject): readonly JsonObject[] => (bundle['entry'] ?? []) as JsonObject[];
  const responsesOf = (bundle: JsonObject): unknown => entriesOf(bundle).map(({ response }) => response);
  const linkOf = (bundle: JsonObject, relation: string): string | undefined =>
    (bundle['link'] as { relation: string; url: string }[]).find((link) => link.relation === relation)?.url;

  it('of an instance tells each version, the newest first, and how it was made', async () => {
    const bundle = bodyOf(await r4.call('history-instance', { type: 'Patient', id: 'a' }));
    expect(bundle).to.include({ resourceType: 'Bundle', type: 'history', total: 3 });
    expect(responsesOf(bundle)).to.deep.equal([
      { status: '204 No Content', etag: 'W/"3"', lastModified: '2025-03-04T05:09:07.089Z' },
      { status: '200 OK', etag: 'W/"2"', lastModified: '2025-03-04T05:07:07.089Z' },
      { status: '201 Created', etag: 'W/"1"', lastModified: '2025-03-04T05:06:07.089Z' },
    ]);
    const [deleted, updated] = entriesOf(bundle);
    expect(deleted).to.deep.include({ fullUrl: `${BASE_URL}/Patient/a`, request: { method: 'DELETE', url: 'Patient/a' } });
    expect(deleted).to.not.have.property('resource');
    expect(updated?.['resource']).to.include({ active: true });
    expect(linkOf(bundle, 'self')).to.equal(`${BASE_URL}/Patient/a/_history`);
  });

  it('of a type and of the system is that of all in it', async () => {
    expect(bodyOf(await r4.call('history-type', { type: 'Group' }))).to.include({ total: 1 });
    expect(bodyOf(await r4.call('history-type', { type: 'Encounter' }))).to.include({ total: 0 });
    expect(bodyOf(await r4.call('history-system'))).to.include({ total: 4 });
  });

  it('has pages that lead on to the end', async () => {
    const seen: unknown[] = [];
    let query: string | undefined = '_count=3';
    for (let pages = 0; query !== undefined; pages++) {
      expect(pages).to.be.lessThan(3);
      const bundle: JsonObject = bodyOf(await r4.call('history-system', { query }));
      seen.push(...entriesOf(bundle).map(({ request }) => (request as JsonObject)['method']));
      query = linkOf(bundle, 'next')?.split('?')[1];
    }
    expect(seen).to.deep.equal(['DELETE', 'PUT', 'PUT', 'PUT']);
  });

  it('has the bounds _since and _at', async () => {
    const total = async (query: string): Promise<unknown> => bodyOf(await r4.call('history-system', { query }))['total'];
    expect(await total('_since=2025-03-04T05:08:07.089Z')).to.equal(2);
    expect(await total('_at=2025-03-04T05:07:07.089Z')).to.equal(2);
  });

  it('of what never was is 404, of what was deleted is not', async () => {
    expect((await r4.refusal('history-instance', { type: 'Patient', id: 'never' })).status).to.equal(404);
  });

  it('names every parameter at fault', async () => {
    const { status, issues } = await r4.refusal('history-system', { query: '_count=0&_since=soon&_at=then&name=x' });
    expect(status).to.equal(400);
    expect(issues.map(({ location }) => location)).to.deep.equal(['http._count', 'http._since', 'http._at', 'http.name']);
    expect((await r4.refusal('history-system', { query: '_cursor=nonsense' })).status).to.equal(400);
  });
});
