/** $meta, $meta-add, $meta-delete: https://hl7.org/fhir/R4/resource-operation-meta.html */
import { expect } from 'chai';
import type { JsonObject, JsonValue } from '../../src/fhir/json.js';
import { aBundle, anEntry, aPatient } from '../support/resources.js';
import { type Answer, describeServer } from '../support/test-server.js';

const TAG = { system: 'http://example.org/tags', code: 'a' };
const LABEL = { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' };
const asParameters = (valueMeta: JsonValue): JsonObject => ({ resourceType: 'Parameters', parameter: [{ name: 'meta', valueMeta }] });

/** Meta of the parameter `return`, without the server's own part. */
function metaOf({ status, text, json }: Answer): JsonObject {
  expect(status, text).to.equal(200);
  const [{ name, valueMeta }] = json['parameter'] as [JsonObject];
  expect(name).to.equal('return');
  const { lastUpdated: _, ...meta } = valueMeta as JsonObject;
  return meta;
}

describeServer('$meta', (server) => {
  const create = async (more: JsonObject = {}): Promise<string> =>
    `/r4/Patient/${String((await server().post('/r4/Patient', aPatient(more))).json['id'])}`;

  it('tells the meta of a resource, and its version', async () => {
    const patient = await create({ meta: { tag: [TAG] } });
    const answer = await server().get(`${patient}/$meta`);
    expect(metaOf(answer)).to.deep.equal({ versionId: '1', tag: [TAG] });
    expect(answer.headers.get('ETag')).to.equal('W/"1"');
    expect(metaOf(await server().post(`${patient}/%24meta`, { resourceType: 'Parameters' }))).to.deep.equal({ versionId: '1', tag: [TAG] });
  });

  it('adds tags, labels and profiles as a new version, and takes them away again', async () => {
    const patient = await create({ meta: { tag: [TAG] }, multipleBirthInteger: 2 });
    const profile = 'http://hl7.org/fhir/StructureDefinition/Patient';
    const added = await server().post(
      `${patient}/$meta-add`,
      asParameters({ tag: [TAG, { code: 'b' }], security: [LABEL], profile: [profile] }),
    );
    expect(metaOf(added)).to.deep.equal({ versionId: '2', tag: [TAG, { code: 'b' }], security: [LABEL], profile: [profile] });
    expect((await server().get(patient)).json).to.deep.include({ birthDate: '1990-05-01', multipleBirthInteger: 2 });
    expect((await server().get('/r4/Patient?_security=R&_summary=count')).json['total']).to.equal(1);

    const removed = await server().post(
      `${patient}/$meta-delete`,
      asParameters({ tag: [{ ...TAG, display: 'A' }], security: [LABEL], profile: [profile] }),
    );
    expect(metaOf(removed)).to.deep.equal({ versionId: '3', tag: [{ code: 'b' }] });
    expect((await server().get('/r4/Patient?_security=R&_summary=count')).json['total']).to.equal(0);
    expect((await server().get(`${patient}/_history`)).json['total']).to.equal(3);
  });

  it('writes no version where nothing changes', async () => {
    const patient = await create({ meta: { tag: [TAG] } });
    expect(metaOf(await server().post(`${patient}/$meta-add`, asParameters({ tag: [TAG] })))['versionId']).to.equal('1');
    expect(metaOf(await server().post(`${patient}/$meta-delete`, asParameters({ tag: [{ code: 'none' }] })))['versionId']).to.equal('1');
  });

  it('holds the resource against a profile that it adds, and refuses what an update would be refused', async () => {
    const patient = await create();
    const wrong = await server().post(
      `${patient}/$meta-add`,
      asParameters({ profile: ['http://hl7.org/fhir/StructureDefinition/bodyweight'] }),
    );
    expect(wrong.status).to.equal(422);
    expect((await server().post(`${patient}/$meta-add`, asParameters({ profile: ['http://x.example/p'] }))).status).to.equal(400);
    expect(metaOf(await server().get(`${patient}/$meta`))).to.deep.equal({ versionId: '1' });
  });

  it('loses nothing where many add at once, and heeds If-Match', async () => {
    const patient = await create();
    const codes = Array.from({ length: 12 }, (_, index) => ({ code: `t-${index}` }));
    const answers = await Promise.all(codes.map((code) => server().post(`${patient}/$meta-add`, asParameters({ tag: [code] }))));
    expect(answers.map(({ status }) => status)).to.deep.equal(codes.map(() => 200));
    expect(metaOf(await server().get(`${patient}/$meta`))['tag']).to.have.deep.members(codes);
    const late = await server().post(`${patient}/$meta-add`, asParameters({ tag: [TAG] }), { 'If-Match': 'W/"1"' });
    expect(late.status).to.equal(412);
  });

  it('stands in a batch', async () => {
    const patient = (await create({ meta: { tag: [TAG] } })).slice('/r4/'.length);
    const { json } = await server().post(
      '/r4',
      aBundle(
        'batch',
        anEntry({ method: 'POST', url: `${patient}/$meta-add` }, asParameters({ tag: [{ code: 'b' }] })),
        anEntry({ method: 'GET', url: `${patient}/$meta` }),
      ),
    );
    const entries = json['entry'] as JsonObject[];
    expect(entries.map(({ response }) => String((response as JsonObject)['status']).slice(0, 3))).to.deep.equal(['200', '200']);
    // entries of a batch know nothing of each other
    expect(JSON.stringify(entries[0])).to.include('"b"');
    expect(JSON.stringify(entries[1])).to.include('"a"');
  });

  it('says what is wrong with what it is asked', async () => {
    const patient = await create();
    const faults: readonly (readonly [path: string, body: JsonValue | undefined, status: number, told: string])[] = [
      ['/r4/Patient/$meta', undefined, 501, 'single resources only'],
      ['/r4/Patient/none/$meta', undefined, 404, "'none'"],
      [`${patient}/$meta?x=1`, undefined, 400, "no parameter 'x'"],
      [`${patient}/$meta-add`, undefined, 405, 'POST'],
      [`${patient}/$meta-add`, { resourceType: 'Parameters' }, 400, "'meta' is missing"],
      [`${patient}/$meta-add`, aPatient(), 400, 'Parameters'],
      [`${patient}/$meta-add`, 'no JSON', 400, 'no JSON'],
      [`${patient}/$meta-add`, { resourceType: 'Parameters', parameter: [{ name: 'meta', valueString: 'a' }] }, 400, 'wanted is a Meta'],
      [`${patient}/$meta-add`, { resourceType: 'Parameters', parameter: [{ name: 'meta', part: [] }] }, 422, 'empty'],
      [`${patient}/$meta-add`, { resourceType: 'Parameters', parameter: ['meta'] }, 422, 'parameter'],
      [`${patient}/$meta-add`, asParameters({ tag: 'a' }), 422, 'array'],
      [`${patient}/$meta-add`, asParameters({ tag: [5] }), 422, 'object'],
      [`${patient}/$meta-add`, asParameters({ source: 'http://example.org' }), 400, "'source'"],
      [`${patient}/$meta-delete`, asParameters({ versionId: '1' }), 400, 'no profile, tag or security'],
    ];
    for (const [path, body, status, told] of faults) {
      const answer = await (body === undefined ? server().get(path) : server().post(path, body));
      expect(answer.status, `${path} ${answer.text}`).to.equal(status);
      expect(answer.diagnostics, path).to.include(told);
    }
    await server().delete(patient);
    expect((await server().get(`${patient}/$meta`)).status).to.equal(410);
    expect((await server().post(`${patient}/$meta-add`, asParameters({ tag: [TAG] }))).status).to.equal(410);
  });

  it('asks for the scope to read, and to update', async () => {
    const patient = await create();
    const scoped = (path: string, scope: string, body?: JsonValue): Promise<Answer> =>
      server().request(path, { scope, ...(body !== undefined && { body }) });
    expect((await scoped(`${patient}/$meta`, 'system/Patient.r')).status).to.equal(200);
    expect((await scoped(`${patient}/$meta`, 'http://hl7.org/fhir/OperationDefinition/Resource-meta')).status).to.equal(200);
    expect((await scoped(`${patient}/$meta`, 'system/Patient.u')).status).to.equal(403);
    expect((await scoped(`${patient}/$meta-add`, 'system/Patient.r', asParameters({ tag: [TAG] }))).status).to.equal(403);
    expect((await scoped(`${patient}/$meta-add`, 'system/Patient.u', asParameters({ tag: [TAG] }))).status).to.equal(200);
  });
});
