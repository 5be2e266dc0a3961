/** HCW@Home: every request of "FHIR R4 Integration", in the order of that document, as an external system sends them below /api/fhir. */
import { expect } from 'chai';
import type { JsonObject, JsonValue } from '../../src/fhir/json.js';
import { asTenant, byExternal, KEY_A, KEY_B, OZONE, TENANTS } from '../support/hcw-tenants.js';
import { type Answer, describeServer } from '../support/test-server.js';

const CANONICAL = 'https://hopital-a.fr/ns';
const OZ_7 = byExternal('appointment', 'OZ-7');
const CANCELLED: JsonObject = { resourceType: 'Appointment', status: 'cancelled', start: '2026-06-01T09:00:00Z' };
const BOOKED: JsonObject = {
  resourceType: 'Appointment',
  status: 'booked',
  start: '2026-06-01T09:00:00Z',
  end: '2026-06-01T09:30:00Z',
  identifier: [{ system: `${OZONE}/appointment-id`, value: 'OZ-7' }],
  participant: [{ actor: { reference: 'Patient/5' }, status: 'accepted' }],
};

/** Ids of the matches of a searchset. */
function idsOf({ json }: Answer): readonly JsonValue[] {
  expect(json).to.include({ resourceType: 'Bundle', type: 'searchset' });
  const entries = (json['entry'] ?? []) as { readonly resource: JsonObject }[];
  expect(json['total']).to.equal(entries.length);
  return entries.map(({ resource }) => resource['id'] as JsonValue);
}

