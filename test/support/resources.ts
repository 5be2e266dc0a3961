/** Small resources of the APIs that ship with the server, valid as they stand; `more` replaces properties. */
import type { JsonObject } from '../../src/fhir/json.js';

export const SDHR_CONDITION_PROFILE = 'https://fhir-ig.digital.health.nz/sdhr/StructureDefinition/SDHRCondition';
export const RHEUMATIC_CONDITION_PROFILE =
  'https://fhir-ig.digital.health.nz/rheumatic-fever/StructureDefinition/nz-rheumaticfever-condition';
export const NHI_PATIENT = 'https://api.hip.digital.health.nz/fhir/nhi/v1/Patient/ZZZ0032';

export function aPatient(more: JsonObject = {}): JsonObject {
  return { resourceType: 'Patient', name: [{ family: 'Ngata', given: ['Hine'] }], birthDate: '1990-05-01', ...more };
}

export function anObservation(more: JsonObject = {}): JsonObject {
  return { resourceType: 'Observation', status: 'final', code: { text: 'Weight' }, ...more };
}

/** Of the SDHR API. */
export function aCondition(more: JsonObject = {}): JsonObject {
  return {
    resourceType: 'Condition',
    meta: { source: 'https://api.hip.digital.health.nz/fhir/hpi/v1/Location/F38006-B', profile: [SDHR_CONDITION_PROFILE] },
    identifier: [{ system: 'https://pms.example.org.nz/conditions', value: 'c-1' }],
    clinicalStatus: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' }] },
    code: { coding: [{ system: 'http://snomed.info/sct', code: '44054006' }], text: 'Type 2 diabetes' },
    subject: { reference: NHI_PATIENT, type: 'Patient' },
    ...more,
  };
}

/** Of the Rheumatic Fever API; it has no category, which version 0.9.0 of its profile allows and 1.0.0 does not. */
export function aRheumaticCondition(more: JsonObject = {}): JsonObject {
  return {
    resourceType: 'Condition',
    meta: { profile: [RHEUMATIC_CONDITION_PROFILE], tag: [{ code: 'rf-nz' }] },
    clinicalStatus: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' }] },
    code: { coding: [{ system: 'http://snomed.info/sct', code: '195528001' }] },
    subject: { reference: 'Patient/7f0c8f0a-34d2-4b58-9a3d-5b0a5a4f0d11' },
    ...more,
  };
}

export interface EntryRequest {
  readonly method: string;
  readonly url: string;
  readonly [name: string]: string;
}

export function anEntry(request: EntryRequest, resource?: JsonObject, fullUrl?: string): JsonObject {
  return { ...(fullUrl !== undefined && { fullUrl }), ...(resource !== undefined && { resource }), request: { ...request } };
}

export function aBundle(type: string, ...entry: JsonObject[]): JsonObject {
  return { resourceType: 'Bundle', type, ...(entry.length > 0 && { entry }) };
}
