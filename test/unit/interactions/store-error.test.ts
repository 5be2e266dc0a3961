import { expect } from 'chai';
import { FhirError } from '../../../src/fhir/fhir-error.js';
import { fromStoreError } from '../../../src/interactions/store-error.js';
import { StoreError, type StoreErrorCode } from '../../../src/storage/store.js';

describe('what callers are told when the store fails', () => {
  const cases: readonly (readonly [StoreErrorCode, status: number, retryAfter: string | undefined])[] = [
    ['unavailable', 503, '1'],
    ['locked', 503, '1'],
    ['too-large', 413, undefined],
    ['bad-cursor', 400, undefined],
    ['full', 503, '30'],
    ['corrupt', 503, '30'],
    ['read-only', 503, '30'],
  ];

  for (const [code, status, retryAfter] of cases) {
    it(`is ${status} when it is '${code}', and nothing of the driver's own words`, () => {
      const error = new StoreError(code, 'SQLITE_SECRET');
      const told = fromStoreError(error);
      if (!(told instanceof FhirError)) return expect.fail('It is no FhirError');
      expect(told.status).to.equal(status);
      expect(told.headers?.['Retry-After']).to.equal(retryAfter);
      expect(told.cause).to.equal(error);
      expect(JSON.stringify(told.issues)).to.not.include('SECRET');
    });
  }

  it('is what the store advises where a request is too large', () => {
    const told = fromStoreError(new StoreError('too-large', 'SQLITE_SECRET', { advice: 'Patient/1 takes 17 MB: split it' }));
    expect(told).to.be.instanceOf(FhirError).with.property('status', 413);
    expect((told as FhirError).issues.map(({ diagnostics }) => diagnostics)).to.deep.equal(['Patient/1 takes 17 MB: split it']);
  });

  it('leaves every other error as it is', () => {
    const error = new TypeError('a fault of the program');
    expect(fromStoreError(error)).to.equal(error);
  });
});
