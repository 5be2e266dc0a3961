import { expect } from 'chai';
import { FhirError } from '../../../src/fhir/fhir-error.js';
import { readPreconditions, requireWritable } from '../../../src/interactions/preconditions.js';
import type { ResourceVersion } from '../../../src/storage/store.js';

describe('preconditions', () => {
  it('reads an ETag in each form that callers send', () => {
    for (const text of ['W/"3"', '"3"', ' W/"3" ', '3'])
      expect(readPreconditions({ ifMatch: text }), text).to.deep.equal({ ifMatch: ['3'] });
    expect(readPreconditions({ ifNoneMatch: 'W/"998", "4",5' })).to.deep.equal({ ifNoneMatch: ['998', '4', '5'] });
    expect(readPreconditions({ ifNoneMatch: '*' })).to.deep.equal({ ifNoneMatch: ['*'] });
    expect(readPreconditions({ ifNoneMatch: '"a,b" , ,\tW/"" ,' })).to.deep.equal({ ifNoneMatch: ['a,b', ''] });
    expect(readPreconditions({ ifNoneMatch: '"*"' })).to.deep.equal({ ifNoneMatch: ['"*"'] });
  });

  it('refuses what is no ETag', () => {
    for (const text of ['', ' , ', 'W/3"', '"1" "2"', 'three days', '"1', 'w/"1"', `${' '.repeat(30_000)}!`, `${'"1" '.repeat(8_000)}!`]) {
      expect(() => readPreconditions({ ifMatch: text }), text).to.throw(FhirError, /If-Match must hold ETags/);
    }
  });

  it('takes the query of a condition with or without what stands before it', () => {
    expect(readPreconditions({ ifNoneExist: 'identifier=a|b' })).to.deep.equal({ ifNoneExist: 'identifier=a|b' });
    expect(readPreconditions({ ifNoneExist: 'Patient?identifier=a|b' })).to.deep.equal({ ifNoneExist: 'identifier=a|b' });
  });

  it('passes over a date that is none', () => {
    for (const text of ['yesterday', '', '5', '2025', '2025-03-04', 'Tue, 31 Feb 2025 05:06:07 GMT', 'Tue, 04 Mar 2025 25:06:07 GMT']) {
      expect(readPreconditions({ ifModifiedSince: text }), text).to.deep.equal({});
    }
  });

  it('takes the three forms of HTTP, and the instant of an entry', () => {
    for (const text of [
      'Tue, 04 Mar 2025 05:06:07 GMT',
      'Tuesday, 04-Mar-25 05:06:07 GMT',
      'Tue Mar  4 05:06:07 2025',
      '2025-03-04T05:06:07Z',
      '2025-03-04T18:06:07+13:00',
    ]) {
      expect(readPreconditions({ ifModifiedSince: text }), text).to.deep.equal({ ifModifiedSince: Date.parse('2025-03-04T05:06:07Z') });
    }
  });

  it('lets a write happen to the version that it names, and to no other', () => {
    const third: ResourceVersion = { type: 'Patient', id: 'a', versionId: 3, lastUpdated: 0, method: 'PUT', json: '{}' };
    const deleted: ResourceVersion = { ...third, method: 'DELETE', json: undefined };
    const isRefused = (sent: Parameters<typeof requireWritable>[0], current: ResourceVersion | undefined): boolean => {
      try {
        requireWritable(sent, current);
        return false;
      } catch (error) {
        expect(error).to.include({ code: 'precondition-failed', status: 412 });
        return true;
      }
    };
    expect(isRefused({}, third)).to.equal(false);
    expect(isRefused({ ifMatch: ['3'] }, third)).to.equal(false);
    expect(isRefused({ ifMatch: ['*'] }, third)).to.equal(false);
    expect(isRefused({ ifMatch: ['2'] }, third)).to.equal(true);
    expect(isRefused({ ifMatch: ['2', '3'] }, third)).to.equal(false);
    expect(isRefused({ ifNoneMatch: ['2', '3'] }, third)).to.equal(true);
    expect(isRefused({ ifMatch: ['3'] }, deleted)).to.equal(true);
    expect(isRefused({ ifMatch: ['*'] }, undefined)).to.equal(true);
    expect(isRefused({ ifNoneMatch: ['*'] }, undefined)).to.equal(false);
    expect(isRefused({ ifNoneMatch: ['*'] }, deleted)).to.equal(false);
    expect(isRefused({ ifNoneMatch: ['*'] }, third)).to.equal(true);
    expect(isRefused({ ifNoneMatch: ['2'] }, third)).to.equal(false);
  });
});
