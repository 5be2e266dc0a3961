import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { StructureDefinition } from 'fhir/r4.js';
import type { ConformanceRegistry } from '../../src/conformance/conformance-registry.js';
import { CoreDefinitions, createConformanceRegistry } from '../../src/conformance/create-conformance-registry.js';
import { openCoreDefinitions } from '../../src/conformance/definitions-index.js';
import { linkPackages } from '../../src/conformance/package-graph.js';
import { readPackage } from '../../src/conformance/package-reader.js';
import { ABSENT_NOTE, PUBLISHED_PRESENT, publishedPath } from './packages-published.js';
import { snapshotDifferences } from './packages-snapshot-difference.js';

const NZBASE = ['fhir.org.nz.ig.base-3.0.1.tgz'];
const COMPARISONS = [
  { folders: ['packages/nzbase'], published: NZBASE, of: 'fhir.org.nz.ig.base-3.0.1.tgz' },
  {
    folders: ['packages/nzbase', 'sdhr'],
    published: ['fhir.org.nz.ig.base-3.0.0.tgz', 'tewhatuora.fhir.nz-shared-digital-health-record-1.0.0.tgz'],
    of: 'tewhatuora.fhir.nz-shared-digital-health-record-1.0.0.tgz',
  },
  {
    folders: ['packages/nzbase', 'rheumatic-fever'],
    published: [...NZBASE, 'tewhatuora.rheumaticfever-1.0.0.tgz'],
    of: 'tewhatuora.rheumaticfever-1.0.0.tgz',
  },
];
/** The published NzPatient leaves this out of the address below `Patient.address`: nothing in its differential says so. */
const core = new CoreDefinitions(openCoreDefinitions());

async function registryOf(paths: readonly string[]): Promise<ConformanceRegistry> {
  const { packages, dependenciesOf } = linkPackages(await Promise.all(paths.map((path) => readPackage(path))));
  return createConformanceRegistry({ core, packages, dependenciesOf });
}

function folderPath(folder: string): string {
  return fileURLToPath(new URL(`../../profiles/${folder}`, import.meta.url));
}

describe(`snapshots generated from our differentials${ABSENT_NOTE}`, () => {
  for (const { folders, published, of } of COMPARISONS) {
    it(`say what the published snapshots of ${of} say, element by element`, async function () {
      if (!PUBLISHED_PRESENT) this.skip();
      const ours = await registryOf(folders.map(folderPath));
      const theirs = await registryOf(published.map(publishedPath));
      const definitions = (await readPackage(publishedPath(of))).entries.filter((entry) => entry.resourceType === 'StructureDefinition');
      expect(definitions).to.not.be.empty;
      const differences = definitions.flatMap(({ url, version, read }) => {
        const own = ours.findStructureDefinition(`${url}|${version}`)?.resource;
        if (own === undefined) return [`${url}|${version}: not among ours`];
        const official = theirs.findStructureDefinition(`${url}|${version}`)?.resource ?? (read() as unknown as StructureDefinition);
        return snapshotDifferences(own, official).map((difference) => `${url.replace(/.*\//, '')} ${difference}`);
      });
      expect(differences).to.deep.equal([]);
    });
  }
});
