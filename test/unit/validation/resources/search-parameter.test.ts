import { expect } from 'chai';
import { createConformanceRegistry } from '../../../../src/conformance/create-conformance-registry.js';
import type { JsonObject } from '../../../../src/fhir/json.js';
import { core, validatorWith } from '../../../support/validator-fixture.js';

const { issuesOf } = validatorWith();

function parameter(expression: string, base = 'Patient'): JsonObject {
  return {
    resourceType: 'SearchParameter',
    url: 'http://example.org/s',
    name: 'S',
    status: 'active',
    description: 'a',
    code: 's',
    base: [base],
    type: 'token',
    expression,
  };
}

const FAULT = 'error invalid search-expression SearchParameter.expression';

describe('SearchParameter', () => {
  it('has an expression that is FHIRPath and names elements', () => {
    for (const expression of [
      'Patient.name.given',
      'name.family | Patient.contact.name',
      "Patient.telecom.where(system = 'phone').value",
      'Patient.deceased.exists() and Patient.deceased != false',
      "Patient.extension('http://example.org/e').value",
      'Patient.generalPractitioner.where(resolve() is Practitioner)',
      'Patient.multipleBirth as boolean',
      'Patient.contained.nickname',
    ]) {
      expect(issuesOf(parameter(expression)), expression).to.deep.equal([]);
    }
    for (const expression of [
      'Patient.(((',
      'Patient.nickname',
      'nickname',
      'Patinet.name',
      'Patient.name.given | Patient.nickname',
      "Patient.telecom.where(sytem = 'phone')",
      'Patient.contact.name.first().givn',
      '(Patient.multipleBirth as boolean).nope | Patient.nickname',
      'a'.repeat(20_000),
    ]) {
      expect(issuesOf(parameter(expression)), expression.slice(0, 80)).to.deep.equal([FAULT]);
    }
  });

  it('is found sound in all that is built in', () => {
    const own = createConformanceRegistry({ core }).list('SearchParameter');
    expect(own.length).to.be.greaterThan(1000);
    const faults = own.flatMap(({ url, resource }) =>
      issuesOf(resource)
        .filter((issue) => issue === FAULT)
        .map(() => url),
    );
    expect(faults).to.deep.equal([]);
  });
});
