/** $validate-code, $lookup and $subsumes: https://hl7.org/fhir/R4/codesystem-operations.html */
import { expect } from 'chai';
import type { Parameters, ValueSet } from 'fhir/r4.js';
import type { JsonObject } from '../../src/fhir/json.js';
import { ACT_CODES, answerOf, aValueSet, expectFaults, GENDER, GENDERS, parameters, SNOMED } from '../support/terminology-answers.js';
import { type Answer, describeServer } from '../support/test-server.js';

const animals: JsonObject = {
  resourceType: 'CodeSystem',
  url: 'http://example.org/animals',
  version: '1.0.0',
  name: 'Animals',
  status: 'active',
  content: 'complete',
  caseSensitive: true,
  property: [{ code: 'legs', type: 'integer', description: 'How many' }],
  concept: [
    {
      code: 'animal',
      display: 'Animal',
      concept: [
        { code: 'bird', display: 'Bird', property: [{ code: 'legs', valueInteger: 2 }], designation: [{ language: 'mi', value: 'Manu' }] },
        { code: 'dog', display: 'Dog' },
      ],
    },
  ],
};

describeServer('operations on codes', (server) => {
  describe('$validate-code', () => {
    it('says whether a code is in a value set, and how it is displayed', async () => {
      const ask = async (query: string): Promise<unknown> =>
        answerOf(await server().get(`/r4/ValueSet/$validate-code?url=${GENDER}&${query}`));
      expect(await ask(`system=${GENDERS}&code=male`)).to.deep.equal({ result: true, display: 'Male' });
      expect(await ask('code=male')).to.deep.equal({ result: true, display: 'Male' });
      expect(await ask(`system=${GENDERS}&code=male&display=MALE`)).to.include({ result: true });
      expect(await ask(`system=${GENDERS}&code=male&display=Woman`)).to.include({ result: false, display: 'Male' });
      expect(await ask(`system=${GENDERS}&code=x`)).to.deep.include({ result: false });
      expect(await ask(`system=http://example.org/none&code=male`)).to.deep.include({ result: false });
    });

    it('takes a Coding, and a CodeableConcept of which one coding must be right', async () => {
      const ask = async (...more: JsonObject[]): Promise<Record<string, unknown>> =>
        answerOf(await server().post('/r4/ValueSet/$validate-code', parameters({ name: 'url', valueUri: GENDER }, ...more)));
      expect(await ask({ name: 'coding', valueCoding: { system: GENDERS, code: 'male' } })).to.include({ result: true });
      const none = await ask({ name: 'coding', valueCoding: { system: GENDERS, code: 'x' } });
      expect(none['message']).to.equal(`The code 'x' of ${GENDERS} is not in the value set ${GENDER}`);
      const coding = [
        { system: GENDERS, code: 'x' },
        { system: GENDERS, code: 'female' },
      ];
      expect(await ask({ name: 'codeableConcept', valueCodeableConcept: { coding } })).to.deep.equal({ result: true, display: 'Female' });
      const wrong = await ask({ name: 'codeableConcept', valueCodeableConcept: { coding: coding.slice(0, 1) } });
      expect(wrong).to.deep.include({ result: false });
    });

    it('does not say that is right which cannot be told', async () => {
      const posted = {
        name: 'valueSet',
        resource: aValueSet({ system: SNOMED, filter: [{ property: 'concept', op: 'is-a', value: '1' }] }),
      };
      const ask = async (...more: JsonObject[]): Promise<Record<string, unknown>> =>
        answerOf(await server().post('/r4/ValueSet/$validate-code', parameters(...more)));
      const unknown = await ask(posted, { name: 'coding', valueCoding: { system: SNOMED, code: '2' } });
      expect(unknown).to.include({ result: false });
      expect(unknown['message']).to.include('cannot be told').and.to.include(SNOMED);
      const listed = { name: 'valueSet', resource: aValueSet({ system: SNOMED, concept: [{ code: '2' }] }) };
      const told = await ask(listed, { name: 'coding', valueCoding: { system: SNOMED, code: '2', display: 'Two' } });
      expect(told).to.deep.equal({ result: true, message: `${SNOMED} is not loaded, and the display was not looked at` });
    });

    it('agrees with $expand of the same value set', async () => {
      const url = 'http://hl7.org/fhir/ValueSet/observation-status';
      const { expansion } = (await server().get(`/r4/ValueSet/$expand?url=${url}`)).json as unknown as ValueSet;
      for (const { system, code } of expansion?.contains ?? []) {
        const answer = await server().get(`/r4/ValueSet/$validate-code?url=${url}&system=${system}&code=${code}`);
        expect(answerOf(answer), code).to.include({ result: true });
      }
    });

    it('says whether a code system has a code, one that was posted or stored as well', async () => {
      const ask = (query: string): Promise<Answer> => server().get(`/r4/CodeSystem/$validate-code?${query}`);
      expect(answerOf(await ask(`url=${GENDERS}&code=male`))).to.deep.equal({ result: true, display: 'Male' });
      expect(answerOf(await ask(`url=${GENDERS}&code=x`))).to.deep.include({ result: false });
      expect(answerOf(await ask('url=http://unitsofmeasure.org&code=mg'))).to.deep.include({ result: true });
      expect(answerOf(await ask('url=http://unitsofmeasure.org&code=nonsense'))).to.deep.include({ result: false });
      const posted = await server().post(
        '/r4/CodeSystem/$validate-code',
        parameters(
          { name: 'codeSystem', resource: animals },
          { name: 'code', valueCode: 'bird' },
          { name: 'displayLanguage', valueCode: 'mi' },
        ),
      );
      expect(answerOf(posted)).to.deep.equal({ result: true, display: 'Manu' });
      const { json } = await server().post('/r4/CodeSystem', animals);
      const stored = `CodeSystem/${String(json['id'])}`;
      expect(answerOf(await server().get(`/r4/${stored}/$validate-code?code=dog`))).to.deep.equal({ result: true, display: 'Dog' });
      expect(answerOf(await server().get(`/r4/${stored}/$validate-code?code=cat`))).to.deep.include({ result: false });
      expect(answerOf(await server().get(`/r4/${stored}/$subsumes?codeA=animal&codeB=dog`))).to.deep.equal({ outcome: 'subsumes' });
      const abstract = `url=${ACT_CODES}&code=_ActEncounterCode`;
      expect(answerOf(await ask(abstract))).to.deep.include({ result: true });
      expect(answerOf(await ask(`${abstract}&abstract=false`))).to.deep.include({ result: false });
    });

    it('says what is wrong with what it is asked', async () => {
      const coding = { name: 'coding', valueCoding: { system: GENDERS, code: 'male' } };
      const url = { name: 'url', valueUri: GENDER };
      await expectFaults(server(), [
        ['ValueSet/$validate-code?code=male', undefined, 400, "'url', 'valueSet', 'context'"],
        [`ValueSet/$validate-code?url=${GENDER}`, undefined, 400, "'code', 'coding', 'codeableConcept'"],
        ['ValueSet/$validate-code?url=http://example.org/none&code=a', undefined, 404, 'none'],
        [`ValueSet/$validate-code?url=${GENDER}&coding=male`, undefined, 400, 'wanted is a Coding'],
        [
          'ValueSet/$validate-code',
          parameters(url, coding, { name: 'code', valueCode: 'male' }),
          400,
          "'code' and 'coding' exclude each other",
        ],
        ['ValueSet/$validate-code', parameters(url, coding, { name: 'system', valueUri: GENDERS }), 400, "'system' goes with 'code'"],
        ['ValueSet/$validate-code', parameters(url, { name: 'coding', valueCoding: { system: GENDERS } }), 400, 'without a code'],
        ['ValueSet/$validate-code', parameters(url, { name: 'coding', valueCoding: { system: 5, code: 'a' } }), 422, 'not a number'],
        ['ValueSet/$validate-code', parameters(url, { name: 'codeableConcept', valueCodeableConcept: { text: 'a' } }), 400, 'no coding'],
        ['CodeSystem/$validate-code?code=male', undefined, 400, "'url' is missing"],
        ['CodeSystem/$validate-code?url=http://example.org/none&code=a', undefined, 404, 'http://example.org/none'],
        [`CodeSystem/$validate-code?url=${GENDERS}&version=9&code=male`, undefined, 404, "'9'"],
      ]);
    });
  });

  describe('CodeSystem/$lookup', () => {
    const lookup = async (query: string): Promise<Parameters> => {
      const answer = await server().get(`/r4/CodeSystem/$lookup?${query}`);
      expect(answer.status, answer.text).to.equal(200);
      return answer.json as unknown as Parameters;
    };
    const propertiesOf = ({ parameter = [] }: Parameters): readonly (readonly unknown[])[] =>
      parameter.flatMap(({ name, part = [] }) => {
        const value = part.find((one) => one.name === 'value');
        return name === 'property'
          ? [[part.find((one) => one.name === 'code')?.valueCode, value?.valueCode ?? value?.valueString ?? value?.valueBoolean]]
          : [];
      });

    it('tells name, version, display, the place in the hierarchy, and properties', async () => {
      const found = await lookup(`system=${ACT_CODES}&code=IMP`);
      expect(found.parameter?.slice(0, 3)).to.deep.equal([
        { name: 'name', valueString: 'ActCode' },
        { name: 'version', valueString: '9.0.0' },
        { name: 'display', valueString: 'inpatient encounter' },
      ]);
      expect(propertiesOf(found)).to.deep.include.members([
        ['parent', '_ActEncounterCode'],
        ['child', 'ACUTE'],
        ['child', 'NONAC'],
        ['status', 'active'],
      ]);
      const chosen = await lookup(`system=${ACT_CODES}&code=IMP&property=child`);
      expect(propertiesOf(chosen)).to.deep.equal([
        ['child', 'ACUTE'],
        ['child', 'NONAC'],
      ]);
      const posted = await server().post(
        '/r4/CodeSystem/$lookup',
        parameters({ name: 'coding', valueCoding: { system: ACT_CODES, code: 'IMP' } }),
      );
      expect(posted.json).to.deep.equal(found);
    });

    it('answers by Parameters that are valid', async () => {
      const { issues } = await server().post(
        '/r4/Parameters/$validate',
        (await lookup(`system=${ACT_CODES}&code=IMP`)) as unknown as JsonObject,
      );
      expect(issues.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
    });

    it('tells the codes of systems that are a rule', async () => {
      expect((await lookup('system=http://unitsofmeasure.org&code=mg')).parameter).to.deep.include({ name: 'display', valueString: 'mg' });
    });

    it('says what is not there, and what is wrong with what it is asked', async () => {
      await expectFaults(server(), [
        [`CodeSystem/$lookup?system=${ACT_CODES}&code=none`, undefined, 404, "has no code 'none'"],
        ['CodeSystem/$lookup?system=http://example.org/none&code=a', undefined, 404, 'http://example.org/none'],
        [`CodeSystem/$lookup?system=${ACT_CODES}&version=0.1&code=IMP`, undefined, 404, "'0.1'"],
        [`CodeSystem/$lookup?system=${SNOMED}&code=73211009`, undefined, 404, SNOMED],
        ['CodeSystem/$lookup?system=http://unitsofmeasure.org&code=nonsense', undefined, 404, "'nonsense'"],
        ['CodeSystem/$lookup?code=IMP', undefined, 400, "'system' is missing"],
        [`CodeSystem/$lookup?system=${ACT_CODES}`, undefined, 400, "'code', 'coding'"],
        [`CodeSystem/$lookup?system=${ACT_CODES}&code=`, undefined, 400, "'code'"],
        [`CodeSystem/$lookup?system=${ACT_CODES}&code=IMP&date=2020-01-01`, undefined, 400, "'date'"],
        ['CodeSystem/some/$lookup', undefined, 501, 'for the type only'],
      ]);
    });
  });

  describe('CodeSystem/$subsumes', () => {
    const outcomeOf = async (codeA: string, codeB: string): Promise<unknown> =>
      answerOf(await server().get(`/r4/CodeSystem/$subsumes?system=${ACT_CODES}&codeA=${codeA}&codeB=${codeB}`))['outcome'];

    it('compares two codes by the hierarchy, at any depth', async () => {
      expect(await outcomeOf('_ActEncounterCode', 'ACUTE')).to.equal('subsumes');
      expect(await outcomeOf('ACUTE', '_ActEncounterCode')).to.equal('subsumed-by');
      expect(await outcomeOf('IMP', 'IMP')).to.equal('equivalent');
      expect(await outcomeOf('IMP', 'AMB')).to.equal('not-subsumed');
      const [codingA, codingB] = ['IMP', 'ACUTE'].map((code) => ({ system: ACT_CODES, code }));
      const body = parameters(
        { name: 'codingA', valueCoding: codingA as JsonObject },
        { name: 'codingB', valueCoding: codingB as JsonObject },
      );
      expect(answerOf(await server().post('/r4/CodeSystem/$subsumes', body))).to.deep.equal({ outcome: 'subsumes' });
    });

    it('says what is wrong with what it is asked', async () => {
      const a = { name: 'codingA', valueCoding: { system: ACT_CODES, code: 'IMP' } };
      const b = { name: 'codingB', valueCoding: { system: GENDERS, code: 'male' } };
      await expectFaults(server(), [
        [`CodeSystem/$subsumes?system=${ACT_CODES}&codeA=IMP`, undefined, 400, "'codeB', 'codingB'"],
        ['CodeSystem/$subsumes?codeA=IMP&codeB=AMB', undefined, 400, "'system' is missing"],
        [`CodeSystem/$subsumes?system=${ACT_CODES}&codeA=IMP&codeB=none`, undefined, 404, "'none'"],
        ['CodeSystem/$subsumes?system=http://example.org/none&codeA=a&codeB=b', undefined, 404, 'http://example.org/none'],
        [`CodeSystem/$subsumes?system=${ACT_CODES}&version=0.1&codeA=IMP&codeB=AMB`, undefined, 404, "'0.1'"],
        ['CodeSystem/$subsumes', parameters(a, b), 400, 'codes of one system'],
        ['CodeSystem/$subsumes', parameters(a), 400, "'codeB', 'codingB'"],
      ]);
    });
  });
});
