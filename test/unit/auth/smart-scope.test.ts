import { expect } from 'chai';
import { parseScope, parseScopes } from '../../../src/auth/smart-scope.js';

describe('SMART scopes', () => {
  const permissions = (text: string): string => [...parseScope(text).permissions].sort().join('');

  it('reads version 2: level, type and letters', () => {
    const scope = parseScope('system/Patient.cruds');
    expect(scope).to.include({ text: 'system/Patient.cruds', level: 'system', type: 'Patient' });
    expect(permissions('system/Patient.cruds')).to.equal('cdrsu');
    expect(permissions('user/*.rs')).to.equal('rs');
    expect(parseScope('user/*.rs').type).to.equal('*');
  });

  it('reads version 1 as what it means in version 2', () => {
    expect(permissions('system/*.read')).to.equal('rs');
    expect(permissions('user/Observation.write')).to.equal('cdu');
    expect(permissions('system/Observation.*')).to.equal('cdrsu');
  });

  it('reads the parameters of granular scopes, decoded', () => {
    const scope = parseScope('system/Observation.rs?_tag=http%3A%2F%2Fexample.org%7Cx&category=vital-signs');
    expect(scope.parameters).to.deep.equal([
      ['_tag', 'http://example.org|x'],
      ['category', 'vital-signs'],
    ]);
  });

  for (const text of [
    'openid',
    'https://example.org/OperationDefinition/x',
    'system/Patient',
    'system/Patient.sr',
    'system/Patient.',
    'SYSTEM/Patient.r',
    'system/patient.r',
    'system/Patient.rr',
  ]) {
    it(`gives no permission for ${text}`, () => {
      expect(parseScope(text)).to.deep.equal({ text, level: 'other', type: '', permissions: new Set(), parameters: [] });
    });
  }

  it('splits at spaces and takes lists', () => {
    expect(parseScopes(' openid  system/*.r ').map((scope) => scope.text)).to.deep.equal(['openid', 'system/*.r']);
    expect(parseScopes(['a', 'b']).map((scope) => scope.text)).to.deep.equal(['a', 'b']);
    expect(parseScopes('')).to.deep.equal([]);
  });
});
