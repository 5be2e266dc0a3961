import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import { parseJson } from '../../../src/fhir/json.js';
import { anObservation, aPatient } from '../../support/resources.js';
import { validatorWith } from '../../support/validator-fixture.js';

const { issuesOf, issuesOfText, validate, validator } = validatorWith();

describe('JSON that FHIR does not allow', () => {
  describe('unknown properties', () => {
    it('are errors where they stand, with a hint at one that differs in letter case only', () => {
      expect(issuesOf(aPatient({ foo: 1 }))).to.deep.equal(['error structure unknown-element Patient']);
      const [issue] = validate(aPatient({ BirthDate: '1990' }));
      expect(issue).to.deep.include({
        severity: 'error',
        code: 'structure',
        rule: 'unknown-element',
        expression: 'Patient',
        definition: 'http://hl7.org/fhir/StructureDefinition/Patient|4.0.1',
        diagnostics: "There is no property 'BirthDate' here; did you mean 'birthDate'?",
      });
    });

    it('are found in types and backbone elements, whatever their value', () => {
      const resource = aPatient({ name: [{ text: 'x', famly: null }], contact: [{ name: { text: 'x' }, foo: [] }] });
      expect(issuesOf(resource)).to.deep.equal([
        'error structure unknown-element Patient.name[0]',
        'error structure unknown-element Patient.contact[0]',
      ]);
    });

    it('are what a choice without its type, or with a type that it has not, is', () => {
      expect(issuesOf(anObservation({ value: 1 }))).to.deep.equal(['error structure unknown-element Observation']);
      expect(issuesOf(anObservation({ valueMoney: { value: 1 } }))).to.deep.equal(['error structure unknown-element Observation']);
      expect(issuesOf(anObservation({ 'value[x]': 1 }))).to.deep.equal(['error structure unknown-element Observation']);
    });

    it('are what names of every object in JavaScript are', () => {
      for (const name of ['constructor', 'toString', 'hasOwnProperty', '__defineGetter__']) {
        expect(issuesOf(aPatient({ [name]: 'x' })), name).to.deep.equal(['error structure unknown-element Patient']);
      }
    });

    it('are cut in the text when they are long', () => {
      const [issue] = validate(aPatient({ ['x'.repeat(10_000)]: 1 }));
      expect(issue?.diagnostics).to.have.length.lessThan(150);
    });
  });

  describe('keys that stand twice', () => {
    it('are errors at the object that has them', () => {
      expect(issuesOfText('{"resourceType":"Patient","gender":"male","gender":"female"}')).to.deep.equal([
        'error structure json-duplicate-key Patient',
      ]);
      expect(issuesOfText('{"resourceType":"Patient","name":[{"text":"a"},{"family":"b","family":"b"}]}')).to.deep.equal([
        'error structure json-duplicate-key Patient.name[1]',
      ]);
    });

    it('are found when one of them is escaped', () => {
      expect(issuesOfText('{"resourceType":"Patient","gender":"male","g\\u0065nder":"male"}')).to.deep.equal([
        'error structure json-duplicate-key Patient',
      ]);
    });

    it('are named by FHIRPath below a choice, a companion and a contained resource', () => {
      const value = '"valueQuantity":{"value":1,"value":2}';
      const observation = `"resourceType":"Observation","status":"final","code":{"text":"x"},${value}`;
      expect(issuesOfText(`{${observation}}`)).to.deep.equal(['error structure json-duplicate-key Observation.value.ofType(Quantity)']);
      const contained = `"contained":[{"id":"o",${observation}}],"subject":{"reference":"#o","reference":"#o"}`;
      const issues = issuesOfText(`{"resourceType":"Basic","code":{"text":"x"},${contained}}`);
      expect(issues).to.deep.equal([
        'error structure json-duplicate-key Basic.contained[0].value.ofType(Quantity)',
        'error structure json-duplicate-key Basic.subject',
      ]);
      expect(issuesOfText('{"resourceType":"Patient","birthDate":"1990","_birthDate":{"id":"a","id":"b"}}')).to.deep.equal([
        'error structure json-duplicate-key Patient.birthDate',
      ]);
    });

    it('are named at the nearest element that there is', () => {
      expect(issuesOfText('{"resourceType":"Patient","a b":{"c d":[{"x":1,"x":1}]}}')).to.deep.equal([
        'error structure json-duplicate-key Patient',
        'error structure unknown-element Patient',
      ]);
    });
  });

  it('refuses __proto__ as a property, and nothing gets its prototype', () => {
    expect(issuesOfText('{"resourceType":"Patient","__proto__":{"active":true}}')).to.deep.equal([
      'error structure json-forbidden-key Patient',
      'error structure unknown-element Patient',
    ]);
    expect(issuesOfText('{"resourceType":"Patient","name":[{"text":"x","__proto__":[]}]}')).to.deep.equal([
      'error structure json-forbidden-key Patient.name[0]',
      'error structure unknown-element Patient.name[0]',
    ]);
    expect(Object.hasOwn(Object.prototype, 'active')).to.equal(false);
  });

  it('refuses halves of surrogate pairs where they stand', () => {
    expect(issuesOfText('{"resourceType":"Patient","name":[{"given":["a","\\ud83d"]}]}')).to.deep.equal([
      'error structure json-lone-surrogate Patient.name[0].given[1]',
    ]);
    expect(issuesOfText('{"resourceType":"Patient","name":[{"given":["\\ud83d\\ude00"]}]}')).to.deep.equal([]);
    expect(issuesOfText('{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueString":"\\udc00"}')).to.deep.equal([
      'error structure json-lone-surrogate Observation.value.ofType(string)',
    ]);
  });

  describe('resourceType', () => {
    it('must be there, a string, and the name of a resource of R4', () => {
      const expectOnly = (value: Parameters<typeof issuesOf>[0], issue: string) =>
        expect(issuesOf(value), JSON.stringify(value)).to.deep.equal([issue]);
      expectOnly({}, 'error structure resource-type Resource');
      expectOnly({ name: [] }, 'error structure resource-type Resource');
      expectOnly({ resourceType: 1 }, 'error structure resource-type Resource');
      expectOnly({ resourceType: null }, 'error structure resource-type Resource');
      expectOnly({ resourceType: ['Patient'] }, 'error structure resource-type Resource');
      expectOnly({ resourceType: '' }, 'error structure resource-type Resource');
      expectOnly({ resourceType: 'patient' }, 'error structure resource-type Resource');
      expectOnly({ resourceType: 'HumanName' }, 'error structure resource-type Resource');
      expectOnly({ resourceType: 'Resource' }, 'error structure resource-type Resource');
      expectOnly({ resourceType: 'DomainResource' }, 'error structure resource-type Resource');
      expectOnly({ resourceType: 'a b; c' }, 'error structure resource-type Resource');
      expectOnly({ resourceType: '__proto__' }, 'error structure resource-type Resource');
    });

    it('stands in resources only', () => {
      expect(issuesOf(aPatient({ name: [{ resourceType: 'HumanName', text: 'x' }] }))).to.deep.equal([
        'error structure unknown-element Patient.name[0]',
      ]);
      expect(issuesOf(aPatient({ contact: [{ resourceType: 'Patient', name: { text: 'x' } }] }))).to.deep.equal([
        'error structure unknown-element Patient.contact[0]',
      ]);
    });

    it('must be in contained resources and entries too', () => {
      const entries = (resource: JsonObject): JsonObject => ({ resourceType: 'Bundle', type: 'collection', entry: [{ resource }] });
      expect(issuesOf(entries({ name: [{ text: 'x' }] }))).to.deep.equal(['error structure resource-type Bundle.entry[0].resource']);
      expect(issuesOf(entries({ resourceType: 'Foo' }))).to.deep.equal(['error structure resource-type Bundle.entry[0].resource']);
      expect(issuesOf(aPatient({ contained: [{ id: 'a' }], managingOrganization: { reference: '#a' } }))).to.deep.equal([
        'error structure resource-type Patient.contained[0]',
      ]);
    });
  });

  it('refuses documents that are no object', () => {
    for (const value of [null, 1, 'x', true, [], [{ resourceType: 'Patient' }]]) {
      expect(issuesOf(value), JSON.stringify(value)).to.deep.equal(['error structure json-type Resource']);
    }
  });
});

