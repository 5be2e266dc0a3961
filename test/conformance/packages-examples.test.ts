import { expect } from 'chai';
import { errorsOf, issueLine } from './harness.js';
import { examplesOfPackages, type PackageExamples } from './nz-examples.js';
import { ABSENT_NOTE, PUBLISHED_PRESENT } from './packages-published.js';

interface Refusal {
  readonly example: string;
  /** `rule expression` of each error. */
  readonly errors: readonly string[];
  readonly reason: string;
}

const QUALIFICATION: readonly Refusal[] = [
  {
    example: 'Practitioner-practitioner-educational-qualification.json',
    errors: ['extension-context Practitioner.qualification[0].extension[0]'],
    reason: "The extension's only context in this version is Practitioner; 3.1.0 adds Practitioner.qualification",
  },
];
const FIXED_DISPLAY = 'fixed Consent.category[0].coding[0].display';
const FIXED_REASON = 'The fixed Consent.category has system and code only, so a display differs from it';
const PATIENT_REASON = 'R4 has Practitioner, PractitionerRole and RelatedPerson for an individual, and this reference says type Patient';

/** Errors of a Consent whose nested provision names a facility as an actor and why it does, without the system of the reason. */
function facilityProvision(index: number): readonly string[] {
  const provision = `Consent.provision.provision[${index}]`;
  return [`binding ${provision}.extension[0].value.ofType(CodeableConcept)`, `reference-target ${provision}.actor[0].reference`];
}

const FACILITY_REASON =
  `${FIXED_REASON}; R4 has no Location among the actors of a Consent; ` +
  'the code of the reason has no system, and the value set of its required binding is one of a system';

/** Judged by reading examples and definitions; an example that is not listed has no errors. */
const PACKAGES: Readonly<Record<string, { readonly examples: number; readonly refusals: readonly Refusal[] }>> = {
  'fhir.org.nz.ig.base-3.0.0.tgz': { examples: 39, refusals: QUALIFICATION },
  'fhir.org.nz.ig.base-3.0.1.tgz': { examples: 39, refusals: QUALIFICATION },
  'fhir.org.nz.ig.base-3.1.0.tgz': { examples: 39, refusals: [] },
  'tewhatuora.digitaltooling-0.0.11.tgz': { examples: 0, refusals: [] },
  'tewhatuora.fhir.nz-shared-digital-health-record-1.0.0.tgz': {
    examples: 34,
    refusals: [
      {
        example: 'AllergyIntolerance-AllergyIntoleranceExample.json',
        errors: [
          'binding AllergyIntolerance.clinicalStatus',
          'binding AllergyIntolerance.verificationStatus',
          'binding AllergyIntolerance.category[0]',
        ],
        reason: 'SNOMED CT where the required bindings of R4 want codes of its own systems; a SNOMED CT id as the code of the category',
      },
      {
        example: 'AllergyIntolerance-AllergyIntoleranceExample2.json',
        errors: ['binding AllergyIntolerance.category[0]'],
        reason: 'A SNOMED CT id where R4 requires food, medication, environment or biologic',
      },
      {
        example: 'Bundle-Batch-example.json',
        errors: ['cardinality-min Bundle.entry[1].resource.meta', 'cardinality-min Bundle.entry[1].resource', 'one-patient-only Bundle'],
        reason: 'The second Condition has neither meta.source nor identifier, and another patient than the first',
      },
      {
        example: 'Bundle-SearchConfidentialRecordsResponseExample.json',
        errors: ['binding Bundle.entry[0].resource.category[0]'],
        reason: 'As in AllergyIntoleranceExample2',
      },
      ...['ConsentExample', 'ConsentHNZDenyExample'].map((name) => ({
        example: `Consent-${name}.json`,
        errors: [FIXED_DISPLAY],
        reason: FIXED_REASON,
      })),
      ...['ConsentExampleRecordsWithheld', 'ConsentFacilityDenyExample'].map((name) => ({
        example: `Consent-${name}.json`,
        errors: [FIXED_DISPLAY, ...facilityProvision(0)],
        reason: FACILITY_REASON,
      })),
      {
        example: 'Consent-ConsentMultiFacilityExample.json',
        errors: [FIXED_DISPLAY, ...facilityProvision(0), ...facilityProvision(1)],
        reason: FACILITY_REASON,
      },
    ],
  },
  'tewhatuora.rheumaticfever-1.0.0.tgz': {
    examples: 50,
    refusals: [
      {
        example: 'Bundle-SecondaryProphylaxisAugustEncounterBundle.json',
        errors: ['reference-target Bundle.entry[0].resource.participant[1].individual'],
        reason: PATIENT_REASON,
      },
      ...['DentalFollowUpEncounter', 'DiagnosisEncounter', 'VirtualEncounter'].map((name) => ({
        example: `Encounter-${name}.json`,
        errors: ['reference-target Encounter.participant[0].individual'],
        reason: PATIENT_REASON,
      })),
      {
        example: 'Encounter-SecondaryProphylaxisEncounter.json',
        errors: ['reference-target Encounter.participant[1].individual'],
        reason: PATIENT_REASON,
      },
    ],
  },
};

describe(`examples of the published packages${ABSENT_NOTE}`, () => {
  let found: readonly PackageExamples[] = [];

  before(async () => {
    if (PUBLISHED_PRESENT) found = await examplesOfPackages();
  });

  for (const [packageFile, { examples, refusals }] of Object.entries(PACKAGES)) {
    it(`of ${packageFile} get the verdict that their definitions demand: ${refusals.length} of ${examples} are refused`, function () {
      if (!PUBLISHED_PRESENT) this.skip();
      const { validator, files } = found.find((one) => one.packageFile === packageFile) as PackageExamples;
      expect(files).to.have.length(examples);
      expect(refusals.map(({ example }) => example).filter((name) => files.every((file) => file.name !== name))).to.deep.equal([]);
      for (const { name, resource } of files) {
        const errors = errorsOf(validator.validate(resource).issues);
        const expected = refusals.find(({ example }) => example === name)?.errors ?? [];
        const lines = errors.map(({ rule, expression }) => `${rule} ${expression}`);
        expect(lines, `${name}\n${errors.map(issueLine).join('\n')}`).to.have.members([...expected]);
      }
    });
  }

  it('are those of every package that is there', function () {
    if (!PUBLISHED_PRESENT) this.skip();
    expect(found.map(({ packageFile }) => packageFile)).to.have.members(Object.keys(PACKAGES));
  });
});
