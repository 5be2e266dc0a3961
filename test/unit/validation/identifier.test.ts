import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import { aPatient } from '../../support/resources.js';
import { validatorWith } from '../../support/validator-fixture.js';

const { issuesOf } = validatorWith();
const of = (identifier: JsonObject): readonly string[] => issuesOf(aPatient({ identifier: [identifier] }));

describe('Identifiers', () => {
  it('have a system that is absolute', () => {
    for (const system of ['https://standards.digital.health.nz/ns/nhi-id', 'urn:oid:1.2.3']) {
      expect(of({ system, value: 'x' }), system).to.deep.equal([]);
    }
    for (const system of ['nhi', 'ns/nhi-id', '#nhi']) {
      expect(of({ system, value: 'x' }), system).to.deep.equal(['error invalid identifier-system Patient.identifier[0].system']);
    }
    expect(of({ system: 'a b', value: 'x' })).to.deep.equal(['error value type-uri Patient.identifier[0].system']);
  });

  it('that are URIs have one as their value', () => {
    const uri = (value: string): readonly string[] => of({ system: 'urn:ietf:rfc:3986', value });
    for (const value of ['urn:oid:1.2.3', 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520', 'https://example.org/1']) {
      expect(uri(value), value).to.deep.equal([]);
    }
    for (const value of ['1.2.3', 'urn:oid:a', 'urn:uuid:1', 'https://example.org/a b']) {
      expect(uri(value), value).to.deep.equal(['warning value identifier-value Patient.identifier[0].value']);
    }
    expect(of({ system: 'https://example.org/ns', value: '1.2.3' })).to.deep.equal([]);
  });
});