describe('Positions of issues', () => {
  const text = `{
  "resourceType": "Patient",
  "gender": "male",
  "name": [
    { "text": "a" },
    { "family": "" }
  ],
  "maritalStatus": {
    "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "code": "M",
      "display": "Wed" }]
  }
}`;

  it('are line and column of the value at fault, for warnings beside an error too', () => {
    const { issues } = validator.validate(parseJson(text));
    expect(issues.map(({ expression, line, column }) => [expression, line, column])).to.deep.equal([
      ['Patient.name[1].family', 6, 17],
      ['Patient.maritalStatus.coding[0].display', 10, 18],
    ]);
  });

  it('are there for warnings of what is valid, and found only when asked for', () => {
    const { issues } = validator.validate(parseJson(text.replace('"family": ""', '"family": "b"')));
    expect(issues.map(({ severity, line, column }) => [severity, line, column])).to.deep.equal([['warning', 10, 18]]);
    const { positionOf: _none, ...unseen } = { ...parseJson(text), value: parseJson(text).value };
    let asked = 0;
    const counting = { ...unseen, positionOf: () => ({ line: ++asked, column: 1 }) };
    const counted = validator.validate(counting).issues;
    expect(asked).to.equal(0);
    expect(counted.map(({ line, column }) => [line, column])).to.deep.equal([
      [1, 1],
      [2, 1],
    ]);
    expect(counted.map(({ line }) => line)).to.deep.equal([1, 2]);
  });

  it('are those of the property that nothing defines, that stands twice, or that has only a companion', () => {
    const places = (source: string): unknown[] =>
      validator.validate(parseJson(source)).issues.map(({ rule, line, column }) => [rule, line, column]);
    expect(places('{"resourceType":"Patient",\n"active":true,\n "foo": 1}')).to.deep.equal([['unknown-element', 3, 9]]);
    expect(places('{"resourceType":"Patient",\n"active":true,\n"active": false}')).to.deep.equal([['json-duplicate-key', 3, 11]]);
    expect(places('{"resourceType":"Patient",\n"active":true,\n"_gender": {}}')[0]).to.deep.equal(['ele-1', 3, 12]);
  });

  it('are those of the parent for what is missing, and of the companion below one', () => {
    const missing = validator.validate(
      parseJson('{"resourceType":"Patient",\n"photo": [ {"title":"x"}],\n"communication":[\n{"preferred":true}]}'),
    );
    expect(missing.issues.map(({ expression, line, column }) => [expression, line, column])).to.deep.equal([
      ['Patient.communication[0]', 4, 1],
    ]);
    const companion = validator.validate(parseJson('{"resourceType":"Patient","birthDate":"1990",\n"_birthDate": {"extension":[]}}'));
    expect(companion.issues.map(({ expression, line, column }) => [expression, line, column])).to.deep.equal([
      ['Patient.birthDate.extension', 2, 28],
    ]);
  });
});

