import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import { aPatient } from '../../support/resources.js';
import { anExtension, profileUrl, validatorWith } from '../../support/validator-fixture.js';

const { issuesOf } = validatorWith([anExtension('note', ['string'])]);
const note = (value: JsonObject | string = 'x'): JsonObject => ({ url: profileUrl('note'), valueString: value as string });
const patient = (more: JsonObject): JsonObject => ({ resourceType: 'Patient', ...more });

describe('Companions of primitives (_name)', () => {
  it('carry an id and extensions beside a value, or extensions alone', () => {
    expect(issuesOf(aPatient({ _birthDate: { id: 'b', extension: [note()] } }))).to.deep.equal([]);
    expect(issuesOf(aPatient({ _birthDate: { id: 'b' } }))).to.deep.equal([]);
    expect(issuesOf(patient({ _birthDate: { extension: [note()] } }))).to.deep.equal([]);
  });

  it('are no content with an id alone', () => {
    expect(issuesOf(patient({ _birthDate: { id: 'b' } }))).to.deep.equal(['error structure ele-1 Patient.birthDate']);
  });

  it('may not be empty', () => {
    expect(issuesOf(patient({ _birthDate: {} }))).to.deep.equal(['error structure ele-1 Patient.birthDate']);
    expect(issuesOf(aPatient({ _birthDate: {} }))).to.deep.equal(['error structure ele-1 Patient.birthDate']);
    expect(issuesOf(aPatient({ _birthDate: { extension: [] } }))).to.deep.equal([
      'error structure empty-array Patient.birthDate.extension',
    ]);
  });

  it('are objects', () => {
    for (const companion of [null, 'x', 1, true, [], [{ id: 'b' }]]) {
      expect(issuesOf(aPatient({ _birthDate: companion })), JSON.stringify(companion)).to.deep.equal([
        'error structure json-type Patient.birthDate',
      ]);
    }
  });

  it('have no other properties', () => {
    expect(issuesOf(aPatient({ _birthDate: { value: '1990', extension: [note()] } }))).to.deep.equal([
      'error structure unknown-element Patient.birthDate',
    ]);
    expect(issuesOf(aPatient({ _birthDate: { modifierExtension: [note()] } }))).to.deep.equal([
      'error structure unknown-element Patient.birthDate',
    ]);
  });

  it('are looked at below their primitive', () => {
    expect(issuesOf(aPatient({ _birthDate: { id: 1, extension: [note(1 as unknown as string)] } }))).to.deep.equal([
      'error structure json-type Patient.birthDate.id',
      'error structure json-type Patient.birthDate.extension[0].value.ofType(string)',
    ]);
    expect(issuesOf(aPatient({ _birthDate: { extension: note() } }))).to.deep.equal([
      'error structure json-type Patient.birthDate.extension',
    ]);
  });

  it('stand for a value of a choice and of a required element', () => {
    expect(issuesOf(patient({ _deceasedBoolean: { extension: [note()] } }))).to.deep.equal([]);
    const basic = {
      resourceType: 'Basic',
      code: { text: 'x' },
      created: '2024',
      identifier: [{ assigner: { _display: { extension: [note()] } } }],
    };
    expect(issuesOf(basic)).to.deep.equal([]);
  });

  it('do not stand for a code that a required binding demands, as the reference validator has it', () => {
    const reason = { url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' };
    const observation = { resourceType: 'Observation', _status: { extension: [reason] }, code: { text: 'x' } };
    expect(issuesOf(observation)).to.deep.equal(['error code-invalid binding Observation.status']);
  });

  it('belong to the value whichever of the two is written first', () => {
    const extension = [note()];
    expect(issuesOf({ resourceType: 'Patient', _gender: { extension }, gender: 'x' })).to.deep.equal([
      'error code-invalid binding Patient.gender',
    ]);
    expect(issuesOf({ resourceType: 'Patient', gender: 'x', _gender: { extension } })).to.deep.equal([
      'error code-invalid binding Patient.gender',
    ]);
  });

  it('do not save a value that is null', () => {
    expect(issuesOf(patient({ birthDate: null, _birthDate: { extension: [note()] } }))).to.deep.equal([
      'error structure json-type Patient.birthDate',
    ]);
  });

  it('have none of their own', () => {
    expect(issuesOf(aPatient({ __birthDate: { id: 'b' } }))).to.deep.equal(['error structure unknown-element Patient']);
    expect(issuesOf(aPatient({ _birthDate: { _id: { extension: [note()] }, extension: [note()] } }))).to.deep.equal([
      'error business-rule id-extension Patient.birthDate.id',
    ]);
  });

  it('do not stand beside an element that is no primitive', () => {
    expect(issuesOf(aPatient({ _name: [{ id: 'n' }] }))).to.deep.equal(['error structure unknown-element Patient']);
    expect(issuesOf(aPatient({ _maritalStatus: { id: 'n' } }))).to.deep.equal(['error structure unknown-element Patient']);
    expect(issuesOf(aPatient({ _resourceType: { id: 'n' } }))).to.deep.equal(['error structure unknown-element Patient']);
  });

  it('of an id may have no extensions (https://hl7.org/fhir/R4/element.html: an id is an attribute; the reference validator refuses them on Resource.id)', () => {
    expect(issuesOf(aPatient({ id: 'a', _id: { extension: [note()] } }))).to.deep.equal(['error business-rule id-extension Patient.id']);
    expect(issuesOf(aPatient({ _id: { extension: [note()] } }))).to.deep.equal(['error business-rule id-extension Patient.id']);
    expect(issuesOf(aPatient({ name: [{ id: 'n', _id: { extension: [note()] }, text: 'x' }] }))).to.deep.equal([
      'error business-rule id-extension Patient.name[0].id',
    ]);
    const extension = { ...note(), id: 'e', _id: { extension: [note()] } };
    expect(issuesOf(aPatient({ extension: [extension] }))).to.deep.equal(['error business-rule id-extension Patient.extension[0].id']);
  });

  describe('in arrays', () => {
    const named = (name: JsonObject): JsonObject => aPatient({ name: [name] });

    it('stand at the index of their value, with null where there is none', () => {
      expect(issuesOf(named({ given: ['a', 'b'], _given: [null, { extension: [note()] }] }))).to.deep.equal([]);
      expect(issuesOf(named({ given: ['a', null], _given: [null, { extension: [note()] }] }))).to.deep.equal([]);
      expect(issuesOf(named({ given: [null, 'b'], _given: [{ extension: [note()] }] }))).to.deep.equal([]);
      expect(issuesOf(named({ _given: [{ extension: [note()] }, { extension: [note()] }] }))).to.deep.equal([]);
    });

    it('may be fewer than the values, or more', () => {
      expect(issuesOf(named({ given: ['a', 'b', 'c'], _given: [{ id: 'x' }] }))).to.deep.equal([]);
      expect(issuesOf(named({ given: ['a'], _given: [null, { extension: [note()] }] }))).to.deep.equal([]);
    });

    it('leave no index without value and extensions', () => {
      expect(issuesOf(named({ given: ['a', null], _given: [{ extension: [note()] }] }))).to.deep.equal([
        'error structure ele-1 Patient.name[0].given[1]',
      ]);
      expect(issuesOf(named({ given: ['a', null] }))).to.deep.equal(['error structure ele-1 Patient.name[0].given[1]']);
      expect(issuesOf(named({ given: [null], _given: [null] }))).to.deep.equal(['error structure ele-1 Patient.name[0].given[0]']);
      expect(issuesOf(named({ given: ['a'], _given: [null, null] }))).to.deep.equal(['error structure ele-1 Patient.name[0].given[1]']);
      expect(issuesOf(named({ given: ['a', null], _given: [null, { id: 'x' }] }))).to.deep.equal([
        'error structure ele-1 Patient.name[0].given[1]',
      ]);
    });

    it('are arrays of objects and nulls', () => {
      expect(issuesOf(named({ given: ['a'], _given: { id: 'x' } }))).to.deep.equal(['error structure json-type Patient.name[0].given']);
      expect(issuesOf(named({ given: ['a'], _given: null }))).to.deep.equal(['error structure json-type Patient.name[0].given']);
      expect(issuesOf(named({ given: ['a'], _given: [] }))).to.deep.equal(['error structure empty-array Patient.name[0].given']);
      expect(issuesOf(named({ given: ['a', 'b'], _given: [{ id: 'x' }, 'y'] }))).to.deep.equal([
        'error structure json-type Patient.name[0].given[1]',
      ]);
      expect(issuesOf(named({ given: ['a'], _given: [[{ id: 'x' }]] }))).to.deep.equal([
        'error structure json-type Patient.name[0].given[0]',
      ]);
    });

    it('are looked at at their index', () => {
      expect(issuesOf(named({ given: ['a', 'b'], _given: [null, { foo: 1, extension: [note(1 as unknown as string)] }] }))).to.deep.equal([
        'error structure unknown-element Patient.name[0].given[1]',
        'error structure json-type Patient.name[0].given[1].extension[0].value.ofType(string)',
      ]);
    });
  });
});
