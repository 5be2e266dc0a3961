/** Constraints of StructureDefinition: https://hl7.org/fhir/R4/structuredefinition.html#constraints */
import { isJsonObject, type JsonObject, type JsonValue } from '../../fhir/json.js';
import { child, hasSome, isPresent, ofObject } from './child.js';
import { areDistinct, everyObject, itemsOf, ofFirst } from './items.js';
import type { NativeInvariants } from './native-invariant.js';

const HL7 = 'http://hl7.org/fhir/StructureDefinition';
const SYSTEM_TYPE = /^http:\/\/hl7\.org\/fhirpath\/System\.[A-Z][A-Za-z]+$/u;
const TYPE_NAME = /^[a-zA-Z0-9]+$/u;
const TYPE_PATH = /^[a-zA-Z0-9.]+$/u;

const baseDefinition = child('baseDefinition');
const binding = child('binding');
const code = child('code');
const contextInvariant = child('contextInvariant');
const defaultValue = child('defaultValue');
const definition = child('definition');
const description = child('description');
const label = child('label');
const max = child('max');
const min = child('min');
const requirements = child('requirements');
const sliceName = child('sliceName');
const type = child('type');
const valueSet = child('valueSet');

type View = 'snapshot' | 'differential';

function elementsOf(resource: JsonObject, view: View): readonly JsonValue[] {
  const part = resource[view];
  return itemsOf(isJsonObject(part) ? part['element'] : undefined);
}

function isRoot({ path }: JsonObject): boolean {
  return typeof path === 'string' && !path.includes('.');
}

/** Every element of both, those of the snapshot first. */
function everyElement(resource: JsonObject, holds: (element: JsonObject) => boolean): boolean {
  return everyObject(elementsOf(resource, 'snapshot'), holds) && everyObject(elementsOf(resource, 'differential'), holds);
}

function hasIds(resource: JsonObject, view: View): boolean {
  return everyObject(elementsOf(resource, view), ({ id }) => isPresent(id));
}

/** `element.tail().all(path.startsWith(prefix))`. */
function startWith(elements: readonly JsonValue[], prefix: string): boolean {
  for (let index = 1; index < elements.length; index++) {
    const element = elements[index];
    if (isJsonObject(element) && !(typeof element['path'] === 'string' && element['path'].startsWith(prefix))) return false;
  }
  return true;
}

function isSame(left: JsonValue | undefined, right: JsonValue | undefined): boolean {
  return left !== undefined && left === right;
}

/** Whether a code of `element.type` is a type's name, or one of FHIRPath's. */
function haveTypeNames(resource: JsonObject, view: View, names: RegExp): boolean {
  return everyObject(elementsOf(resource, view), (element) =>
    everyObject(itemsOf(element['type']), (one) => {
      const name = one['code'];
      return typeof name === 'string' ? names.test(name) || SYSTEM_TYPE.test(name) : name !== undefined || !code.isIn(one);
    }),
  );
}

/** `url.startsWith(HL7) implies …`: without a url it has to hold. */
function isOfHl7({ url }: JsonObject): boolean {
  return typeof url !== 'string' || url.startsWith(HL7);
}

