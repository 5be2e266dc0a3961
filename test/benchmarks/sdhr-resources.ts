/** Resources for load: an SDHR Condition of about 2 kB as a practice management system sends it, and transactions of them. */

/** A system client's Request-Context. */
export const REQUEST_CONTEXT = Buffer.from(
  JSON.stringify({ userIdentifier: 'kauri-benchmark', userRole: '110150', purposeOfUse: ['SYSDEV'], userFullName: 'Kauri benchmark' }),
).toString('base64');

const PROFILE = 'https://fhir-ig.digital.health.nz/sdhr/StructureDefinition/SDHRCondition';

function condition(patient: number): object {
  const nhi = `ZZZ${String(patient % 10_000).padStart(4, '0')}`;
  return {
    resourceType: 'Condition',
    meta: {
      source: 'https://api.hip.digital.health.nz/fhir/hpi/v1/Location/F38006-B',
      profile: [PROFILE],
    },
    text: {
      status: 'generated',
      div: '<div xmlns="http://www.w3.org/1999/xhtml"><p>Type 2 diabetes mellitus, first noted at an annual review; managed in general practice with diet and metformin.</p></div>',
    },
    extension: [
      {
        url: 'https://fhir-ig.digital.health.nz/sdhr/StructureDefinition/hnz-sdhr-client-last-updated-extension',
        valueDateTime: '2025-03-04T09:15:00+13:00',
      },
      { url: 'http://hl7.org.nz/fhir/StructureDefinition/long-term-condition', valueBoolean: true },
    ],
    identifier: [{ use: 'usual', system: 'https://pms.example.org.nz/condition-id', value: `c-${patient}` }],
    clinicalStatus: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active', display: 'Active' }],
    },
    verificationStatus: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-ver-status', code: 'confirmed', display: 'Confirmed' }],
    },
    category: [
      {
        coding: [
          { system: 'http://terminology.hl7.org/CodeSystem/condition-category', code: 'problem-list-item', display: 'Problem List Item' },
        ],
      },
    ],
    severity: { coding: [{ system: 'http://snomed.info/sct', code: '6736007', display: 'Moderate' }] },
    code: {
      coding: [{ system: 'http://snomed.info/sct', code: '44054006', display: 'Diabetes mellitus type 2', userSelected: true }],
      text: 'Type 2 diabetes',
    },
    subject: { reference: `https://api.hip.digital.health.nz/fhir/nhi/v1/Patient/${nhi}`, type: 'Patient' },
    onsetDateTime: '2019-06-12',
    recordedDate: '2025-03-04T09:10:00+13:00',
    recorder: {
      type: 'Practitioner',
      identifier: { use: 'official', system: 'https://standards.digital.health.nz/ns/hpi-person-id', value: '99ZZZS' },
      display: 'Dr Example',
    },
    note: [{ time: '2025-03-04T09:10:00+13:00', text: 'HbA1c stable; next review in three months.' }],
  };
}

/** JSON text of one Condition; `patient` chooses its NHI. */
export function conditionOf(patient: number): string {
  return JSON.stringify(condition(patient));
}

/** JSON text of a transaction that creates this many Conditions. */
export function transactionOf(entries: number): string {
  return JSON.stringify({
    resourceType: 'Bundle',
    type: 'transaction',
    entry: Array.from({ length: entries }, (_, index) => ({
      fullUrl: `urn:uuid:00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      resource: condition(index + 3),
      request: { method: 'POST', url: 'Condition' },
    })),
  });
}
