import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import type { Bundle, FhirResource, SearchParameter, StructureDefinition } from 'fhir/r4.js';
import { CoreDefinitions } from '../../src/conformance/create-conformance-registry.js';
import { openCoreDefinitions } from '../../src/conformance/definitions-index.js';
import { expectOnly, type KnownDifference } from './known-differences.js';
import { snapshotDifferences } from './packages-snapshot-difference.js';

const require = createRequire(import.meta.url);
const core = new CoreDefinitions(openCoreDefinitions().filter(({ packageId }) => packageId.startsWith('hl7.fhir.r4.core#')));

/** HL7's own package of examples has the definitions of R4 too, as HL7 published them. */
function published<T extends FhirResource = StructureDefinition>(name: string): readonly T[] {
  const bundle = JSON.parse(readFileSync(require.resolve(`hl7.fhir.r4.examples/Bundle-${name}.json`), 'utf8')) as Bundle;
  return (bundle.entry ?? []).flatMap(({ resource }) => (resource === undefined ? [] : [resource as T]));
}

function corrected(profile: string, element: string, key: string, ours: string, theirs: string, reason: string): KnownDifference {
  const differences = [
    `${element} constraint only in ours: ${key} error ${ours}`,
    `${element} constraint missing in ours: ${key} error ${theirs}`,
  ];
  return { profile, differences, reason };
}

const KNOWN: readonly KnownDifference[] = [
  corrected(
    'Timing',
    'Timing.repeat',
    'tim-9',
    "offset.empty() or (when.exists() and when.select($this in ('C' | 'CM' | 'CD' | 'CV')).allFalse())",
    "offset.empty() or (when.exists() and ((when in ('C' | 'CM' | 'CD' | 'CV')).not()))",
    'The published expression cannot be evaluated for several `when`',
  ),
  corrected(
    'Appointment',
    'Appointment',
    'app-4',
    "Appointment.cancelationReason.exists() implies (Appointment.status='noshow' or Appointment.status='cancelled')",
    "Appointment.cancelationReason.exists() implies (Appointment.status='no-show' or Appointment.status='cancelled')",
    'The code of AppointmentStatus is noshow',
  ),
  corrected(
    'Bundle',
    'Bundle.entry',
    'bdl-8',
    "fullUrl.exists() implies fullUrl.contains('/_history/').not()",
    "fullUrl.contains('/_history/').not()",
    'The published expression fails for entries without fullUrl, which R4 allows',
  ),
];

describe("R4's definitions", () => {
  for (const [name, count] of Object.entries({ types: 63, resources: 149, 'profiles-others': 44, extensions: 393 })) {
    it(`of HL7's ${name} are here as HL7 published them, element by element`, () => {
      const definitions = published(name).filter(({ resourceType }) => resourceType === 'StructureDefinition');
      expect(definitions).to.have.length(count);
      const differences = definitions.flatMap((definition) => {
        const ours = core.byKey.get(`StructureDefinition ${definition.url}`)?.[0]?.resource as unknown as StructureDefinition | undefined;
        if (ours === undefined) return [`${definition.id}: missing`];
        return snapshotDifferences(ours, definition).map((difference) => `${definition.id} ${difference}`);
      });
      const names = new Set(definitions.map(({ id }) => id));
      expectOnly(
        differences,
        KNOWN.filter(({ profile }) => names.has(profile)),
      );
    });
  }

  it('are no others', () => {
    const theirs = ['types', 'resources', 'profiles-others', 'extensions'].flatMap((name) => published(name).map(({ url }) => url));
    const ours = core.byType.get('StructureDefinition') ?? [];
    expect(ours.map(({ url }) => url).filter((url) => !theirs.includes(url))).to.deep.equal([]);
  });

  it('of search parameters are those that HL7 published', () => {
    const essence = ({ url, code, base, type, expression, target }: SearchParameter) => ({ url, code, base, type, expression, target });
    const theirs = published<SearchParameter>('searchParams').filter(({ resourceType }) => resourceType === 'SearchParameter');
    const ours = (core.byType.get('SearchParameter') ?? []).map(({ resource }) => resource as unknown as SearchParameter);
    expect(ours.map(({ url }) => url)).to.have.members([...new Set(theirs.map(({ url }) => url))]);
    const differing = theirs.filter((one) => {
      const own = ours.find(({ url }) => url === one.url);
      return own === undefined || JSON.stringify(essence(own)) !== JSON.stringify(essence(one));
    });
    // of their targets, patient has no Group here and MeasureReport's subject has more types than HL7 says
    expect(differing.map(({ id }) => id)).to.have.members(['MeasureReport-subject', 'clinical-patient']);
  });
});
