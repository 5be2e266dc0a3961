/** search-type by GET and POST: https://hl7.org/fhir/R4/http.html#search */
import { expect } from 'chai';
import type { JsonObject } from '../../src/fhir/json.js';
import {
  aCondition,
  anObservation,
  aPatient,
  aRheumaticCondition,
  NHI_PATIENT,
  RHEUMATIC_CONDITION_PROFILE,
} from '../support/resources.js';
import { type Answer, describeServer } from '../support/test-server.js';

function entriesOf(answer: Answer): readonly JsonObject[] {
  expect(answer.status, answer.text).to.equal(200);
  expect(answer.json['type']).to.equal('searchset');
  return (answer.json['entry'] ?? []) as JsonObject[];
}

function idsOf(answer: Answer): readonly string[] {
  return entriesOf(answer).map(({ resource }) => String((resource as JsonObject)['id']));
}

function linkOf(answer: Answer, relation: string): string | undefined {
  const links = answer.json['link'] as { relation: string; url: string }[];
  return links.find((link) => link.relation === relation)?.url;
}

describeServer('search-type', (server) => {
  before(async () => {
    const patients: readonly JsonObject[] = [
      aPatient({ id: 'p1', identifier: [{ system: 'https://example.org/mrn', value: '1' }], gender: 'female', birthDate: '1980-01-31' }),
      aPatient({ id: 'p2', name: [{ family: 'Ngāta-Smith' }], gender: 'male', birthDate: '1990-05' }),
      aPatient({ id: 'p3', name: [{ family: 'Jones', given: ['Ngaio'] }], identifier: [{ value: '1' }], birthDate: '2000', active: true }),
    ];
    for (const patient of patients) {
      expect((await server().put(`/r4/Patient/${String(patient['id'])}`, patient)).status).to.equal(201);
      server().clock.advance(1_000);
    }
    const observations: readonly JsonObject[] = [
      anObservation({ id: 'o1', subject: { reference: 'Patient/p1' }, effectiveDateTime: '2025-01-01' }),
      anObservation({ id: 'o2', subject: { reference: `${server().url}/r4/Patient/p1` }, effectiveDateTime: '2025-02-01T10:00:00+13:00' }),
      anObservation({
        id: 'o3',
        subject: { reference: 'Patient/p2' },
        code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] },
      }),
    ];
    for (const observation of observations) {
      expect((await server().put(`/r4/Observation/${String(observation['id'])}`, observation)).status).to.equal(201);
    }
  });

  const searches: readonly (readonly [string, string, readonly string[]])[] = [
    ['nothing', '/r4/Patient', ['p1', 'p2', 'p3']],
    ['token: a code', '/r4/Patient?gender=female', ['p1']],
    ['token: system and value', '/r4/Patient?identifier=https://example.org/mrn|1', ['p1']],
    ['token: any system', '/r4/Patient?identifier=1', ['p1', 'p3']],
    ['token: no system', '/r4/Patient?identifier=|1', ['p3']],
    ['token: a boolean', '/r4/Patient?active=true', ['p3']],
    ['token: :not', '/r4/Patient?gender:not=female', ['p2', 'p3']],
    ['string: the beginning, without accents and case', '/r4/Patient?family=ngata', ['p1', 'p2']],
    ['string: :exact', '/r4/Patient?family:exact=Ngata', ['p1']],
    ['string: :contains', '/r4/Patient?name:contains=GAIO', ['p3']],
    ['string: two values', '/r4/Patient?family=jones,ngata-smith', ['p2', 'p3']],
    ['date: a day', '/r4/Patient?birthdate=1980-01-31', ['p1']],
    ['date: before', '/r4/Patient?birthdate=lt1990', ['p1']],
    ['date: since', '/r4/Patient?birthdate=ge1990-05-01', ['p2', 'p3']],
    ['date: both ends', '/r4/Patient?birthdate=ge1980&birthdate=lt2000', ['p1', 'p2']],
    ['date: of an instant with an offset', '/r4/Observation?date=2025-01-31', ['o2']],
    ['reference: relative, which covers absolute ones to this server', '/r4/Observation?subject=Patient/p1', ['o1', 'o2']],
    ['reference: by its id', '/r4/Observation?patient=p2', ['o3']],
    ['reference: by type', '/r4/Observation?subject:Patient=p2', ['o3']],
    ['_id', '/r4/Patient?_id=p1,p3,unknown', ['p1', 'p3']],
    ['_lastUpdated', '/r4/Patient?_lastUpdated=ge2025-03-04T05:06:08Z', ['p2', 'p3']],
    ['two parameters', '/r4/Patient?gender=female&family=jones', []],
    [':missing', '/r4/Patient?gender:missing=true', ['p3']],
  ];
  for (const [title, path, ids] of searches) {
    it(`finds by ${title}`, async () => {
      const answer = await server().get(path);
      expect(idsOf(answer)).to.have.members(ids as string[]);
      expect(answer.json['total']).to.equal(ids.length);
    });
  }

  it('answers matches with their full URLs, and its own link', async () => {
    const answer = await server().get('/r4/Patient?gender=female&_format=json');
    const [entry] = entriesOf(answer);
    expect(entry).to.deep.include({ fullUrl: `${server().url}/r4/Patient/p1`, search: { mode: 'match' } });
    expect(linkOf(answer, 'self')).to.equal(`${server().url}/r4/Patient?gender=female`);
    expect(answer.headers.get('Cache-Control')).to.equal('no-store');
    expect(answer.headers.get('ETag')).to.equal(null);
    const none = await server().get('/r4/Patient?_id=unknown');
    expect(none.json).to.not.have.property('entry');
  });

  it('takes a form by POST _search as it takes a query, and both together', async () => {
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const answer = await server().post('/r4/Patient/_search', 'family=ng%C4%81ta&gender=male', form);
    expect(idsOf(answer)).to.deep.equal(['p2']);
    expect(linkOf(answer, 'self')).to.equal(`${server().url}/r4/Patient?family=ng%C4%81ta&gender=male`);
    expect(idsOf(await server().post('/r4/Patient/_search?gender=male', 'family=ngata', form))).to.deep.equal(['p2']);
    expect(idsOf(await server().request('/r4/Patient/_search', { method: 'POST' }))).to.have.length(3);
  });

  it('pages by cursor, so that each resource comes once also while others write', async () => {
    const seen: string[] = [];
    let next: string | undefined = `${server().url}/r4/Patient?_count=1&_sort=birthdate`;
    while (next !== undefined) {
      const answer: Answer = await server().get(next.slice(server().url.length));
      seen.push(...idsOf(answer));
      expect(answer.json['total']).to.be.oneOf([3, 4]);
      next = linkOf(answer, 'next');
      if (seen.length === 1) await server().put('/r4/Patient/p0', aPatient({ id: 'p0', birthDate: '1900-01-01' }));
    }
    await server().delete('/r4/Patient/p0');
    expect(seen).to.deep.equal(['p1', 'p2', 'p3']);
  });

  it('pages by cursor past what is deleted and changed meanwhile, POST as GET', async () => {
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const basics = (id: string): JsonObject => ({ resourceType: 'Basic', id, code: { text: id } });
    for (const id of ['b1', 'b2', 'b3', 'b4', 'b5']) expect((await server().put(`/r4/Basic/${id}`, basics(id))).status).to.equal(201);
    const first = await server().post('/r4/Basic/_search', '_count=2&_sort=_id', form);
    expect(idsOf(first)).to.deep.equal(['b1', 'b2']);
    // the last of the page itself, one that is to come, and one that was seen
    for (const id of ['b2', 'b3']) expect((await server().delete(`/r4/Basic/${id}`)).status).to.be.oneOf([200, 204]);
    expect((await server().put('/r4/Basic/b1', { ...basics('b1'), language: 'mi' })).status).to.equal(200);
    const next = linkOf(first, 'next') as string;
    const second = await server().get(next.slice(server().url.length));
    expect(idsOf(second)).to.deep.equal(['b4', 'b5']);
    expect(linkOf(second, 'next')).to.equal(undefined);
  });

  it('answers a _count beyond the largest page with that page, and says so in its link', async () => {
    const answer = await server().get('/r4/Patient?_count=99999');
    expect(idsOf(answer)).to.have.length(3);
    expect(linkOf(answer, 'self')).to.equal(`${server().url}/r4/Patient?_count=1000`);
  });

  it('refuses a cursor of another search', async () => {
    const next = linkOf(await server().get('/r4/Patient?_count=1'), 'next') ?? '';
    const cursor = new URL(next).searchParams.get('_cursor') ?? '';
    for (const query of [`gender=male&_cursor=${cursor}`, '_cursor=abc', '_cursor=']) {
      const answer = await server().get(`/r4/Patient?${query}`);
      expect(answer.status, query).to.equal(400);
    }
  });

  it('finds the claims of a profile in any version by its url, and one version by url|version', async () => {
    const claims = [`${RHEUMATIC_CONDITION_PROFILE}|0.9.0`, RHEUMATIC_CONDITION_PROFILE];
    const category = [{ coding: [{ code: 'rf-nz' }] }, { coding: [{ system: 'http://snomed.info/sct', code: '58718002' }] }];
    for (const claim of claims) {
      const answer = await server().post(
        '/rheumatic-fever/Condition',
        aRheumaticCondition({ category, meta: { profile: [claim], tag: [{ code: 'rf-nz' }] } }),
      );
      expect(answer.status, answer.text).to.equal(201);
    }
    const totals = async (claim: string): Promise<unknown> =>
      (await server().get(`/rheumatic-fever/Condition?_profile=${encodeURIComponent(claim)}`)).json['total'];
    expect(await totals(RHEUMATIC_CONDITION_PROFILE)).to.equal(2);
    expect(await totals(`${RHEUMATIC_CONDITION_PROFILE}|0.9.0`)).to.equal(1);
    expect(await totals(`${RHEUMATIC_CONDITION_PROFILE}|7.0.0`)).to.equal(0);
  });

  it('answers 400 to a parameter, modifier or value that it does not understand, each fault named', async () => {
    const answer = await server().get('/r4/Patient?unheard-of=1&gender:above=a&birthdate=soon&_count=-1&_sort=unheard-of');
    expect(answer.status).to.equal(400);
    expect(answer.issueSummaries.map(({ location }) => (location as string[])[0])).to.deep.equal([
      'http.unheard-of',
      'http.gender:above',
      'http.birthdate',
      'http._count',
      'http._sort',
    ]);
    expect(answer.issueSummaries[0]).to.include({ severity: 'error', code: 'not-supported' });
  });

  it('passes over what it does not understand for Prefer: handling=lenient, and says so', async () => {
    const answer = await server().get('/r4/Patient?unheard-of=1&gender=male', { Prefer: 'handling=lenient' });
    const entries = entriesOf(answer);
    expect(entries.map(({ search }) => (search as JsonObject)['mode'])).to.deep.equal(['match', 'outcome']);
    const { issue } = (entries[1]?.['resource'] ?? {}) as { issue?: JsonObject[] };
    expect(issue?.[0]).to.deep.include({ severity: 'warning', code: 'not-supported', location: ['http.unheard-of'] });
    expect(linkOf(answer, 'self')).to.equal(`${server().url}/r4/Patient?gender=male`);
    expect(answer.headers.get('Preference-Applied')).to.equal('handling=lenient');
  });

  it('hears handling by POST too, in a list, the first of two, and refuses what is unknown when it is strict or none', async () => {
    const search = (prefer: string | undefined) =>
      server().request('/r4/Patient/_search', {
        method: 'POST',
        body: 'unheard-of=1&gender=male',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', Prefer: prefer },
      });
    for (const prefer of ['handling=lenient', 'return=minimal, Handling="lenient"; x=1', 'handling=lenient, handling=strict']) {
      const answer = await search(prefer);
      expect(answer.status, prefer).to.equal(200);
      expect(answer.text).to.include('"mode":"outcome"').and.to.include('unheard-of');
      expect(answer.headers.get('Preference-Applied'), prefer).to.equal('handling=lenient');
    }
    for (const prefer of ['handling=strict', 'handling=relaxed', 'handling', undefined]) {
      const answer = await search(prefer);
      expect(answer.status, prefer).to.equal(400);
      expect(answer.issueSummaries).to.deep.equal([{ severity: 'error', code: 'not-supported', location: ['http.unheard-of'] }]);
    }
    const strict = await server().get('/r4/Patient', { Prefer: 'handling=strict' });
    expect(strict.headers.get('Preference-Applied')).to.equal('handling=strict');
    expect((await server().get('/r4/Patient')).headers.get('Preference-Applied')).to.equal(null);
  });

  it('says in the whole system what it passed over', async () => {
    const answer = await server().get('/r4?_type=Patient&unheard-of=1', { Prefer: 'handling=lenient' });
    expect(answer.status, answer.text).to.equal(200);
    expect(answer.text).to.include('"mode":"outcome"').and.to.include('unheard-of');
  });

  describe('in the SDHR API', () => {
    before(async () => {
      expect((await server().post('/sdhr/Condition', aCondition())).status).to.equal(201);
    });

    it('finds by the mandatory parameter, as an NHI URL', async () => {
      expect(entriesOf(await server().get(`/sdhr/Condition?patient=${NHI_PATIENT}`))).to.have.length(1);
      expect(entriesOf(await server().get(`/sdhr/Condition?patient=${NHI_PATIENT.replace('ZZZ0032', 'ZZZ0008')}`))).to.have.length(0);
      const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
      expect(entriesOf(await server().post('/sdhr/Condition/_search', `patient=${NHI_PATIENT}`, form))).to.have.length(1);
    });

    it('answers 400 that names the mandatory parameter that is missing', async () => {
      for (const query of ['', '?code=44054006', '?patient:missing=false', '?patient=']) {
        const answer = await server().get(`/sdhr/Condition${query}`);
        expect(answer.status, query).to.equal(400);
        expect(answer.diagnostics, query).to.include("'patient'");
      }
      expect((await server().get('/sdhr/Condition')).issueSummaries[0]).to.include({ severity: 'error', code: 'required' });
    });

    it('has no parameter that its CapabilityStatement does not list', async () => {
      const answer = await server().get(`/sdhr/Condition?patient=${NHI_PATIENT}&clinical-status=active`);
      expect(answer.status).to.equal(400);
      expect(answer.issueSummaries).to.deep.equal([{ severity: 'error', code: 'not-supported', location: ['http.clinical-status'] }]);
    });
  });
});
