import { expect } from 'chai';
import type { CapabilityStatement } from 'fhir/r4.js';
import { BASE_URL, bodyOf, TestApi } from '../../support/test-api.js';

describe('capabilities', () => {
  it('tells what the policy allows, of this server at this URL', async () => {
    const sdhr = await TestApi.open('sdhr', { config: { basePath: '/base' } });
    const statement = bodyOf(await sdhr.call('capabilities')) as unknown as CapabilityStatement;
    expect(statement).to.deep.include({
      resourceType: 'CapabilityStatement',
      kind: 'instance',
      url: `${BASE_URL}/metadata`,
      fhirVersion: '4.0.1',
      date: sdhr.api.policy.source.date,
    });
    expect(statement.software?.name).to.equal('Kauri');
    expect(statement.software?.version).to.match(/^\d+\.\d+\.\d+/);
    const [rest] = statement.rest ?? [];
    expect(rest?.resource?.map(({ type }) => type)).to.deep.equal([...sdhr.api.policy.resources.keys()]);
    expect(rest?.interaction?.map(({ code }) => code)).to.have.members(['batch', 'transaction', 'search-system']);
    expect(JSON.stringify(rest?.security)).to.include('https://server.example/oauth2/token');
  });

  it('is printed once', async () => {
    const r4 = await TestApi.open('r4');
    const first = await r4.call('capabilities');
    expect((await r4.call('capabilities')).body).to.equal(first.body);
  });
});
