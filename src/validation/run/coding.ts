/** A Coding by what its own code system says, whatever it is bound to: https://hl7.org/fhir/R4/datatypes.html#Coding */
import { isJsonObject, type JsonValue } from '../../fhir/json.js';
import { isAbsoluteUri } from '../../fhir/reference.js';
import { isVersion } from '../../terminology/code-system.js';
import { displaysIn, isLanguage, isSameDisplay } from '../../terminology/displays.js';
import type { CodeLookup, Display } from '../../terminology/terminology-service.js';
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
  const stated = typeof version === 'string' ? version : undefined;
  const found = terminology.lookup(system, code, stated);
  if (stated !== undefined) noteVersion(run, system, stated, terminology.versionsOf(system));
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
    const lookedAt = `${system}${versionsLookedAt(stated, terminology.versionsOf(system))}`;
    run.path.push(CODE_STEP);
    run.error('code-invalid', 'unknown-code', `The code system ${lookedAt} has no code '${code}'`, {
      definition: lookedAt.split(' ', 1)[0] ?? '',
    });
    run.path.pop();
    return;
  }
  if (found.inactive) {
    run.path.push(CODE_STEP);
    const text = `${system} has retired '${code}': use it for what is past, and another one for what is new`;
    run.add('warning', 'code-invalid', 'inactive-code', text, { definition: found.canonical ?? system });
    run.path.pop();
  }
  if (typeof display === 'string') checkDisplay(run, display, found, { system, code, terminology, options });
}

/** What was looked at: the version that the Coding states, else every one that is loaded. */
function versionsLookedAt(stated: string | undefined, loaded: readonly string[]): string {
  if (stated !== undefined) return `|${stated}`;
  const versions = [...new Set(loaded)].filter((version) => version !== '');
  if (versions.length < 2) return versions.length === 0 ? '' : `|${versions[0]}`;
  return ` (of which ${versions.join(', ')} are loaded)`;
}

/** Of a version that is not loaded only that can be told, once, what those that are have to say of it. */
function noteVersion(run: Run, system: string, version: string, loaded: readonly string[]): void {
  if (loaded.length === 0 || loaded.some((one) => one === '' || isVersion(one, version))) return;
  const text = `Version ${version} of ${system} is not loaded (of it there is ${loaded.join(', ')}): its codes could not be checked for certain`;
  run.noteOnce(`version ${system}|${version}`, 'information', 'not-found', 'version-unchecked', text);
}

interface DisplayedCode extends Pick<LinkServices, 'terminology' | 'options'> {
  readonly system: string;
  readonly code: string;
}

/** In the language of the resource where the code system has displays in it, else in any; what value sets say counts as well. */
function checkDisplay(run: Run, display: string, found: CodeLookup, { system, code, terminology, options }: DisplayedCode): void {
  const { displays } = found;
  if (displays.length === 0) return;
  const language = languageOf(run);
  const allowed = displaysIn(displays, language);
  const isSame = ({ text }: Display): boolean => isSameDisplay(text, display);
  if (allowed.some(isSame) || terminology.valueSetDisplays(system, code).some(isSame)) return;
  const [first] = allowed;
  const isInLanguage = language !== undefined && isLanguage(first?.language, language);
  const told = isInLanguage ? `in '${language}' it says '${first?.text}'` : `it says '${found.display ?? first?.text}'`;
  const origin = { definition: found.canonical ?? system };
  run.path.push(DISPLAY_STEP);
  run.add(options.wrongDisplay, 'invalid', 'wrong-display', `'${display}' is not how ${system} displays '${code}': ${told}`, origin);
  run.path.pop();
}

/** Of the resource, or of what it is contained in. */
function languageOf({ scope }: Run): string | undefined {
  const language = scope?.value['language'] ?? scope?.root.value['language'];
  return typeof language === 'string' ? language : undefined;
}

function systemError(run: Run, text: string): void {
  run.path.push(SYSTEM_STEP);
  run.error('invalid', 'coding-system', text);
  run.path.pop();
}
