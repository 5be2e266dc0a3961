import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { StructureDefinition } from 'fhir/r4.js';
import type { ConformanceRegistry } from '../../src/conformance/conformance-registry.js';
import { CoreDefinitions, createConformanceRegistry } from '../../src/conformance/create-conformance-registry.js';
import { openCoreDefinitions } from '../../src/conformance/definitions-index.js';
import { linkPackages } from '../../src/conformance/package-graph.js';
import { type FhirPackage, readPackage } from '../../src/conformance/package-reader.js';
import { generateSnapshot } from '../../src/conformance/snapshot-generator.js';
import { expectOnly, type KnownDifference } from './known-differences.js';
import { ABSENT_NOTE, PUBLISHED_PRESENT, publishedPath } from './packages-published.js';
import { snapshotDifferences } from './packages-snapshot-difference.js';

const NZBASE_300 = 'fhir.org.nz.ig.base-3.0.0.tgz';
const NZBASE_301 = 'fhir.org.nz.ig.base-3.0.1.tgz';
const SDHR = 'tewhatuora.fhir.nz-shared-digital-health-record-1.0.0.tgz';
const RHEUMATIC_FEVER = 'tewhatuora.rheumaticfever-1.0.0.tgz';

function missing(element: string, children: readonly string[]): readonly string[] {
  return children.map((child) => `${element}.${child}: missing in ours`);
}

const EXTENSION = ['id', 'extension', 'url', 'value[x]'];
const UNROLLED = "Nothing in the differential goes into this element; its children repeat what its type or type's profile says";
const NZBASE_DIFFERENCES: readonly KnownDifference[] = [
  { profile: 'NzContactpoint', differences: missing('ContactPoint.extension:cp-purpose', EXTENSION), reason: UNROLLED },
  {
    profile: 'NzAddress',
    differences: [
      ...missing('Address.extension:nz-geocode', EXTENSION),
      ...['latitude', 'longitude', 'datumCode'].flatMap((slice) => [
        ...missing('Address.extension:nz-geocode', [`extension:${slice}`]),
        ...missing(`Address.extension:nz-geocode.extension:${slice}`, EXTENSION),
      ]),
    ],
    reason: UNROLLED,
  },
];
const SDHR_DIFFERENCES: readonly KnownDifference[] = [
  {
    profile: 'SDHRAllergyIntolerance',
    differences: missing('AllergyIntolerance.recorder', ['id', 'extension', 'reference', 'type', 'identifier', 'display']),
    reason: UNROLLED,
  },
  ...['AllergyIntolerance', 'Condition', 'Observation'].map((type) => ({
    profile: `SDHR${type}`,
    differences: missing(`${type}.meta`, ['project', 'author', 'onBehalfOf', 'account', 'accounts', 'compartment']),
    reason: "R4's Meta has no such elements: the definitions that this package was built with were not HL7's",
  })),
  {
    profile: 'SDHRBatchBundle',
    differences: ['Bundle.entry.response.outcome type: ours ["Resource"], theirs ["OperationOutcome"]'],
    reason: 'R4 says Resource, and nothing in the differential says otherwise; built as those with elements that Meta has not',
  },
];

const PUBLISHED: readonly { readonly of: string; readonly definitions: number; readonly known: readonly KnownDifference[] }[] = [
  { of: NZBASE_300, definitions: 51, known: NZBASE_DIFFERENCES },
  { of: NZBASE_301, definitions: 51, known: NZBASE_DIFFERENCES },
  { of: 'fhir.org.nz.ig.base-3.1.0.tgz', definitions: 52, known: NZBASE_DIFFERENCES },
  { of: 'tewhatuora.digitaltooling-0.0.11.tgz', definitions: 4, known: [] },
  { of: SDHR, definitions: 8, known: SDHR_DIFFERENCES },
  { of: RHEUMATIC_FEVER, definitions: 19, known: [] },
];
const AUTHORED = [
  { folders: ['packages/nzbase'], published: [NZBASE_301], of: NZBASE_301, known: NZBASE_DIFFERENCES },
  { folders: ['packages/nzbase', 'sdhr'], published: [NZBASE_300, SDHR], of: SDHR, known: SDHR_DIFFERENCES },
  { folders: ['packages/nzbase', 'rheumatic-fever'], published: [NZBASE_301, RHEUMATIC_FEVER], of: RHEUMATIC_FEVER, known: [] },
];

