import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import { anObservation, aPatient } from '../../support/resources.js';
import { anExtension, aProfile, profileUrl, validatorWith } from '../../support/validator-fixture.js';

const noted = (value: JsonObject = { valueString: 'x' }): JsonObject => ({ url: profileUrl('note'), ...value });
const UNKNOWN = 'http://x.example/unknown';

describe('Contexts of extensions', () => {
  const inContext = (...context: { type: string; expression: string }[]) => {
    const { issuesOf } = validatorWith([anExtension('note', ['string'], { context }), anExtension('outer', [])]);
    return (resource: JsonObject): readonly string[] => issuesOf(resource).filter((issue) => !issue.includes('ext-1'));
  };
  const element = (expression: string) => ({ type: 'element', expression });
  const onPatient = aPatient({ extension: [noted()] });
  const onName = aPatient({ name: [{ text: 'x', extension: [noted()] }] });
  const onContact = aPatient({ contact: [{ name: { text: 'x', extension: [noted()] }, extension: [noted()] }] });
  const onBirthDate = aPatient({ _birthDate: { extension: [noted()] } });
  const wrong = (...expressions: string[]): string[] => expressions.map((at) => `error extension extension-context ${at}`);

  it('say where they may be, and where this one is not', () => {
    const { validate } = validatorWith([anExtension('note', ['string'], { context: [element('Observation'), element('Address')] })]);
    const [issue] = validate(onPatient);
    expect(issue).to.deep.include({
      severity: 'error',
      code: 'extension',
      rule: 'extension-context',
      expression: 'Patient.extension[0]',
      definition: `${profileUrl('note')}|1.0.0`,
      diagnostics: `The extension ${profileUrl('note')} may not stand here: its context is Observation, Address`,
    });
  });

  it('by resource: the type, its supertypes, and everything', () => {
    for (const expression of ['Patient', 'DomainResource', 'Resource', 'Element']) {
      expect(inContext(element(expression))(onPatient), expression).to.deep.equal([]);
    }
    expect(inContext(element('Observation'))(onPatient)).to.deep.equal(wrong('Patient.extension[0]'));
    expect(inContext(element('Patient'))(onName)).to.deep.equal(wrong('Patient.name[0].extension[0]'));
  });

  it('by path, of backbone elements and elements with a type', () => {
    expect(inContext(element('Patient.name'))(onName)).to.deep.equal([]);
    expect(inContext(element('Patient.contact'), element('Patient.contact.name'))(onContact)).to.deep.equal([]);
    expect(inContext(element('Patient.contact.name'))(onContact)).to.deep.equal(wrong('Patient.contact[0].extension[0]'));
    expect(inContext(element('Patient.name'))(onContact)).to.deep.equal(
      wrong('Patient.contact[0].name.extension[0]', 'Patient.contact[0].extension[0]'),
    );
    expect(inContext(element('Patient.birthDate'))(onBirthDate)).to.deep.equal([]);
  });

  it('by type, wherever the type is used, and by elements of the type', () => {
    expect(inContext(element('HumanName'), element('BackboneElement'))(onContact)).to.deep.equal([]);
    expect(inContext(element('HumanName'))(onName)).to.deep.equal([]);
    expect(inContext(element('date'))(onBirthDate)).to.deep.equal([]);
    expect(inContext(element('dateTime'))(onBirthDate)).to.deep.equal(wrong('Patient.birthDate.extension[0]'));
    const onFamily = aPatient({ name: [{ family: 'x', _family: { extension: [noted()] } }] });
    expect(inContext(element('HumanName.family'))(onFamily)).to.deep.equal([]);
    expect(inContext(element('HumanName.given'))(onFamily)).to.deep.equal(wrong('Patient.name[0].family.extension[0]'));
    const onGiven = aPatient({ name: [{ given: ['x'], _given: [{ extension: [noted()] }] }] });
    expect(inContext(element('HumanName.given'))(onGiven)).to.deep.equal([]);
  });

  it('by choice, with or without its type', () => {
    const onValue = anObservation({ valueQuantity: { value: 1, extension: [noted()] } });
    for (const expression of ['Observation.value', 'Observation.value[x]', 'Observation.value.ofType(Quantity)', 'Quantity']) {
      expect(inContext(element(expression))(onValue), expression).to.deep.equal([]);
    }
    expect(inContext(element('Observation.value.ofType(string)'))(onValue)).to.deep.equal(
      wrong('Observation.value.ofType(Quantity).extension[0]'),
    );
  });

  it('by an element of a profile: its url, #, and the id there', () => {
    expect(inContext(element('http://hl7.org/fhir/StructureDefinition/Patient#Patient.name'))(onName)).to.deep.equal([]);
    expect(inContext(element('http://x.example/p#Patient.name:official'))(onName)).to.deep.equal([]);
    expect(inContext(element('http://x.example/p#Patient.contact'))(onName)).to.deep.equal(wrong('Patient.name[0].extension[0]'));
  });

  it('by content reference: elements that repeat themselves', () => {
    const item = { linkId: '1.1', type: 'string', extension: [noted()] };
    const questionnaire = {
      resourceType: 'Questionnaire',
      name: 'Q',
      status: 'draft',
      item: [{ linkId: '1', type: 'group', item: [item] }],
    };
    expect(inContext(element('Questionnaire.item'))(questionnaire)).to.deep.equal([]);
    expect(inContext(element('Questionnaire.item.item'))(questionnaire)).to.deep.equal([]);
    expect(inContext(element('Questionnaire'))(questionnaire)).to.deep.equal(wrong('Questionnaire.item[0].item[0].extension[0]'));
  });

  it('by extension: inside the one whose url they name', () => {
    const inside = (url: string): JsonObject => aPatient({ extension: [{ url, extension: [noted()] }] });
    const within = inContext({ type: 'extension', expression: profileUrl('outer') });
    expect(within(inside(profileUrl('outer')))).to.deep.equal([]);
    expect(within(inside(UNKNOWN))).to.deep.equal([
      ...wrong('Patient.extension[0].extension[0]'),
      'warning extension extension-unknown Patient.extension[0]',
    ]);
    expect(within(onPatient)).to.deep.equal(wrong('Patient.extension[0]'));
    const deep = aPatient({ name: [{ text: 'x', extension: [{ url: profileUrl('outer'), extension: [noted()] }] }] });
    expect(within(deep)).to.deep.equal([]);
  });

  it('by FHIRPath: what the expression selects on the resource', () => {
    const selecting = (expression: string) => inContext({ type: 'fhirpath', expression });
    expect(selecting('Patient')(onPatient)).to.deep.equal([]);
    expect(selecting('Patient.contact')(onPatient)).to.deep.equal(wrong('Patient.extension[0]'));
    expect(selecting('Patient.contact')(onContact)).to.deep.equal(wrong('Patient.contact[0].name.extension[0]'));
    expect(selecting('contact | contact.name')(onContact)).to.deep.equal([]);
    expect(selecting("name.where(use = 'old')")(onName)).to.deep.equal(wrong('Patient.name[0].extension[0]'));
    expect(selecting('birthDate')(onBirthDate)).to.deep.equal([]);
    expect(selecting('name')(onBirthDate)).to.deep.equal(wrong('Patient.birthDate.extension[0]'));
    expect(selecting('name.given')(aPatient({ name: [{ given: ['x', 'y'], _given: [null, { extension: [noted()] }] }] }))).to.deep.equal(
      [],
    );
    expect(selecting('((')(onPatient)).to.deep.equal([]);
  });

  describe('with invariants', () => {
    const demanding = (...contextInvariant: string[]) => {
      const { issuesOf } = validatorWith([anExtension('note', ['string'], { more: { contextInvariant } })]);
      return (resource: JsonObject): readonly string[] => issuesOf(resource).filter((issue) => !issue.includes('ext-1'));
    };
    const broken = (at: string): string[] => [`error extension extension-context-invariant ${at}`];

    it('are asked of what holds the extension', () => {
      expect(demanding('active = true')(aPatient({ active: true, extension: [noted()] }))).to.deep.equal([]);
      expect(demanding('active = true')(aPatient({ active: false, extension: [noted()] }))).to.deep.equal(broken('Patient.extension[0]'));
      expect(demanding('text.exists()')(onName)).to.deep.equal([]);
      expect(demanding('family.exists()')(onName)).to.deep.equal(broken('Patient.name[0].extension[0]'));
      expect(demanding('$this > @1900-01-01')(aPatient({ birthDate: '1950-01-01', _birthDate: { extension: [noted()] } }))).to.deep.equal(
        [],
      );
      const withoutValue = { resourceType: 'Patient', _birthDate: { extension: [noted()] } };
      expect(demanding('hasValue()')(withoutValue)).to.deep.equal(broken('Patient.birthDate.extension[0]'));
    });

    it('know the extension, and must hold all', () => {
      expect(demanding("%extension.value = 'x'")(onPatient)).to.deep.equal([]);
      expect(demanding("%extension.value = 'x'", "%extension.value = 'y'")(onPatient)).to.deep.equal(broken('Patient.extension[0]'));
    });

    it('that are no FHIRPath are said to be', () => {
      expect(demanding('((')(onPatient)).to.deep.equal(broken('Patient.extension[0]'));
    });
  });

  it('hold in contained resources and entries by the resource that they are in', () => {
    const contained = {
      resourceType: 'Patient',
      contained: [{ resourceType: 'Organization', id: 'o', name: 'x', extension: [noted()] }],
    };
    const resource = { ...contained, managingOrganization: { reference: '#o' } };
    expect(inContext(element('Organization'))(resource)).to.deep.equal([]);
    expect(inContext(element('Patient'))(resource)).to.deep.equal(wrong('Patient.contained[0].extension[0]'));
    const bundle = { resourceType: 'Bundle', type: 'collection', entry: [{ fullUrl: 'http://x.example/1', resource: onName }] };
    expect(inContext(element('Patient.name'))(bundle)).to.deep.equal([]);
    expect(inContext(element('Bundle'))(bundle)).to.deep.equal(wrong('Bundle.entry[0].resource.name[0].extension[0]'));
  });

  it('hold for what a reference leads to, as a profile is tried on it', () => {
    const outer = anExtension('outer', [], {
      elements: [{ id: 'Extension.extension', min: 1 }],
    });
    const nested = anExtension('note', ['string'], { context: [{ type: 'extension', expression: profileUrl('outer') }] });
    const { issuesOf } = validatorWith([
      outer,
      nested,
      aProfile('org', 'Organization', [{ id: 'Organization.name', min: 1 }]),
      aProfile('p', 'Patient', [{ id: 'Patient.managingOrganization', type: [{ code: 'Reference', targetProfile: [profileUrl('org')] }] }]),
    ]);
    const organization = {
      resourceType: 'Organization',
      id: 'o',
      name: 'x',
      extension: [{ url: profileUrl('outer'), extension: [noted()] }],
    };
    const resource = aPatient({ contained: [organization], managingOrganization: { reference: '#o' } });
    expect(issuesOf(resource, { profiles: [profileUrl('p')] })).to.deep.equal([]);
  });
});
