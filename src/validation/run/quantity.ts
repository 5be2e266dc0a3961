/** A Quantity's unit by its own code system: https://hl7.org/fhir/R4/datatypes.html#Quantity */
import { isJsonObject, type JsonValue } from '../../fhir/json.js';
import type { LinkServices } from '../link/item-rule.js';
import type { Run } from './run.js';

const CODE_STEP = { property: 'code', expression: 'code' };

export function checkQuantity(run: Run, value: JsonValue | undefined, { terminology }: LinkServices): void {
  if (!isJsonObject(value)) return;
  const { system, code } = value;
  if (typeof system !== 'string' || typeof code !== 'string') return;
  if (!run.mayLookUp(system, code) || terminology.lookup(system, code) !== 'unknown-code') return;
  run.path.push(CODE_STEP);
  // R4's own examples have such units where no binding forbids them
  run.add('warning', 'code-invalid', 'unknown-code', `The code system ${system} has no unit '${code}'`);
  run.path.pop();
}
