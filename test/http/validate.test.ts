/** $validate: https://hl7.org/fhir/R4/resource-operation-validate.html */
import { expect } from 'chai';
import type { JsonObject, JsonValue } from '../../src/fhir/json.js';
import { examples, readExample } from '../support/r4-examples.js';
import { anObservation, aPatient } from '../support/resources.js';
import { describeServer } from '../support/test-server.js';

const invalid = aPatient({ gender: 'x', birthDate: '2025-02-30' });
const asParameters = (resource: JsonObject, ...parameters: readonly JsonObject[]): JsonObject => ({
  resourceType: 'Parameters',
  parameter: [...parameters, { name: 'resource', resource }],
});

/** Issues without what a write would be answered. */
const withoutVerdict = (issues: readonly JsonObject[]): readonly JsonObject[] =>
  issues.filter(({ diagnostics }) => !String(diagnostics).includes('would be answered'));

const summary = (issues: readonly JsonObject[]): readonly string[] =>
  issues.map(({ severity, code, expression }) => `${String(severity)} ${String(code)} ${String(expression ?? '')}`.trim());
const NO_ISSUES = ['information informational'];

describeServer('$validate', (server) => {
  const patients = async (): Promise<JsonValue | undefined> => (await server().get('/r4/Patient?_summary=count')).json['total'];

  it('says of a resource what is wrong with it, and of one without fault that it has none', async () => {
    const before = await patients();
    const fine = await server().post('/r4/Patient/$validate', aPatient());
    expect(fine.status, fine.text).to.equal(200);
    expect(summary(fine.json['issue'] as JsonObject[])).to.deep.equal(NO_ISSUES);
    const faulty = await server().post('/r4/Patient/$validate', invalid);
    expect(faulty.status).to.equal(200);
    expect(summary(faulty.json['issue'] as JsonObject[])).to.deep.equal([
      'error value Patient.birthDate',
      'error code-invalid Patient.gender',
    ]);
    expect(await patients()).to.equal(before);
  });

  it('takes the resource bare or in Parameters, on the type, the instance and the system', async () => {
    for (const path of ['/r4/Patient/$validate', '/r4/Patient/x/$validate', '/r4/$validate']) {
      for (const body of [invalid, asParameters(invalid)]) {
        const { status, issues } = await server().post(path, body);
        expect(status, path).to.equal(200);
        expect(issues, path).to.have.length(2);
      }
    }
  });

  it('tells line and column in the text that was sent', async () => {
    const text = `{"resourceType":"Parameters","parameter":[\n{"name":"resource","resource":\n{"resourceType":"Patient",\n "gender":"x"}}]}`;
    const { json } = await server().post('/r4/$validate', text);
    const [issue] = json['issue'] as JsonObject[];
    expect(JSON.stringify(issue)).to.include('"valueInteger":4').and.to.include('"valueInteger":11');
  });

  it('holds the resource against the profiles that it is given', async () => {
    const profile = 'http://hl7.org/fhir/StructureDefinition/bodyweight';
    for (const [path, body] of [
      [`/r4/Observation/$validate?profile=${encodeURIComponent(profile)}`, anObservation()],
      ['/r4/Observation/$validate', asParameters(anObservation(), { name: 'profile', valueUri: profile })],
    ] as const) {
      const answer = await server().post(path, body);
      expect(answer.text, path).to.include('bodyweight|4.0.1');
      expect(answer.issues.some(({ severity }) => severity === 'error')).to.equal(true);
    }
    const unknown = await server().post('/r4/Observation/$validate?profile=http://x.example/p', anObservation());
    expect(unknown.text).to.include("Profile reference 'http://x.example/p' has not been checked because it is unknown");
  });

  it('says of a stored resource by GET what it says of one that is sent', async () => {
    const { json } = await server().post('/r4/Patient', aPatient());
    const path = `/r4/Patient/${String(json['id'])}/$validate`;
    expect(summary((await server().get(path)).json['issue'] as JsonObject[])).to.deep.equal(NO_ISSUES);
    expect((await server().get(`${path}?profile=http://x.example/p`)).text).to.include('because it is unknown');
    expect((await server().get('/r4/Patient/none/$validate')).status).to.equal(404);
  });

  it('says what a create, an update and a delete would be answered, and does none of it', async () => {
    const create = await server().post('/r4/Patient/$validate?mode=create', aPatient());
    expect(create.text).to.include('a create would be answered 201');
    const { json } = await server().post('/r4/Patient', aPatient());
    const id = String(json['id']);
    const before = await patients();
    for (const [path, body, verdict] of [
      [`/r4/Patient/${id}/$validate?mode=update`, { ...aPatient(), id }, 'an update would be answered 200'],
      [`/r4/Patient/$validate?mode=update`, { ...aPatient(), id: 'other' }, 'an update would be answered 201'],
      [`/r4/Patient/${id}/$validate?mode=update`, { ...aPatient(), id: 'other' }, 'an update would be answered 400'],
      [`/r4/Patient/$validate?mode=create`, invalid, 'a create would be answered 422'],
      [`/r4/Patient/${id}/$validate?mode=delete`, { resourceType: 'Parameters' }, 'a delete would be answered 204'],
    ] as const) {
      const answer = await server().post(path, body as JsonValue);
      expect(answer.status, path).to.equal(200);
      expect(answer.text, `${path} ${JSON.stringify(body)}`).to.include(verdict);
    }
    expect((await server().get(`/r4/Patient/${id}`)).json['meta']).to.have.property('versionId', '1');
    expect(await patients()).to.equal(before);
  });

  it('tries a whole transaction, and stores nothing of it', async () => {
    const entry = (resource: JsonObject): JsonObject => ({
      fullUrl: `urn:uuid:${String(resource['resourceType'])}`,
      resource,
      request: { method: 'POST', url: String(resource['resourceType']) },
    });
    const bundle = (...resources: readonly JsonObject[]): JsonObject => ({
      resourceType: 'Bundle',
      type: 'transaction',
      entry: resources.map(entry),
    });
    const observation = anObservation({ subject: { reference: 'urn:uuid:Patient' } });
    const before = await patients();
    const fine = await server().post('/r4/$validate', bundle(aPatient(), observation));
    expect(fine.status, fine.text).to.equal(200);
    expect(fine.issues.every(({ severity }) => severity === 'information')).to.equal(true);
    // what it reads of itself is there when it is done
    const own = { fullUrl: 'urn:uuid:own', resource: aPatient({ id: 'own' }), request: { method: 'PUT', url: 'Patient/own' } };
    const reads = ['Patient/own', 'Patient/own/_history/1', 'Patient/own/_history', 'Patient?_id=own'];
    const reading = [own, ...reads.map((url) => ({ request: { method: 'GET', url } }))];
    const readItself = await server().post('/r4/$validate', { resourceType: 'Bundle', type: 'transaction', entry: reading });
    expect(readItself.text).to.include('a transaction would be answered 200').and.not.to.include('"error"');
    const inTurn = await server().post('/r4/$validate', { resourceType: 'Bundle', type: 'batch', entry: reading.slice(0, 3) });
    expect(inTurn.text).to.include('a batch would be answered 200').and.not.to.include('"error"');
    const faulty = bundle(invalid, anObservation({ status: 'x' }));
    const tried = await server().post('/r4/$validate', faulty);
    const sent = await server().post('/r4', faulty);
    expect(sent.status).to.equal(422);
    expect(withoutVerdict(tried.json['issue'] as JsonObject[])).to.deep.equal(sent.json['issue']);
    expect(tried.text).to.include('a transaction would be answered 422');
    expect(await patients()).to.equal(before);
  });

  it('says of R4’s examples what the write says', async () => {
    for (const file of examples.filter((_, index) => index % 60 === 0)) {
      const resource = readExample(file);
      if (resource === undefined) continue;
      const type = String(resource['resourceType']);
      const body = type === 'Parameters' ? asParameters(resource) : resource;
      const tried = await server().post(`/r4/${type}/$validate?mode=create`, body);
      const sent = await server().post(`/r4/${type}`, resource, { Prefer: 'return=OperationOutcome' });
      expect(withoutVerdict(tried.json['issue'] as JsonObject[]), type).to.deep.equal(sent.json['issue']);
      expect(tried.text, type).to.include(`would be answered ${sent.status}`);
    }
  });

  it('refuses parameters that it has not', async () => {
    const { status, diagnostics } = await server().post('/r4/Patient/$validate?profil=http://x.example/p', aPatient());
    expect(status).to.equal(400);
    expect(diagnostics).to.equal("'profil' is no parameter of $validate; there are resource, mode, profile");
    const body = asParameters(aPatient(), { name: 'modus', valueCode: 'create' });
    expect((await server().post('/r4/$validate', body)).status).to.equal(400);
    expect((await server().post('/r4/Patient/$validate?_format=json&_pretty=true', aPatient())).status).to.equal(200);
  });

  it('refuses what cannot be asked', async () => {
    for (const [path, body, status] of [
      ['/r4/Patient/$validate?mode=none', aPatient(), 400],
      ['/r4/Patient/$validate?mode=create&mode=update', aPatient(), 400],
      ['/r4/Patient/$validate', { resourceType: 'Parameters', parameter: [{ name: 'mode', valueCode: 'create' }] }, 400],
      ['/r4/Patient/$validate', { resourceType: 'Parameters', parameter: [{ name: 'resource', resource: 'x' }] }, 400],
      ['/r4/Patient/$nothing', aPatient(), 501],
      ['/sdhr/Condition/$validate', aPatient(), 501],
    ] as const) {
      const answer = await server().post(path, body as JsonValue);
      expect(answer.status, `${path} ${answer.text}`).to.equal(status);
      expect(answer.json['resourceType']).to.equal('OperationOutcome');
    }
    expect((await server().post('/r4/Patient/$validate', '{"resourceType":')).status).to.equal(400);
    expect((await server().get('/r4/Patient/$validate')).status).to.equal(400);
  });

  it('is for who may write or read the type, and a mode for who may do that', async () => {
    const ask = (path: string, scope: string) => server().request(path, { method: 'POST', body: aPatient(), scope });
    expect((await ask('/r4/Patient/$validate', 'system/Patient.c')).status).to.equal(200);
    expect((await ask('/r4/Patient/$validate', 'system/Observation.cruds')).status).to.equal(403);
    const refused = await ask('/r4/Patient/$validate?mode=create', 'system/Patient.r');
    expect(refused.text).to.include('a create would be answered 403');
  });
});
