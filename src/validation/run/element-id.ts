/** The id of an element, for what refers to it within its resource: https://hl7.org/fhir/R4/element.html#id */
import type { JsonValue } from '../../fhir/json.js';
import type { Run } from './run.js';

export function checkElementId(run: Run, value: JsonValue | undefined): void {
  if (typeof value !== 'string' || value === '') return;
  if (/\s/.test(value)) {
    run.error('value', 'element-id', 'The id of an element has no white space');
    return;
  }
  const { scope } = run;
  // the elements of a StructureDefinition have the same ids in its snapshot and its differential
  if (scope === undefined || scope.type === 'StructureDefinition') return;
  // several profiles come to the same element
  const place = run.jsonPath().join('/');
  scope.elementIds ??= new Map();
  const first = scope.elementIds.get(value);
  if (first === undefined) scope.elementIds.set(value, place);
  else if (first !== place) run.error('invalid', 'element-id', `Another element of this resource has the id '${value.slice(0, 64)}' too`);
}
