import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import { compileExpression } from '../../../src/fhirpath/compile-expression.js';
import type { EvaluationContext, TypedNode } from '../../../src/fhirpath/fhirpath.js';
import { createR4TypeModel, readDefinitions, readStructureDefinitions } from './r4-type-model.js';

const model = createR4TypeModel();

const observation: JsonObject = {
  resourceType: 'Observation',
  id: 'o1',
  meta: { profile: ['http://example.org/p'], lastUpdated: '2020-01-01T00:00:00Z' },
  contained: [{ resourceType: 'Patient', id: 'p1', birthDate: '1970-01-01' }],
  status: 'final',
  code: {
    coding: [
      { system: 'http://loinc.org', code: '1234-5', display: 'A' },
      { system: 'http://snomed.info/sct', code: '99' },
    ],
    text: 'Body weight',
  },
  subject: { reference: '#p1' },
  effectiveDateTime: '2020-05',
  _effectiveDateTime: { id: 'e', extension: [{ url: 'http://example.org/e', valueString: 'about' }] },
  valueQuantity: { value: 75.5, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' },
  component: [
    { code: { text: 'x' }, valueInteger: 3 },
    { code: { text: 'y' }, valueString: 'abc' },
  ],
};

function contextOf(resource: JsonObject, extra: Partial<EvaluationContext> = {}): EvaluationContext {
  const root: TypedNode = { value: resource, type: String(resource['resourceType']) };
  return { model, resource: root, rootResource: root, clock: () => Date.UTC(2026, 0, 2, 3, 4, 5, 6), ...extra };
}

function evaluate(expression: string, resource: JsonObject = observation, extra: Partial<EvaluationContext> = {}): readonly TypedNode[] {
  const context = contextOf(resource, extra);
  return compileExpression(expression, model).evaluate(context.resource, context);
}

function values(expression: string, resource?: JsonObject): readonly unknown[] {
  return evaluate(expression, resource).map(({ value }) => value);
}

describe('compileExpression', () => {
  const cases: readonly (readonly [string, readonly unknown[]])[] = [
    ['status', ['final']],
    ['Observation.status', ['final']],
    ['Resource.id', ['o1']],
    ['Patient.birthDate', []],
    ['code.coding.code', ['1234-5', '99']],
    ['code.coding[1].code', ['99']],
    ["code.coding.where(system = 'http://loinc.org').code", ['1234-5']],
    ["code.coding.exists(code = '99')", [true]],
    ['code.coding.all(display.exists())', [false]],
    ['value.value', [75.5]],
    ['(Observation.value as Quantity).unit', ['kg']],
    ['value.ofType(Quantity).code', ['kg']],
    ['Observation.value.as(string)', []],
    ['value is Quantity', [true]],
    ['value is FHIR.Quantity', [true]],
    ['component.value.ofType(integer)', [3]],
    ['component.select(code.text)', ['x', 'y']],
    ['component.select($index)', [0, 1]],
    ['effective', ['2020-05']],
    ['effective.extension.value', ['about']],
    ["effective.extension('http://example.org/e').value", ['about']],
    ['effective.id', ['e']],
    ['effective.hasValue()', [true]],
    ['code.hasValue()', [false]],
    ['contained.birthDate', ['1970-01-01']],
    ['contained.is(Patient)', [true]],
    ['subject.resolve().birthDate', ['1970-01-01']],
    ['subject.where(resolve() is Patient).reference', ['#p1']],
    ["'#' + contained.id in %resource.descendants().reference", [true]],
    ['value > 70', []],
    ["value > 70 'kg'", [true]],
    ["value > 70000 'g'", [true]],
    ["value = 75500 'g'", [true]],
    ["'a' & {} & 'b'", ['ab']],
    ["'a' + {}", []],
    ['1 + 2 * 3', [7]],
    ['0.1 + 0.2 = 0.3', [true]],
    ['7 div 2', [3]],
    ['7 mod 2', [1]],
    ['1 / 0', []],
    ['1.0 = 1.00', [true]],
    ['@2020-05 = @2020-05-01', []],
    ['@2020-05 < @2020-06-01', [true]],
    ['effective >= @2020-05-01', []],
    ['@2012-04-15T15:00:00Z = @2012-04-15T10:00:00-05:00', [true]],
    ['@2020-01-31 + 1 month', ['2020-02-29']],
    ['@T10:30 < @T11:00', [true]],
    ['today() = @2026-01-02', [true]],
    ['now() > @2026-01-01T00:00:00Z', [true]],
    ['{} and false', [false]],
    ['{} and true', []],
    ['{} or true', [true]],
    ['{} implies true', [true]],
    ['true xor {}', []],
    ["'abc'.matches('b')", [true]],
    ["'abc'.matches('^b$')", [false]],
    ["'abc'.substring(1, 1)", ['b']],
    ["'abc'.replace('b', 'x')", ['axc']],
    ["'abc'.replaceMatches('[a-b]', 'x')", ['xxc']],
    ["'a,b'.split(',')", ['a', 'b']],
    ["('a' | 'b').join('-')", ['a-b']],
    ["'abc'.length()", [3]],
    ["'10'.toInteger() + 1", [11]],
    ["'x'.toInteger()", []],
    ['(1 | 2 | 2 | 3).count()', [3]],
    ['(1 | 2 | 3).aggregate($this + $total, 0)', [6]],
    ['(1 | 2 | 3).intersect(2 | 5)', [2]],
    ['(1 | 2 | 3).exclude(2)', [1, 3]],
    ['(1 | 2).subsetOf(1 | 2 | 3)', [true]],
    ['(1 | 2 | 3).skip(1).take(1)', [2]],
    ['(1 | 2 | 3).last()', [3]],
    ['(1 | 2 | 3).tail().first()', [2]],
    ["status in ('final' | 'amended')", [true]],
    ["code.coding.code contains '99'", [true]],
    ["'ABC' ~ 'abc'", [true]],
    ['code.coding.isDistinct()', [true]],
    ["iif(status = 'final', 'yes', 'no')", ['yes']],
    ['component.iif(count() > 1, code.text, 0)', ['x', 'y']],
    ['%ucum', ['http://unitsofmeasure.org']],
    ['%`vs-observation-status`', ['http://hl7.org/fhir/ValueSet/observation-status']],
    ['%resource.id', ['o1']],
    ["code.coding.where(code = '99').empty().not()", [true]],
    ['component.count() + code.count()', [3]],
    ['component.code.text.repeat($this)', ['x', 'y']],
    ['-3.abs()', [-3]],
    ['1 year = 12 months', [true]],
    ["1 year = 1 'a'", []],
    ["1 year ~ 1 'a'", [true]],
    ["1 'kg' = 1 'm'", []],
    ["2 'kg' + 500 'g' = 2.5 'kg'", [true]],
    ['(1 | 2) ~ (2 | 1)', [true]],
  ];
  for (const [expression, expected] of cases) {
    it(`evaluates ${expression}`, () => {
      expect(compileExpression(expression, model).native).to.equal(true);
      expect(values(expression)).to.deep.equal(expected);
    });
  }

  it('gives the types of what it finds', () => {
    expect(evaluate('value').map(({ type }) => type)).to.deep.equal(['Quantity']);
    expect(evaluate('component').map(({ type }) => type)).to.deep.equal(['Observation.component', 'Observation.component']);
    expect(evaluate('contained').map(({ type }) => type)).to.deep.equal(['Patient']);
    expect(evaluate('effective')[0]).to.deep.equal({ value: '2020-05', type: 'dateTime', companion: observation['_effectiveDateTime'] });
  });

  it('takes an empty result for a constraint that fails', () => {
    const context = contextOf(observation);
    expect(compileExpression('{}', model).holds(context.resource, context)).to.equal(false);
    expect(compileExpression('status', model).holds(context.resource, context)).to.equal(true);
    expect(compileExpression("status = 'x'", model).holds(context.resource, context)).to.equal(false);
    expect(compileExpression('code.coding', model).holds(context.resource, context)).to.equal(true);
  });

  it('names the expression that is no FHIRPath or that fails', () => {
    expect(() => compileExpression('a..b', model))
      .to.throw()
      .with.property('expression', 'a..b');
    expect(() => evaluate('code.coding.single()'))
      .to.throw('single()')
      .with.property('expression', 'code.coding.single()');
    expect(() => evaluate('code.coding.code = 1 and true', observation)).to.not.throw();
  });

  it('says of a value of another kind what its JSON has', () => {
    expect(() => evaluate("status.matches('a')", { ...observation, status: 7 })).to.throw('there is a number');
    expect(() => evaluate("code.matches('a')")).to.throw('there is a CodeableConcept');
  });

  it('leaves what it does not cover to the library', () => {
    const expression = compileExpression('component.sort(code.text desc).code.text', model);
    expect(expression.native).to.equal(false);
    const context = contextOf(observation);
    expect(expression.evaluate(context.resource, context)).to.deep.equal([
      { value: 'y', type: 'string' },
      { value: 'x', type: 'string' },
    ]);
  });

  it('covers every constraint and every search expression of R4 natively', () => {
    const expressions = new Set<string>();
    for (const definition of readStructureDefinitions(
      'profiles-types.json',
      'profiles-resources.json',
      'profiles-others.json',
      'extension-definitions.json',
    )) {
      for (const element of [...(definition.snapshot?.element ?? []), ...(definition.differential?.element ?? [])]) {
        for (const { expression } of element.constraint ?? []) if (expression !== undefined) expressions.add(expression);
      }
    }
    for (const resource of readDefinitions('search-parameters.json')) {
      if (resource.resourceType === 'SearchParameter' && resource.expression !== undefined) expressions.add(resource.expression);
    }
    expect(expressions.size).to.be.greaterThan(1500);
    const left = [...expressions].filter((expression) => !compileExpression(expression, model).native);
    expect(left).to.deep.equal([]);
  });
});
