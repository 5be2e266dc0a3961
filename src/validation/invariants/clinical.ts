/** Constraints of the resources that patients' records are made of. */
import { isJsonObject, type JsonObject } from '../../fhir/json.js';
import { deepEqual } from '../../fhirpath/equality.js';
import { child, excludes, hasSome, isPresent, ofObject, requires } from './child.js';
import { isNotAfter } from './datatypes.js';
import { everyObject, hasCoding, itemsOf } from './items.js';
import type { NativeInvariants } from './native-invariant.js';

const CONDITION_CLINICAL = 'http://terminology.hl7.org/CodeSystem/condition-clinical';
const CONDITION_VERIFICATION = 'http://terminology.hl7.org/CodeSystem/condition-ver-status';
const ALLERGY_VERIFICATION = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification';

const abatement = child('abatement');
const value = child('value');
const whenHandedOver = child('whenHandedOver');
const whenPrepared = child('whenPrepared');

function isEnteredInError(resource: JsonObject, system: string): boolean {
  return hasCoding(resource['verificationStatus'], system, ['entered-in-error']);
}

/** Some coding of the component's code is one of the observation's own code. */
function hasCodingOf(component: JsonObject, observation: JsonObject): boolean {
  const own = isJsonObject(component['code']) ? itemsOf(component['code']['coding']) : [];
  const theirs = isJsonObject(observation['code']) ? itemsOf(observation['code']['coding']) : [];
  return own.some((coding) => theirs.some((other) => deepEqual(coding, other)));
}

export const clinicalInvariants: NativeInvariants = {
  // ait-1
  "verificationStatus.coding.where(system = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification' and code = 'entered-in-error').exists() or clinicalStatus.exists()":
    ofObject((allergy) => isPresent(allergy['clinicalStatus']) || isEnteredInError(allergy, ALLERGY_VERIFICATION)),
  // ait-2
  "verificationStatus.coding.where(system = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification' and code = 'entered-in-error').empty() or clinicalStatus.empty()":
    ofObject((allergy) => !isPresent(allergy['clinicalStatus']) || !isEnteredInError(allergy, ALLERGY_VERIFICATION)),
  // con-2
  'code.exists() or detail.exists()': hasSome('code', 'detail'),
  // con-3, a best practice. No CodeableConcept equals the text, so that any category is taken for problem-list-item; so does the reference validator.
  "clinicalStatus.exists() or verificationStatus.coding.where(system='http://terminology.hl7.org/CodeSystem/condition-ver-status' and code = 'entered-in-error').exists() or category.select($this='problem-list-item').empty()":
    ofObject(
      (condition) =>
        isPresent(condition['clinicalStatus']) || isEnteredInError(condition, CONDITION_VERIFICATION) || !isPresent(condition['category']),
    ),
  // con-4
  "abatement.empty() or clinicalStatus.coding.where(system='http://terminology.hl7.org/CodeSystem/condition-clinical' and (code='resolved' or code='remission' or code='inactive')).exists()":
    ofObject(
      (condition) =>
        hasCoding(condition['clinicalStatus'], CONDITION_CLINICAL, ['resolved', 'remission', 'inactive']) || !abatement.isIn(condition),
    ),
  // con-5
  "verificationStatus.coding.where(system='http://terminology.hl7.org/CodeSystem/condition-ver-status' and code='entered-in-error').empty() or clinicalStatus.empty()":
    ofObject((condition) => !isPresent(condition['clinicalStatus']) || !isEnteredInError(condition, CONDITION_VERIFICATION)),
  // mdd-1
  'whenHandedOver.empty() or whenPrepared.empty() or whenHandedOver >= whenPrepared': ofObject(
    (dispense) =>
      !whenHandedOver.isIn(dispense) || !whenPrepared.isIn(dispense) || isNotAfter(dispense['whenPrepared'], dispense['whenHandedOver']),
  ),
  // obs-3
  'low.exists() or high.exists() or text.exists()': hasSome('low', 'high', 'text'),
  // obs-6
  'dataAbsentReason.empty() or value.empty()': excludes('dataAbsentReason', 'value'),
  // obs-7
  'value.empty() or component.code.where(coding.intersect(%resource.code.coding).exists()).empty()': ofObject(
    (observation, { resource }) =>
      !isPresent(observation['component']) ||
      everyObject(itemsOf(observation['component']), (component) => !hasCodingOf(component, resource)) ||
      !value.isIn(observation),
  ),
  // pat-1
  'name.exists() or telecom.exists() or address.exists() or organization.exists()': hasSome('name', 'telecom', 'address', 'organization'),
  // prr-1
  'orderDetail.empty() or code.exists()': requires('orderDetail', 'code'),
};
