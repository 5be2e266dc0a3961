import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import { anObservation } from '../../support/resources.js';
import { aCodeSystem, aValueSet, TEST_BASE, validatorWith } from '../../support/validator-fixture.js';

const COLOURS = `${TEST_BASE}/CodeSystem/colours`;
const red = { code: 'red', display: 'Red', designation: [{ language: 'mi', value: 'Whero' }] };
const colours = aCodeSystem('colours', [red, 'green', { code: 'mixed', concept: [{ code: 'purple', display: 'Purple' }] }]);

const { issuesOf, validate } = validatorWith([colours]);
const of = (coding: JsonObject): JsonObject => anObservation({ code: { coding: [coding] } });

describe('Codings by their own code system', () => {
  it('that it does not have are errors at the code, whatever the binding', () => {
    const [issue, ...others] = validate(of({ system: COLOURS, code: 'blue' }));
    expect(others).to.deep.equal([]);
    expect(issue).to.deep.include({
      severity: 'error',
      code: 'code-invalid',
      rule: 'unknown-code',
      expression: 'Observation.code.coding[0].code',
      diagnostics: `The code system ${COLOURS}|1.0.0 has no code 'blue'`,
      definition: `${COLOURS}|1.0.0`,
    });
  });

  it('that it has pass, however deep they stand in it', () => {
    for (const code of ['red', 'green', 'mixed', 'purple']) expect(issuesOf(of({ system: COLOURS, code })), code).to.deep.equal([]);
  });

  it('are told apart by letter case unless the code system says that it does not count', () => {
    expect(issuesOf(of({ system: COLOURS, code: 'RED' }))).to.deep.equal([
      'error code-invalid unknown-code Observation.code.coding[0].code',
    ]);
    const relaxed = validatorWith([aCodeSystem('colours', ['red'], { caseSensitive: false })]);
    expect(relaxed.issuesOf(of({ system: COLOURS, code: 'RED' }))).to.deep.equal([]);
  });

  it('of a code system that is not loaded, or not whole, may be anything', () => {
    expect(issuesOf(of({ system: 'http://x.example/nowhere', code: 'x', display: 'y' }))).to.deep.equal([]);
    for (const content of ['fragment', 'example', 'not-present']) {
      const partial = validatorWith([aCodeSystem('colours', [red], { content })]);
      expect(partial.issuesOf(of({ system: COLOURS, code: 'blue' })), content).to.deep.equal([]);
    }
  });

  it('of a system that is a grammar are held against the grammar', () => {
    const bad = ['error code-invalid unknown-code Observation.code.coding[0].code'];
    expect(issuesOf(of({ system: 'urn:iso:std:iso:4217', code: 'NZD' }))).to.deep.equal([]);
    expect(issuesOf(of({ system: 'urn:iso:std:iso:4217', code: 'XYZ' }))).to.deep.equal(bad);
    expect(issuesOf(of({ system: 'urn:ietf:bcp:47', code: 'mi-NZ' }))).to.deep.equal([]);
  });

  it('without system or without code are not looked up', () => {
    expect(issuesOf(of({ code: 'blue' }))).to.deep.equal([]);
    expect(issuesOf(of({ system: COLOURS }))).to.deep.equal([]);
    expect(issuesOf(of({ system: COLOURS, code: 1 }))).to.deep.equal(['error structure json-type Observation.code.coding[0].code']);
  });

  it('that it has retired are warned of', () => {
    const retired = { code: 'puce', property: [{ code: 'inactive', valueBoolean: true }] };
    expect(validatorWith([aCodeSystem('colours', [retired])]).issuesOf(of({ system: COLOURS, code: 'puce' }))).to.deep.equal([
      'warning code-invalid inactive-code Observation.code.coding[0].code',
    ]);
  });

  it('of another version of the system are not judged by the one that is loaded', () => {
    expect(issuesOf(of({ system: COLOURS, version: '2.0.0', code: 'blue' }))).to.deep.equal([
      'information not-found version-unchecked Observation.code.coding[0]',
    ]);
    expect(issuesOf(of({ system: COLOURS, version: '1.0.0', code: 'blue' }))).to.deep.equal([
      'error code-invalid unknown-code Observation.code.coding[0].code',
    ]);
    const both = validatorWith([colours, aCodeSystem('colours', ['blue'], { version: '2.0.0' })]);
    expect(both.issuesOf(of({ system: COLOURS, version: '2.0.0', code: 'blue' }))).to.deep.equal([]);
    expect(both.issuesOf(of({ system: COLOURS, version: '1.0.0', code: 'blue' }))).to.have.length(1);
    expect(both.issuesOf(of({ system: COLOURS, version: '1.0', code: 'green' }))).to.deep.equal([]);
  });

  it('without a version may be of any version that is loaded', () => {
    const both = validatorWith([colours, aCodeSystem('colours', ['blue'], { version: '2.0.0' })]);
    for (const code of ['red', 'blue']) expect(both.issuesOf(of({ system: COLOURS, code })), code).to.deep.equal([]);
    expect(both.validate(of({ system: COLOURS, code: 'black' })).map(({ diagnostics }) => diagnostics)).to.deep.equal([
      `The code system ${COLOURS} (of which 2.0.0, 1.0.0 are loaded) has no code 'black'`,
    ]);
    const partial = validatorWith([aCodeSystem('colours', ['blue'], { version: '2.0.0' }), { ...colours, content: 'fragment' }]);
    expect(partial.issuesOf(of({ system: COLOURS, code: 'black' }))).to.deep.equal([]);
  });

  it('of a version that is not loaded are told of once', () => {
    const coding = { system: COLOURS, version: '3.0.0', code: 'red' };
    const [issue, ...others] = validate(anObservation({ code: { coding: [coding, { ...coding, code: 'x' }] } }));
    expect(others).to.deep.equal([]);
    expect(issue).to.deep.include({
      severity: 'information',
      rule: 'version-unchecked',
      expression: 'Observation.code.coding[0]',
      diagnostics: `Version 3.0.0 of ${COLOURS} is not loaded (of it there is 1.0.0): its codes could not be checked for certain`,
    });
    // of SNOMED CT only its name is loaded
    expect(issuesOf(of({ system: 'http://snomed.info/sct', version: '3.0.0', code: '1' }))).to.deep.equal([]);
  });

  describe('displays', () => {
    it('other than those of the code system are a warning at the display, with what it says', () => {
      const [issue, ...others] = validate(of({ system: COLOURS, code: 'red', display: 'Crimson' }));
      expect(others).to.deep.equal([]);
      expect(issue).to.deep.include({
        severity: 'warning',
        code: 'invalid',
        rule: 'wrong-display',
        expression: 'Observation.code.coding[0].display',
        diagnostics: `'Crimson' is not how ${COLOURS} displays 'red': it says 'Red'`,
        definition: `${COLOURS}|1.0.0`,
      });
    });

    it('may be an error, where the server is so set up', () => {
      const strict = validatorWith([colours], { wrongDisplay: 'error' });
      expect(strict.issuesOf(of({ system: COLOURS, code: 'red', display: 'Crimson' }))).to.deep.equal([
        'error invalid wrong-display Observation.code.coding[0].display',
      ]);
    });

    it('may be in another language, letter case, or with other white space', () => {
      for (const display of ['Red', 'RED', 'red', ' Red ', 'Whero']) {
        const issues = issuesOf(of({ system: COLOURS, code: 'red', display })).filter((issue) => issue.includes('wrong-display'));
        expect(issues, display).to.deep.equal([]);
      }
    });

    it('are in the language of the resource, where the code system has some in it', () => {
      const inLanguage = (language: string, display: string): readonly string[] =>
        validate({ ...of({ system: COLOURS, code: 'red', display }), language }).map(({ rule, diagnostics }) => `${rule}: ${diagnostics}`);
      for (const [language, display] of [
        ['mi', 'Whero'],
        ['mi-NZ', 'whero'],
        ['en-NZ', 'Red'],
        ['fr', 'Red'],
        ['fr', 'Whero'],
      ] as const) {
        expect(inLanguage(language, display), `${language} ${display}`).to.deep.equal([]);
      }
      expect(inLanguage('mi', 'Red')).to.deep.equal([`wrong-display: 'Red' is not how ${COLOURS} displays 'red': in 'mi' it says 'Whero'`]);
      expect(inLanguage('en', 'Whero')).to.have.length(1);
    });

    it('of codes that have none are free', () => {
      expect(issuesOf(of({ system: COLOURS, code: 'green', display: 'anything' }))).to.deep.equal([]);
    });

    it('may come from a value set', () => {
      const concept = [{ code: 'red', display: 'Ruby', designation: [{ language: 'de', value: 'Rubin' }] }];
      const jewels = aValueSet('jewels', [{ system: COLOURS, concept }], {
        expansion: { timestamp: '2020-01-01', contains: [{ system: COLOURS, code: 'red', display: 'Carmine' }] },
      });
      const fixture = validatorWith([colours, jewels]);
      for (const display of ['Red', 'ruby', 'Rubin', 'Carmine']) {
        expect(fixture.issuesOf(of({ system: COLOURS, code: 'red', display })), display).to.deep.equal([]);
      }
      expect(fixture.issuesOf(of({ system: COLOURS, code: 'red', display: 'Emerald' }))).to.have.length(1);
      expect(fixture.issuesOf(of({ system: COLOURS, code: 'purple', display: 'Ruby' }))).to.have.length(1);
    });

    it('may come from a supplement', () => {
      const supplement = aCodeSystem('more', [{ code: 'red', designation: [{ language: 'fr', value: 'Rouge' }] }], {
        content: 'supplement',
        supplements: COLOURS,
      });
      const { issuesOf: supplemented } = validatorWith([colours, supplement, aValueSet('all', [{ system: COLOURS }])]);
      expect(supplemented(of({ system: COLOURS, code: 'red', display: 'Rouge' }))).to.deep.equal([]);
    });
  });

  it('are looked up wherever a Coding stands', () => {
    const resource = anObservation({
      meta: { tag: [{ system: COLOURS, code: 'blue' }] },
      extension: [{ url: 'http://x.example/e', valueCoding: { system: COLOURS, code: 'blue' } }],
    });
    expect(issuesOf(resource).filter((issue) => issue.startsWith('error'))).to.deep.equal([
      'error code-invalid unknown-code Observation.meta.tag[0].code',
      'error code-invalid unknown-code Observation.extension[0].value.ofType(Coding).code',
    ]);
  });
});

