import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type JsonObject, parseJson } from '../../src/fhir/json.js';
import type { Issue } from '../../src/fhir/operation-outcome.js';
import type { Validator } from '../../src/validation/validator.js';
import { errorsOf, newValidator, readPackageOnce } from './harness.js';
import { mutationsOf } from './packages-mutations.js';
import { ABSENT_NOTE, PUBLISHED_PRESENT, publishedPath, readPublished } from './packages-published.js';

const MUTATIONS = 50;
const NZBASE_300 = 'fhir.org.nz.ig.base-3.0.0.tgz';
const NZBASE_301 = 'fhir.org.nz.ig.base-3.0.1.tgz';
const SDHR = 'tewhatuora.fhir.nz-shared-digital-health-record-1.0.0.tgz';
const RHEUMATIC_FEVER = 'tewhatuora.rheumaticfever-1.0.0.tgz';
const COMPARISONS = [
  { folders: ['packages/nzbase'], published: [NZBASE_301], of: NZBASE_301 },
  { folders: ['packages/nzbase', 'sdhr'], published: [NZBASE_300, SDHR], of: SDHR },
  { folders: ['packages/nzbase', 'rheumatic-fever'], published: [NZBASE_301, RHEUMATIC_FEVER], of: RHEUMATIC_FEVER },
];

async function validatorOf(paths: readonly string[]): Promise<Validator> {
  return newValidator(await Promise.all(paths.map(readPackageOnce)), []);
}

function folderPath(folder: string): string {
  return fileURLToPath(new URL(`../../profiles/${folder}`, import.meta.url));
}

/** Location and kind of each issue; who says it, and in which words, may differ. */
/** The packages bring Questionnaires too: forms that are content of the API, which ours leave to be posted. */
const OF_QUESTIONNAIRE = /^questionnaire-/;

function kindsOf(issues: readonly Issue[]): readonly string[] {
  const ofDefinitions = issues.filter(({ rule }) => rule === undefined || !OF_QUESTIONNAIRE.test(rule));
  return [...new Set(ofDefinitions.map(({ severity, code, rule, expression }) => `${severity} ${code} ${rule} ${expression}`))];
}

function isOfProfile({ definition }: Issue): boolean {
  return definition !== undefined && !definition.startsWith('http://hl7.org/fhir/');
}

describe(`our profiles and the published packages${ABSENT_NOTE}`, () => {
  for (const { folders, published, of } of COMPARISONS) {
    it(`find the same in every example of ${of} and in ${MUTATIONS} mutations of each`, async function () {
      if (!PUBLISHED_PRESENT) this.skip();
      this.timeout(120_000);
      const ours = await validatorOf(folders.map(folderPath));
      const theirs = await validatorOf(published.map(publishedPath));
      const examples = (await readPublished(of)).filter(({ isExample }) => isExample);
      expect(examples.length).to.be.greaterThan(30);
      const differences: string[] = [];
      let faulty = 0;
      let againstProfiles = 0;
      const compare = (title: string, resource: JsonObject): void => {
        const text = JSON.stringify(resource);
        const found = theirs.validate(parseJson(text)).issues;
        const [own, official] = [kindsOf(ours.validate(parseJson(text)).issues), kindsOf(found)];
        if (errorsOf(found).length > 0) faulty += 1;
        if (found.some(isOfProfile)) againstProfiles += 1;
        differences.push(...own.filter((kind) => !official.includes(kind)).map((kind) => `${title}: only ours: ${kind}`));
        differences.push(...official.filter((kind) => !own.includes(kind)).map((kind) => `${title}: only theirs: ${kind}`));
      };
      for (const { name, resource } of examples) {
        compare(name, resource);
        for (const mutation of mutationsOf(resource, name, MUTATIONS)) compare(`${name} ${mutation.title}`, mutation.resource);
      }
      expect(differences).to.deep.equal([]);
      // the mutations are faults indeed, many of them against the profiles: nothing compared with nothing proves nothing
      expect(faulty / (examples.length * (MUTATIONS + 1))).to.be.greaterThan(0.5);
      expect(againstProfiles).to.be.greaterThan(100);
    });
  }
});
