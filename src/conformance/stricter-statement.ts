/**
 * Where an element of a differential asks for less than what it constrains, or for what contradicts that, the base's statement stays:
 * https://hl7.org/fhir/R4/profiling.html#limitations
 */
import type { ElementDefinition, ElementDefinitionSlicing, ElementDefinitionType } from 'fhir/r4.js';
import type { JsonValue } from '../fhir/json.js';
import { contradicts, hasPattern } from '../fhir/json-pattern.js';

export interface StricterStatement {
  /** The differential without what cannot hold. */
  readonly element: ElementDefinition;
  readonly faults: readonly string[];
}

/** Whether a profile is one of `allowed`, or built upon one. */
export type IsAllowed = (canonical: string, allowed: readonly string[]) => boolean;

const OF_BASE = 'of what it constrains';

export function keepStricter(base: ElementDefinition, differential: ElementDefinition, isAllowed: IsAllowed): StricterStatement {
  const kept = { ...differential };
  const faults: string[] = [];
  keepCardinality(base, kept, faults);
  keepBinding(base, kept, faults);
  keepLimits(base, kept, faults);
  keepTargets(base, kept, faults, isAllowed);
  keepValues(base, kept, faults);
  keepSlicing(base, kept, faults);
  return { element: kept, faults };
}

function keepCardinality(base: ElementDefinition, kept: ElementDefinition, faults: string[]): void {
  if (kept.min !== undefined && kept.min < (base.min ?? 0)) {
    faults.push(`min ${kept.min} is less than the ${base.min} ${OF_BASE}`);
    delete kept.min;
  }
  if (kept.max !== undefined && !isWithin(kept.max, base.max)) {
    faults.push(`max ${kept.max} is more than the ${base.max} ${OF_BASE}`);
    delete kept.max;
  }
  const [min, max] = [kept.min ?? base.min ?? 0, kept.max ?? base.max];
  if (isWithin(String(min), max) || (kept.min === undefined && kept.max === undefined)) return;
  // of an element that lost one of them already that is said
  if (faults.length === 0) faults.push(`min ${min} is more than max ${max}: nothing can be both`);
  delete kept.min;
  delete kept.max;
}

const STRENGTHS: readonly string[] = ['example', 'preferred', 'extensible', 'required'];

/** An example or a preference demands nothing that could be lost. */
function keepBinding({ binding: held }: ElementDefinition, kept: ElementDefinition, faults: string[]): void {
  const { binding } = kept;
  if (held === undefined || binding === undefined) return;
  const wanted = STRENGTHS.indexOf(held.strength);
  if (wanted < STRENGTHS.indexOf('extensible') || STRENGTHS.indexOf(binding.strength) >= wanted) return;
  faults.push(`binding strength ${binding.strength} is weaker than the ${held.strength} ${OF_BASE}`);
  delete kept.binding;
}

function keepLimits(base: ElementDefinition, kept: ElementDefinition, faults: string[]): void {
  const [properties, held] = [kept as unknown as Record<string, unknown>, base as unknown as Record<string, unknown>];
  for (const [property, value] of Object.entries(properties)) {
    const isLeast = property.startsWith('minValue');
    if (!isLeast && !property.startsWith('maxValue') && property !== 'maxLength') continue;
    const limit = held[property];
    if (typeof value !== 'number' || typeof limit !== 'number' || (isLeast ? value >= limit : value <= limit)) continue;
    faults.push(`${property} ${value} is ${isLeast ? 'less' : 'more'} than the ${limit} ${OF_BASE}`);
    delete properties[property];
  }
}

function keepTargets(base: ElementDefinition, kept: ElementDefinition, faults: string[], isAllowed: IsAllowed): void {
  if (kept.type === undefined) return;
  kept.type = kept.type.map((type): ElementDefinitionType => {
    const held = (base.type ?? []).find(({ code }) => code === type.code)?.targetProfile ?? [];
    const { targetProfile = [], ...rest } = type;
    if (held.length === 0) return type;
    if (targetProfile.length === 0) return { ...rest, targetProfile: held };
    const wrong = targetProfile.filter((canonical) => !isAllowed(canonical, held));
    if (wrong.length === 0) return type;
    faults.push(`the target ${wrong.join(', ')} is none ${OF_BASE}, ${held.join(', ')}`);
    const right = targetProfile.filter((canonical) => !wrong.includes(canonical));
    return { ...rest, targetProfile: right.length > 0 ? right : held };
  });
}

const VALUE = /^(fixed|pattern)[A-Z]/;

/** What is fixed is fixed for every profile upon it, and has every pattern; two patterns can be held where they do not contradict. */
function keepValues(base: ElementDefinition, kept: ElementDefinition, faults: string[]): void {
  const properties = kept as unknown as Record<string, JsonValue | undefined>;
  for (const [property, value] of Object.entries(properties)) {
    const kind = VALUE.exec(property)?.[1];
    if (kind === undefined || value === undefined) continue;
    const other = Object.entries(base as unknown as Record<string, JsonValue>).find(
      ([name, held]) => VALUE.test(name) && isOtherThan(kind, value, name.startsWith('fixed'), held),
    );
    if (other === undefined) continue;
    const [name, held] = other;
    const text = kind === 'fixed' && name.startsWith('fixed') ? 'is not' : `cannot be together with the ${name}`;
    faults.push(`${property} ${JSON.stringify(value)} ${text} ${text === 'is not' ? 'the ' : ''}${JSON.stringify(held)} ${OF_BASE}`);
    // an extension that is built upon another is found by its own url all the same
    if (base.path !== 'Extension.url') delete properties[property];
  }
}

function isOtherThan(kind: string, value: JsonValue, isFixed: boolean, held: JsonValue): boolean {
  if (kind === 'pattern') return isFixed ? !hasPattern(held, value) : contradicts(held, value);
  return !hasPattern(value, held) || (isFixed && !hasPattern(held, value));
}

const RULES: readonly string[] = ['open', 'openAtEnd', 'closed'];

function keepSlicing({ slicing: held, path }: ElementDefinition, kept: ElementDefinition, faults: string[]): void {
  const { slicing } = kept;
  if (held === undefined || slicing === undefined) return;
  const stricter: ElementDefinitionSlicing = { ...slicing };
  // of a choice the types say already what is closed
  const isChoice = path.endsWith('[x]');
  if (RULES.indexOf(slicing.rules) < RULES.indexOf(held.rules)) {
    stricter.rules = held.rules;
    if (!isChoice) faults.push(`slicing ${slicing.rules} is weaker than the ${held.rules} ${OF_BASE}`);
  }
  if (held.ordered === true && slicing.ordered !== true) {
    stricter.ordered = true;
    if (slicing.ordered === false) faults.push(`slicing without order is weaker than the ordered one ${OF_BASE}`);
  }
  kept.slicing = stricter;
}

export function isWithin(max: string, base: string | undefined): boolean {
  return base === undefined || base === '*' || (max !== '*' && Number(max) <= Number(base));
}
