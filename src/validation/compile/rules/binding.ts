/** ElementDefinition.binding: https://hl7.org/fhir/R4/terminologies.html#binding */
import type { ElementDefinition, ElementDefinitionBinding, Extension } from 'fhir/r4.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../fhir/json.js';
import type { Membership, PreparedValueSet } from '../../../terminology/terminology-service.js';
import type { ItemRule, RuleScope } from '../../link/item-rule.js';
import type { BindingPlan, RulePlan } from '../../plan.js';
import type { Run } from '../../run/run.js';

const CODED_TYPES: ReadonlySet<string> = new Set(['Coding', 'CodeableConcept']);
const MAX_VALUE_SET = 'http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet';

/** Additional bindings of R5, as R4 carries them: https://hl7.org/fhir/R5/elementdefinition-definitions.html#ElementDefinition.binding.additional */
const ADDITIONAL_BINDINGS: ReadonlySet<string> = new Set([
  'http://hl7.org/fhir/5.0/StructureDefinition/extension-ElementDefinition.binding.additional',
  'http://hl7.org/fhir/tools/StructureDefinition/additional-binding',
]);
const ADDITIONAL_STRENGTHS: Readonly<Record<string, BindingPlan['strength']>> = {
  required: 'required',
  maximum: 'required',
  extensible: 'extensible',
};

export function compileBinding({ binding }: ElementDefinition): readonly RulePlan[] {
  if (binding === undefined) return [];
  return [...compileOwnBinding(binding), ...(binding.extension ?? []).flatMap(compileAdditionalBinding)];
}

function compileOwnBinding({ strength, valueSet, extension }: ElementDefinitionBinding): readonly BindingPlan[] {
  const max = extension?.find(({ url }) => url === MAX_VALUE_SET);
  const maxValueSet = max?.valueCanonical ?? max?.valueUri;
  if (strength === 'example' && maxValueSet === undefined) return [];
  if (valueSet === undefined) return [];
  return [{ keyword: 'binding', strength: strength === 'example' ? 'preferred' : strength, valueSet, maxValueSet }];
}

/** One that holds beside the element's own, whoever uses it: those for a usage only are left to who knows the usage. */
function compileAdditionalBinding({ url, extension = [] }: Extension): readonly BindingPlan[] {
  if (!ADDITIONAL_BINDINGS.has(url)) return [];
  const part = (name: string): Extension | undefined => extension.find((one) => one.url === name);
  const valueSet = part('valueSet')?.valueCanonical;
  const strength = ADDITIONAL_STRENGTHS[part('purpose')?.valueCode ?? ''];
  if (valueSet === undefined || strength === undefined || part('usage') !== undefined) return [];
  return [{ keyword: 'binding', strength, valueSet, maxValueSet: undefined }];
}

/** Undefined where nothing has to hold (a preferred binding). */
export function linkBinding(plan: BindingPlan, scope: RuleScope): ItemRule | undefined {
  const rules: ItemRule[] = [];
  const isPreferred = plan.strength === 'preferred';
  if (!isPreferred) rules.push(linkValueSet(plan.valueSet, { isRequired: plan.strength === 'required', isCodeNeeded: true }, scope));
  // a preferred binding lets a text stand in place of a code: only codes are held against the largest value set
  if (plan.maxValueSet !== undefined) rules.push(linkValueSet(plan.maxValueSet, { isRequired: true, isCodeNeeded: !isPreferred }, scope));
  const [first, second] = rules;
  if (first === undefined || second === undefined) return first;
  return (run, value, companion, type) => {
    first(run, value, companion, type);
    second(run, value, companion, type);
  };
}

interface Demand {
  readonly isRequired: boolean;
  /** Whether a coded element without any code is at fault. */
  readonly isCodeNeeded: boolean;
}