describe('Coding.system', () => {
  it('names a code system: no supplement, no value set, and by an absolute URI', () => {
    const supplement = aCodeSystem('more', ['red'], { content: 'supplement', supplements: COLOURS });
    const { issuesOf } = validatorWith([colours, supplement, aValueSet('some', [{ system: COLOURS }])]);
    for (const system of [`${TEST_BASE}/CodeSystem/more`, `${TEST_BASE}/ValueSet/some`, 'colours', '/colours']) {
      const found = issuesOf(of({ system, code: 'red' }));
      expect(found, system).to.include('error invalid coding-system Observation.code.coding[0].system');
    }
    expect(issuesOf(of({ system: 'urn:oid:1.2.3', code: 'red' }))).to.deep.equal([]);
  });

  it('may be made for examples unless that is switched off, like the url of an extension', () => {
    const strict = validatorWith([colours], { exampleUrls: false });
    const coded = { ...of({ system: COLOURS, code: 'red' }), extension: [{ url: 'https://example.com/e', valueString: 'x' }] };
    expect(strict.issuesOf(coded)).to.include.members([
      'error invalid example-url Observation.code.coding[0].system',
      'error invalid example-url Observation.extension[0].url',
    ]);
    expect(issuesOf(coded).filter((issue) => issue.includes('example-url'))).to.deep.equal([]);
  });
});
