import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import type { StructureDefinition } from 'fhir/r4.js';
import { CoreDefinitions, createConformanceRegistry } from '../../src/conformance/create-conformance-registry.js';
import { openCoreDefinitions } from '../../src/conformance/definitions-index.js';
import { generateSnapshot } from '../../src/conformance/snapshot-generator.js';
import { expectOnly, type KnownDifference } from './known-differences.js';
import { snapshotDifferences } from './packages-snapshot-difference.js';

const core = new CoreDefinitions(openCoreDefinitions());
const registry = createConformanceRegistry({ core });
const CORE_PACKAGE = 'hl7.fhir.r4.core#4.0.1';
const definitions = (core.byType.get('StructureDefinition') ?? [])
  .filter(({ packageId }) => packageId === CORE_PACKAGE)
  .map(({ resource }) => resource as unknown as StructureDefinition);

/** Differences and problems of what is generated from these differentials, against the snapshots that they were published with. */
function differencesOf(selected: readonly StructureDefinition[]): readonly string[] {
  return selected.flatMap((definition) => {
    const { snapshot: _published, ...rest } = definition;
    const { snapshot, problems } = generateSnapshot(rest as StructureDefinition, CORE_PACKAGE, registry);
    const differences = snapshotDifferences({ ...rest, snapshot: { element: snapshot } } as StructureDefinition, definition);
    const faults = problems.map(({ elementId, message }) => `${elementId}: ${message}`);
    return [...faults, ...differences].map((difference) => `${definition.id} ${difference}`);
  });
}

function movedIntoSlice(component: string): readonly string[] {
  const children = ['id', 'extension', 'value', 'comparator', 'unit', 'system', 'code'];
  return [
    `${component}.value[x] slicing: ours {"discriminator":["type:$this"],"ordered":false,"rules":"closed"}, theirs absent`,
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

const OF_THE_TYPE = "The constraints are those of the type's profile, which is held anyway";

const KNOWN_PROFILES: readonly KnownDifference[] = [
  {
    profile: 'bp',
    differences: [...movedIntoSlice('Observation.component:SystolicBP'), ...movedIntoSlice('Observation.component:DiastolicBP')],
    reason: 'What is said of Quantities stands in their slice, where theirs has it in the element, which allows no other type',
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
    differences: ['date', 'id', 'author', 'notes'].flatMap((slice) => {
      const id = `Extension.extension:revision.extension:${slice}`;
      const min = slice === 'notes' ? [] : [`${id} min: ours 0, theirs 1`];
      return [`${id}: max 1 is more than the 0 of what it constrains`, `${id} max: ours "0", theirs "1"`, ...min];
    }),
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

/** A published sliced element is demanded as often as its slices are together, which the slices say themselves. */
const SUM_OF_SLICES = /\.(extension|value\[x\]) min: ours 0, theirs [1-9]$/;
const KNOWN_PACK: readonly KnownDifference[] = [
  {
    profile: 'quantity-confidenceInterval',
    differences: [
      ...['confidence', 'interval'].flatMap((slice) => [
        `Extension.extension:${slice}: nothing tells what is in this slice: it says nothing of what tells slices apart, value of url`,
        `Extension.extension:${slice}: missing in ours`,
        ...['id', 'extension', 'url', 'value[x]'].map((child) => `Extension.extension:${slice}.${child}: missing in ours`),
      ]),
      ...['id', 'extension', 'low', 'high'].map((child) => `Extension.extension:interval.value[x].${child}: missing in ours`),
    ],
    reason: 'A true fault of this definition: its parts have no url by which they could be told apart',
  },
  {
    profile: 'artifactassessment-content',
    differences: ['Extension.extension:component.value[x] contentReference: ours "#Extension.extension", theirs absent'],
    reason: 'The differential says it; nothing is lost, as there is a component of components in extensions only',
  },
  {
    profile: 'no-fixed-address',
    differences: [
      'Extension.value[x] slicing: ours {"discriminator":["type:$this"],"ordered":false,"rules":"open"}, theirs {"discriminator":["type:$this"],"ordered":false,"rules":"closed"}',
    ],
    reason: 'The choice has one type and a slice for it: there is nothing to close',
  },
  ...[
    { profile: 'derivation-reference', slice: 'length', text: 'If not specified, the location at which derivation ended is unknown.' },
    { profile: 'derivation-reference', slice: 'offset', text: 'If not specified, the location at which derivation started is unknown.' },
    {
      profile: 'obligation',
      slice: 'applicable-number',
      text: 'If not specified, the implication is that the obligation applies to all repetitions',
    },
  ].map(({ profile, slice, text }) => ({
    profile,
    differences: [`Extension.extension:${slice} meaningWhenMissing: ours ${JSON.stringify(text)}, theirs absent`],
    reason: 'The differential says it',
  })),
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

  it("say of the extensions pack's extensions what the published ones say, element by element", () => {
    const pack = (core.byType.get('StructureDefinition') ?? []).filter(({ packageId }) =>
      packageId.startsWith('hl7.fhir.uv.extensions.r4#'),
    );
    expect(pack).to.have.length.greaterThan(280);
    const published = new Map(readExtensionsPack().map((definition) => [definition.url, definition]));
    const differences = pack.flatMap(({ url }) => {
      const ours = registry.findStructureDefinition(url);
      const theirs = published.get(url);
      if (ours === undefined || theirs === undefined) return [`${url}: missing`];
      const faults = (ours.snapshotProblems ?? []).map(({ elementId, message }) => `${elementId}: ${message}`);
      return [...faults, ...snapshotDifferences(ours.resource, theirs)].map((difference) => `${theirs.id} ${difference}`);
    });
    expectOnly(
      differences.filter((difference) => !SUM_OF_SLICES.test(difference)),
      KNOWN_PACK,
    );
  });
});

function readExtensionsPack(): readonly StructureDefinition[] {
  const folder = dirname(createRequire(import.meta.url).resolve('hl7.fhir.uv.extensions.r4/package.json'));
  return readdirSync(folder)
    .filter((name) => name.startsWith('StructureDefinition-'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as StructureDefinition);
}
