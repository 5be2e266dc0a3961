/** HCW@Home: where the systems of identifiers come from, as the chapter "Configuration" of its document says. */
import { expect } from 'chai';
import type { ServerConfig } from '../../src/config.js';
import { openTenants } from '../../src/tenants.js';
import { asTenant, KEY_A, KEY_B, OZONE, TENANTS } from '../support/hcw-tenants.js';
import { TestServer } from '../support/test-server.js';

type Systems = ServerConfig['identifierSystems'];
const DEFAULTS: Systems = { scheme: 'https', path: '', baseUrl: undefined, systems: {} };
const [A, B] = TENANTS as [(typeof TENANTS)[number], (typeof TENANTS)[number]];

/** Systems of the identifiers that a new Patient and a new Practitioner have, both sent with one of the partner. */
async function systemsOf(tenants: ServerConfig['tenants'], identifierSystems: Partial<Systems> = {}, key = 'kauri-dev-secret') {
  const server = await TestServer.start({ config: { tenants, identifierSystems: { ...DEFAULTS, ...identifierSystems } } });
  try {
    const systems: unknown[] = [];
    for (const type of ['Patient', 'Practitioner']) {
      const system = (one: string) => `${one}/${type.toLowerCase()}-id`;
      const identifier = [OZONE, 'https://ozonehis.hopital-a.fr/ns'].map((one) => ({ system: system(one), value: '7' }));
      const answer = await asTenant(server, key).post(`/${type}`, { resourceType: type, identifier });
      expect(answer.status, answer.text).to.equal(201);
      systems.push(...(answer.json['identifier'] as unknown as { readonly system: string }[]).map((one) => one.system));
    }
    return systems;
  } finally {
    await server.stop();
  }
}

const shown = (base: string) => [`${base}/patient-id`, `${OZONE}/patient-id`, `${base}/practitioner-id`, `${OZONE}/practitioner-id`];

describe('HCW@Home: identifier systems', () => {
  it('canonical ones are derived from the primary domain of the tenant', async () => {
    expect(await systemsOf(TENANTS, {}, KEY_A)).to.deep.equal(shown('https://hopital-a.fr/ns'));
    expect(await systemsOf(TENANTS, { scheme: 'http', path: '/fhir' }, KEY_B)).to.deep.equal(shown('http://hopital-b.fr/fhir/ns'));
  });

  it('one base URL serves all tenants, and a tenant with one of its own has that', async () => {
    const baseUrl = 'https://hcw.santé-publique.fr/';
    expect(await systemsOf(TENANTS, { baseUrl }, KEY_A)).to.deep.equal(shown('https://hcw.santé-publique.fr/ns'));
    const own = { ...A, systemBaseUrl: 'https://fhir.hopital-a.santé-publique.fr' };
    expect(await systemsOf([own, B], { baseUrl }, KEY_A)).to.deep.equal(shown('https://fhir.hopital-a.santé-publique.fr/ns'));
  });

  it('a type may have another one, for all tenants or for one', async () => {
    const systems = { Patient: 'urn:oid:1.2.250.1.71.4.2.7' };
    const [, ...rest] = shown('https://hopital-a.fr/ns');
    expect(await systemsOf(TENANTS, { systems }, KEY_A)).to.deep.equal([systems.Patient, ...rest]);
    const own = { ...A, systems: { Patient: 'urn:oid:1.2.3' } };
    expect(await systemsOf([own, B], { systems }, KEY_A)).to.deep.equal(['urn:oid:1.2.3', ...rest]);
  });

  it("a partner's may be another one for each type and tenant, or none", async () => {
    const externalSystems = { Patient: 'https://ozonehis.hopital-a.fr/ns/patient-id', Practitioner: '' };
    expect(await systemsOf([{ ...A, externalSystems }, B], {}, KEY_A)).to.deep.equal([
      'https://hopital-a.fr/ns/patient-id',
      externalSystems.Patient,
      'https://hopital-a.fr/ns/practitioner-id',
    ]);
  });

  it('a partner that has none is not found by any identifier', async () => {
    const server = await TestServer.start({ config: { tenants: [{ ...A, externalSystems: { Patient: '' } }] } });
    try {
      const hcw = asTenant(server, KEY_A);
      await hcw.post('/Patient', { resourceType: 'Patient', identifier: [{ system: `${OZONE}/patient-id`, value: '7' }] });
      for (const [value, total] of [
        ['7', 0],
        [`${OZONE}/patient-id|7`, 0],
        [`${OZONE}/patient-id|`, 0],
        ['x', 0],
        ['1', 1],
      ] as const) {
        expect((await hcw.get(`/Patient?identifier=${value}`)).json['total'], value).to.equal(total);
      }
    } finally {
      await server.stop();
    }
  });

  it('are of the host of the server where there are no tenants', async () => {
    expect(await systemsOf([])).to.deep.equal(shown('https://127.0.0.1/ns'));
  });

  it('are refused for an API or a type that is not there', () => {
    const open = (tenant: object) => () =>
      openTenants({ tenants: [{ ...A, ...tenant }], identifierSystems: DEFAULTS } as unknown as ServerConfig, [], () => '');
    expect(open({})).to.throw("the tenant 'hopital_a' is of the API 'hcw-at-home', which is not served");
  });
});
