import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import { bodyOf, idOf, TestApi } from '../../support/test-api.js';

const PARTNER = 'https://partner.example';
const OWN = { system: 'https://own.example/ns/patient-id' };

describe('identifiers of the API and of a partner', () => {
  let r4: TestApi;

  beforeEach(async () => {
    const identifiers = { Patient: { canonicalSystem: 'ns/patient-id', externalSystem: PARTNER } };
    r4 = await TestApi.open('r4', { config: { identifiers } });
  });

  const aPatient = (value: string, more: JsonObject = {}): JsonObject => ({
    resourceType: 'Patient',
    ...more,
    identifier: [{ system: PARTNER, value }],
  });
  const external = async (id: string) => {
    const { identifier } = bodyOf(await r4.call('read', { type: 'Patient', id }));
    return (identifier as JsonObject[]).slice(1).map(({ value }) => value);
  };
  const transaction = (...entry: readonly JsonObject[]) =>
    r4.call('transaction', { body: { resourceType: 'Bundle', type: 'transaction', entry: [...entry] } });
  const put = (resource: JsonObject) => ({ resource, request: { method: 'PUT', url: `Patient/${String(resource['id'])}` } });

  it('keeps the first of the partner to the letter, and puts its own before it', async () => {
    const text =
      '{"resourceType":"Patient","identifier":[{"value":"x"},{"system":"https://partner.example"},' +
      '{ "use":"usual", "system":"https://partner.example","value":"A|1","extension":[{"url":"urn:x","valueDecimal":1.50}]},' +
      '{"system":"https://partner.example","value":"A2"}],"active":true}';
    const created = await r4.create(text);
    expect(created.body).to.contain(
      `"identifier":[{"system":"https://own.example/ns/patient-id","value":"${idOf(created)}"},` +
        '{ "use":"usual", "system":"https://partner.example","value":"A|1","extension":[{"url":"urn:x","valueDecimal":1.50}]}],"active":true}',
    );
  });

  it('refuses what is no list of identifiers, as any other fault', async () => {
    for (const identifier of ['A', [], [null], [{ system: PARTNER, value: 1 }], {}] as const) {
      expect(
        (await r4.refusal('create', { type: 'Patient', body: { resourceType: 'Patient', identifier } as unknown as JsonObject })).status,
      ).to.equal(422);
    }
  });

  it('keeps what the partner called it when an update does not say, and takes another name', async () => {
    const id = idOf(await r4.create(aPatient('A')));
    await r4.update({ resourceType: 'Patient', id, identifier: [{ ...OWN, value: 'forged' }] });
    expect(await external(id)).to.deep.equal(['A']);
    await r4.update(aPatient('B', { id }));
    expect(await external(id)).to.deep.equal(['B']);
    expect((await r4.create(aPatient('A'))).status).to.equal(201);
  });

  it('leaves types without systems alone', async () => {
    const identifier = [{ value: 'x' }, { value: 'y' }];
    expect(bodyOf(await r4.create({ resourceType: 'Organization', identifier }))['identifier']).to.deep.equal(identifier);
  });

  it('tells identifiers apart that differ by case alone', async () => {
    await r4.create(aPatient('a'));
    expect((await r4.create(aPatient('A'))).status).to.equal(201);
    expect((await r4.refusal('create', { type: 'Patient', body: aPatient('A') })).code).to.equal('duplicate-identifier');
  });

  it('refuses a transaction that would make a double, and lets one exchange names', async () => {
    const double = [aPatient('A'), aPatient('A')].map((resource) => ({ resource, request: { method: 'POST', url: 'Patient' } }));
    const body = { resourceType: 'Bundle', type: 'transaction', entry: double };
    expect(await r4.refusal('transaction', { body })).to.include({ code: 'duplicate-identifier', status: 409 });
    expect(await r4.count('Patient')).to.equal(0);

    const [first = '', second = ''] = [idOf(await r4.create(aPatient('1'))), idOf(await r4.create(aPatient('2')))];
    await transaction(put(aPatient('2', { id: first })), put(aPatient('1', { id: second })));
    expect([await external(first), await external(second)]).to.deep.equal([['2'], ['1']]);

    const remove = { request: { method: 'DELETE', url: `Patient/${first}` } };
    await transaction(remove, put(aPatient('2', { id: second })));
    expect(await external(second)).to.deep.equal(['2']);
  });

  it('finds by conditions of other interactions what it finds by search', async () => {
    const id = idOf(await r4.create(aPatient('A')));
    const preconditions = { ifNoneExist: `identifier=${PARTNER}|A` };
    expect(idOf(await r4.create(aPatient('A'), { preconditions }))).to.equal(id);
    // where ids are no numbers, any text may be one
    for (const value of [id, `|${id}`, `${OWN.system}|${id}`, 'A']) {
      expect(bodyOf(await r4.call('search-type', { type: 'Patient', query: `identifier=${value}` }))['total'], value).to.equal(1);
    }
    const all = (query: string) => r4.call('search-type', { type: 'Patient', query });
    expect(bodyOf(await all(`identifier=${OWN.system}|`))['total']).to.equal(1);
    expect(bodyOf(await all(`identifier=${PARTNER}|`))['total']).to.equal(1);
    expect(bodyOf(await all('identifier=https://elsewhere.example|'))['total']).to.equal(0);
    expect(bodyOf(await all('identifier:not=A'))['total']).to.equal(0);
    for (const query of ['identifier=', 'identifier=|', 'identifier=a|b|c', 'identifier=A,', 'identifier:exact=A']) {
      expect((await r4.refusal('search-type', { type: 'Patient', query })).status, query).to.equal(400);
    }
  });

  it('finds by a reference whose target has the identifier', async () => {
    const id = idOf(await r4.create(aPatient('A')));
    await r4.create({ resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: `Patient/${id}` } });
    const total = async (query: string) => bodyOf(await r4.call('search-type', { type: 'Observation', query }))['total'];
    expect(await total(`patient=${PARTNER}|A`)).to.equal(1);
    expect(await total(`subject=|${id}`)).to.equal(1);
    expect(await total(`subject:Patient=${PARTNER}|A`)).to.equal(1);
    expect(await total(`subject:Group=${PARTNER}|A`)).to.equal(0);
    expect(await total(`subject:identifier=${PARTNER}|A`)).to.equal(0);
    expect(await total(`subject=${PARTNER}|none,Patient/${id}`)).to.equal(1);
    expect(await total(`subject=${PARTNER}|none,Group/${id}`)).to.equal(0);
    await r4.create({ resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: 'Group/g' } });
    expect(await total(`subject=${PARTNER}|none,Group/g`)).to.equal(1);
    expect(await total(`subject=${PARTNER}|A,Group/g`)).to.equal(2);
    expect(await total(`subject=${PARTNER}|a`)).to.equal(0);
    const many = `subject=${Array.from({ length: 501 }, (_, index) => `${PARTNER}|${index}`).join(',')}`;
    expect((await r4.refusal('search-type', { type: 'Observation', query: many })).status).to.equal(400);
  });
});
