/** What R4 says of ValueSets in words: https://hl7.org/fhir/R4/valueset.html#compositions */
import { COMMON_PROPERTIES, circleThrough } from '../../conformance/value-set-faults.js';
import { wholePattern } from '../../fhir/bounded-pattern.js';
import { isJsonObject, type JsonObject } from '../../fhir/json.js';
import { isAbsoluteUri } from '../../fhir/reference.js';
import type { LinkServices } from '../link/item-rule.js';
import type { Run } from '../run/run.js';
import { at, forEachObject, objectsOf, textOf } from './objects.js';
import type { ResourceRule } from './resource-rule.js';

export const checkValueSet: ResourceRule = (run, valueSet, services) => {
  const { compose } = valueSet;
  if (!isJsonObject(compose)) return;
  const imported = new Set<string>();
  at(run, 'compose', undefined, () => {
    for (const part of ['include', 'exclude'])
      forEachObject(run, compose, part, (include) => checkInclude(run, include, { valueSet, imported }, services));
  });
};

interface Importer {
  readonly valueSet: JsonObject;
  /** What was followed already. */
  readonly imported: Set<string>;
}

function checkInclude(run: Run, include: JsonObject, importer: Importer, services: LinkServices): void {
  checkImports(run, include, importer, services);
  const system = textOf(include['system']);
  if (system === undefined || system === '' || system.startsWith('#')) return;
  if (!isAbsoluteUri(system)) {
    at(run, 'system', undefined, () =>
      run.error('invalid', 'value-set-system', `The system '${system}' is not absolute: give its whole URI`),
    );
    return;
  }
  const version = textOf(include['version']);
  const source: FilterSource = { system, version, codeSystem: findCodeSystem(system, version, services), services };
  forEachObject(run, include, 'concept', (concept) => {
    const code = textOf(concept['code']);
    if (code === undefined || services.terminology.lookup(system, code, version) !== 'unknown-code') return;
    run.error('code-invalid', 'value-set-code', `The code system ${system} has no code '${code}'`);
  });
  forEachObject(run, include, 'filter', (filter) => checkFilter(run, filter, source));
}

function checkImports(run: Run, include: JsonObject, { valueSet, imported }: Importer, { conformance }: LinkServices): void {
  const imports = include['valueSet'];
  if (!Array.isArray(imports)) return;
  imports.forEach((canonical, index) => {
    if (typeof canonical !== 'string') return;
    const circle = typeof valueSet['url'] === 'string' ? circleThrough(valueSet, canonical, undefined, conformance, imported) : undefined;
    if (circle !== undefined) {
      const text = `The value set imports itself, and so has none of these codes: ${circle.join(' -> ')}`;
      at(run, 'valueSet', index, () => run.error('invalid', 'value-set-import', text));
      return;
    }
    if (conformance.find('ValueSet', canonical) !== undefined) return;
    const other = ['CodeSystem', 'StructureDefinition'].find((type) => conformance.find(type, canonical) !== undefined);
    if (other === undefined) return;
    at(run, 'valueSet', index, () =>
      run.error('invalid', 'value-set-import', `${canonical} is a ${other}, and no ValueSet: import a ValueSet`),
    );
  });
}

interface FilterSource {
  readonly system: string;
  readonly version: string | undefined;
  /** Undefined where it is not loaded: then only the form of a filter can be judged. */
  readonly codeSystem: JsonObject | undefined;
  readonly services: LinkServices;
}

function findCodeSystem(system: string, version: string | undefined, { conformance }: LinkServices): JsonObject | undefined {
  return conformance.find('CodeSystem', version === undefined ? system : `${system}|${version}`)?.resource;
}

/** Whose filters name a concept: https://hl7.org/fhir/R4/valueset-filter-operator.html */
const CONCEPT_OPERATORS: ReadonlySet<string> = new Set(['is-a', 'descendent-of', 'is-not-a', 'generalizes']);
function checkFilter(run: Run, filter: JsonObject, source: FilterSource): void {
  const [property, op, value] = [textOf(filter['property']), textOf(filter['op']), textOf(filter['value'])];
  if (property === undefined || op === undefined || value === undefined) return;
  if (op === 'exists') {
    checkValue(run, value, 'boolean', property, source);
    return;
  }
  if (op === 'regex') {
    if (wholePattern(value) === undefined) filterError(run, `The filter's value '${value}' is no regular expression`);
    return;
  }
  const declared = objectsOf(source.codeSystem?.['filter']).find((one) => one['code'] === property);
  const operators = declared?.['operator'];
  if (Array.isArray(operators) && !operators.includes(op)) {
    filterError(run, `The filter '${property}' of ${source.system} has no operator '${op}': it has ${operators.join(', ')}`);
    return;
  }
  const type = typeOfProperty(property, source.codeSystem);
  if (type === undefined) {
    if (declared === undefined && source.codeSystem?.['content'] === 'complete') {
      run.add(
        'warning',
        'unknown',
        'value-set-filter',
        `${source.system} defines no property or filter '${property}': few servers will know it`,
      );
    }
    return;
  }
  const isList = op === 'in' || op === 'not-in';
  for (const one of isList ? value.split(',') : [value]) {
    checkValue(run, isList ? one.trim() : one, CONCEPT_OPERATORS.has(op) ? 'code' : type, property, source);
  }
}

/** The system's own definition counts more than the common one. */
function typeOfProperty(property: string, codeSystem: JsonObject | undefined): string | undefined {
  const defined = objectsOf(codeSystem?.['property']).find((one) => one['code'] === property);
  return textOf(defined?.['type']) ?? COMMON_PROPERTIES.get(property);
}

const FORMS: Readonly<Record<string, { readonly pattern: RegExp; readonly wanted: string }>> = {
  boolean: { pattern: /^(true|false)$/, wanted: "'true' or 'false'" },
  integer: { pattern: /^[-+]?\d+$/, wanted: 'an integer' },
  decimal: { pattern: /^[-+]?\d+(\.\d+)?([eE][-+]?\d+)?$/, wanted: 'a decimal' },
  dateTime: { pattern: /^\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[-+]\d\d:\d\d)?)?)?)?$/, wanted: 'a date, with a time or without' },
  code: { pattern: /^\S+( \S+)*$/, wanted: 'a code, without spaces before, behind, or two in a row' },
  Coding: { pattern: /^[^\s#]+#\S+( \S+)*$/, wanted: 'of the form system#code, or system|version#code' },
};

function checkValue(run: Run, value: string, type: string, property: string, source: FilterSource): void {
  const form = FORMS[type];
  if (form !== undefined && !form.pattern.test(value)) {
    filterError(run, `The value '${value}' of a filter by '${property}' has to be ${form.wanted}`);
    return;
  }
  const isOwnCode = type === 'code' && (property === 'concept' || property === 'code');
  const [system, version, code] = type === 'Coding' ? codingOf(value) : [source.system, source.version, isOwnCode ? value : undefined];
  if (code === undefined || source.services.terminology.lookup(system, code, version) !== 'unknown-code') return;
  filterError(run, `The filter by '${property}' names the code '${code}', and ${system} has none such`);
}

function codingOf(value: string): readonly [string, string | undefined, string] {
  const hash = value.indexOf('#');
  const [system = '', version] = value.slice(0, hash).split('|', 2);
  return [system, version, value.slice(hash + 1)];
}

function filterError(run: Run, text: string): void {
  run.error('invalid', 'value-set-filter', text);
}
