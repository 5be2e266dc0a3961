import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import { anObservation, aPatient } from '../../support/resources.js';
import { anExtension, aProfile, profileUrl, validatorWith } from '../../support/validator-fixture.js';

const note = anExtension('note', ['string']);
const noted = (value: JsonObject = { valueString: 'x' }): JsonObject => ({ url: profileUrl('note'), ...value });
const UNKNOWN = 'http://x.example/unknown';

describe('Extensions', () => {
  describe('that are defined', () => {
    const { issuesOf, validate } = validatorWith([note, anExtension('count', ['integer', 'positiveInt'])]);

    it('are held against their definition', () => {
      expect(issuesOf(aPatient({ extension: [noted()] }))).to.deep.equal([]);
      expect(issuesOf(aPatient({ extension: [noted({ valueString: '' })] }))).to.deep.equal([
        'error value type-string Patient.extension[0].value.ofType(string)',
      ]);
      expect(issuesOf(aPatient({ extension: [{ url: profileUrl('count'), valuePositiveInt: 0 }] }))).to.deep.equal([
        'error value type-positiveInt Patient.extension[0].value.ofType(positiveInt)',
      ]);
    });

    it('refuse values of other types, naming the definition', () => {
      const [issue, ...others] = validate(aPatient({ extension: [noted({ valueInteger: 1 })] }));
      expect(others).to.deep.equal([]);
      expect(issue).to.deep.include({
        severity: 'error',
        code: 'structure',
        rule: 'type',
        expression: 'Patient.extension[0].value.ofType(integer)',
        definition: `${profileUrl('note')}|1.0.0`,
      });
    });

    it('have their value, and either that or extensions', () => {
      expect(issuesOf(aPatient({ extension: [{ url: profileUrl('note') }] }))).to.deep.equal([
        'error required cardinality-min Patient.extension[0]',
        'error invariant ext-1 Patient.extension[0]',
      ]);
      expect(issuesOf(aPatient({ extension: [noted({ valueString: 'x', extension: [noted()] })] }))).to.deep.equal(
        ['error structure cardinality-max Patient.extension[0]', 'error invariant ext-1 Patient.extension[0]'].filter((issue) =>
          issue.includes('ext-1'),
        ),
      );
    });

    it('are found on elements, primitives, extensions and ids of types', () => {
      const resource = aPatient({
        name: [{ text: 'x', extension: [noted({ valueString: '' })], _text: { extension: [noted({ valueString: '' })] } }],
        meta: { extension: [noted({ valueString: '' })] },
        extension: [noted({ valueString: 'x', _valueString: { extension: [noted({ valueString: '' })] } })],
      });
      expect(issuesOf(resource)).to.have.members([
        'error value type-string Patient.name[0].extension[0].value.ofType(string)',
        'error value type-string Patient.name[0].text.extension[0].value.ofType(string)',
        'error value type-string Patient.meta.extension[0].value.ofType(string)',
        'error value type-string Patient.extension[0].value.ofType(string).extension[0].value.ofType(string)',
      ]);
    });
  });

  describe('that are unknown', () => {
    const extended = aPatient({ extension: [{ url: UNKNOWN, valueString: 'x' }] });

    it('are a warning where that is allowed, and held against the type', () => {
      const { validate, issuesOf } = validatorWith();
      expect(validate(extended)).to.deep.equal([
        {
          severity: 'warning',
          code: 'extension',
          rule: 'extension-unknown',
          expression: 'Patient.extension[0]',
          diagnostics: `The extension ${UNKNOWN} is unknown and was not checked`,
        },
      ]);
      expect(issuesOf(aPatient({ extension: [{ url: UNKNOWN, valueString: '' }] }))).to.deep.equal([
        'error value type-string Patient.extension[0].value.ofType(string)',
        'warning extension extension-unknown Patient.extension[0]',
      ]);
    });

    it('are an error where that is not allowed', () => {
      const { issuesOf } = validatorWith([], { allowUnknownExtensions: false });
      expect(issuesOf(extended)).to.deep.equal(['error extension extension-unknown Patient.extension[0]']);
      expect(issuesOf(aPatient({ modifierExtension: [{ url: UNKNOWN, valueString: 'x' }] }))).to.deep.equal([
        'error extension extension-unknown Patient.modifierExtension[0]',
      ]);
    });

    it('may be allowed or not by the call', () => {
      expect(validatorWith().issuesOf(extended, { allowUnknownExtensions: false })).to.deep.equal([
        'error extension extension-unknown Patient.extension[0]',
      ]);
      expect(validatorWith([], { allowUnknownExtensions: false }).issuesOf(extended, { allowUnknownExtensions: true })).to.deep.equal([
        'warning extension extension-unknown Patient.extension[0]',
      ]);
    });

    it('are what a url of a definition of something else is', () => {
      const { issuesOf } = validatorWith([aProfile('p', 'Patient', [])]);
      expect(issuesOf(aPatient({ extension: [{ url: profileUrl('p'), valueString: 'x' }] }))).to.deep.equal([
        'error extension extension-type Patient.extension[0]',
      ]);
    });
  });

  describe('urls', () => {
    const { issuesOf } = validatorWith([note]);

    it('must be there, absolute, and to the letter', () => {
      expect(issuesOf(aPatient({ extension: [{ valueString: 'x' }] }))).to.deep.equal([
        'error required cardinality-min Patient.extension[0]',
      ]);
      expect(issuesOf(aPatient({ extension: [{ url: 'note', valueString: 'x' }] }))).to.deep.equal([
        'error extension extension-url Patient.extension[0]',
      ]);
      expect(issuesOf(aPatient({ extension: [{ url: 1, valueString: 'x' }] }))).to.deep.equal([
        'error structure json-type Patient.extension[0].url',
      ]);
      expect(issuesOf(aPatient({ extension: [{ url: profileUrl('Note'), valueString: 'x' }] }))).to.deep.equal([
        'warning extension extension-unknown Patient.extension[0]',
      ]);
    });

    it('carry no version: R4 fixes the url in the definition without one', () => {
      expect(issuesOf(aPatient({ extension: [{ url: `${profileUrl('note')}|1.0.0`, valueString: 'x' }] }))).to.deep.equal([
        'error value fixed Patient.extension[0].url',
      ]);
    });
  });

  describe('that modify', () => {
    const { issuesOf } = validatorWith([note, anExtension('not', ['boolean'], { isModifier: true })]);
    const negated = { url: profileUrl('not'), valueBoolean: true };

    it('go into modifierExtension, and others do not', () => {
      expect(issuesOf(aPatient({ modifierExtension: [negated], extension: [noted()] }))).to.deep.equal([]);
      expect(issuesOf(aPatient({ extension: [negated] }))).to.deep.equal(['error extension extension-modifier Patient.extension[0]']);
      expect(issuesOf(aPatient({ modifierExtension: [noted()] }))).to.deep.equal([
        'error extension extension-modifier Patient.modifierExtension[0]',
      ]);
    });

    it('may stand on resources and backbone elements only', () => {
      expect(issuesOf(aPatient({ contact: [{ name: { text: 'x' }, modifierExtension: [negated] }] }))).to.deep.equal([]);
      expect(issuesOf(aPatient({ name: [{ text: 'x', modifierExtension: [negated] }] }))).to.deep.equal([
        'error structure unknown-element Patient.name[0]',
      ]);
    });
  });

  describe('contexts', () => {
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

    it('by FHIRPath are taken as met', () => {
      expect(inContext({ type: 'fhirpath', expression: "Patient.name.where(use = 'official')" })(onPatient)).to.deep.equal([]);
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
        aProfile('p', 'Patient', [
          { id: 'Patient.managingOrganization', type: [{ code: 'Reference', targetProfile: [profileUrl('org')] }] },
        ]),
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

  describe('that are complex', () => {
    const complex = aProfile(
      'address-part',
      'Extension',
      [
        { id: 'Extension.extension', slicing: { discriminator: [{ type: 'value', path: 'url' }], rules: 'closed' } },
        { id: 'Extension.extension:line', min: 1, max: '2' },
        { id: 'Extension.extension:line.url', fixedUri: 'line' },
        { id: 'Extension.extension:line.value[x]', min: 1, type: [{ code: 'string' }] },
        { id: 'Extension.extension:since', max: '1' },
        { id: 'Extension.extension:since.url', fixedUri: 'since' },
        { id: 'Extension.extension:since.value[x]', min: 1, type: [{ code: 'date' }] },
        { id: 'Extension.url', fixedUri: profileUrl('address-part') },
        { id: 'Extension.value[x]', max: '0' },
      ],
      { context: [{ type: 'element', expression: 'Element' }] },
    );
    const { issuesOf } = validatorWith([complex]);
    const of = (...extension: JsonObject[]): readonly string[] =>
      issuesOf(aPatient({ extension: [{ url: profileUrl('address-part'), extension }] }));
    const line = { url: 'line', valueString: 'x' };

    it('hold their parts against what the definition says of each', () => {
      expect(of(line, { url: 'since', valueDate: '2020' })).to.deep.equal([]);
      expect(of({ url: 'line', valueInteger: 1 })).to.deep.equal([
        'error structure type Patient.extension[0].extension[0].value.ofType(integer)',
      ]);
      expect(of(line, { url: 'since', valueDate: '2020-13' })).to.deep.equal([
        'error value type-date Patient.extension[0].extension[1].value.ofType(date)',
      ]);
      expect(of({ url: 'since', valueDate: '2020' })).to.deep.equal(['error required cardinality-min Patient.extension[0]']);
      expect(of(line, line, line)).to.deep.equal(['error structure cardinality-max Patient.extension[0]']);
    });

    it('refuse parts that they have not', () => {
      expect(of(line, { url: 'other', valueString: 'x' })).to.deep.equal([
        'error structure slicing-closed Patient.extension[0].extension[1]',
      ]);
    });

    it('refuse a value beside or in place of their parts', () => {
      const url = profileUrl('address-part');
      expect(issuesOf(aPatient({ extension: [{ url, valueString: 'x' }] }))).to.deep.equal([
        'error structure cardinality-max Patient.extension[0]',
        'error required cardinality-min Patient.extension[0]',
      ]);
      expect(issuesOf(aPatient({ extension: [{ url, extension: [line], valueString: 'x' }] }))).to.deep.equal([
        'error structure cardinality-max Patient.extension[0]',
        'error invariant ext-1 Patient.extension[0]',
      ]);
    });
  });

  describe('in profiles', () => {
    const profile = (canonical: string) =>
      aProfile('p', 'Patient', [
        { id: 'Patient.extension', slicing: { discriminator: [{ type: 'value', path: 'url' }], rules: 'open' } },
        { id: 'Patient.extension:note', min: 1, max: '1', type: [{ code: 'Extension', profile: [canonical] }] },
      ]);
    const options = { profiles: [profileUrl('p')] };

    it('are demanded by their url', () => {
      const { issuesOf } = validatorWith([note, profile(profileUrl('note'))]);
      expect(issuesOf(aPatient({ extension: [noted()] }), options)).to.deep.equal([]);
      expect(issuesOf(aPatient(), options)).to.deep.equal(['error required cardinality-min Patient']);
      expect(issuesOf(aPatient({ extension: [{ url: UNKNOWN, valueString: 'x' }] }), options)).to.deep.equal([
        'warning extension extension-unknown Patient.extension[0]',
        'error required cardinality-min Patient',
      ]);
      expect(issuesOf(aPatient({ extension: [noted(), noted()] }), options)).to.deep.equal(['error structure cardinality-max Patient']);
    });

    it('are held against the version that the profile names', () => {
      const older = anExtension('note', ['string'], { more: { version: '1.0.0' } });
      const newer = anExtension('note', ['code'], { more: { version: '2.0.0' } });
      const { issuesOf } = validatorWith([older, newer, profile(`${profileUrl('note')}|1.0.0`)]);
      expect(issuesOf(aPatient({ extension: [noted()] }), options)).to.deep.equal([]);
      // without the profile's word the newest version counts
      expect(issuesOf(aPatient({ extension: [noted()] }))).to.deep.equal([
        'error structure type Patient.extension[0].value.ofType(string)',
      ]);
      const named = validatorWith([older, newer, profile(`${profileUrl('note')}|2.0.0`)]);
      expect(named.issuesOf(aPatient({ extension: [noted({ valueCode: 'x' })] }), options)).to.deep.equal([]);
      expect(named.issuesOf(aPatient({ extension: [noted()] }), options)).to.deep.equal([
        'error structure type Patient.extension[0].value.ofType(string)',
      ]);
    });

    it('whose definition is not loaded are told apart by their url all the same', () => {
      const { issuesOf } = validatorWith([profile('http://x.example/not-loaded')]);
      const unloaded = { url: 'http://x.example/not-loaded', valueString: 'x' };
      expect(issuesOf(aPatient({ extension: [unloaded] }), options)).to.deep.equal([
        'warning extension extension-unknown Patient.extension[0]',
      ]);
      expect(issuesOf(aPatient({ extension: [{ url: UNKNOWN, valueString: 'x' }] }), options)).to.deep.equal([
        'warning extension extension-unknown Patient.extension[0]',
        'error required cardinality-min Patient',
      ]);
    });

    it('may be closed: no other extension is allowed', () => {
      const closed = aProfile('p', 'Patient', [
        { id: 'Patient.extension', slicing: { discriminator: [{ type: 'value', path: 'url' }], rules: 'closed' } },
        { id: 'Patient.extension:note', type: [{ code: 'Extension', profile: [profileUrl('note')] }] },
      ]);
      const { issuesOf } = validatorWith([note, anExtension('other', ['string']), closed]);
      const other = { url: profileUrl('other'), valueString: 'x' };
      expect(issuesOf(aPatient({ extension: [noted(), other] }), options)).to.deep.equal([
        'error structure slicing-closed Patient.extension[1]',
      ]);
    });

    it('are demanded of a primitive, with a value or without', () => {
      const born = aProfile('p', 'Patient', [
        { id: 'Patient.birthDate.extension', slicing: { discriminator: [{ type: 'value', path: 'url' }], rules: 'open' } },
        { id: 'Patient.birthDate.extension:note', min: 1, max: '1', type: [{ code: 'Extension', profile: [profileUrl('note')] }] },
      ]);
      const { issuesOf } = validatorWith([note, born]);
      const of = (more: JsonObject): readonly string[] => issuesOf({ resourceType: 'Patient', ...more }, options);
      expect(of({})).to.deep.equal([]);
      expect(of({ birthDate: '1990', _birthDate: { extension: [noted()] } })).to.deep.equal([]);
      expect(of({ _birthDate: { extension: [noted()] } })).to.deep.equal([]);
      expect(of({ birthDate: '1990' })).to.deep.equal(['error required cardinality-min Patient.birthDate']);
      expect(of({ birthDate: '1990', _birthDate: { id: 'x' } })).to.deep.equal(['error required cardinality-min Patient.birthDate']);
      expect(of({ birthDate: '1990', _birthDate: { extension: [noted(), noted()] } })).to.deep.equal([
        'error structure cardinality-max Patient.birthDate',
      ]);
      expect(of({ birthDate: '1990-13', _birthDate: { extension: [noted({ valueString: '' })] } })).to.deep.equal([
        'error value type-date Patient.birthDate',
        'error value type-string Patient.birthDate.extension[0].value.ofType(string)',
      ]);
    });

    it('may be narrowed beyond their own definition', () => {
      const narrowed = aProfile('p', 'Patient', [
        { id: 'Patient.extension', slicing: { discriminator: [{ type: 'value', path: 'url' }], rules: 'open' } },
        { id: 'Patient.extension:note', type: [{ code: 'Extension', profile: [profileUrl('note')] }] },
        { id: 'Patient.extension:note.value[x]', fixedString: 'y' },
      ]);
      const { issuesOf } = validatorWith([note, narrowed]);
      expect(issuesOf(aPatient({ extension: [noted({ valueString: 'y' })] }), options)).to.deep.equal([]);
      expect(issuesOf(aPatient({ extension: [noted()] }), options)).to.deep.equal([
        'error value fixed Patient.extension[0].value.ofType(string)',
      ]);
    });
  });

  it('inside an extension without a definition of theirs may have any name', () => {
    const { issuesOf } = validatorWith();
    const extension = [{ url: UNKNOWN, extension: [{ url: 'part', valueString: '' }] }];
    expect(issuesOf(aPatient({ extension }))).to.deep.equal([
      'error value type-string Patient.extension[0].extension[0].value.ofType(string)',
      'warning extension extension-unknown Patient.extension[0]',
    ]);
  });

  it('of R4 itself are known', () => {
    const { issuesOf } = validatorWith();
    const reason = (valueCode: string): JsonObject => ({ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode });
    expect(issuesOf(aPatient({ _birthDate: { extension: [reason('unknown')] } }))).to.deep.equal([]);
    expect(issuesOf(aPatient({ _birthDate: { extension: [reason('because')] } }))).to.deep.equal([
      'error code-invalid binding Patient.birthDate.extension[0].value.ofType(code)',
    ]);
    const birthPlace = { url: 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace', valueAddress: { city: 'Nelson' } };
    expect(issuesOf(aPatient({ extension: [birthPlace] }))).to.deep.equal([]);
    expect(issuesOf(aPatient({ name: [{ text: 'x', extension: [birthPlace] }] }))).to.deep.equal([
      'error extension extension-context Patient.name[0].extension[0]',
    ]);
  });
});
