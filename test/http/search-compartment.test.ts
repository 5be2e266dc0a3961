/** Searches in a compartment: https://hl7.org/fhir/R4/http.html#search, https://hl7.org/fhir/R4/compartmentdefinition.html */
import { expect } from 'chai';
import type { JsonObject } from '../../src/fhir/json.js';
import { anObservation, aPatient } from '../support/resources.js';
import { type Answer, describeServer } from '../support/test-server.js';

const idsOf = ({ json }: Answer): readonly unknown[] =>
  ((json['entry'] ?? []) as unknown as readonly { readonly resource: JsonObject }[]).map(({ resource }) => resource['id']).sort();

describeServer('search in a compartment', (server) => {
  before(async () => {
    const put = async (type: string, resource: JsonObject): Promise<void> => {
      const { status, text } = await server().put(`/r4/${type}/${resource['id']}`, resource);
      expect(status, text).to.equal(201);
    };
    await put('Patient', aPatient({ id: 'a' }));
    await put('Patient', aPatient({ id: 'b' }));
    await put('Observation', anObservation({ id: 'of-a', subject: { reference: 'Patient/a' } }));
    await put('Observation', anObservation({ id: 'by-a', subject: { reference: 'Patient/b' }, performer: [{ reference: 'Patient/a' }] }));
    await put('Observation', anObservation({ id: 'of-b', status: 'amended', subject: { reference: `${server().url}/r4/Patient/b` } }));
  });

  it('finds what belongs to the resource by any of the parameters that R4 names', async () => {
    expect(idsOf(await server().get('/r4/Patient/a/Observation'))).to.deep.equal(['by-a', 'of-a']);
    expect(idsOf(await server().get('/r4/Patient/b/Observation'))).to.deep.equal(['by-a', 'of-b']);
    expect(idsOf(await server().get('/r4/Patient/none/Observation'))).to.deep.equal([]);
  });

  it('takes parameters as any search does, by GET and by POST', async () => {
    expect(idsOf(await server().get('/r4/Patient/b/Observation?status=amended'))).to.deep.equal(['of-b']);
    const form = await server().request('/r4/Patient/b/Observation/_search', {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: 'status=amended',
    });
    expect(idsOf(form)).to.deep.equal(['of-b']);
    expect((await server().get('/r4/Patient/b/Observation?colour=red')).status).to.equal(400);
  });

  it('pages with links below the resource', async () => {
    const first = await server().get('/r4/Patient/a/Observation?_count=1');
    const next = ((first.json['link'] ?? []) as readonly JsonObject[]).find(({ relation }) => relation === 'next');
    expect(next?.['url']).to.be.a('string').that.includes('/r4/Patient/a/Observation?');
    const second = await server().get(String(next?.['url']).replace(server().url, ''));
    expect([...idsOf(first), ...idsOf(second)].sort()).to.deep.equal(['by-a', 'of-a']);
  });

  it('escapes the id in its links', async () => {
    const { json } = await server().get('/r4/Patient/a%3Fb%26c/Observation');
    expect(JSON.stringify(json['link'])).to.include('/r4/Patient/a%3Fb%26c/Observation');
  });

  it('is an entry of a batch, and needs what a search needs', async () => {
    const entry = [{ request: { method: 'GET', url: 'Patient/a/Observation?_summary=count' } }];
    const { json } = await server().post('/r4', { resourceType: 'Bundle', type: 'batch', entry });
    expect(JSON.stringify(json)).to.include('"total":2');
    expect((await server().request('/r4/Patient/a/Observation', { scope: 'system/Patient.rs' })).status).to.equal(403);
  });

  it('says what is in no compartment, and which there are not', async () => {
    const none = await server().get('/r4/Patient/a/Organization');
    expect(none.status).to.equal(400);
    expect(none.diagnostics).to.include('Nothing of type Organization can be found in the compartment of a Patient');
    for (const path of ['/r4/Location/a/Observation', '/r4/Patient/a/*', '/r4/Patient/a/Colour', '/sdhr/Condition/a/Observation']) {
      expect((await server().get(path)).status, path).to.equal(501);
    }
    expect((await server().post('/r4/Patient/a/Observation', anObservation())).status).to.equal(405);
  });

  it('is claimed by the CapabilityStatement', async () => {
    const { json } = await server().get('/r4/metadata');
    const [rest] = json['rest'] as unknown as readonly [{ readonly compartment: readonly string[] }];
    expect(rest.compartment).to.include('http://hl7.org/fhir/CompartmentDefinition/patient');
  });
});
