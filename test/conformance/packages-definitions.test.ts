import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { CodeSystem, CodeSystemConcept, ElementDefinition, OperationDefinition, StructureDefinition, ValueSet } from 'fhir/r4.js';
import type { JsonObject } from '../../src/fhir/json.js';
import { ABSENT_NOTE, PUBLISHED_PRESENT, type PublishedFile, readPublished } from './packages-published.js';

const SDHR = 'https://fhir-ig.digital.health.nz/sdhr/';
const COMPARISONS: readonly {
  readonly folder: string;
  readonly published: string;
  readonly onlyOurs: readonly string[];
  readonly leftOut: readonly string[];
}[] = [
  {
    folder: 'packages/nzbase',
    published: 'fhir.org.nz.ig.base-3.0.1.tgz',
    onlyOurs: [],
    leftOut: ['https://standards.digital.health.nz/ns/acc-patient-occupation-code'],
  },
  {
    folder: 'sdhr',
    published: 'tewhatuora.fhir.nz-shared-digital-health-record-1.0.0.tgz',
    onlyOurs: [`${SDHR}StructureDefinition/SDHREncounter`, `${SDHR}ValueSet/sdhr-encounter-class-valueset`],
    leftOut: [],
  },
  { folder: 'rheumatic-fever', published: 'tewhatuora.rheumaticfever-1.0.0.tgz', onlyOurs: [], leftOut: [] },
];
/** Encounter belongs to 0.5.0, whose profile carries the extension; the published 1.0.0 has lost that context. */
const ADDED_CONTEXTS: Readonly<Record<string, readonly string[]>> = {
  [`${SDHR}StructureDefinition/hnz-sdhr-client-last-updated-extension`]: ['Encounter'],
};
const KINDS = ['StructureDefinition', 'ValueSet', 'CodeSystem', 'OperationDefinition'];
/** Keys of an element definition that tell people something and decide nothing. */
const PROSE = new Set([
  'path',
  'sliceName',
  'short',
  'label',
  'definition',
  'comment',
  'requirements',
  'alias',
  'mapping',
  'example',
  'mustSupport',
  'isSummary',
]);

function ours(folder: string): readonly JsonObject[] {
  const url = new URL(`../../profiles/${folder}/`, import.meta.url);
  return readdirSync(url)
    .filter((name) => KINDS.some((kind) => name.startsWith(`${kind}-`)))
    .map((name) => JSON.parse(readFileSync(new URL(name, url), 'utf8')) as JsonObject);
}

/** What a definition demands, without what it says of it in words. */
function essenceOf(resource: JsonObject): unknown {
  switch (resource['resourceType']) {
    case 'StructureDefinition':
      return essenceOfProfile(resource as unknown as StructureDefinition);
    case 'ValueSet':
      return (resource as unknown as ValueSet).compose;
    case 'CodeSystem': {
      const { content, caseSensitive, concept } = resource as unknown as CodeSystem;
      return { content, caseSensitive, codes: codesOf(concept) };
    }
    default: {
      const { code, system, type, instance, parameter } = resource as unknown as OperationDefinition;
      return { code, system, type, instance, parameter: parameter?.map(({ documentation: _, ...rest }) => rest) };
    }
  }
}

function essenceOfProfile(definition: StructureDefinition): unknown {
  const { type, baseDefinition, derivation, kind, abstract, version, status } = definition;
  const added = new Set(ADDED_CONTEXTS[definition.url] ?? []);
  const context = definition.context?.map(({ expression }) => expression).filter((expression) => !added.has(expression));
  const elements = (definition.differential?.element ?? []).map(essenceOfElement);
  return { type, baseDefinition, derivation, kind, abstract, version, status, context: context?.sort(), elements };
}

function essenceOfElement(element: ElementDefinition): unknown {
  const kept = Object.fromEntries(Object.entries(element).filter(([key]) => !PROSE.has(key))) as unknown as ElementDefinition;
  const { slicing, binding, constraint, type } = element;
  return {
    ...kept,
    ...(slicing && { slicing: { rules: slicing.rules, ordered: slicing.ordered ?? false, discriminator: slicing.discriminator } }),
    ...(binding && { binding: { strength: binding.strength, valueSet: binding.valueSet } }),
    ...(constraint && { constraint: constraint.map(({ key, severity, expression }) => ({ key, severity, expression })) }),
    ...(type && { type: type.map(({ extension: _, ...rest }) => rest) }),
  };
}

/** `parent > code display`, for each code at its place in the hierarchy. */
function codesOf(concepts: readonly CodeSystemConcept[] | undefined, parent = ''): readonly string[] {
  return (concepts ?? []).flatMap((concept) => {
    const place = `${parent}${concept.code}`;
    return [`${place} ${concept.display ?? ''}`, ...codesOf(concept.concept, `${place} > `)];
  });
}

describe(`definitions against the published packages${ABSENT_NOTE}`, () => {
  for (const { folder, published, onlyOurs, leftOut } of COMPARISONS) {
    describe(`${folder} and ${published}`, () => {
      let files: readonly PublishedFile[] = [];

      before(async function () {
        if (!PUBLISHED_PRESENT) this.skip();
        files = (await readPublished(published)).filter(
          ({ resource, isExample }) => !isExample && KINDS.includes(String(resource['resourceType'])),
        );
      });

      it('are of the same profiles, value sets, code systems and operations', () => {
        const [own, theirs] = [new Set(ours(folder).map((resource) => resource['url'])), files.map(({ resource }) => resource['url'])];
        expect(theirs.filter((url) => !own.has(url ?? null))).to.have.members([...leftOut]);
        expect([...own].filter((url) => !theirs.includes(url))).to.have.members([...onlyOurs]);
      });

      it('demand the same, element by element and code by code', () => {
        const own = ours(folder);
        let compared = 0;
        for (const { name, resource } of files) {
          const counterpart = own.find(({ url, version }) => url === resource['url'] && version === resource['version']);
          if (counterpart === undefined) continue;
          expect(essenceOf(counterpart), name).to.deep.equal(essenceOf(resource));
          compared += 1;
        }
        expect(compared).to.equal(files.length - leftOut.length);
      });
    });
  }
});