function linkValueSet(canonical: string, { isRequired, isCodeNeeded }: Demand, scope: RuleScope): ItemRule {
  let valueSet: PreparedValueSet | undefined;
  let isSought = false;
  const severity = isRequired ? 'error' : 'warning';
  return (run, value, _companion, type) => {
    // of what is no code at all the structure speaks
    if (value === '' || (value !== undefined && typeof value !== 'string' && !isJsonObject(value))) return;
    if (!isSought) {
      isSought = true;
      valueSet = scope.services.terminology.prepareValueSet(canonical, scope.packageId);
    }
    if (valueSet === undefined) {
      if (isLeft(run, value, canonical, severity, scope)) return;
      const text = `The value set ${canonical} is not loaded: codes of ${scope.elementId} were not checked against it`;
      run.noteOnce(`binding ${canonical}`, 'warning', 'not-found', 'binding-unchecked', text, scope);
      return;
    }
    const membership = checkValue(value, valueSet);
    if (membership === 'member') return;
    if (membership === 'unknown') {
      if (!isLeft(run, value, valueSet.canonical, severity, scope)) reportUnchecked(run, valueSet, scope);
    } else if (membership === 'absent') {
      // a quantity may do without a code, as R4's own examples do; a primitive with extensions only may not, as the reference validator has it
      if (!isCodeNeeded || (isJsonObject(value) && !CODED_TYPES.has(type))) return;
      const wanted = isRequired ? 'is required' : 'should be given, unless none of it suits';
      run.add(severity, 'code-invalid', 'binding', `There is no code: one of the value set ${valueSet.canonical} ${wanted}`, scope);
    } else {
      run.add(severity, 'code-invalid', 'binding', describeFault(value, valueSet.canonical, severity), scope);
    }
  };
}

function describeFault(value: JsonValue | undefined, valueSet: string, severity: 'error' | 'warning'): string {
  const [strength, wanted] =
    severity === 'error' ? ['required', 'use one of its codes'] : ['extensible', 'use one of its codes unless none suits'];
  return `${describeCodes(value)} in the value set ${valueSet} (${strength}): ${wanted}`;
}

/** Whether a terminology server is to be asked, of what it can be asked: codes with their systems. */
function isLeft(run: Run, value: JsonValue | undefined, valueSet: string, severity: 'error' | 'warning', scope: RuleScope): boolean {
  if (run.options.collectUnchecked !== true || !isJsonObject(value)) return false;
  const { coding } = value;
  const codings = (Array.isArray(coding) ? coding : [value]).filter(isJsonObject).flatMap(toPlainCoding);
  const [first] = codings;
  if (first === undefined) return false;
  const coded = Array.isArray(coding) ? { codeableConcept: { coding: codings } } : { coding: first };
  return run.leaveUnchecked(valueSet, coded, severity, describeFault(value, valueSet, severity), scope);
}

/** Nothing but what says which code it is: texts may be of a patient. */
function toPlainCoding({ system, version, code }: JsonObject): readonly JsonObject[] {
  if (typeof system !== 'string' || typeof code !== 'string') return [];
  return [typeof version === 'string' ? { system, version, code } : { system, code }];
}

/** Whether what binds (a code, a Coding, a CodeableConcept, a Quantity) has a code of the set. */
export function checkValue(value: JsonValue | undefined, valueSet: PreparedValueSet): Membership | 'absent' {
  if (typeof value === 'string') return valueSet.check(undefined, value);
  if (!isJsonObject(value)) return 'absent';
  const { coding } = value;
  if (Array.isArray(coding)) {
    let best: Membership | 'absent' = 'absent';
    for (const item of coding) {
      const membership = isJsonObject(item) ? checkCoding(item, valueSet) : 'absent';
      if (membership === 'member') return membership;
      if (best !== 'unknown' && membership !== 'absent') best = membership;
    }
    return best;
  }
  return checkCoding(value, valueSet);
}

function checkCoding({ system, code, version }: JsonObject, valueSet: PreparedValueSet): Membership | 'absent' {
  if (typeof code !== 'string') return 'absent';
  // a code without a system means nothing, and so is in no value set
  if (typeof system !== 'string') return 'not-member';
  return valueSet.check(system, code, typeof version === 'string' ? version : undefined);
}

function describeCodes(value: JsonValue | undefined): string {
  if (typeof value === 'string') return `The code '${value}' is not`;
  const codings = isJsonObject(value) ? (Array.isArray(value['coding']) ? value['coding'] : [value]) : [];
  const texts = codings.filter(isJsonObject).map(({ system, version, code }) => {
    const ofVersion = typeof version === 'string' ? `|${version}` : '';
    return `${String(system ?? '(no system)')}${ofVersion}#${String(code ?? '')}`;
  });
  return texts.length === 1 ? `The code ${texts[0]} is not` : `None of the codes ${texts.join(', ')} is`;
}

function reportUnchecked(run: Run, valueSet: PreparedValueSet, scope: RuleScope): void {
  const reason = valueSet.unchecked.length === 0 ? '' : ` (${valueSet.unchecked.join(', ')})`;
  const text = `Codes of ${scope.elementId} could not all be checked against ${valueSet.canonical}: part of it is not at hand${reason}`;
  run.noteOnce(`binding ${valueSet.canonical}`, 'information', 'not-supported', 'binding-unchecked', text, scope);
}