export const structureDefinitionInvariants: NativeInvariants = {
  // sdf-0, and the same of every canonical resource. Published without anchors: an upper-case letter anywhere will do.
  "name.matches('[A-Z]([A-Za-z0-9_]){0,254}')": ofObject(({ name }) =>
    typeof name === 'string' ? /[A-Z]/.test(name) : name !== undefined,
  ),
  // sdf-1
  "derivation = 'constraint' or snapshot.element.select(path).isDistinct()": ofObject(
    (resource) => resource['derivation'] === 'constraint' || areDistinct(elementsOf(resource, 'snapshot'), 'path'),
  ),
  // sdf-2
  'name.exists() or uri.exists()': hasSome('name', 'uri'),
  // sdf-3
  'element.all(definition.exists() and min.exists() and max.exists())': ofObject(({ element }) =>
    everyObject(itemsOf(element), (one) => definition.isIn(one) && min.isIn(one) && max.isIn(one)),
  ),
  // sdf-4
  'abstract = true or baseDefinition.exists()': ofObject((resource) => resource['abstract'] === true || baseDefinition.isIn(resource)),
  // sdf-5
  "type != 'Extension' or derivation = 'specialization' or (context.exists())": ofObject(
    (resource) =>
      (resource['type'] !== 'Extension' && type.isIn(resource)) ||
      resource['derivation'] === 'specialization' ||
      isPresent(resource['context']),
  ),
  // sdf-6
  'snapshot.exists() or differential.exists()': hasSome('snapshot', 'differential'),
  // sdf-8
  "(%resource.kind = 'logical' or element.first().path = %resource.type) and element.tail().all(path.startsWith(%resource.snapshot.element.first().path&'.'))":
    ofObject((snapshot, { resource }) => {
      const elements = itemsOf(snapshot['element']);
      if (resource['kind'] !== 'logical' && !isSame(ofFirst(elements, 'path'), resource['type'])) return false;
      const root = ofFirst(elementsOf(resource, 'snapshot'), 'path');
      return startWith(elements, `${typeof root === 'string' ? root : ''}.`);
    }),
  // sdf-8a
  "(%resource.kind = 'logical' or element.first().path.startsWith(%resource.type)) and (element.tail().empty() or element.tail().all(path.startsWith(%resource.differential.element.first().path.replaceMatches('\\\\..*','')&'.')))":
    ofObject((differential, { resource }) => {
      const elements = itemsOf(differential['element']);
      const { kind, type: typeName } = resource;
      const path = ofFirst(elements, 'path');
      if (kind !== 'logical' && !(typeof path === 'string' && typeof typeName === 'string' && path.startsWith(typeName))) return false;
      const first = ofFirst(elementsOf(resource, 'differential'), 'path');
      return startWith(elements, `${typeof first === 'string' ? first.split('.', 1)[0] : ''}.`);
    }),
  // sdf-8b
  'element.all(base.exists())': ofObject(({ element }) => everyObject(itemsOf(element), ({ base }) => isPresent(base))),
  // sdf-9
  "children().element.where(path.contains('.').not()).label.empty() and children().element.where(path.contains('.').not()).code.empty() and children().element.where(path.contains('.').not()).requirements.empty()":
    ofObject((resource) =>
      everyElement(resource, (element) => !isRoot(element) || !(label.isIn(element) || code.isIn(element) || requirements.isIn(element))),
    ),
  // sdf-10
  'binding.empty() or binding.valueSet.exists() or binding.description.exists()': ofObject((element) => {
    const bound = element['binding'];
    return !binding.isIn(element) || !isJsonObject(bound) || valueSet.isIn(bound) || description.isIn(bound);
  }),
  // sdf-11
  "kind != 'logical' implies snapshot.empty() or snapshot.element.first().path = type": ofObject(
    (resource) =>
      resource['kind'] === 'logical' ||
      !isPresent(resource['snapshot']) ||
      isSame(ofFirst(elementsOf(resource, 'snapshot'), 'path'), resource['type']),
  ),
  // sdf-14
  'snapshot.element.all(id.exists()) and differential.element.all(id.exists())': ofObject(
    (resource) => hasIds(resource, 'snapshot') && hasIds(resource, 'differential'),
  ),
  // sdf-15
  "kind!='logical' implies snapshot.element.first().type.empty()": ofObject(
    (resource) => resource['kind'] === 'logical' || !isPresent(ofFirst(elementsOf(resource, 'snapshot'), 'type')),
  ),
  // sdf-15a
  "(kind!='logical' and differential.element.first().path.contains('.').not()) implies differential.element.first().type.empty()": ofObject(
    (resource) => {
      const elements = elementsOf(resource, 'differential');
      const path = ofFirst(elements, 'path');
      return resource['kind'] === 'logical' || (typeof path === 'string' && path.includes('.')) || !isPresent(ofFirst(elements, 'type'));
    },
  ),
  // sdf-16
  "snapshot.element.all(id.exists()) and snapshot.element.id.trace('ids').isDistinct()": ofObject(
    (resource) => hasIds(resource, 'snapshot') && areDistinct(elementsOf(resource, 'snapshot'), 'id'),
  ),
  // sdf-17
  "differential.element.all(id.exists()) and differential.element.id.trace('ids').isDistinct()": ofObject(
    (resource) => hasIds(resource, 'differential') && areDistinct(elementsOf(resource, 'differential'), 'id'),
  ),
  // sdf-18
  "contextInvariant.exists() implies type = 'Extension'": ofObject(
    (resource) => resource['type'] === 'Extension' || !contextInvariant.isIn(resource),
  ),
  // sdf-19
  "url.startsWith('http://hl7.org/fhir/StructureDefinition') implies (differential.element.type.code.all(matches('^[a-zA-Z0-9]+$') or matches('^http:\\\\/\\\\/hl7\\\\.org\\\\/fhirpath\\\\/System\\\\.[A-Z][A-Za-z]+$')) and snapshot.element.type.code.all(matches('^[a-zA-Z0-9\\\\.]+$') or matches('^http:\\\\/\\\\/hl7\\\\.org\\\\/fhirpath\\\\/System\\\\.[A-Z][A-Za-z]+$')))":
    ofObject(
      (resource) =>
        !isOfHl7(resource) || (haveTypeNames(resource, 'differential', TYPE_NAME) && haveTypeNames(resource, 'snapshot', TYPE_PATH)),
    ),
  // sdf-20
  "element.where(path.contains('.').not()).slicing.empty()": ofObject(({ element }) =>
    everyObject(itemsOf(element), (one) => !isRoot(one) || !isPresent(one['slicing'])),
  ),
  // sdf-21
  "differential.element.defaultValue.exists() implies (derivation = 'specialization')": ofObject(
    (resource) =>
      resource['derivation'] === 'specialization' || everyObject(elementsOf(resource, 'differential'), (one) => !defaultValue.isIn(one)),
  ),
  // sdf-22
  "url.startsWith('http://hl7.org/fhir/StructureDefinition') implies (snapshot.element.defaultValue.empty() and differential.element.defaultValue.empty())":
    ofObject((resource) => !isOfHl7(resource) || everyElement(resource, (element) => !defaultValue.isIn(element))),
  // sdf-23
  "(snapshot | differential).element.all(path.contains('.').not() implies sliceName.empty())": ofObject((resource) =>
    everyElement(resource, (element) => (typeof element['path'] === 'string' && !isRoot(element)) || !sliceName.isIn(element)),
  ),
};
