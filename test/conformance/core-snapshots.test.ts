import { expect } from 'chai';
import type { StructureDefinition } from 'fhir/r4.js';
import { CoreDefinitions, createConformanceRegistry } from '../../src/conformance/create-conformance-registry.js';
import { openCoreDefinitions } from '../../src/conformance/definitions-index.js';
import { generateSnapshot } from '../../src/conformance/snapshot-generator.js';
import { expectOnly, type KnownDifference } from './known-differences.js';
import { snapshotDifferences } from './packages-snapshot-difference.js';

const core = new CoreDefinitions(openCoreDefinitions());
const registry = createConformanceRegistry({ core });
const definitions = (core.byType.get('StructureDefinition') ?? []).map(({ resource }) => resource as unknown as StructureDefinition);
const OBSERVATION_VALUES =
  '["Quantity","CodeableConcept","string","boolean","integer","Range","Ratio","SampledData","time","dateTime","Period"]';

/** Differences and problems of what is generated from these differentials, against the snapshots that they were published with. */
function differencesOf(selected: readonly StructureDefinition[]): readonly string[] {
  return selected.flatMap((definition) => {
    const { snapshot: _published, ...rest } = definition;
    const { snapshot, problems } = generateSnapshot(rest as StructureDefinition, core.packageId, registry);
    const differences = snapshotDifferences({ ...rest, snapshot: { element: snapshot } } as StructureDefinition, definition);
    const faults = problems.map(({ elementId, message }) => `${elementId}: ${message}`);
    return [...faults, ...differences].map((difference) => `${definition.id} ${difference}`);
  });
}

function closedChoice(path: string, allTypes: string, type: string): readonly string[] {
  const discriminator = '{"discriminator":["type:$this"],"ordered":false,"rules":';
  return [
    `${path} slicing: ours ${discriminator}"open"}, theirs ${discriminator}"closed"}`,
    `${path} type: ours ${allTypes}, theirs ["${type}"]`,
  ];
}

function movedIntoSlice(component: string): readonly string[] {
  const children = ['id', 'extension', 'value', 'comparator', 'unit', 'system', 'code'];
  return [
    `${component}.value[x] slicing: ours {"discriminator":["type:$this"],"ordered":false,"rules":"open"}, theirs absent`,
    `${component}.value[x] type: ours ${OBSERVATION_VALUES}, theirs ["Quantity"]`,
    ...children.map((child) => `${component}.value[x].${child}: missing in ours`),
    `${component}.value[x]:valueQuantity: only in ours`,
    ...children.map((child) => `${component}.value[x]:valueQuantity.${child}: only in ours`),
  ];
}

function simpleQuantity(limit: string): readonly string[] {
  return ['qty-3 error code.empty() or system.exists()', 'sqty-1 error comparator.empty()'].map(
    (constraint) => `Observation.referenceRange.${limit} constraint missing in ours: ${constraint}`,
  );
}

const SHORTCUT =
  "A differential's valueQuantity says something of Quantities and forbids no other type: HL7 mended its publisher in that after 4.0.1";
const OF_THE_TYPE = "The constraints are those of the type's profile, which is held anyway";

