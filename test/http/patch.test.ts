/** https://hl7.org/fhir/R4/http.html#patch of a resource and of what a condition finds. */
import { expect } from 'chai';
import type { JsonObject, JsonValue } from '../../src/fhir/json.js';
import { anObservation, aPatient } from '../support/resources.js';
import { type Answer, describeServer, type RequestOptions } from '../support/test-server.js';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const ACCEPTED = 'application/json-patch+json, application/fhir+json, application/merge-patch+json, application/json';

function aFhirPathPatch(...parts: JsonObject[]): JsonObject {
  return { resourceType: 'Parameters', parameter: [{ name: 'operation', part: parts }] };
}

describeServer('patch', (server) => {
  const patch = (path: string, body: JsonValue, contentType = JSON_PATCH, more: RequestOptions = {}): Promise<Answer> =>
    server().request(path, { method: 'PATCH', body, ...more, headers: { 'Content-Type': contentType, ...more.headers } });
  const put = async (id: string, more: JsonObject = {}): Promise<void> => {
    expect((await server().put(`/r4/Patient/${id}`, aPatient({ id, ...more }))).status).to.be.oneOf([200, 201]);
  };
  const ADD_GENDER = [{ op: 'add', path: '/gender', value: 'female' }];

  it('makes the next version, with the headers of an update', async () => {
    await put('a');
    server().clock.advance(60_000);
    const answer = await patch('/r4/Patient/a', ADD_GENDER);
    expect(answer.status, answer.text).to.equal(200);
    expect(answer.json).to.include({ id: 'a', gender: 'female', birthDate: '1990-05-01' });
    expect(answer.headers.get('ETag')).to.equal('W/"2"');
    expect(answer.headers.get('Content-Location')).to.equal(`${server().url}/r4/Patient/a/_history/2`);
    expect(answer.headers.get('Last-Modified')).to.equal(new Date(server().clock.now).toUTCString());
    expect(answer.json['meta']).to.deep.equal({ versionId: '2', lastUpdated: new Date(server().clock.now).toISOString() });
    expect((await server().get('/r4/Patient/a')).text).to.equal(answer.text);
    expect((await server().get('/r4/Patient?_id=a&gender=female')).json['total']).to.equal(1);
    const [entry] = (await server().get('/r4/Patient/a/_history')).json['entry'] as JsonObject[];
    expect(entry?.['request']).to.deep.equal({ method: 'PATCH', url: 'Patient/a' });
    server().clock.advance(-60_000);
  });

  it('answers what Prefer asks for', async () => {
    await put('prefer');
    const minimal = await patch('/r4/Patient/prefer', ADD_GENDER, JSON_PATCH, { headers: { Prefer: 'return=minimal' } });
    expect([minimal.status, minimal.text]).to.deep.equal([200, '']);
    const outcome = await patch('/r4/Patient/prefer', ADD_GENDER, JSON_PATCH, { headers: { Prefer: 'return=OperationOutcome' } });
    expect(outcome.json['resourceType']).to.equal('OperationOutcome');
    expect(outcome.headers.get('Preference-Applied')).to.equal('return=OperationOutcome');
  });

  it('takes merge patches under their own type, and plain objects as FHIR JSON', async () => {
    await put('merge', { gender: 'male', active: true });
    for (const [contentType, body, wanted] of [
      [MERGE_PATCH, { gender: null }, undefined],
      ['application/json', { gender: 'female' }, 'female'],
      ['application/fhir+json; charset=utf-8', { resourceType: 'Patient', id: 'merge', gender: 'other' }, 'other'],
    ] as const) {
      const answer = await patch('/r4/Patient/merge', body, contentType);
      expect(answer.status, answer.text).to.equal(200);
      expect(answer.json['gender'], contentType).to.equal(wanted);
      expect(answer.json['active']).to.equal(true);
    }
  });

  it('takes FHIRPath patches', async () => {
    await put('fhirpath');
    const body = aFhirPathPatch(
      { name: 'type', valueCode: 'add' },
      { name: 'path', valueString: 'Patient' },
      { name: 'name', valueString: 'telecom' },
      { name: 'value', valueContactPoint: { system: 'phone', value: '021' } },
    );
    for (const contentType of ['application/fhir+json', 'application/json']) {
      expect((await patch('/r4/Patient/fhirpath', body, contentType)).status).to.equal(200);
    }
    expect((await server().get('/r4/Patient/fhirpath')).json['telecom']).to.have.length(2);
    const missing = aFhirPathPatch(
      { name: 'type', valueCode: 'replace' },
      { name: 'path', valueString: 'Patient.contact' },
      { name: 'value', part: [{ name: 'gender', valueCode: 'male' }] },
    );
    const answer = await patch('/r4/Patient/fhirpath', missing, 'application/fhir+json');
    expect(answer.status).to.equal(422);
    expect(answer.issueSummaries).to.deep.equal([{ severity: 'error', code: 'processing', expression: ['Parameters.parameter[0]'] }]);
    expect(answer.diagnostics).to.include("replace 'Patient.contact': nothing is there");
  });

  it('keeps the digits of decimals, those of the patch and those that it does not touch', async () => {
    const text = JSON.stringify(anObservation({ id: 'digits', valueQuantity: { value: 7 } })).replace(':7}', ':1.0}');
    expect((await server().put('/r4/Observation/digits', text)).status).to.equal(201);
    const body = '[{"op":"add","path":"/referenceRange","value":[{"low":{"value":0.50}}]}]';
    const answer = await patch('/r4/Observation/digits', body);
    expect(answer.text).to.include('"value":1.0}').and.include('"value":0.50}');
  });

  it('validates what comes of it', async () => {
    await put('valid');
    const answer = await patch('/r4/Patient/valid', [{ op: 'add', path: '/gender', value: 'unheard-of' }]);
    expect(answer.status).to.equal(422);
    expect(answer.issueSummaries[0]).to.deep.equal({ severity: 'error', code: 'code-invalid', expression: ['Patient.gender'] });
    expect((await patch('/r4/Patient/valid', [{ op: 'remove', path: '/name/0' }])).diagnostics).to.match(/empty/);
    expect((await server().get('/r4/Patient/valid')).headers.get('ETag')).to.equal('W/"1"');
  });

  it('changes neither id nor type, and the version elements are the server’s', async () => {
    await put('same');
    const refused: readonly (readonly [JsonValue, string, string])[] = [
      [[{ op: 'replace', path: '/id', value: 'other' }], JSON_PATCH, 'Patient.id'],
      [[{ op: 'remove', path: '/id' }], JSON_PATCH, 'Patient.id'],
      [{ id: 'other' }, MERGE_PATCH, 'Patient.id'],
      [{ id: null }, 'application/json', 'Patient.id'],
      [[{ op: 'replace', path: '/resourceType', value: 'Person' }], JSON_PATCH, 'Patient.resourceType'],
      [{ resourceType: 'Person' }, 'application/fhir+json', 'Patient.resourceType'],
      [
        aFhirPathPatch({ name: 'type', valueCode: 'delete' }, { name: 'path', valueString: 'Patient.id' }),
        'application/json',
        'Patient.id',
      ],
    ];
    for (const [body, contentType, expression] of refused) {
      const answer = await patch('/r4/Patient/same', body, contentType);
      expect(answer.status, answer.text).to.equal(400);
      expect(answer.issueSummaries).to.deep.equal([{ severity: 'error', code: 'structure', expression: [expression] }]);
    }
    expect((await patch('/r4/Patient/same', [{ op: 'replace', path: '', value: [] }])).diagnostics).to.include('leaves no resource');
    const answer = await patch(
      '/r4/Patient/same',
      { meta: { versionId: '77', lastUpdated: '2001-01-01T00:00:00Z', source: 'urn:x' } },
      MERGE_PATCH,
    );
    expect(answer.json['meta']).to.include({ versionId: '2', source: 'urn:x' }).and.not.include({ lastUpdated: '2001-01-01T00:00:00Z' });
  });

  it('answers 422 to a test that fails, and changes nothing', async () => {
    await put('tested');
    const answer = await patch('/r4/Patient/tested', [...ADD_GENDER, { op: 'test', path: '/birthDate', value: '2000-01-01' }]);
    expect(answer.status).to.equal(422);
    expect(answer.issueSummaries).to.deep.equal([{ severity: 'error', code: 'processing' }]);
    expect(answer.diagnostics).to.include("Operation 1 of the JSON Patch (counted from 0), test '/birthDate'");
    expect((await server().get('/r4/Patient/tested')).json).to.not.have.property('gender');
  });

  it('answers 404 to what never was, 410 to what was deleted, 412 to another version', async () => {
    expect((await patch('/r4/Patient/never', ADD_GENDER)).status).to.equal(404);
    await put('gone');
    await server().delete('/r4/Patient/gone');
    const gone = await patch('/r4/Patient/gone', ADD_GENDER);
    expect(gone.status).to.equal(410);
    expect(gone.issueSummaries).to.deep.equal([{ severity: 'error', code: 'deleted' }]);
    await put('guarded');
    expect((await patch('/r4/Patient/guarded', ADD_GENDER, JSON_PATCH, { headers: { 'If-Match': 'W/"2"' } })).status).to.equal(412);
    expect((await patch('/r4/Patient/guarded', ADD_GENDER, JSON_PATCH, { headers: { 'If-Match': 'W/"1"' } })).status).to.equal(200);
  });

  it('patches what a condition finds', async () => {
    await put('found', { identifier: [{ system: 'urn:c', value: '1' }] });
    const answer = await patch('/r4/Patient?identifier=urn:c|1', ADD_GENDER);
    expect(answer.status, answer.text).to.equal(200);
    expect(answer.json).to.include({ id: 'found', gender: 'female' });
    expect((await patch('/r4/Patient?identifier=urn:c|2', ADD_GENDER)).status).to.equal(404);
    await put('found-too', { identifier: [{ system: 'urn:c', value: '1' }] });
    const several = await patch('/r4/Patient?identifier=urn:c|1', ADD_GENDER);
    expect(several.status).to.equal(412);
    expect(several.issueSummaries).to.deep.equal([{ severity: 'error', code: 'multiple-matches' }]);
    expect((await patch('/r4/Patient', ADD_GENDER)).status).to.equal(400);
    expect((await patch('/r4/Patient?nonsense=1', ADD_GENDER)).status).to.equal(400);
  });

  it('asks for the scopes to update, and to search for a condition', async () => {
    await put('scoped', { identifier: [{ system: 'urn:s', value: '1' }] });
    const as = (path: string, scope: string): Promise<Answer> => patch(path, ADD_GENDER, JSON_PATCH, { scope });
    expect((await as('/r4/Patient/scoped', 'system/*.crds')).status).to.equal(403);
    expect((await as('/r4/Patient/scoped', 'system/Patient.u')).status).to.equal(200);
    expect((await as('/r4/Patient?identifier=urn:s|1', 'system/Patient.u')).status).to.equal(403);
    expect((await as('/r4/Patient?identifier=urn:s|1', 'system/Patient.us')).status).to.equal(200);
  });

  it('loses none of many at the same moment', async () => {
    await put('busy', { identifier: [{ system: 'urn:busy', value: '0' }] });
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) => {
        const path = index % 2 === 0 ? '/r4/Patient/busy' : '/r4/Patient?identifier=urn:busy|0';
        return patch(path, [{ op: 'add', path: '/identifier/-', value: { system: 'urn:n', value: String(index) } }]);
      }),
    );
    expect(answers.map(({ status }) => status)).to.deep.equal(answers.map(() => 200));
    const { identifier, meta } = (await server().get('/r4/Patient/busy')).json;
    expect(new Set((identifier as JsonObject[]).map(({ value }) => value)).size).to.equal(60);
    expect(identifier).to.have.length(61);
    expect(meta).to.include({ versionId: '61' });
  });

  it('loses nothing between updates and patches', async () => {
    await put('mixed', { active: true });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        index % 4 === 0
          ? server().put('/r4/Patient/mixed', aPatient({ id: 'mixed', active: true }))
          : patch('/r4/Patient/mixed', { language: 'en' }, MERGE_PATCH),
      ),
    );
    expect(answers.map(({ status }) => status)).to.deep.equal(answers.map(() => 200));
    expect((await server().get('/r4/Patient/mixed')).headers.get('ETag')).to.equal('W/"21"');
  });

  it('answers 415 to other types, naming those that are taken', async () => {
    await put('typed');
    for (const contentType of [
      'application/xml-patch+xml',
      'text/plain',
      'application/fhir+xml',
      'application/json-patch+json; charset=latin1',
    ]) {
      const answer = await patch('/r4/Patient/typed', ADD_GENDER, contentType);
      expect(answer.status, contentType).to.equal(415);
      expect(answer.headers.get('Accept-Patch')).to.equal(ACCEPTED);
      expect(answer.diagnostics).to.include(MERGE_PATCH);
    }
  });

  it('says in answer to OPTIONS which patches it takes, where it takes any', async () => {
    const options = await server().request('/r4/Patient/typed', { method: 'OPTIONS' });
    expect(options.headers.get('Accept-Patch')).to.equal(ACCEPTED);
    expect(options.headers.get('Allow')).to.include('PATCH');
    const none = await server().request('/sdhr/Condition/1', { method: 'OPTIONS' });
    expect(none.headers.get('Accept-Patch')).to.equal(null);
  });

  it('is offered where the policy lists it', async () => {
    expect((await patch('/sdhr/Condition/1', [])).status).to.equal(405);
    expect((await patch('/fhir/R4/Patient/1', [])).status).to.equal(405);
    for (const base of ['/r4', '/api/fhir']) {
      const { patchFormat } = (await server().get(`${base}/metadata`)).json;
      expect(patchFormat).to.deep.equal([JSON_PATCH, 'application/fhir+json', MERGE_PATCH]);
    }
    expect((await server().get('/sdhr/metadata')).json).to.not.have.property('patchFormat');
  });

  it('patches in HCW@Home by id and by identifier', async () => {
    const identifier = [{ system: 'https://ozonehis.example/ns/patient-id', value: 'OZ-7' }];
    const created = await server().post('/api/fhir/Patient', aPatient({ identifier }));
    expect(created.status, created.text).to.equal(201);
    const byId = await patch(`/api/fhir/Patient/${String(created.json['id'])}`, { gender: 'female' }, 'application/fhir+json');
    expect(byId.json['gender']).to.equal('female');
    const found = await patch(
      '/api/fhir/Patient?identifier=https://ozonehis.example/ns/patient-id|OZ-7',
      { gender: 'other' },
      'application/fhir+json',
    );
    expect(found.json['gender']).to.equal('other');
    expect(
      (await patch('/api/fhir/Patient?identifier=https://ozonehis.example/ns/patient-id|OZ-8', {}, 'application/fhir+json')).status,
    ).to.equal(404);
  });

  const bad: readonly (readonly [title: string, body: JsonValue, contentType: string, text: RegExp])[] = [
    ['no body', '', JSON_PATCH, /body is missing/],
    ['no JSON', '[{', JSON_PATCH, /line 1, column/],
    ['an object as JSON Patch', {}, JSON_PATCH, /array of operations/],
    ['null as JSON Patch', 'null', JSON_PATCH, /array of operations/],
    ['an array as merge patch', '[]', MERGE_PATCH, /no JSON object.*json-patch/],
    ['a text as FHIR JSON', '"x"', 'application/json', /no JSON object/],
    ['a member that stands twice', '[{"op":"add","path":"/gender","value":"male","op":"remove"}]', JSON_PATCH, /'op' stands twice/],
    ['a prototype in a merge patch', '{"__proto__":{"x":1}}', MERGE_PATCH, /'__proto__' is not allowed/],
    ['a prototype in a value', '[{"op":"add","path":"/x","value":{"__proto__":1}}]', JSON_PATCH, /'__proto__' is not allowed/],
    ['a prototype in a path', [{ op: 'add', path: '/__proto__', value: 1 }], JSON_PATCH, /'__proto__' is not allowed/],
    ['a path that escapes', [{ op: 'add', path: '../Patient/b', value: 1 }], JSON_PATCH, /no JSON Pointer/],
    ['a path that escapes upwards', [{ op: 'add', path: '/../gender', value: 'male' }], JSON_PATCH, /no '\.\.'/],
    ['Parameters without operations', { resourceType: 'Parameters' }, 'application/fhir+json', /has none/],
    ['a thousand and one operations', Array.from({ length: 1001 }, () => ({ op: 'remove', path: '/x' })), JSON_PATCH, /at most 1000/],
  ];
  for (const [title, body, contentType, text] of bad) {
    it(`answers 400 to ${title}`, async () => {
      await put('bad');
      const answer = await patch('/r4/Patient/bad', body, contentType);
      expect(answer.status, answer.text).to.equal(400);
      expect(answer.diagnostics).to.match(text);
      expect((await server().get('/r4/Patient/bad')).json).to.not.have.property('gender');
    });
  }
});
