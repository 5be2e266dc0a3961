import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import { aPatient } from '../../support/resources.js';
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
        expression: 'Patient.extension[0]',
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
          line: 1,
          column: 110,
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
      expect(of({ url: 'line', valueInteger: 1 })).to.deep.equal(['error structure type Patient.extension[0].extension[0]']);
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

    it('refuse parts that they have not where their definition leaves it open, too', () => {
      const url = 'http://hl7.org/fhir/StructureDefinition/patient-nationality';
      const part = (name: string): JsonObject => ({ url: name, valueCodeableConcept: { text: 'NZ' } });
      expect(issuesOf(aPatient({ extension: [{ url, extension: [part('code')] }] }))).to.deep.equal([]);
      expect(issuesOf(aPatient({ extension: [{ url, extension: [part('codex')] }] }))).to.deep.equal([
        'error extension extension-part Patient.extension[0].extension[0]',
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
      expect(issuesOf(aPatient({ extension: [noted()] }))).to.deep.equal(['error structure type Patient.extension[0]']);
      const named = validatorWith([older, newer, profile(`${profileUrl('note')}|2.0.0`)]);
      expect(named.issuesOf(aPatient({ extension: [noted({ valueCode: 'x' })] }), options)).to.deep.equal([]);
      expect(named.issuesOf(aPatient({ extension: [noted()] }), options)).to.deep.equal(['error structure type Patient.extension[0]']);
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
