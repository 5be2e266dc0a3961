/** Whether what an ElementDefinition asks for can be asked of its types: https://hl7.org/fhir/R4/elementdefinition.html */
import type { ElementDefinition } from 'fhir/r4.js';
import { isBackbone, SYSTEM_TYPE } from '../../conformance/type-model.js';
import { isJsonObject, type JsonObject } from '../../fhir/json.js';
import { faultOfExpression } from '../../fhirpath/compile-expression.js';
import type { TypeModel } from '../../fhirpath/fhirpath.js';
import type { LinkServices } from '../link/item-rule.js';
import type { Run } from '../run/run.js';
import { at, forEachObject } from './objects.js';

const BINDABLE: readonly string[] = ['Coding', 'CodeableConcept', 'Quantity', 'string', 'uri'];

/** At an element of a differential; `whole` is the same element with what it inherits, undefined where it means none. */
export function checkElementDefinition(
  run: Run,
  element: JsonObject,
  whole: ElementDefinition | undefined,
  services: LinkServices,
  expressions: ExpressionBudget,
): void {
  checkProfiles(run, element, services);
  checkConstraints(run, element, services.model, expressions);
  if (whole === undefined) return;
  const types = (whole.type ?? []).map(({ code }) => code);
  // what FHIRPath's own types stand for is said by no name
  if (types.length === 0 || types.some((type) => type.startsWith(SYSTEM_TYPE))) return;
  checkBinding(run, element, types, services.model);
}

function checkProfiles(run: Run, element: JsonObject, { conformance, model }: LinkServices): void {
  forEachObject(run, element, 'type', ({ code, profile }) => {
    if (typeof code !== 'string' || !Array.isArray(profile)) return;
    profile.forEach((canonical, index) => {
      const type = typeof canonical === 'string' ? conformance.findStructureDefinition(canonical)?.resource.type : undefined;
      if (type === undefined || model.isSubtype(type, code) || isBackbone(code)) return;
      at(run, 'profile', index, () =>
        run.error('invalid', 'type-profile', `The profile ${canonical} is one of ${type}, and the type here is ${code}`),
      );
    });
  });
}

/** How many expressions of one definition are still to be compiled: far more than any has, and no more than is quick. */
export interface ExpressionBudget {
  left: number;
}

export function newExpressionBudget(): ExpressionBudget {
  return { left: 2000 };
}

function checkConstraints(run: Run, element: JsonObject, model: TypeModel, expressions: ExpressionBudget): void {
  forEachObject(run, element, 'constraint', ({ expression }) => {
    if (typeof expression !== 'string') return;
    if (expressions.left-- <= 0) {
      run.noteOnce('expressions', 'information', 'incomplete', 'constraint-expression', 'No more than 2000 expressions were looked at');
      return;
    }
    const fault = faultOfExpression(expression, model);
    if (fault === undefined) return;
    at(run, 'expression', undefined, () => run.error('invalid', 'constraint-expression', `The expression is no FHIRPath: ${fault}`));
  });
}

function checkBinding(run: Run, element: JsonObject, types: readonly string[], model: TypeModel): void {
  if (!isJsonObject(element['binding']) || types.some((type) => isBindable(type, model))) return;
  run.error('business-rule', 'binding-type', `There is a binding, and nothing of the type ${types.join(', ')} can be bound: leave it out`);
}

function isBindable(type: string, model: TypeModel): boolean {
  return BINDABLE.some((bindable) => model.isSubtype(type, bindable)) || type === 'Element';
}
