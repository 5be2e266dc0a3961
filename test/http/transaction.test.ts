/** https://hl7.org/fhir/R4/http.html#transaction */
import { expect } from 'chai';
import type { JsonObject } from '../../src/fhir/json.js';
import { aBundle, aCondition, anEntry, anObservation, aPatient } from '../support/resources.js';
import { type Answer, describeServer } from '../support/test-server.js';

interface EntryResponse {
  readonly status: string;
  readonly location?: string;
  readonly etag?: string;
  readonly lastModified?: string;
  readonly outcome?: JsonObject;
}

function responsesOf(answer: Answer): readonly EntryResponse[] {
  expect(answer.status, answer.text).to.equal(200);
  expect(answer.json).to.include({ resourceType: 'Bundle', type: 'transaction-response' });
  return (answer.json['entry'] as JsonObject[]).map((entry) => entry['response'] as unknown as EntryResponse);
}

describeServer('transaction', (server) => {
  const post = (...entry: JsonObject[]): Promise<Answer> => server().post('/r4', aBundle('transaction', ...entry));
  const read = async (location: string | undefined): Promise<JsonObject> => (await server().get(`/r4/${String(location)}`)).json;
  const total = async (query: string): Promise<unknown> => (await server().get(`/r4/${query}`)).json['total'];

  it('is taken with and without a slash at the end of the base', async () => {
    for (const path of ['/r4', '/r4/', '/sdhr', '/sdhr/']) {
      const [response] = responsesOf(
        await server().post(
          path,
          aBundle(
            'transaction',
            anEntry(
              { method: 'POST', url: path.includes('sdhr') ? 'Condition' : 'Patient' },
              path.includes('sdhr') ? aCondition() : aPatient(),
            ),
          ),
        ),
      );
      expect(response?.status).to.equal('201 Created');
    }
    expect((await server().post('/r4', aBundle('transaction'))).json).to.not.have.property('entry');
  });

  it('answers in the order of the request whatever the order of processing: DELETE, POST, PUT, GET', async () => {
    await server().put('/r4/Patient/old', aPatient({ id: 'old' }));
    const answer = await post(
      anEntry({ method: 'GET', url: 'Patient?identifier=in-order&_summary=count' }),
      anEntry({ method: 'PUT', url: 'Patient/put' }, aPatient({ id: 'put', identifier: [{ value: 'in-order' }] })),
      anEntry({ method: 'POST', url: 'Patient' }, aPatient({ identifier: [{ value: 'in-order' }] })),
      anEntry({ method: 'DELETE', url: 'Patient/old' }),
      anEntry({ method: 'GET', url: 'Patient/put' }),
    );
    const responses = responsesOf(answer);
    expect(responses.map(({ status }) => status)).to.deep.equal(['200 OK', '201 Created', '201 Created', '204 No Content', '200 OK']);
    expect(responses[1]).to.include({ location: 'Patient/put/_history/1', etag: 'W/"1"', lastModified: '2025-03-04T05:06:07.089Z' });
    // reads see what the transaction wrote
    const entries = answer.json['entry'] as { resource?: JsonObject }[];
    expect(entries[0]?.resource?.['total']).to.equal(2);
    expect(entries[4]?.resource?.['id']).to.equal('put');
    expect((await server().get('/r4/Patient/old')).status).to.equal(410);
  });

  it('names the profiles that its entries were held against, each once, as a single write does', async () => {
    const entry = anEntry({ method: 'POST', url: 'Patient' }, aPatient());
    const answer = await post(entry, entry, anEntry({ method: 'POST', url: 'Observation' }, anObservation()));
    expect(answer.headers.get('X-Profile-Resolved')).to.equal(
      'http://hl7.org/fhir/StructureDefinition/Patient|4.0.1, http://hl7.org/fhir/StructureDefinition/Observation|4.0.1',
    );
  });

  it('gives locations in the form that api.json asks for', async () => {
    const entry = (resource: JsonObject, url: string): JsonObject => aBundle('transaction', anEntry({ method: 'POST', url }, resource));
    const [versioned] = responsesOf(await server().post('/sdhr', entry(aCondition(), 'Condition')));
    expect(versioned?.location).to.match(/^Condition\/[0-9a-f-]{36}\/_history\/1$/);
    const observation = anObservation({ subject: { reference: 'Patient/7f0c8f0a-34d2-4b58-9a3d-5b0a5a4f0d11' } });
    const [plain] = responsesOf(await server().post('/rheumatic-fever', entry(observation, 'Observation')));
    expect(plain?.location).to.match(/^Observation\/[0-9a-f-]{36}$/);
  });

  it('resolves links between entries everywhere, forward, backward and in circles', async () => {
    const [patient, observation] = ['urn:uuid:8f0bd2ac-5b39-4c35-9e1c-1c2a0d4f6f01', 'urn:uuid:Encounter-temporary-id'];
    const answer = await post(
      anEntry(
        { method: 'POST', url: 'Observation' },
        anObservation({
          text: {
            status: 'generated',
            div: `<div xmlns="http://www.w3.org/1999/xhtml"><a href="${patient}">x</a> <img src="#a" alt="a"/></div>`,
          },
          contained: [{ resourceType: 'Observation', id: 'part', status: 'final', code: { text: 'a' }, subject: { reference: patient } }],
          extension: [
            { url: 'https://example.org/uri', valueUri: patient },
            { url: 'https://example.org/canonical', valueCanonical: observation },
            { url: 'https://example.org/string', valueString: patient },
          ],
          subject: { reference: patient },
          hasMember: [{ reference: '#part' }],
        }),
        observation,
      ),
      anEntry(
        { method: 'POST', url: 'Patient' },
        aPatient({ extension: [{ url: 'https://example.org/seen', valueReference: { reference: observation } }] }),
        patient,
      ),
    );
    const [first, second] = responsesOf(answer);
    const stored = await read(first?.location);
    const patientReference = String(second?.location).replace('/_history/1', '');
    const observationReference = String(first?.location).replace('/_history/1', '');
    expect(stored['subject']).to.deep.equal({ reference: patientReference });
    expect((stored['contained'] as JsonObject[])[0]?.['subject']).to.deep.equal({ reference: patientReference });
    expect((stored['text'] as JsonObject)['div']).to.include(`href="${patientReference}"`);
    const [uri, canonical, string] = stored['extension'] as JsonObject[];
    expect(uri?.['valueUri']).to.equal(patientReference);
    expect(canonical?.['valueCanonical']).to.equal(observationReference);
    expect(string?.['valueString']).to.equal(patient);
    const [seen] = (await read(second?.location))['extension'] as JsonObject[];
    expect(seen?.['valueReference']).to.deep.equal({ reference: observationReference });
    // and the index knows the resolved one
    expect(await total(`Observation?subject=${patientReference}`)).to.equal(1);
  });

  it("resolves relative references against the entries' full URLs", async () => {
    const [response] = responsesOf(
      await post(
        anEntry(
          { method: 'POST', url: 'Observation' },
          anObservation({ subject: { reference: 'Patient/77' } }),
          'https://example.org/fhir/Observation/1',
        ),
        anEntry({ method: 'POST', url: 'Patient' }, aPatient(), 'https://example.org/fhir/Patient/77'),
      ),
    );
    const { reference } = (await read(response?.location))['subject'] as { reference: string };
    expect(reference).to.match(/^Patient\/[0-9a-f-]{36}$/);
  });

  it('resolves conditional references, and names those that find none or several', async () => {
    await post(
      anEntry({ method: 'POST', url: 'Patient' }, aPatient({ identifier: [{ value: 'only' }] })),
      anEntry({ method: 'POST', url: 'Patient' }, aPatient({ identifier: [{ value: 'twin' }] })),
      anEntry({ method: 'POST', url: 'Patient' }, aPatient({ identifier: [{ value: 'twin' }] })),
    );
    const subject = (value: string): JsonObject =>
      anEntry({ method: 'POST', url: 'Observation' }, anObservation({ subject: { reference: `Patient?identifier=${value}` } }));
    const [found] = responsesOf(await post(subject('only')));
    expect(((await read(found?.location))['subject'] as JsonObject)['reference']).to.match(/^Patient\/[0-9a-f-]{36}$/);
    const answer = await post(subject('only'), subject('twin'), subject('nobody'));
    expect(answer.status).to.be.oneOf([400, 412]);
    const places = answer.issues.map(({ expression }) => (expression as string[])[0]);
    expect(places).to.include.members(['Bundle.entry[1].resource.subject.reference', 'Bundle.entry[2].resource.subject.reference']);
  });

  it('stores nothing when one entry fails, and names every failing entry at once', async () => {
    const answer = await post(
      anEntry({ method: 'POST', url: 'Patient' }, aPatient({ identifier: [{ value: 'atomic' }] })),
      anEntry({ method: 'POST', url: 'Patient' }, aPatient({ identifier: [{ value: 'atomic' }], gender: 'unheard-of' }), 'urn:uuid:second'),
      anEntry({ method: 'POST', url: 'Nothing' }, { resourceType: 'Nothing' }),
      anEntry({ method: 'POST', url: 'Observation' }, anObservation({ subject: { reference: 'Patient/' } }), 'urn:uuid:fourth'),
    );
    expect(answer.status, answer.text).to.be.within(400, 499);
    const errors = answer.issues.filter(({ severity }) => severity === 'error');
    expect(errors.map(({ expression }) => (expression as string[])[0])).to.include.members([
      'Bundle.entry[1].resource.gender',
      'Bundle.entry[3].resource.subject.reference',
    ]);
    expect(errors.some(({ expression }) => (expression as string[])[0]?.startsWith('Bundle.entry[2]'))).to.equal(true);
    expect(answer.text).to.include('urn:uuid:second').and.to.include('urn:uuid:fourth');
    expect(await total('Patient?identifier=atomic')).to.equal(0);
  });

  it('answers 400 to two entries for one resource', async () => {
    const pairs: readonly (readonly [JsonObject, JsonObject])[] = [
      [
        anEntry({ method: 'PUT', url: 'Patient/twice' }, aPatient({ id: 'twice' })),
        anEntry({ method: 'PUT', url: 'Patient/twice' }, aPatient({ id: 'twice' })),
      ],
      [anEntry({ method: 'PUT', url: 'Patient/twice' }, aPatient({ id: 'twice' })), anEntry({ method: 'DELETE', url: 'Patient/twice' })],
      [
        anEntry({ method: 'POST', url: 'Patient' }, aPatient(), 'urn:uuid:same'),
        anEntry({ method: 'POST', url: 'Patient' }, aPatient(), 'urn:uuid:same'),
      ],
    ];
    for (const pair of pairs) {
      const answer = await post(...pair);
      expect(answer.status, answer.text).to.equal(400);
      expect(answer.issues.map(({ code }) => code)).to.include('duplicate');
    }
    expect((await server().get('/r4/Patient/twice')).status).to.equal(404);
  });

  it('heeds the conditions of its entries', async () => {
    await server().put('/r4/Patient/versioned', aPatient({ id: 'versioned' }));
    const put = (ifMatch: string): Promise<Answer> =>
      post(anEntry({ method: 'PUT', url: 'Patient/versioned', ifMatch }, aPatient({ id: 'versioned', active: true })));
    expect((await put('W/"7"')).status).to.equal(412);
    expect(responsesOf(await put('W/"1"'))[0]).to.include({ status: '200 OK', etag: 'W/"2"' });
    const create = (): Promise<Answer> =>
      post(
        anEntry(
          { method: 'POST', url: 'Patient', ifNoneExist: 'identifier=once' },
          aPatient({ identifier: [{ value: 'once' }] }),
          'urn:uuid:p',
        ),
        anEntry({ method: 'POST', url: 'Observation' }, anObservation({ subject: { reference: 'urn:uuid:p' } })),
      );
    const first = responsesOf(await create());
    const second = responsesOf(await create());
    expect([first[0]?.status, second[0]?.status]).to.deep.equal(['201 Created', '200 OK']);
    const subjects = [await read(first[1]?.location), await read(second[1]?.location)].map(({ subject }) => subject);
    expect(subjects[0]).to.deep.equal(subjects[1]);
  });

  it('answers as Prefer asks', async () => {
    const ask = async (prefer: string): Promise<readonly { resource?: JsonObject; response: EntryResponse }[]> => {
      const answer = await server().post('/r4', aBundle('transaction', anEntry({ method: 'POST', url: 'Patient' }, aPatient())), {
        Prefer: prefer,
      });
      return answer.json['entry'] as unknown as { resource?: JsonObject; response: EntryResponse }[];
    };
    expect((await ask('return=minimal'))[0]).to.not.have.property('resource');
    expect((await ask('return=representation'))[0]?.resource?.['resourceType']).to.equal('Patient');
    expect((await ask('return=OperationOutcome'))[0]?.response.outcome?.['resourceType']).to.equal('OperationOutcome');
  });

  it('is allowed by the scopes of its entries', async () => {
    const body = aBundle(
      'transaction',
      anEntry({ method: 'POST', url: 'Patient' }, aPatient()),
      anEntry({ method: 'POST', url: 'Observation' }, anObservation()),
    );
    const answer = await server().request('/r4', { method: 'POST', body, scope: 'system/Patient.c' });
    expect(answer.status, answer.text).to.equal(403);
    expect(answer.diagnostics).to.include('system/Observation.c');
    expect((await server().request('/r4', { method: 'POST', body, scope: 'system/Patient.c system/Observation.c' })).status).to.equal(200);
  });

  it('stores nothing where something that it reads cannot be answered', async () => {
    await server().put('/r4/Patient/known', aPatient({ id: 'known' }));
    await server().put('/r4/Patient/gone', aPatient({ id: 'gone' }));
    await server().request('/r4/Patient/gone', { method: 'DELETE' });
    for (const [method, url, status] of [
      ['GET', 'Patient/known/_history/99', 404],
      ['GET', 'Patient/nowhere/_history/1', 404],
      ['GET', 'Patient/gone/_history/2', 410],
      ['GET', 'Patient/nowhere/_history', 404],
      ['GET', 'Patient/known/_history?_count=x', 400],
      ['GET', 'Patient/_history?_since=foo', 400],
      ['GET', '_history?_count=x', 400],
      ['GET', 'Patient?_sort=foo', 400],
      ['POST', 'Patient/$validate', 501],
      ['GET', 'Patient/known/$validate', 501],
    ] as const) {
      const family = `f${url.replaceAll(/\W/g, '')}`;
      const more = method === 'POST' ? anEntry({ method, url }, aPatient()) : anEntry({ method, url });
      const answer = await post(anEntry({ method: 'POST', url: 'Patient' }, aPatient({ name: [{ family }] })), more);
      expect(answer.status, `${url} ${answer.text}`).to.equal(status);
      expect(answer.issues[0]?.['diagnostics'], url).to.include('entry 1');
      expect(await total(`Patient?family=${family}&_summary=count`), url).to.equal(0);
    }
  });

  it('has no operations, of what it writes itself either', async () => {
    const answer = await post(
      anEntry({ method: 'PUT', url: 'Patient/operated' }, aPatient({ id: 'operated' })),
      anEntry({ method: 'GET', url: 'Patient/operated/$validate' }),
    );
    expect(answer.status).to.equal(501);
    expect((await server().get('/r4/Patient/operated')).status).to.equal(404);
  });

  it('searches beside a long resource that the searches cannot find', async () => {
    const name = Array.from({ length: 3 }, () => ({ family: 'x'.repeat(400_000) }));
    const searches = Array.from({ length: 100 }, () => anEntry({ method: 'GET', url: 'Observation?_count=1' }));
    responsesOf(await post(anEntry({ method: 'POST', url: 'Patient' }, aPatient({ name })), ...searches));
  });

  it('reads what it has written itself', async () => {
    const own = await post(
      anEntry({ method: 'PUT', url: 'Patient/itself' }, aPatient({ id: 'itself' })),
      anEntry({ method: 'GET', url: 'Patient/itself/_history/1' }),
      anEntry({ method: 'GET', url: 'Patient/itself/_history' }),
    );
    expect(responsesOf(own).map(({ status }) => status.slice(0, 3))).to.deep.equal(['201', '200', '200']);
  });

  it('needs what a chain of its searches needs before it writes', async () => {
    const body = aBundle(
      'transaction',
      anEntry({ method: 'POST', url: 'Observation' }, anObservation()),
      anEntry({ method: 'GET', url: 'Observation?subject:Patient.name=x' }),
    );
    const before = await total('Observation?_summary=count');
    expect((await server().request('/r4', { method: 'POST', body, scope: 'system/Observation.cruds' })).status).to.equal(403);
    expect(await total('Observation?_summary=count')).to.equal(before);
  });

  it('tells so many faults as one reads, and one of each entry that fails at least', async () => {
    const observation = { resourceType: 'Observation', component: Array.from({ length: 200 }, () => ({})) };
    const entries = Array.from({ length: 300 }, () => anEntry({ method: 'POST', url: 'Observation' }, observation));
    for (const type of ['transaction', 'batch']) {
      const answer = await server().post('/r4', aBundle(type, ...entries));
      expect(answer.text.length, type).to.be.lessThan(6_000_000);
      for (const index of [0, 150, 299]) {
        const told = type === 'batch' ? JSON.stringify((answer.json['entry'] as JsonObject[])[index]) : answer.text;
        expect(told, type).to.include(type === 'batch' ? '"severity":"error"' : `Bundle.entry[${index}]`);
      }
    }
  });

  it('is refused where what it reads would be longer than an answer may be, before it writes', async () => {
    await server().put('/r4/Patient/long', aPatient({ id: 'long', name: [{ family: 'x'.repeat(300_000) }] }));
    const reads = Array.from({ length: 400 }, () => anEntry({ method: 'GET', url: 'Patient/long' }));
    const answer = await post(anEntry({ method: 'POST', url: 'Patient' }, aPatient({ name: [{ family: 'unwritten' }] })), ...reads);
    expect(answer.status, answer.text.slice(0, 500)).to.equal(413);
    expect(await total('Patient?family=unwritten&_summary=count')).to.equal(0);
    // of what is read beside each other, and of what the transaction writes itself
    const versions = Array.from({ length: 400 }, () => anEntry({ method: 'GET', url: 'Patient/long/_history/1' }));
    expect((await post(anEntry({ method: 'PUT', url: 'Patient/unwritten' }, aPatient({ id: 'unwritten' })), ...versions)).status).to.equal(
      413,
    );
    const own = anEntry(
      { method: 'PUT', url: 'Patient/unwritten' },
      aPatient({ id: 'unwritten', name: [{ family: 'x'.repeat(900_000) }] }),
    );
    const searches = Array.from({ length: 120 }, () => anEntry({ method: 'GET', url: 'Patient?_id=unwritten' }));
    expect((await post(own, ...searches)).status).to.equal(413);
    expect((await server().get('/r4/Patient/unwritten')).status).to.equal(404);
  });

  it('is offered by the APIs that list it alone', async () => {
    expect((await server().post('/api/fhir', aBundle('transaction'))).status).to.equal(501);
  });

  it('is one of many at the same moment, each whole', async () => {
    const bundle = (): JsonObject =>
      aBundle(
        'transaction',
        ...Array.from({ length: 20 }, () => anEntry({ method: 'POST', url: 'Patient' }, aPatient({ identifier: [{ value: 'many' }] }))),
      );
    const answers = await Promise.all(Array.from({ length: 10 }, () => server().post('/r4', bundle())));
    for (const answer of answers) expect(responsesOf(answer)).to.have.length(20);
    expect(await total('Patient?identifier=many&_summary=count')).to.equal(200);
  });
});
