/** A Coding by what its own code system says, whatever it is bound to: https://hl7.org/fhir/R4/datatypes.html#Coding */
import { isJsonObject, type JsonValue } from '../../fhir/json.js';
import { isAbsoluteUri } from '../../fhir/reference.js';
import type { LinkServices } from '../link/item-rule.js';
import { reportExampleUrl } from './example-url.js';
import type { Run } from './run.js';

const SYSTEM_STEP = { property: 'system', expression: 'system' };
const CODE_STEP = { property: 'code', expression: 'code' };
const DISPLAY_STEP = { property: 'display', expression: 'display' };

export function checkCoding(run: Run, value: JsonValue | undefined, { terminology, options }: LinkServices): void {
  if (!isJsonObject(value)) return;
  const { system, code, version, display } = value;
  if (typeof system !== 'string' || typeof code !== 'string') return;
  if (!options.exampleUrls) reportExampleUrl(run, system, 'system');
  if (!run.mayLookUp(system, code)) return;
  const found = terminology.lookup(system, code, typeof version === 'string' ? version : undefined);
  if (found === 'unknown-system') {
    if (!isAbsoluteUri(system) && !system.startsWith('#'))
      systemError(run, `'${system}' is relative: a system is named by its absolute URI`);
    return;
  }
  if (found === 'no-code-system') {
    systemError(run, `${system} is a supplement or a value set, and no code system: name the system that has the code`);
    return;
  }
  if (found === 'unknown-code') {
    run.path.push(CODE_STEP);
    run.error('code-invalid', 'unknown-code', `The code system ${system} has no code '${code}'`);
    run.path.pop();
    return;
  }
  if (typeof display !== 'string' || found.displays.length === 0) return;
  const wanted = normalize(display);
  if (found.displays.some((known) => normalize(known) === wanted)) return;
  run.path.push(DISPLAY_STEP);
  const text = `'${display}' is not how ${system} displays '${code}': it says '${found.display ?? found.displays[0]}'`;
  run.add(options.wrongDisplay, 'invalid', 'wrong-display', text);
  run.path.pop();
}

function systemError(run: Run, text: string): void {
  run.path.push(SYSTEM_STEP);
  run.error('invalid', 'coding-system', text);
  run.path.pop();
}

function normalize(display: string): string {
  return display.trim().replace(/\s+/g, ' ').toLowerCase();
}
