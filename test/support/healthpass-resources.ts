/** The resources of the HealthPass guide, as its examples send them. */
import type { JsonObject } from '../../src/fhir/json.js';

const TERMINOLOGY = 'http://terminology.hl7.org/CodeSystem';
const SUBJECT = { reference: 'Patient/patient-123' };

export const JOHN: JsonObject = {
  resourceType: 'Patient',
  active: true,
  name: [{ family: 'Smith', given: ['John'] }],
  telecom: [{ system: 'phone', value: '+27821234567', use: 'mobile' }],
  gender: 'male',
  birthDate: '1990-01-01',
};

export const TEMPERATURE: JsonObject = {
  resourceType: 'Observation',
  status: 'final',
  category: [{ coding: [{ system: `${TERMINOLOGY}/observation-category`, code: 'vital-signs' }] }],
  code: { coding: [{ system: 'http://loinc.org', code: '8310-5', display: 'Body temperature' }] },
  subject: SUBJECT,
  effectiveDateTime: '2024-01-15T10:30:00Z',
  valueQuantity: { value: 37.2, unit: 'Cel', system: 'http://unitsofmeasure.org', code: 'Cel' },
};

export const PNEUMONIA: JsonObject = {
  resourceType: 'Condition',
  clinicalStatus: { coding: [{ system: `${TERMINOLOGY}/condition-clinical`, code: 'active' }] },
  verificationStatus: { coding: [{ system: `${TERMINOLOGY}/condition-ver-status`, code: 'confirmed' }] },
  code: {
    coding: [
      { system: 'http://snomed.info/sct', code: '233604007', display: 'Pneumonia' },
      { system: 'http://hl7.org/fhir/sid/icd-10-cm', code: 'J18.9' },
    ],
  },
  subject: SUBJECT,
  recordedDate: '2024-01-15T10:30:00Z',
};

export const AMOXICILLIN: JsonObject = {
  resourceType: 'MedicationRequest',
  status: 'active',
  intent: 'order',
  medicationCodeableConcept: {
    coding: [{ system: 'http://www.nlm.nih.gov/research/umls/rxnorm', code: '308182', display: 'Amoxicillin 500 MG Oral Capsule' }],
  },
  subject: SUBJECT,
  authoredOn: '2024-01-15T10:30:00Z',
  requester: { reference: 'Practitioner/practitioner-456' },
  dosageInstruction: [{ sequence: 1, text: 'Tomar 1 cápsula (500mg) por via oral três vezes ao dia durante 7 dias' }],
};

export const CONSULTATION: JsonObject = {
  resourceType: 'Appointment',
  status: 'booked',
  appointmentType: { coding: [{ system: `${TERMINOLOGY}/v2-0276`, code: 'CONSULT' }] },
  description: 'Consulta de acompanhamento',
  start: '2024-01-20T09:00:00Z',
  end: '2024-01-20T09:30:00Z',
  participant: [
    { actor: { reference: 'Patient/patient-123' }, status: 'accepted' },
    { actor: { reference: 'Practitioner/practitioner-456' }, status: 'accepted' },
    { actor: { reference: 'Location/location-city-center' }, status: 'accepted' },
  ],
};

/** Found by `patient` and `relationship`; its identifier is the id of the other one. */
export function aRelation(patient: string, code: 'CHILD' | 'PRN', given: string, other: string): JsonObject {
  return {
    resourceType: 'RelatedPerson',
    patient: { reference: `Patient/${patient}` },
    relationship: [{ coding: [{ system: `${TERMINOLOGY}/v3-RoleCode`, code }] }],
    name: [{ family: 'Smith', given: [given] }],
    identifier: [{ system: 'http://example.org/fhir/related-person-patient', value: other }],
  };
}

function anEntryOf(code: string, value: number, unit: string): JsonObject {
  const resource = {
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code }] },
    subject: SUBJECT,
    effectiveDateTime: '2024-01-15T10:30:00Z',
    valueQuantity: { value, unit },
  };
  return { resource, request: { method: 'POST', url: 'Observation' } };
}

export const MEASUREMENTS: JsonObject = {
  resourceType: 'Bundle',
  type: 'transaction',
  entry: [anEntryOf('8310-5', 37.2, 'Cel'), anEntryOf('9279-1', 18, '/min')],
};
