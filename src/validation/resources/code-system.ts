/** What R4 says of CodeSystems in words: https://hl7.org/fhir/R4/codesystem.html */
import { withArticle } from '../../fhir/article.js';
import { isJsonObject, type JsonObject } from '../../fhir/json.js';
import type { LinkServices } from '../link/item-rule.js';
import type { Run } from '../run/run.js';
import { at, choiceOf, forEachObject, objectsOf, textOf } from './objects.js';
import type { ResourceRule } from './resource-rule.js';

const CONCEPT_PROPERTIES = 'http://hl7.org/fhir/concept-properties#';
/** Types of the properties that HL7 defines, those of later releases too: https://hl7.org/fhir/R5/codesystem-concept-properties.html */
const KNOWN_PROPERTIES: ReadonlyMap<string, string> = new Map([
  ['status', 'code'],
  ['inactive', 'boolean'],
  ['effectiveDate', 'dateTime'],
  ['deprecated', 'dateTime'],
  ['deprecationDate', 'dateTime'],
  ['retirementDate', 'dateTime'],
  ['notSelectable', 'boolean'],
  ['parent', 'code'],
  ['child', 'code'],
  ['partOf', 'code'],
  ['synonym', 'code'],
  ['comment', 'string'],
  ['itemWeight', 'decimal'],
]);

export const checkCodeSystem: ResourceRule = (run, codeSystem, services) => {
  const types = checkProperties(run, codeSystem);
  checkConcepts(run, codeSystem, types);
  if (codeSystem['supplements'] !== undefined) checkSupplement(run, codeSystem, services);
  checkAllCodes(run, codeSystem, services);
};

/** Types of the properties by their code, the first of each. */
function checkProperties(run: Run, codeSystem: JsonObject): ReadonlyMap<string, string> {
  const types = new Map<string, string>();
  const uris = new Set<string>();
  forEachObject(run, codeSystem, 'property', (property) => {
    const code = textOf(property['code']);
    const uri = textOf(property['uri']);
    const type = textOf(property['type']);
    if (code !== undefined && types.has(code)) {
      run.error('business-rule', 'code-system-property', `There is a property '${code}' before this one: each has a code of its own`);
    } else if (code !== undefined) types.set(code, type ?? '');
    if (uri === undefined) return;
    if (uris.size === uris.add(uri).size) {
      run.error('business-rule', 'code-system-property', `There is a property with the uri '${uri}' before this one`);
    } else checkKnownProperty(run, uri, code, type);
  });
  return types;
}

function checkKnownProperty(run: Run, uri: string, code: string | undefined, type: string | undefined): void {
  if (!uri.startsWith(CONCEPT_PROPERTIES)) return;
  const name = uri.slice(CONCEPT_PROPERTIES.length);
  const wanted = KNOWN_PROPERTIES.get(name);
  if (wanted === undefined) {
    run.add('warning', 'business-rule', 'code-system-property', `HL7 defines no property '${uri}'`);
    return;
  }
  if (code !== undefined && code !== name) {
    // another known code would be taken for what it usually means
    const severity = KNOWN_PROPERTIES.has(code) ? 'error' : 'warning';
    run.add(
      severity,
      'business-rule',
      'code-system-property',
      `The property '${uri}' has the code '${name}' everywhere else, and not '${code}'`,
    );
  }
  if (type !== undefined && type !== wanted) {
    run.error(
      'business-rule',
      'code-system-property',
      `The property '${uri}' is of type ${wanted}, and not ${type}`,
      undefined,
      `type ${uri}`,
    );
  }
}

function checkConcepts(run: Run, holder: JsonObject, types: ReadonlyMap<string, string>): void {
  forEachObject(run, holder, 'concept', (concept) => {
    forEachObject(run, concept, 'property', (property) => checkPropertyValue(run, property, types));
    checkConcepts(run, concept, types);
  });
}

function checkPropertyValue(run: Run, property: JsonObject, types: ReadonlyMap<string, string>): void {
  const code = textOf(property['code']);
  const value = choiceOf(property, 'value');
  if (code === undefined || value === undefined) return;
  const type = types.get(code);
  if (type === undefined) {
    if (KNOWN_PROPERTIES.has(code)) return;
    run.add('warning', 'business-rule', 'code-system-property', `The CodeSystem defines no property '${code}': list it under property`);
  } else if (type !== '' && type !== value.type) {
    run.error('business-rule', 'code-system-property', `The property '${code}' is of type ${type}, and this is ${withArticle(value.type)}`);
  }
}

function checkSupplement(run: Run, codeSystem: JsonObject, services: LinkServices): void {
  const [system, version] = (textOf(codeSystem['supplements']) ?? '').split('|', 2);
  if (codeSystem['content'] !== 'supplement') {
    at(run, 'content', undefined, () =>
      run.error('business-rule', 'code-system-supplement', "A CodeSystem that supplements another has the content 'supplement'"),
    );
  }
  if (system === undefined || system === '') return;
  const check = (holder: JsonObject): void =>
    forEachObject(run, holder, 'concept', (concept) => {
      const code = textOf(concept['code']);
      if (code !== undefined && services.terminology.lookup(system, code, version) === 'unknown-code') {
        run.error('business-rule', 'code-system-supplement', `${system} has no code '${code}', so nothing can be said of it here`);
      }
      check(concept);
    });
  check(codeSystem);
}

/** The value set that is said to have all codes: https://hl7.org/fhir/R4/codesystem-definitions.html#CodeSystem.valueSet */
function checkAllCodes(run: Run, codeSystem: JsonObject, { conformance }: LinkServices): void {
  const canonical = textOf(codeSystem['valueSet']);
  if (canonical === undefined) return;
  const { version } = codeSystem;
  const ofOwnVersion = typeof version === 'string' ? conformance.find('ValueSet', `${canonical.split('|')[0]}|${version}`) : undefined;
  const valueSet = ofOwnVersion ?? conformance.find('ValueSet', canonical);
  const compose = valueSet?.resource['compose'];
  if (!isJsonObject(compose)) return;
  const includes = objectsOf(compose['include']);
  const [first] = includes;
  const isWhole =
    includes.length === 1 &&
    first?.['system'] === codeSystem['url'] &&
    ['concept', 'filter', 'valueSet'].every((property) => first?.[property] === undefined);
  if (isWhole) return;
  // one of another version may be made for other codes
  const severity = valueSet?.resource['version'] === version ? 'error' : 'warning';
  const text = `The value set ${canonical} does not include this CodeSystem whole, and nothing else`;
  at(run, 'valueSet', undefined, () => run.add(severity, 'business-rule', 'code-system-value-set', text));
}
