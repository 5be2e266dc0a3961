import { expect } from 'chai';
import type { JsonObject, JsonValue } from '../../../../src/fhir/json.js';
import { compareValues } from '../../../../src/validation/compile/rules/min-max-value.js';
import { anObservation, aPatient } from '../../../support/resources.js';
import { aProfile, issuesByDifferential as check, profileUrl, validatorWith } from '../../../support/validator-fixture.js';

describe('minValue[x] and maxValue[x]', () => {
  it('say the value and the bound', () => {
    const profile = aProfile('p', 'Patient', [{ id: 'Patient.multipleBirth[x]', minValueInteger: 2, maxValueInteger: 9 }]);
    const { validate } = validatorWith([profile]);
    const textOf = (multipleBirthInteger: number) => {
      const [issue, ...others] = validate(aPatient({ multipleBirthInteger }), { profiles: [profileUrl('p')] });
      expect(others).to.deep.equal([]);
      return issue;
    };
    expect(textOf(1)).to.deep.include({
      severity: 'error',
      code: 'value',
      rule: 'minValue',
      expression: 'Patient.multipleBirth.ofType(integer)',
      definition: `${profileUrl('p')}|1.0.0`,
      diagnostics: 'The value 1 is less than 2, the least that Patient.multipleBirth[x] allows',
    });
    expect(textOf(10)).to.deep.include({
      severity: 'error',
      code: 'value',
      rule: 'maxValue',
      expression: 'Patient.multipleBirth.ofType(integer)',
      diagnostics: 'The value 10 is more than 9, the most that Patient.multipleBirth[x] allows',
    });
    expect(textOf(2)).to.equal(undefined);
    expect(textOf(9)).to.equal(undefined);
  });

  it('count a quantity of time from now, backward for the least and forward for the most', () => {
    const ucum = (value: number, code: string): JsonObject => ({ value, system: 'http://unitsofmeasure.org', code });
    const profile = aProfile('p', 'Patient', [
      { id: 'Patient.birthDate', minValueQuantity: ucum(100, 'a'), maxValueQuantity: ucum(2, 'mo') },
    ]);
    const { validate } = validatorWith([profile], { clock: () => Date.UTC(2026, 0, 15) });
    const textsOf = (birthDate: string): readonly string[] =>
      validate(aPatient({ birthDate }), { profiles: [profileUrl('p')] }).map(({ diagnostics }) => diagnostics);
    for (const date of ['1926-01-15', '1926', '2026-03-15', '2000-05']) expect(textsOf(date), date).to.deep.equal([]);
    expect(textsOf('1926-01-14')).to.deep.equal([
      "The value '1926-01-14' is less than '1926-01-15T00:00:00.000Z' (100 a before now), the least that Patient.birthDate allows",
    ]);
    expect(textsOf('2026-03-16')).to.have.lengthOf(1);
  });

  it('take a time that no calendar reaches for no bound', () => {
    const element = { id: 'Patient.birthDate', maxValueQuantity: { value: 1e12, code: 'a' } };
    expect(check(aPatient({ birthDate: '2026-01-01' }), element)).to.deep.equal([]);
  });

  it('hold for dates, and let pass what their precision leaves open', () => {
    const element = { id: 'Patient.birthDate', minValueDate: '2000-02', maxValueDate: '2010' };
    const ofDate = (birthDate: string): readonly string[] => check(aPatient({ birthDate }), element);
    for (const date of ['2000-02-01', '2000-02', '2000', '2010-12-31', '2010', '2005']) expect(ofDate(date), date).to.deep.equal([]);
    for (const date of ['2000-01-31', '2000-01', '1999'])
      expect(ofDate(date), date).to.deep.equal(['error value minValue Patient.birthDate']);
    for (const date of ['2011', '2011-01-01']) expect(ofDate(date), date).to.deep.equal(['error value maxValue Patient.birthDate']);
  });

  it('hold for moments in their zones', () => {
    const element = { id: 'Observation.issued', minValueInstant: '2024-01-01T00:00:00Z' };
    const ofInstant = (issued: string): readonly string[] => check(anObservation({ issued }), element);
    expect(ofInstant('2024-01-01T13:00:00+13:00')).to.deep.equal([]);
    expect(ofInstant('2024-01-01T12:59:59+13:00')).to.deep.equal(['error value minValue Observation.issued']);
  });

  it('hold for times of day', () => {
    const element = { id: 'Observation.value[x]', type: [{ code: 'time' }], minValueTime: '09:00:00', maxValueTime: '17:00:00' };
    const ofTime = (valueTime: string): readonly string[] => check(anObservation({ valueTime }), element);
    expect(ofTime('09:00:00')).to.deep.equal([]);
    expect(ofTime('09:00:00.000')).to.deep.equal([]);
    expect(ofTime('17:00:00.000')).to.deep.equal([]);
    expect(ofTime('08:59:59.9')).to.deep.equal(['error value minValue Observation.value.ofType(time)']);
    expect(ofTime('17:00:00.1')).to.deep.equal(['error value maxValue Observation.value.ofType(time)']);
  });

  it('hold for decimals', () => {
    const elements = [
      { id: 'Observation.value[x]', type: [{ code: 'Quantity' }] },
      { id: 'Observation.value[x].value', minValueDecimal: 0.1, maxValueDecimal: 0.3 },
    ];
    const ofValue = (value: number): readonly string[] => check(anObservation({ valueQuantity: { value } }), ...elements);
    expect(ofValue(0.1)).to.deep.equal([]);
    expect(ofValue(0.3)).to.deep.equal([]);
    expect(ofValue(-1)).to.deep.equal(['error value minValue Observation.value.ofType(Quantity).value']);
    expect(ofValue(0.3000001)).to.deep.equal(['error value maxValue Observation.value.ofType(Quantity).value']);
  });

  it('hold for the digits that were sent, where a double has rounded them to the bound', () => {
    const bounds = { minValueDecimal: 1.1, maxValueDecimal: 9.99 };
    const { issuesOfText } = validatorWith([
      aProfile('p', 'Observation', [
        { id: 'Observation.value[x]', type: [{ code: 'Quantity' }] },
        { id: 'Observation.value[x].value', ...bounds },
      ]),
    ]);
    const ofLiteral = (literal: string): readonly string[] =>
      issuesOfText(JSON.stringify(anObservation({ valueQuantity: { value: 0 } })).replace('"value":0', `"value":${literal}`), {
        profiles: [profileUrl('p')],
      });
    const at = 'Observation.value.ofType(Quantity).value';
    expect(ofLiteral('9.9900000000000001')).to.deep.equal([`error value maxValue ${at}`]);
    expect(ofLiteral('1.09999999999999999')).to.deep.equal([`error value minValue ${at}`]);
    for (const literal of ['9.990', '1.10', '1.10000000000000001']) expect(ofLiteral(literal), literal).to.deep.equal([]);
  });

  it('hold for quantities in the unit of the bound, and warn of those that cannot be compared with it', () => {
    const UCUM = 'http://unitsofmeasure.org';
    const element = {
      id: 'Observation.value[x]',
      type: [{ code: 'Quantity' }],
      minValueQuantity: { value: 10, unit: 'kg', system: UCUM, code: 'kg' },
    };
    const ofQuantity = (valueQuantity: JsonObject): readonly string[] => check(anObservation({ valueQuantity }), element);
    expect(ofQuantity({ value: 10, system: UCUM, code: 'kg' })).to.deep.equal([]);
    expect(ofQuantity({ value: 9.99, unit: 'kilo', system: UCUM, code: 'kg' })).to.deep.equal([
      'error value minValue Observation.value.ofType(Quantity)',
    ]);
    expect(ofQuantity({ value: 10_000, system: UCUM, code: 'g' })).to.deep.equal([]);
    expect(ofQuantity({ value: 9_999, system: UCUM, code: 'g' })).to.deep.equal([
      'error value minValue Observation.value.ofType(Quantity)',
    ]);
    const incomparable = ['warning value minValue Observation.value.ofType(Quantity)'];
    expect(ofQuantity({ value: 1, system: UCUM, code: 'm' })).to.deep.equal(incomparable);
    for (const valueQuantity of [{ value: 1 }, { value: 10, unit: 'kg' }]) expect(ofQuantity(valueQuantity)).to.deep.equal(incomparable);
    expect(ofQuantity({ system: UCUM, code: 'kg' })).to.deep.equal([]);
  });

  it('say nothing of values that are none, as their format does', () => {
    const element = { id: 'Patient.birthDate', minValueDate: '2000' };
    expect(check(aPatient({ birthDate: '1999-02-30' }), element)).to.deep.equal(['error value type-date Patient.birthDate']);
    const extension = [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }];
    expect(check({ resourceType: 'Patient', _birthDate: { extension } }, element)).to.deep.equal([]);
  });

  it('compare only what is of one kind', () => {
    const cases: readonly (readonly [JsonValue | undefined, JsonValue])[] = [
      [undefined, 1],
      ['1', 1],
      [1, '2020'],
      ['10:00:00', '2020'],
      ['2020', '10:00:00'],
      [{ value: 1 }, 1],
      [null, 1],
      [[1], 1],
      ['x', 'y'],
    ];
    for (const [value, limit] of cases) expect(compareValues(value, limit), JSON.stringify([value, limit])).to.equal(undefined);
    expect(compareValues('2020-01', '2020')).to.equal(0);
  });
});