const core = new CoreDefinitions(openCoreDefinitions());

function registryOf(given: readonly FhirPackage[]): ConformanceRegistry {
  const { packages, dependenciesOf } = linkPackages(given);
  return createConformanceRegistry({ core, packages, dependenciesOf });
}

function readAll(paths: readonly string[]): Promise<readonly FhirPackage[]> {
  return Promise.all(paths.map((path) => readPackage(path)));
}

function folderPath(folder: string): string {
  return fileURLToPath(new URL(`../../profiles/${folder}`, import.meta.url));
}

function definitionsOf({ entries }: FhirPackage): readonly StructureDefinition[] {
  return entries
    .filter(({ resourceType }) => resourceType === 'StructureDefinition')
    .map(({ read }) => read() as unknown as StructureDefinition);
}

function nameOf(url: string): string {
  return url.replace(/.*\//, '');
}

describe(`snapshots of the published packages${ABSENT_NOTE}`, () => {
  let packages: readonly FhirPackage[] = [];
  let registry: ConformanceRegistry;

  before(async () => {
    if (!PUBLISHED_PRESENT) return;
    packages = await readAll(PUBLISHED.map(({ of }) => publishedPath(of)));
    registry = registryOf(packages);
  });

  for (const [index, { of, definitions, known }] of PUBLISHED.entries()) {
    it(`come again from the differentials of ${of}, element by element`, function () {
      if (!PUBLISHED_PRESENT) this.skip();
      const one = packages[index] as FhirPackage;
      const published = definitionsOf(one);
      expect(published).to.have.length(definitions);
      const differences = published.flatMap(({ snapshot, ...rest }) => {
        expect(snapshot?.element, rest.url).to.not.be.empty;
        const generated = generateSnapshot(rest as StructureDefinition, one.packageId, registry);
        const ours = { ...rest, snapshot: { element: generated.snapshot } } as StructureDefinition;
        const found = snapshotDifferences(ours, { ...rest, snapshot } as StructureDefinition);
        const faults = generated.problems.map(({ elementId, message }) => `${elementId}: ${message}`);
        return [...faults, ...found].map((difference) => `${nameOf(rest.url)} ${difference}`);
      });
      expectOnly(differences, known);
    });
  }
});

describe(`snapshots generated from our differentials${ABSENT_NOTE}`, () => {
  for (const { folders, published, of, known } of AUTHORED) {
    it(`say what the published snapshots of ${of} say, element by element`, async function () {
      if (!PUBLISHED_PRESENT) this.skip();
      const ours = registryOf(await readAll(folders.map(folderPath)));
      const theirs = registryOf(await readAll(published.map(publishedPath)));
      const { entries } = await readPackage(publishedPath(of));
      const definitions = entries.filter(({ resourceType }) => resourceType === 'StructureDefinition');
      expect(definitions).to.not.be.empty;
      const differences = definitions.flatMap(({ url, version }) => {
        const own = ours.findStructureDefinition(`${url}|${version}`);
        const official = theirs.findStructureDefinition(`${url}|${version}`);
        expect(own, `${url}|${version} among ours`).to.not.equal(undefined);
        expect(official, `${url}|${version} among theirs`).to.not.equal(undefined);
        expect(own?.snapshotProblems, url).to.deep.equal([]);
        const found = snapshotDifferences(own?.resource as StructureDefinition, official?.resource as StructureDefinition);
        return found.map((difference) => `${nameOf(url)} ${difference}`);
      });
      expectOnly(differences, known);
    });
  }
});
