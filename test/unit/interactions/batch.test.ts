import { expect } from 'chai';
import { isJsonObject, type JsonObject } from '../../../src/fhir/json.js';
import { aBundle, aCondition, anEntry, aPatient, NHI_PATIENT } from '../../support/resources.js';
import { type CallOptions, refusalOf, TestApi } from '../../support/test-api.js';

describe('batch', () => {
  let r4: TestApi;

  beforeEach(async () => {
    r4 = await TestApi.open('r4');
  });

  async function batch(api: TestApi, entries: readonly JsonObject[], options: CallOptions = {}): Promise<readonly JsonObject[]> {
    const { status, body } = await api.call('batch', { body: aBundle('batch', ...entries), ...options });
    expect(status).to.equal(200);
    const bundle = JSON.parse(body ?? '') as JsonObject;
    expect(bundle).to.include({ resourceType: 'Bundle', type: 'batch-response' });
    return (bundle['entry'] ?? []) as JsonObject[];
  }

  const statusesOf = (entries: readonly JsonObject[]): readonly unknown[] =>
    entries.map(({ response }) => (isJsonObject(response) ? response['status'] : undefined));
  const outcomesOf = (entries: readonly JsonObject[]): readonly unknown[] =>
    entries.map(({ response }) => {
      const outcome = isJsonObject(response) ? response['outcome'] : undefined;
      return isJsonObject(outcome) ? (outcome['issue'] as JsonObject[])[0]?.['expression'] : undefined;
    });

  it('refuses an empty fullUrl in its entry', async () => {
    const entries = await batch(r4, [
      anEntry({ method: 'POST', url: 'Patient' }, aPatient(), ''),
      anEntry({ method: 'GET', url: 'Patient' }),
    ]);
    expect(statusesOf(entries)).to.deep.equal(['400 Bad Request', '200 OK']);
    expect(outcomesOf(entries)[0]).to.deep.equal(['Bundle.entry[0].fullUrl']);
    expect(entries[1]?.['resource']).to.include({ total: 0 });
  });

  it('refuses a search by POST with a resource, whose parameters it would not heed', async () => {
    const parameters = { resourceType: 'Parameters', parameter: [{ name: 'name', valueString: 'x' }] };
    const entries = ['Patient/_search', 'Patient/_search?name=x', '_search'].map((url) => anEntry({ method: 'POST', url }, parameters));
    const answers = await batch(r4, entries);
    expect(statusesOf(answers)).to.deep.equal(['400 Bad Request', '400 Bad Request', '400 Bad Request']);
    expect(outcomesOf(answers)).to.deep.equal([0, 1, 2].map((index) => [`Bundle.entry[${index}].resource`]));
    expect(JSON.stringify(answers[0])).to.include('search by GET');
  });

  it('lets each entry succeed or fail by itself', async () => {
    const entries = await batch(r4, [
      anEntry({ method: 'POST', url: 'Patient' }, aPatient()),
      anEntry({ method: 'POST', url: 'Patient' }, aPatient({ gender: 'none' })),
      anEntry({ method: 'GET', url: 'Patient/unknown' }),
      anEntry({ method: 'PUT', url: '/Patient/a' }, aPatient({ id: 'a' })),
      anEntry({ method: 'GET', url: 'https://server.example/base/Patient/a' }),
      anEntry({ method: 'HEAD', url: 'Patient/a' }),
      anEntry({ method: 'GET', url: 'Patient?_summary=count' }),
      anEntry({ method: 'POST', url: 'Patient/_search?_id=a' }),
      anEntry({ method: 'DELETE', url: 'Patient/a' }),
      anEntry({ method: 'PATCH', url: 'Patient/a' }, { resourceType: 'Parameters', parameter: [] }),
    ]);
    expect(statusesOf(entries)).to.deep.equal([
      '201 Created',
      '422 Unprocessable Entity',
      '404 Not Found',
      '201 Created',
      '200 OK',
      '200 OK',
      '200 OK',
      '200 OK',
      '204 No Content',
      '410 Gone',
    ]);
    expect(entries[4]?.['resource']).to.include({ resourceType: 'Patient', id: 'a' });
    expect(entries[5]).to.not.have.property('resource');
    expect(entries[6]?.['resource']).to.include({ total: 2 });
    expect(entries[7]?.['resource']).to.include({ total: 1 });
    expect(outcomesOf(entries)[1]).to.deep.equal(['Patient.gender']);
  });

  it('says of an entry that is none which of its elements is at fault', async () => {
    const entries = await batch(r4, [
      anEntry({ method: 'FETCH', url: 'Patient' }),
      { request: { method: 'GET' } },
      { resource: aPatient() },
      anEntry({ method: 'GET', url: 'https://elsewhere.example/Patient' }),
      anEntry({ method: 'POST', url: 'Patient' }),
      anEntry({ method: 'PUT', url: 'Patient/a', ifMatch: 'one two' }, aPatient({ id: 'a' })),
      anEntry({ method: 'GET', url: 'Unheard' }),
      anEntry({ method: 'PUT', url: 'Patient/a/b' }, aPatient({ id: 'a' })),
      anEntry({ method: 'POST', url: '' }, aBundle('batch')),
      { fullURL: 'urn:uuid:a', ...anEntry({ method: 'POST', url: 'Patient' }, aPatient()) },
      anEntry({ method: 'GET', url: 'Patient?a=%zz' }),
      anEntry({ method: 'POST', url: 'Patient' }, aPatient()),
    ]);
    expect(statusesOf(entries).map((status) => Number(String(status).slice(0, 3)))).to.deep.equal([
      400, 400, 400, 400, 400, 400, 501, 501, 400, 400, 400, 201,
    ]);
    expect(outcomesOf(entries).slice(0, -1)).to.deep.equal([
      ['Bundle.entry[0].request.method'],
      ['Bundle.entry[1].request.url'],
      ['Bundle.entry[2].request'],
      ['Bundle.entry[3].request.url'],
      ['Bundle.entry[4].resource'],
      ['Bundle.entry[5].request.ifMatch'],
      ['Bundle.entry[6].request.url'],
      ['Bundle.entry[7].request.url'],
      ['Bundle.entry[8].request.url'],
      ['Bundle.entry[9]'],
      ['Bundle.entry[10].request.url'],
    ]);
  });

  it('is allowed entry by entry', async () => {
    const entries = await batch(
      r4,
      [anEntry({ method: 'POST', url: 'Patient' }, aPatient()), anEntry({ method: 'GET', url: 'Patient?_count=1' })],
      { scope: 'system/Patient.c' },
    );
    expect(statusesOf(entries)).to.deep.equal(['201 Created', '403 Forbidden']);
  });

  it('does entries for one resource one after the other, and creates under one condition once', async () => {
    const entries = await batch(r4, [
      anEntry({ method: 'PUT', url: 'Patient/a' }, aPatient({ id: 'a', active: true })),
      anEntry({ method: 'PUT', url: 'Patient/a' }, aPatient({ id: 'a', active: false })),
      anEntry({ method: 'DELETE', url: 'Patient/a' }),
      anEntry({ method: 'PUT', url: 'Patient/a' }, aPatient({ id: 'a', gender: 'other' })),
      ...[1, 2].map(() =>
        anEntry({ method: 'POST', url: 'Patient', ifNoneExist: 'identifier=x' }, aPatient({ identifier: [{ value: 'x' }] })),
      ),
    ]);
    expect(statusesOf(entries)).to.deep.equal(['201 Created', '200 OK', '204 No Content', '201 Created', '201 Created', '200 OK']);
    expect(entries.map(({ response }) => (response as JsonObject)['etag']).slice(0, 4)).to.deep.equal(['W/"1"', 'W/"2"', 'W/"3"', 'W/"4"']);
    expect(await r4.count('Patient')).to.equal(2);
  });

  it('answers 500 to an entry that breaks the program, hands the fault on for the log, and goes on', async () => {
    const broken = new Error('the validator broke');
    const api = await TestApi.open('r4', {
      wrapValidator: (validator) => ({
        validate: (document, options) => {
          if (document.text.includes('break me') && isJsonObject(document.value) && document.value['resourceType'] === 'Basic')
            throw broken;
          return validator.validate(document, options);
        },
      }),
    });
    const body = aBundle(
      'batch',
      anEntry({ method: 'POST', url: 'Basic' }, { resourceType: 'Basic', code: { text: 'break me' } }),
      anEntry({ method: 'POST', url: 'Patient' }, aPatient()),
    );
    const response = await api.call('batch', { body });
    expect(response.faults).to.deep.equal([broken]);
    const { entry } = JSON.parse(response.body ?? '') as { entry: JsonObject[] };
    expect(statusesOf(entry)).to.deep.equal(['500 Internal Server Error', '201 Created']);
    expect(response.body).to.include('request-1').and.not.include('the validator broke');
  });

  it('has positions that are those of the Bundle as it was sent', async () => {
    const text =
      '{"resourceType":"Bundle","type":"batch","entry":[\n{"request":{"method":"POST","url":"Patient"},"resource":{"resourceType":"Patient",\n  "gender":"none"}}]}';
    const { body } = await r4.call('batch', { body: text });
    expect(body).to.include('issue-line","valueInteger":3').and.include('issue-col","valueInteger":12');
  });

  it('is held against the profiles that it claims, resources and all', async () => {
    const sdhr = await TestApi.open('sdhr');
    const meta = { profile: ['https://fhir-ig.digital.health.nz/sdhr/StructureDefinition/SDHRBatchBundle'] };
    const one = anEntry({ method: 'POST', url: 'Condition' }, aCondition());
    const other = anEntry(
      { method: 'POST', url: 'Condition' },
      aCondition({ subject: { reference: NHI_PATIENT.replace('ZZZ0032', 'ZZZ0016'), type: 'Patient' } }),
    );
    const send = (...entries: JsonObject[]) => sdhr.call('batch', { body: { ...aBundle('batch', ...entries), meta } });
    const { profiles, body } = await send(one, one);
    expect(profiles).to.deep.equal([`${meta.profile[0]}|1.0.0`]);
    expect(body?.match(/201 Created/g)).to.have.length(2);
    const refusal = await refusalOf(send(one, other));
    expect(refusal).to.include({ code: 'malformed-request', status: 400 });
    expect(refusal.issues[0]).to.include({ rule: 'one-patient-only' });
    const unknown = await sdhr.refusal('batch', { body: { ...aBundle('batch', one), meta: { profile: ['http://example.org/b'] } } });
    expect(unknown).to.include({ code: 'unknown-profile', status: 400 });
    expect(await sdhr.count('Condition')).to.equal(2);
  });

  it('refuses a Bundle of another type, of too many entries, or that is broken itself', async () => {
    const small = await TestApi.open('r4', { bundleEntries: 2 });
    const get = anEntry({ method: 'GET', url: 'Patient' });
    expect(await small.refusal('batch', { body: aBundle('batch', get, get, get) })).to.include({ code: 'too-many-entries', status: 400 });
    expect((await batch(small, [get, get])).length).to.equal(2);
    for (const [body, expression] of [
      [{ resourceType: 'Bundle', type: 'collection' }, 'Bundle.type'],
      [{ resourceType: 'Bundle' }, 'Bundle.type'],
      [{ resourceType: 'Bundle', type: 'batch', entry: {} }, 'Bundle.entry'],
      ['{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","method":"PUT"}}]}', 'Bundle.entry[0].request.method'],
      [{ ...aBundle('batch', get), entries: [] }, 'Bundle'],
    ] as const) {
      const refusal = await r4.refusal('batch', { body: body as JsonObject | string });
      expect(refusal.status).to.equal(400);
      expect(refusal.issues[0]?.expression, JSON.stringify(body)).to.equal(expression);
    }
  });
});
