import { expect } from 'chai';
import { isAllowed, requireAccess } from '../../../src/auth/access-policy.js';
import type { Principal } from '../../../src/auth/principal.js';
import { parseScopes } from '../../../src/auth/smart-scope.js';
import { FhirError } from '../../../src/fhir/fhir-error.js';

describe('access policy', () => {
  const withScopes = (scopes: string): Principal => ({ subject: 'someone', clientId: 'client', scopes: parseScopes(scopes) });

  it('allows each interaction by its letter', () => {
    const principal = withScopes('system/Patient.cr user/Condition.s');
    expect(isAllowed(principal, { interaction: 'create', type: 'Patient' })).to.equal(true);
    expect(isAllowed(principal, { interaction: 'vread', type: 'Patient' })).to.equal(true);
    expect(isAllowed(principal, { interaction: 'history-instance', type: 'Patient' })).to.equal(true);
    expect(isAllowed(principal, { interaction: 'search-type', type: 'Condition' })).to.equal(true);
    expect(isAllowed(principal, { interaction: 'search-type', type: 'Patient' })).to.equal(false);
    expect(isAllowed(principal, { interaction: 'update', type: 'Patient' })).to.equal(false);
    expect(isAllowed(principal, { interaction: 'patch', type: 'Patient' })).to.equal(false);
    expect(isAllowed(principal, { interaction: 'delete', type: 'Patient' })).to.equal(false);
    expect(isAllowed(principal, { interaction: 'read', type: 'Condition' })).to.equal(false);
  });

  it('asks the scope of every type for what concerns the whole system', () => {
    expect(isAllowed(withScopes('system/Patient.s'), { interaction: 'search-system' })).to.equal(false);
    expect(isAllowed(withScopes('system/*.s'), { interaction: 'search-system' })).to.equal(true);
  });

  it('leaves batch and transaction to their entries', () => {
    expect(isAllowed(withScopes(''), { interaction: 'transaction' })).to.equal(true);
  });

  it('never lets a granular or a patient scope stand for the whole type', () => {
    expect(isAllowed(withScopes('system/Patient.rs?_tag=a'), { interaction: 'read', type: 'Patient' })).to.equal(false);
    expect(isAllowed(withScopes('patient/Patient.rs'), { interaction: 'read', type: 'Patient' })).to.equal(false);
  });

  it('allows an operation by the canonical of its definition, or by everything of the type', () => {
    const access = { interaction: 'operation', type: 'Patient', operationDefinition: 'https://example.org/OperationDefinition/x' } as const;
    expect(isAllowed(withScopes('https://example.org/OperationDefinition/x'), access)).to.equal(true);
    expect(isAllowed(withScopes('system/Patient.cruds'), access)).to.equal(true);
    expect(isAllowed(withScopes('system/Patient.r https://example.org/OperationDefinition/y'), access)).to.equal(false);
  });

  it('answers 403 and names the scope that is needed', () => {
    try {
      requireAccess(withScopes('system/Condition.cruds'), { interaction: 'update', type: 'Patient' });
      expect.fail('should have thrown');
    } catch (error) {
      expect(error).to.be.instanceOf(FhirError);
      expect((error as FhirError).status).to.equal(403);
      expect((error as FhirError).issues[0]).to.include({ severity: 'error', code: 'forbidden' });
      expect((error as FhirError).message).to.include("'system/Patient.u'");
      expect((error as FhirError).headers?.['WWW-Authenticate']).to.equal('Bearer error="insufficient_scope", scope="system/Patient.u"');
    }
  });
});
