/** How a Reference reaches its target: https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.type.aggregation */
import { isJsonObject } from '../../fhir/json.js';
import { parseReference } from '../../fhir/reference.js';
import type { TypePlan } from '../plan.js';
import { findContained } from '../run/contained-resource.js';
import type { Run } from '../run/run.js';
import type { ItemRule, RuleScope } from './item-rule.js';

type Aggregation = 'contained' | 'bundled' | 'referenced';

/** Undefined where any form will do. */
export function linkReferenceForm({ aggregation, versioning }: TypePlan, scope: RuleScope): ItemRule | undefined {
  if (aggregation === undefined && versioning === undefined) return undefined;
  return (run, value) => {
    if (!isJsonObject(value) || typeof value['reference'] !== 'string') return;
    const { reference } = value;
    if (aggregation !== undefined) checkAggregation(run, reference, aggregation, scope);
    if (versioning !== undefined) checkVersioning(run, reference, versioning, scope);
  };
}

function checkAggregation(run: Run, reference: string, aggregation: readonly string[], scope: RuleScope): void {
  const found = aggregationOf(run, reference);
  if (found === undefined || aggregation.includes(found)) return;
  const wanted = aggregation.join(' or ');
  const text =
    found === 'referenced'
      ? `'${reference.slice(0, 200)}' is found neither in the resource nor in the Bundle, and ${scope.elementId} wants it ${wanted}`
      : `'${reference.slice(0, 200)}' is ${found}, and ${scope.elementId} wants it ${wanted}`;
  run.error('required', 'reference-aggregation', text, scope);
}

/** Undefined for a contained resource that is not there: that is said elsewhere. */
function aggregationOf(run: Run, reference: string): Aggregation | undefined {
  const parsed = parseReference(reference);
  if (parsed.kind === 'contained') {
    const root = run.scope?.root.value;
    return parsed.id === '' || (root !== undefined && findContained(root, parsed.id) !== undefined) ? 'contained' : undefined;
  }
  return run.scope?.bundle?.find(reference, run.scope.fullUrl) === undefined ? 'referenced' : 'bundled';
}

function checkVersioning(run: Run, reference: string, versioning: 'independent' | 'specific', scope: RuleScope): void {
  const parsed = parseReference(reference);
  if (parsed.kind !== 'relative' && parsed.kind !== 'absolute') return;
  if ((parsed.versionId !== undefined) === (versioning === 'specific')) return;
  const wanted = versioning === 'specific' ? 'name a version (Type/id/_history/version)' : 'name no version';
  run.error('structure', 'reference-versioning', `A reference of ${scope.elementId} has to ${wanted}`, scope);
}
