/** HCW@Home: tenants of one server never see each other, and many callers at once make no double. */
import { expect } from 'chai';
import type { JsonObject } from '../../src/fhir/json.js';
import { asTenant, byExternal, KEY_A, KEY_B, OZONE, TENANTS } from '../support/hcw-tenants.js';
import { describeServer } from '../support/test-server.js';

function aPatientOf(value: string, more: JsonObject = {}): JsonObject {
  return { resourceType: 'Patient', active: true, identifier: [{ system: `${OZONE}/patient-id`, value }], ...more };
}

describeServer(
  'HCW@Home: tenants',
  (server) => {
    const a = () => asTenant(server(), KEY_A);
    const b = () => asTenant(server(), KEY_B);

    before(async () => {
      for (const value of ['OZ-1', 'OZ-2', 'OZ-3']) {
        expect((await a().post('/Patient', aPatientOf(value, { name: [{ family: 'Durand' }] }))).status).to.equal(201);
      }
      const encounter = { resourceType: 'Encounter', status: 'planned', class: { code: 'VR' }, subject: { reference: 'Patient/1' } };
      expect((await a().post('/Encounter', encounter)).status).to.equal(201);
    });

    it('read nothing of each other, whichever id they guess', async () => {
      for (const id of ['1', '2', '3', '4', 'hopital_a', '..%2Fhopital_a%2F1']) {
        expect((await b().get(`/Patient/${id}`)).status, id).to.equal(404);
      }
      expect((await b().get('/Encounter/1')).status).to.equal(404);
    });

    it('find nothing of each other', async () => {
      for (const query of [
        '',
        byExternal('patient', 'OZ-1'),
        'identifier=OZ-1',
        'identifier=1',
        'identifier=|1',
        'identifier=https://hopital-a.fr/ns/patient-id|1',
        '_id=1',
        'family=Durand',
        'active=true',
        '_lastUpdated=gt2000',
        'identifier:not=none',
        'identifier:missing=false',
        `identifier=${OZONE}/patient-id|`,
      ]) {
        expect((await b().get(`/Patient?${query}`)).json['total'], query).to.equal(0);
        if (query.startsWith('identifier=https://hopital-a')) expect((await a().get(`/Patient?${query}`)).json['total']).to.equal(1);
      }
      for (const query of ['patient.family=Durand', 'patient=1', 'subject:Patient.identifier=OZ-1', `patient=${OZONE}/patient-id|OZ-1`]) {
        expect((await b().get(`/Encounter?${query}`)).json['total'], query).to.equal(0);
        expect((await a().get(`/Encounter?${query}`)).json['total'], query).to.equal(1);
      }
    });

    it('write nothing of each other', async () => {
      const body = aPatientOf('OZ-1', { active: false });
      expect((await b().put(`/Patient?${byExternal('patient', 'OZ-1')}`, body)).status).to.equal(404);
      expect((await b().put('/Patient/1', { ...body, id: '1' })).status).to.equal(405);
      expect((await b().patch('/Patient/1', { active: false })).status).to.equal(404);
      expect((await b().patch(`/Patient?${byExternal('patient', 'OZ-1')}`, { active: false })).status).to.equal(404);
      expect((await b().delete('/Patient/1')).status).to.equal(404);
      expect((await b().delete(`/Patient?${byExternal('patient', 'OZ-1')}`)).status).to.equal(404);
      expect((await a().get('/Patient/1')).json['active']).to.equal(true);
    });

    it('page through their own only, with the cursor of another too', async () => {
      const links = (await a().get('/Patient?_count=1')).json['link'] as unknown as readonly {
        readonly relation: string;
        readonly url: string;
      }[];
      const next = links.find(({ relation }) => relation === 'next')?.url.slice(`${server().url}/api/fhir`.length) ?? '';
      expect((await a().get(next)).json['entry']).to.have.length(1);
      const stolen = await b().get(next);
      expect(stolen.status).to.equal(200);
      expect(stolen.json['entry'] ?? []).to.deep.equal([]);
    });

    it('have no history, batch or transaction to see others by', async () => {
      for (const path of ['/Patient/1/_history', '/Patient/_history', '/_history', '/Patient/1/_history/1']) {
        expect((await b().get(path)).status, path).to.equal(501);
      }
      for (const type of ['batch', 'transaction']) {
        const entry = [{ request: { method: 'GET', url: 'Patient/1' } }];
        expect((await b().post('', { resourceType: 'Bundle', type, entry })).status).to.equal(501);
      }
    });

    it('may use the same external identifiers', async () => {
      const answer = await b().post('/Patient', aPatientOf('OZ-1', { active: false }));
      expect(answer.status).to.equal(201);
      expect(answer.json['id']).to.equal('1');
      expect((await a().get('/Patient/1')).json['active']).to.equal(true);
    });

    it('let 200 callers at once update by one identifier, and there is one resource', async () => {
      await a().post('/Patient', aPatientOf('OZ-200'));
      const path = `/Patient?${byExternal('patient', 'OZ-200')}`;
      const updates = Array.from({ length: 200 }, (_, index) => a().put(path, aPatientOf('OZ-200', { multipleBirthInteger: index })));
      const statuses = (await Promise.all(updates)).map(({ status }) => status);
      expect(statuses.filter((status) => status === 200)).to.have.length(200);
      const found = await a().get(path);
      expect(found.json['total']).to.equal(1);
      expect((found.json['entry'] as unknown as readonly { readonly resource: JsonObject }[])[0]?.resource['meta']).to.include({
        versionId: '201',
      });
    }).timeout(60_000);

    it('let 200 callers at once create with one identifier, and there is one resource', async () => {
      const creates = await Promise.all(Array.from({ length: 200 }, () => a().post('/Patient', aPatientOf('OZ-201'))));
      expect(creates.filter(({ status }) => status === 201)).to.have.length(1);
      expect(creates.filter(({ status }) => status === 409)).to.have.length(199);
      expect((await a().get(`/Patient?${byExternal('patient', 'OZ-201')}`)).json['total']).to.equal(1);
    }).timeout(60_000);

    it('let no two updates at once take one identifier', async () => {
      const ids = await Promise.all([1, 2].map(async () => String((await a().post('/Patient', { resourceType: 'Patient' })).json['id'])));
      const statuses = await Promise.all(ids.map(async (id) => (await a().put(`/Patient/${id}`, aPatientOf('OZ-300', { id }))).status));
      expect(statuses.sort()).to.deep.equal([200, 409]);
    });
  },
  { config: { tenants: TENANTS } },
);
