/** ElementDefinition.constraint: https://hl7.org/fhir/R4/conformance-rules.html#constraints */
import type { ElementDefinition } from 'fhir/r4.js';
import { compileExpression } from '../../../fhirpath/compile-expression.js';
import { type CompiledExpression, FhirPathError } from '../../../fhirpath/fhirpath.js';
import { findNativeInvariant } from '../../invariants/index.js';
import type { ItemRule, RuleScope } from '../../link/item-rule.js';
import type { ConstraintPlan, RulePlan } from '../../plan.js';
import type { Run } from '../../run/run.js';

const BEST_PRACTICE = 'http://hl7.org/fhir/StructureDefinition/elementdefinition-bestpractice';
/** Every element has a value or children: the walk itself sees to it. */
const ELE_1 = 'hasValue() or (children().count() > id.count())';

export function compileConstraints(element: ElementDefinition): readonly RulePlan[] {
  return (element.constraint ?? []).flatMap(({ key, severity, human, expression, extension }) => {
    if (expression === undefined || expression === ELE_1) return [];
    const isBestPractice = extension?.some(({ url, valueBoolean }) => url === BEST_PRACTICE && valueBoolean === true) === true;
    return [{ keyword: 'constraint', key, severity, human, expression, ...(isBestPractice && { isBestPractice }) }];
  });
}

/** Rules of DomainResource about what is contained. */
const OF_CONTAINED: ReadonlySet<string> = new Set(['dom-2', 'dom-3', 'dom-4', 'dom-5']);

/** Undefined for a best practice that nobody asked for. */
export function linkConstraint(plan: ConstraintPlan, scope: RuleScope): ItemRule | undefined {
  const { key, severity, human, expression } = plan;
  const { bestPractice, contained } = scope.services.options;
  if (plan.isBestPractice === true && !bestPractice) return undefined;
  if (!contained && OF_CONTAINED.has(key)) return undefined;
  const code = 'invariant';
  const text = `${key}: ${human}`;
  const native = findNativeInvariant(expression, key);
  if (native !== undefined) {
    return (run, value, companion) => {
      const resource = run.scope;
      if (resource === undefined) return;
      const invariantScope = { resource: resource.value, rootResource: resource.root.value };
      if (native(value, companion, invariantScope)) return;
      run.add(severity, code, key, native.describe === undefined ? text : `${text}: ${native.describe(value)}`, scope, text);
    };
  }
  let compiled: CompiledExpression | undefined;
  let fault: string | undefined;
  return (run, value, companion, type) => {
    if (compiled === undefined && fault === undefined) {
      try {
        compiled = compileExpression(expression, scope.services.model);
      } catch (error) {
        fault = messageOf(error);
      }
    }
    const resource = run.scope;
    if (resource === undefined) return;
    if (compiled === undefined) {
      reportUnchecked(run, plan, fault ?? '', scope);
      return;
    }
    try {
      const focus = companion === undefined ? { value, type } : { value, type, companion };
      if (!compiled.holds(focus, resource.context)) run.add(severity, code, key, text, scope);
    } catch (error) {
      reportUnchecked(run, plan, messageOf(error), scope);
    }
  };
}

function reportUnchecked(run: Run, { key, severity, expression }: ConstraintPlan, fault: string, scope: RuleScope): void {
  run.add(severity, 'exception', key, `${key} could not be evaluated (${fault}): ${expression}`, scope);
}

function messageOf(error: unknown): string {
  if (error instanceof FhirPathError) return error.message;
  throw error;
}
