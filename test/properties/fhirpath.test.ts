/** Our evaluation against the fhirpath library's, over R4's own expressions and examples, as they are and mutated. */
import { expect } from 'chai';
import fc from 'fast-check';
import type { SearchParameter } from 'fhir/r4.js';
import { isJsonObject, type JsonObject } from '../../src/fhir/json.js';
import { compileExpression } from '../../src/fhirpath/compile-expression.js';
import type { CompiledExpression, EvaluationContext, TypedNode } from '../../src/fhirpath/fhirpath.js';
import { evaluateByOracle, resolveByText } from '../support/fhirpath-library.js';
import { examples, mutate, mutation, readExample } from '../support/r4-examples.js';
import { createR4TypeModel, readDefinitions, readStructureDefinitions } from '../unit/fhirpath/r4-type-model.js';

const model = createR4TypeModel();

/**
 * Where the library is not followed, and why:
 * - matches() with an escape that Unicode mode of JavaScript does not have (eld-16, eld-19, eld-20): it throws.
 * - que-7 `answer is Boolean`: false for every FHIR boolean there, so that no Questionnaire could fulfil it.
 * - htmlChecks(): it always answers true.
 * - Quantity with a comparator: comparing one throws there and is empty here.
 */
const UNCOMPARED = [/htmlChecks\(\)/, /answer is Boolean/];

/** Constraint expressions by the path of the element that they are on. */
const constraints = new Map<string, Set<string>>();
for (const definition of readStructureDefinitions('profiles-types.json', 'profiles-resources.json')) {
  if (definition.derivation === 'constraint') continue;
  for (const element of definition.snapshot?.element ?? []) {
    for (const { expression } of element.constraint ?? []) {
      if (expression === undefined || UNCOMPARED.some((pattern) => pattern.test(expression))) continue;
      constraints.set(element.path, (constraints.get(element.path) ?? new Set()).add(expression));
    }
  }
}

const searchParameters = readDefinitions('search-parameters.json').filter(
  (resource): resource is SearchParameter & { expression: string } =>
    resource.resourceType === 'SearchParameter' && resource.expression !== undefined,
);

const ourExpressions = new Map<string, CompiledExpression>();

function byUs(expression: string, focus: TypedNode, root: TypedNode): readonly string[] {
  let compiled = ourExpressions.get(expression);
  if (compiled === undefined) {
    compiled = compileExpression(expression, model);
    ourExpressions.set(expression, compiled);
  }
  const context: EvaluationContext = {
    model,
    resource: root,
    rootResource: root,
    resolveReference: (reference) => {
      const value = resolveByText(reference, root.value);
      return value === undefined ? undefined : { value, type: String(value['resourceType']) };
    },
  };
  return compiled.evaluate(focus, context).map(({ value }) => JSON.stringify(value ?? null));
}

interface Tally {
  compared: number;
  libraryFailed: number;
  readonly different: string[];
}

function compare(expression: string, base: string | undefined, focus: TypedNode, root: TypedNode, tally: Tally): void {
  const at = { base, focus, resource: root.value, rootResource: root.value };
  const expected = evaluateByOracle(expression, at)?.map((value) => JSON.stringify(value));
  if (expected === undefined) {
    tally.libraryFailed++;
    return;
  }
  tally.compared++;
  let actual: readonly string[];
  try {
    actual = byUs(expression, focus, root);
  } catch (error) {
    actual = [`threw ${String(error)}`];
  }
  if (expected.join() !== actual.join()) {
    tally.different.push(
      `library ${expected.join()}, ours ${actual.join()}: ${expression} on ${JSON.stringify(focus.value).slice(0, 200)}`,
    );
  }
}

function compareBelow(focus: TypedNode, root: TypedNode, tally: Tally): void {
  for (const expression of constraints.get(focus.type) ?? []) compare(expression, focus.type, focus, root, tally);
  if (!isJsonObject(focus.value)) return;
  for (const { property, type } of model.properties(focus.type)) {
    const value = focus.value[property];
    for (const item of Array.isArray(value) ? value : [value]) {
      // other resources are examples of their own
      if (isJsonObject(item) && type !== 'Resource') compareBelow({ value: item, type }, root, tally);
    }
  }
}

function compareResource(resource: JsonObject, tally: Tally): void {
  const type = String(resource['resourceType']);
  const root: TypedNode = { value: resource, type };
  compareBelow(root, root, tally);
  for (const { base, expression } of searchParameters) {
    const bases: readonly string[] = base;
    if (bases.some((name) => model.isSubtype(type, name))) compare(expression, undefined, root, root, tally);
  }
}

describe('FHIRPath against the fhirpath library', function () {
  this.timeout(120_000);

  it('gives the same for every constraint and search expression of R4 on its examples', () => {
    const tally: Tally = { compared: 0, libraryFailed: 0, different: [] };
    for (const [index, file] of examples.entries()) {
      const resource = index % 12 === 0 ? readExample(file) : undefined;
      if (resource !== undefined) compareResource(resource, tally);
    }
    expect(tally.different.join('\n')).to.equal('');
    expect(tally.compared).to.be.greaterThan(20_000);
    expect(tally.libraryFailed / tally.compared).to.be.lessThan(0.05);
  });

  it('gives the same on mutated examples', () => {
    let compared = 0;
    fc.assert(
      fc.property(fc.nat({ max: examples.length - 1 }), fc.array(mutation, { minLength: 1, maxLength: 8 }), (index, mutations) => {
        const resource = readExample(examples[index] as string);
        if (resource === undefined) return;
        for (const change of mutations) mutate(resource, change);
        const tally: Tally = { compared: 0, libraryFailed: 0, different: [] };
        compareResource(resource, tally);
        compared += tally.compared;
        expect(tally.different.join('\n')).to.equal('');
      }),
      { seed: 20260424, numRuns: 300 },
    );
    expect(compared).to.be.greaterThan(10_000);
  });
});