it('Texts of issues are cut, whatever was sent', () => {
  const long = 'x'.repeat(100_000);
  const codings = Array.from({ length: 10_000 }, (_, index) => ({ system: 'http://x.example', code: `${index}` }));
  const resource = aPatient({
    gender: long,
    maritalStatus: { coding: codings },
    extension: [{ url: `http://x.example/${long}`, valueString: 'x' }],
    meta: { profile: [`http://x.example/${long}`] },
  });
  const issues = validate(resource);
  expect(issues).to.have.length(4);
  for (const { diagnostics } of issues) expect(diagnostics.length).to.be.within(500, 2001);
});

describe('issueLimit', () => {
  const wrong = aPatient({ name: Array.from({ length: 50 }, () => ({ text: '' })) });
  const questionable = { url: 'http://x.example/unknown', valueString: 'x' };

  it('bounds what is reported, and says that there is more', () => {
    const issues = issuesOf(wrong, { issueLimit: 3 });
    expect(issues).to.deep.equal([
      'error value type-string Patient.name[0].text',
      'error value type-string Patient.name[1].text',
      'error value type-string Patient.name[2].text',
      'information incomplete issue-limit Patient',
    ]);
  });

  it('is 1000 when nothing is said', () => {
    const many = aPatient({ name: Array.from({ length: 1500 }, () => ({ text: '' })) });
    expect(issuesOf(many).filter((issue) => issue.startsWith('error'))).to.have.length(1000);
    expect(issuesOf(wrong)).to.have.length(50);
  });

  it('never drops the error that makes a resource invalid in favour of warnings', () => {
    const extension = Array.from({ length: 20 }, () => questionable);
    const issues = issuesOf(aPatient({ extension, gender: 'x' }), { issueLimit: 5 });
    expect(issues).to.have.length(6);
    expect(issues).to.include('error code-invalid binding Patient.gender');
    expect(issues.at(-1)).to.equal('information incomplete issue-limit Patient');
  });

  it('counts a fault once that several profiles find', () => {
    expect(issuesOf(aPatient({ extension: [questionable, questionable], gender: 'x' }), { issueLimit: 3 })).to.deep.equal([
      'warning extension extension-unknown Patient.extension[0]',
      'warning extension extension-unknown Patient.extension[1]',
      'error code-invalid binding Patient.gender',
    ]);
  });
});
