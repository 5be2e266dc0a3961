import { expect } from 'chai';
import { FhirError } from '../../../src/fhir/fhir-error.js';
import { allowedMethods, isOffered, routeInteraction } from '../../../src/interactions/routes.js';
import type { Api } from '../../../src/services.js';
import { TestApi } from '../../support/test-api.js';

describe('routes', () => {
  let r4: Api;
  let sdhr: Api;

  before(async () => {
    r4 = (await TestApi.open('r4')).api;
    sdhr = (await TestApi.open('sdhr')).api;
  });

  function refusal(api: Api, method: string, path: string): FhirError {
    try {
      routeInteraction(api, method, path);
    } catch (error) {
      if (error instanceof FhirError) return error;
      throw error;
    }
    return expect.fail(`${method} ${path} was routed`);
  }

  const cases: readonly (readonly [method: string, path: string, routed: object])[] = [
    ['GET', '', { interaction: 'search-system' }],
    ['GET', '/', { interaction: 'search-system' }],
    ['POST', '', { interaction: 'transaction' }],
    ['GET', '/metadata', { interaction: 'capabilities' }],
    ['POST', '/_search', { interaction: 'search-system' }],
    ['GET', '/_history', { interaction: 'history-system' }],
    ['GET', '/Patient', { interaction: 'search-type', type: 'Patient' }],
    ['HEAD', '/Patient', { interaction: 'search-type', type: 'Patient' }],
    ['POST', '/Patient', { interaction: 'create', type: 'Patient' }],
    ['PUT', '/Patient', { interaction: 'update', type: 'Patient' }],
    ['DELETE', '/Patient', { interaction: 'delete', type: 'Patient' }],
    ['POST', '/Patient/_search', { interaction: 'search-type', type: 'Patient' }],
    ['GET', '/Patient/_history', { interaction: 'history-type', type: 'Patient' }],
    ['GET', '/Patient/a.b-1', { interaction: 'read', type: 'Patient', id: 'a.b-1' }],
    ['GET', '/Patient/a%2Fb', { interaction: 'read', type: 'Patient', id: 'a/b' }],
    ['PUT', '/Patient/1', { interaction: 'update', type: 'Patient', id: '1' }],
    ['DELETE', '/Patient/1', { interaction: 'delete', type: 'Patient', id: '1' }],
    ['GET', '/Patient/1/_history', { interaction: 'history-instance', type: 'Patient', id: '1' }],
    ['GET', '/Patient/1/_history/2', { interaction: 'vread', type: 'Patient', id: '1', versionId: '2' }],
  ];

  for (const [method, path, routed] of cases) {
    it(`reads '${method} ${path}' as R4 has it`, () => {
      expect(routeInteraction(r4, method, path)).to.deep.equal(routed);
    });
  }

  it('reads operations that the policy lists', () => {
    expect(routeInteraction(sdhr, 'POST', '/$participate')).to.deep.equal({ interaction: 'operation', operation: 'participate' });
    expect(refusal(sdhr, 'POST', '/$reset').status).to.equal(501);
    expect(refusal(sdhr, 'POST', '/Condition/$participate').status).to.equal(501);
    expect(refusal(sdhr, 'POST', '/$').status).to.equal(501);
  });

  it('answers 501 to types, paths and interactions that the API does not have', () => {
    for (const [method, path] of [
      ['GET', '/Patient/1'],
      ['GET', '/condition/1'],
      ['GET', '/Condition/1/_history'],
      ['GET', '/Condition/1/_history/1'],
      ['GET', '/Condition/1/2/3/4'],
      ['GET', '//Condition'],
      ['GET', '/Condition//'],
      ['GET', '/_history'],
    ] as const) {
      const { status, code, issues } = refusal(sdhr, method, path);
      expect({ status, code }, `${method} ${path}`).to.deep.equal({ status: 501, code: 'not-implemented' });
      expect(issues[0]).to.include({ severity: 'error', code: 'not-supported' });
    }
  });

  it('answers 405 with Allow where the path is there for another method', () => {
    for (const [method, path, allow] of [
      ['PUT', '/Condition', 'GET, HEAD, POST'],
      ['POST', '/Condition/1', 'GET, HEAD, PUT, DELETE'],
      ['TRACE', '/Condition/1', 'GET, HEAD, PUT, DELETE'],
      ['GET', '/Condition/_search', 'POST'],
      ['POST', '/metadata', 'GET, HEAD'],
    ] as const) {
      const { status, headers } = refusal(sdhr, method, path);
      expect({ status, headers }, `${method} ${path}`).to.deep.equal({ status: 405, headers: { Allow: allow } });
    }
  });

  it('answers 400 to a percent escape that is broken', () => {
    expect(refusal(r4, 'GET', '/Patient/%zz').status).to.equal(400);
    expect(refusal(r4, 'GET', '/Patient/%ff').status).to.equal(400);
  });

  it('lists the methods of a path', () => {
    expect(allowedMethods(sdhr, '/Condition/1')).to.deep.equal(['GET', 'HEAD', 'PUT', 'DELETE']);
    expect(() => allowedMethods(sdhr, '/Patient')).to.throw(FhirError, /'Patient'/);
  });

  it('knows what the policy lists, whatever the path', () => {
    expect(isOffered(sdhr, { interaction: 'read', type: 'Condition' })).to.equal(true);
    expect(isOffered(sdhr, { interaction: 'vread', type: 'Condition' })).to.equal(false);
    expect(isOffered(sdhr, { interaction: 'read', type: 'Patient' })).to.equal(false);
    expect(isOffered(sdhr, { interaction: 'batch' })).to.equal(true);
    expect(isOffered(sdhr, { interaction: 'history-system' })).to.equal(false);
  });
});