describeServer(
  'HCW@Home: the document, request by request',
  (server) => {
    const hcw = () => asTenant(server(), KEY_A);
    const other = () => asTenant(server(), KEY_B);

    describe('The /api/fhir/ namespace', () => {
      it('GET /api/fhir/metadata is public, and lists five types with their six interactions', async () => {
        const answer = await server().get('/api/fhir/metadata', { Authorization: undefined });
        expect(answer.status).to.equal(200);
        const [rest] = answer.json['rest'] as unknown as [
          { readonly resource: readonly { readonly type: string; readonly interaction: readonly JsonObject[] }[] },
        ];
        expect(rest.resource.map(({ type }) => type).sort()).to.deep.equal([
          'Appointment',
          'Encounter',
          'MedicationRequest',
          'Patient',
          'Practitioner',
        ]);
        for (const { interaction } of rest.resource) {
          expect(interaction.map(({ code }) => code)).to.include.members(['read', 'search-type', 'create', 'update', 'patch', 'delete']);
        }
      });

      it('GET /api/fhir/Appointment answers a Bundle without Accept, and an OperationOutcome to a fault', async () => {
        const answer = await hcw().get('/Appointment', { Accept: '*/*' });
        expect(answer.status).to.equal(200);
        expect(answer.headers.get('Content-Type')).to.match(/^application\/fhir\+json/);
        expect(idsOf(answer)).to.deep.equal([]);
        expect((await hcw().get('/Appointment/42')).issueSummaries).to.deep.equal([{ severity: 'error', code: 'not-found' }]);
      });

      it('PUT /api/fhir/Appointment?identifier=… answers 404 while nothing matches', async () => {
        expect((await hcw().put(`/Appointment?${OZ_7}`, CANCELLED)).status).to.equal(404);
        expect(idsOf(await hcw().get('/Appointment'))).to.deep.equal([]);
      });
    });

    describe('Creating a resource with an external identifier', () => {
      it('POST echoes both identifiers', async () => {
        const answer = await hcw().post('/Appointment', BOOKED);
        expect(answer.status, answer.text).to.equal(201);
        expect(answer.headers.get('Location')).to.equal(`${server().url}/api/fhir/Appointment/1/_history/1`);
        expect(answer.json).to.deep.include({
          id: '1',
          status: 'booked',
          identifier: [
            { system: `${CANONICAL}/appointment-id`, value: '1' },
            { system: `${OZONE}/appointment-id`, value: 'OZ-7' },
          ],
        });
        expect((await hcw().get('/Appointment/1')).json['identifier']).to.deep.equal(answer.json['identifier']);
      });

      it('makes none where there is none, and passes over those of other systems', async () => {
        const { identifier: _, ...without } = BOOKED;
        const own = [{ system: `${CANONICAL}/appointment-id`, value: '2' }];
        expect((await hcw().post('/Appointment', without)).json['identifier']).to.deep.equal(own);
        const identifier = [
          { system: 'https://elsewhere.example', value: 'OZ-9' },
          { system: `${CANONICAL}/appointment-id`, value: '99' },
          { system: `${OZONE}/patient-id`, value: 'OZ-9' },
          { value: 'OZ-9' },
        ];
        const answer = await hcw().post('/Appointment', { ...BOOKED, identifier });
        expect(answer.json['identifier']).to.deep.equal([{ system: `${CANONICAL}/appointment-id`, value: '3' }]);
      });

      it('does the same for an Encounter, a Patient, a Practitioner and a MedicationRequest', async () => {
        const bodies: readonly (readonly [string, JsonObject])[] = [
          [
            'encounter',
            { resourceType: 'Encounter', status: 'in-progress', class: { code: 'VR' }, appointment: [{ reference: 'Appointment/1' }] },
          ],
          ['patient', { resourceType: 'Patient', active: true, name: [{ family: 'Durand' }] }],
          ['practitioner', { resourceType: 'Practitioner', active: true, name: [{ family: 'Curie' }] }],
          [
            'medicationrequest',
            {
              resourceType: 'MedicationRequest',
              status: 'active',
              intent: 'order',
              medicationCodeableConcept: { text: 'Paracetamol' },
              subject: { reference: 'Patient/1' },
            },
          ],
        ];
        for (const [kind, body] of bodies) {
          const external = { system: `${OZONE}/${kind}-id`, value: 'OZ-7' };
          const answer = await hcw().post(`/${String(body['resourceType'])}`, { ...body, identifier: [external] });
          expect(answer.status, answer.text).to.equal(201);
          // each type counts by itself
          expect(answer.json['identifier']).to.deep.equal([{ system: `${CANONICAL}/${kind}-id`, value: '1' }, external]);
        }
      });
    });

    describe('Reading a resource by its external identifier', () => {
      it('GET ?identifier=system|value finds it, under the full URL of this namespace', async () => {
        const answer = await hcw().get(`/Appointment?${OZ_7}`);
        expect(idsOf(answer)).to.deep.equal(['1']);
        expect((answer.json['entry'] as JsonObject[])[0]).to.include({ fullUrl: `${server().url}/api/fhir/Appointment/1` });
      });

      const forms: readonly (readonly [string, string, readonly string[]])[] = [
        ["system|value with HCW's canonical system", `${CANONICAL}/appointment-id|1`, ['1']],
        ["system|value with HCW's canonical system and the external id", `${CANONICAL}/appointment-id|OZ-7`, []],
        ['system|value with the configured external system', `${OZONE}/appointment-id|OZ-7`, ['1']],
        ['the external system and the primary key', `${OZONE}/appointment-id|1`, []],
        ['the external system in another case', `${OZONE}/appointment-id|oz-7`, []],
        ['|value (empty system), a primary key', '|1', ['1']],
        ['|value (empty system), an external id', '|OZ-7', []],
        ['value (bare, numeric), a primary key', '2', ['2']],
        ['value (bare, numeric), an external id', '4711', ['4']],
        ['value (bare, non-numeric)', 'OZ-7', ['1']],
        ['any other system', 'https://elsewhere.example|OZ-7', []],
        ['any other system with a primary key', 'https://elsewhere.example|1', []],
        ["another type's external system", `${OZONE}/patient-id|OZ-7`, []],
        ['several values', `|2,${OZONE}/appointment-id|OZ-7,https://elsewhere.example|3`, ['1', '2']],
      ];
      before(() => hcw().post('/Appointment', { ...BOOKED, identifier: [{ system: `${OZONE}/appointment-id`, value: '4711' }] }));
      for (const [form, value, found] of forms) {
        it(`${form}: ${value}`, async () => {
          expect(idsOf(await hcw().get(`/Appointment?identifier=${value}`))).to.deep.equal(found);
        });
      }
    });

    describe('Updating a resource by its external identifier', () => {
      it('PUT ?identifier=… answers 200 to exactly one match, and leaves what the body lacks as it is', async () => {
        const answer = await hcw().put(`/Appointment?${OZ_7}`, CANCELLED);
        expect(answer.status, answer.text).to.equal(200);
        expect(answer.json).to.deep.include({
          id: '1',
          status: 'cancelled',
          end: BOOKED['end'],
          participant: BOOKED['participant'],
          identifier: [
            { system: `${CANONICAL}/appointment-id`, value: '1' },
            { system: `${OZONE}/appointment-id`, value: 'OZ-7' },
          ],
        });
      });

      it('404 to none', async () => {
        expect((await hcw().put(`/Appointment?${byExternal('appointment', 'OZ-8')}`, CANCELLED)).status).to.equal(404);
        expect((await hcw().put('/Appointment?identifier=https://elsewhere.example|OZ-7', CANCELLED)).status).to.equal(404);
      });

      it('412 to more than one: a bare number that is the key of one and the external id of another', async () => {
        await hcw().post('/Appointment', { ...BOOKED, identifier: [{ system: `${OZONE}/appointment-id`, value: '3' }] });
        const answer = await hcw().put('/Appointment?identifier=3', CANCELLED);
        expect(answer.status).to.equal(412);
        expect(answer.issueSummaries).to.deep.equal([{ severity: 'error', code: 'multiple-matches' }]);
        expect((await hcw().delete('/Appointment?identifier=3')).status).to.equal(412);
      });
    });

    describe('PATCH works the same way for partial updates', () => {
      it('200 to one match, whose identifiers stay', async () => {
        const answer = await hcw().patch(`/Appointment?${OZ_7}`, { description: 'Suivi' });
        expect(answer.status, answer.text).to.equal(200);
        expect(answer.json).to.deep.include({
          description: 'Suivi',
          identifier: [
            { system: `${CANONICAL}/appointment-id`, value: '1' },
            { system: `${OZONE}/appointment-id`, value: 'OZ-7' },
          ],
        });
        const bare = await hcw().patch('/Appointment/1', {
          identifier: [{ system: 'https://elsewhere.example', value: 'x' }],
          description: null,
        });
        expect(bare.json['identifier']).to.deep.equal(answer.json['identifier']);
      });

      it('404 to none, 412 to more than one, 409 to the external identifier of another', async () => {
        expect((await hcw().patch(`/Appointment?${byExternal('appointment', 'OZ-8')}`, { description: 'x' })).status).to.equal(404);
        expect((await hcw().patch('/Appointment?identifier=3', { description: 'x' })).status).to.equal(412);
        const identifier = [{ system: `${OZONE}/appointment-id`, value: 'OZ-7' }];
        expect((await hcw().patch('/Appointment/2', { identifier })).status).to.equal(409);
      });
    });

    describe('Deleting (voiding) a resource by its external identifier', () => {
      it('DELETE ?identifier=… answers 204, and the Appointment is cancelled', async () => {
        await hcw().put(`/Appointment?${OZ_7}`, { ...BOOKED });
        const answer = await hcw().delete(`/Appointment?${OZ_7}`, { Accept: 'application/fhir+json' });
        expect([answer.status, answer.text]).to.deep.equal([204, '']);
        expect((await hcw().get('/Appointment/1')).json['status']).to.equal('cancelled');
        expect(idsOf(await hcw().get(`/Appointment?${OZ_7}`))).to.deep.equal(['1']);
        expect((await hcw().delete(`/Appointment?${OZ_7}`)).status).to.equal(204);
      });

      it('404 where there is nothing to void', async () => {
        expect((await hcw().delete(`/Appointment?${byExternal('appointment', 'OZ-8')}`)).status).to.equal(404);
        expect((await hcw().delete('/Appointment/4000')).status).to.equal(404);
      });

      it('Encounter: closed', async () => {
        expect((await hcw().delete(`/Encounter?${byExternal('encounter', 'OZ-7')}`)).status).to.equal(204);
        const end = new Date(server().clock.now).toISOString();
        expect((await hcw().get('/Encounter/1')).json).to.deep.include({ status: 'finished', period: { end } });
        expect((await hcw().delete('/Encounter/1')).status).to.equal(204);
        expect((await hcw().get('/Encounter/1')).headers.get('ETag')).to.equal('W/"2"');
      });

      it('Patient and Practitioner: not active; MedicationRequest: cancelled', async () => {
        for (const [type, element, value] of [
          ['Patient', 'active', false],
          ['Practitioner', 'active', false],
          ['MedicationRequest', 'status', 'cancelled'],
        ] as const) {
          expect((await hcw().delete(`/${type}?${byExternal(type.toLowerCase(), 'OZ-7')}`)).status).to.equal(204);
          expect((await hcw().get(`/${type}/1`)).json[element]).to.equal(value);
        }
      });
    });

    describe('Fetching the consultation note attached to an appointment', () => {
      it('GET /Encounter?appointment=system|value, and by the canonical reference', async () => {
        const values = [`${OZONE}/appointment-id|OZ-7`, `${CANONICAL}/appointment-id|1`, '|1', 'Appointment/1', '1'];
        for (const value of values) {
          expect(idsOf(await hcw().get(`/Encounter?appointment=${value}`)), value).to.deep.equal(['1']);
        }
        const absolute = `${server().url}/api/fhir/Appointment/1`;
        expect(idsOf(await hcw().get(`/Encounter?appointment=${absolute},${OZONE}/appointment-id|none`))).to.deep.equal(['1']);
        for (const value of [
          `${OZONE}/appointment-id|4711`,
          'https://elsewhere.example|OZ-7',
          `${CANONICAL}/appointment-id|OZ-7`,
          'Appointment/2',
        ]) {
          expect(idsOf(await hcw().get(`/Encounter?appointment=${value}`)), value).to.deep.equal([]);
        }
        for (const value of ['a|b|c', `${OZONE}/appointment-id|OZ-7,`, `Colour/5,${OZONE}/appointment-id|OZ-7`]) {
          const answer = await hcw().get(`/Encounter?appointment=${value}`);
          expect(answer.status, value).to.equal(400);
          expect(answer.issues[0]?.['location'], value).to.deep.equal(['http.appointment']);
        }
      });
    });

    describe('Visibility and uniqueness', () => {
      it('409 to a second resource with the same external identifier in the same tenant', async () => {
        const before = idsOf(await hcw().get('/Appointment'));
        const answer = await hcw().post('/Appointment', BOOKED);
        expect(answer.status).to.equal(409);
        expect(answer.issueSummaries).to.deep.equal([{ severity: 'error', code: 'duplicate', expression: ['Appointment.identifier'] }]);
        const update = await hcw().put('/Appointment/2', { ...BOOKED, id: '2' });
        expect(update.status).to.equal(409);
        expect(idsOf(await hcw().get('/Appointment'))).to.deep.equal(before);
      });

      it('no conflict with another tenant, which counts by itself', async () => {
        expect((await other().post('/Appointment', BOOKED)).json['identifier']).to.deep.equal([
          { system: 'https://hopital-b.fr/ns/appointment-id', value: '1' },
          { system: `${OZONE}/appointment-id`, value: 'OZ-7' },
        ]);
      });
    });
  },
  { config: { tenants: TENANTS } },
);

describeServer(
  'HCW@Home: the quick reference of the document',
  (server) => {
    it('creates, retrieves, cancels, voids, and fetches the linked Encounter', async () => {
      const hcw = asTenant(server(), KEY_A);
      expect((await hcw.post('/Appointment', BOOKED)).status).to.equal(201);
      expect(idsOf(await hcw.get(`/Appointment?${OZ_7}`))).to.deep.equal(['1']);
      expect((await hcw.put(`/Appointment?${OZ_7}`, CANCELLED)).status).to.equal(200);
      const linked = { resourceType: 'Encounter', status: 'planned', class: { code: 'VR' }, appointment: [{ reference: 'Appointment/1' }] };
      expect((await hcw.post('/Encounter', linked)).status).to.equal(201);
      expect((await hcw.delete(`/Appointment?${OZ_7}`)).status).to.equal(204);
      expect(idsOf(await hcw.get(`/Encounter?appointment=${OZONE}/appointment-id|OZ-7`))).to.deep.equal(['1']);
    });
  },
  { config: { tenants: TENANTS } },
);