const KNOWN_PROFILES: readonly KnownDifference[] = [
  ...['bodyweight', 'bodyheight', 'resprate', 'heartrate', 'bodytemp', 'headcircum', 'oxygensat', 'bmi', 'bp'].map((profile) => ({
    profile,
    differences: closedChoice('Observation.value[x]', OBSERVATION_VALUES, 'Quantity'),
    reason: SHORTCUT,
  })),
  ...['cholesterol', 'triglyceride', 'hdlcholesterol', 'ldlcholesterol'].map((profile) => ({
    profile,
    differences: closedChoice('Observation.value[x]', OBSERVATION_VALUES, 'Quantity'),
    reason: SHORTCUT,
  })),
  {
    profile: 'cdshooksguidanceresponse',
    differences: closedChoice('GuidanceResponse.module[x]', '["uri","canonical","CodeableConcept"]', 'uri'),
    reason: SHORTCUT,
  },
  {
    profile: 'devicemetricobservation',
    differences: closedChoice('Observation.effective[x]', '["dateTime","Period","Timing","instant"]', 'dateTime'),
    reason: SHORTCUT,
  },
  {
    profile: 'bp',
    differences: [...movedIntoSlice('Observation.component:SystolicBP'), ...movedIntoSlice('Observation.component:DiastolicBP')],
    reason: SHORTCUT,
  },
  { profile: 'cholesterol', differences: simpleQuantity('high'), reason: OF_THE_TYPE },
  { profile: 'ldlcholesterol', differences: simpleQuantity('high'), reason: OF_THE_TYPE },
  { profile: 'hdlcholesterol', differences: simpleQuantity('low'), reason: OF_THE_TYPE },
  {
    profile: 'provenance-relevant-history',
    differences: [
      'Provenance.agent:Author.type binding: ours {"strength":"extensible","valueSet":"http://hl7.org/fhir/ValueSet/provenance-history-agent-type"}, theirs {"strength":"extensible","valueSet":"http://hl7.org/fhir/ValueSet/provenance-agent-type"}',
      'Provenance.entity.agent contentReference: ours "#Provenance.agent", theirs "#Provenance.agent:Author"',
    ],
    reason: 'A slice inherits what the differential says of the element that it slices, and no contentReference moves to a slice',
  },
  {
    profile: 'clinicaldocument',
    differences: ['Composition.extension:versionNumber max: ours "1", theirs "*"'],
    reason: "The differential says no max, so that of the extension's definition holds",
  },
  {
    profile: 'elementdefinition-de',
    differences: ['Question', 'AllowedUnits'].flatMap((slice) =>
      ['id', 'extension', 'url', 'value[x]'].map((child) => `ElementDefinition.extension:${slice}.${child}: missing in ours`),
    ),
    reason: "The differential does not go into these extensions; what their definitions say holds by their type's profile",
  },
  {
    profile: 'codesystem-history',
    differences: ['date', 'id', 'author', 'notes'].map(
      (slice) => `Extension.extension:revision.extension:${slice}: max 1 is more than the 0 of what it constrains`,
    ),
    reason: 'A true fault of this definition: it forbids the inner extensions, and then slices them',
  },
];

const KNOWN_TYPES: readonly KnownDifference[] = [
  {
    profile: 'code',
    differences: ['code.value maxLength: ours 1048576, theirs absent'],
    reason: 'Inherited from string; a code of that length has other faults',
  },
  { profile: 'id', differences: ['id.value maxLength: ours 1048576, theirs absent'], reason: 'As for code' },
  { profile: 'markdown', differences: ['markdown.value maxLength: ours 1048576, theirs absent'], reason: 'As for code' },
  ...['positiveInt', 'unsignedInt'].map((profile) => ({
    profile,
    differences: [
      `${profile}.value minValueInteger: ours -2147483648, theirs absent`,
      `${profile}.value maxValueInteger: ours 2147483647, theirs absent`,
    ],
    reason: 'Inherited from integer',
  })),
  {
    profile: 'Timing',
    differences: [
      "Timing.repeat constraint only in ours: tim-9 error offset.empty() or (when.exists() and ((when in ('C' | 'CM' | 'CD' | 'CV')).not()))",
      "Timing.repeat constraint missing in ours: tim-9 error offset.empty() or (when.exists() and when.select($this in ('C' | 'CM' | 'CD' | 'CV')).allFalse())",
    ],
    reason: "The package's snapshot has an expression that takes several `when`; HL7's own does not",
  },
  {
    profile: 'ResearchStudy',
    differences: [
      'ResearchStudy.status binding: ours {"strength":"required","valueSet":"http://hl7.org/fhir/ValueSet/publication-status|5.0.0"}, theirs {"strength":"required","valueSet":"http://hl7.org/fhir/ValueSet/research-study-status|4.0.1"}',
      'ResearchStudy.primaryPurposeType binding: ours {"strength":"preferred","valueSet":"http://hl7.org/fhir/ValueSet/research-study-prim-purp-type"}, theirs {"strength":"extensible","valueSet":"http://hl7.org/fhir/ValueSet/research-study-prim-purp-type"}',
      'ResearchStudy.studyDesign: only in ours',
    ],
    reason: 'The package has put R5 into this differential',
  },
];

/** R4's snapshots of its types do not repeat that extensions are sliced by url. */
const EXTENSION_SLICING =
  /[. ](modifierE|e)xtension slicing: ours \{"discriminator":\["value:url"\],"ordered":false,"rules":"open"\}, theirs absent$/;

describe("snapshots generated from R4's own differentials", () => {
  it('say of its profiles and extensions what the published ones say, element by element', () => {
    const profiles = definitions.filter(({ derivation }) => derivation === 'constraint');
    expect(profiles).to.have.length.greaterThan(430);
    expectOnly(differencesOf(profiles), KNOWN_PROFILES);
  });

  it('say of its types what the published ones say, and nothing of R5 or of the package that they come in', () => {
    const types = definitions.filter(({ derivation, kind }) => derivation === 'specialization' && kind !== 'logical');
    expect(types).to.have.length.greaterThan(190);
    const differences = differencesOf(types).filter((difference) => !EXTENSION_SLICING.test(difference));
    expectOnly(differences, KNOWN_TYPES);
  });
});
