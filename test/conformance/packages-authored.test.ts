import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { isJsonObject, type JsonObject } from '../../src/fhir/json.js';

const PROFILES = new URL('../../profiles/', import.meta.url);
const SCHEMA = new URL('../../node_modules/hl7.fhir.r4.core/dist/fhir/r4/fhir.schema.json', import.meta.url);
const FOLDERS = ['sdhr', 'rheumatic-fever', 'healthpass', 'hcw-at-home', 'r4', 'packages/nzbase'];

interface AuthoredFile {
  readonly name: string;
  readonly resource: JsonObject;
}

function authoredIn(folder: string): readonly AuthoredFile[] {
  return readdirSync(new URL(`${folder}/`, PROFILES))
    .filter((name) => name.endsWith('.json'))
    .map((name) => ({ name, resource: JSON.parse(readFileSync(new URL(`${folder}/${name}`, PROFILES), 'utf8')) as JsonObject }))
    .filter(({ resource }) => 'resourceType' in resource);
}

function elementsOf(resource: JsonObject): readonly JsonObject[] {
  const differential = resource['differential'];
  const elements = isJsonObject(differential) ? differential['element'] : undefined;
  return Array.isArray(elements) ? elements.filter(isJsonObject) : [];
}

/** HL7's own JSON Schema knows nothing of our validator: an independent look at the shape of what we wrote. */
describe('authored definitions', () => {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  const { $schema: _, id: __, ...schema } = JSON.parse(readFileSync(SCHEMA, 'utf8')) as JsonObject;
  // The definitions package leaves two types out that none of ours uses.
  const definitions = { ...(schema['definitions'] as JsonObject), Resource: { type: 'object' }, integer64: { type: 'number' } };
  ajv.addSchema({ ...schema, definitions, $id: 'fhir' });

  for (const folder of FOLDERS) {
    it(`of ${folder} have the shape of their resource type, and the file name Type-id.json`, () => {
      const files = authoredIn(folder);
      expect(files).to.not.be.empty;
      for (const { name, resource } of files) {
        const validate = ajv.getSchema(`fhir#/definitions/${String(resource['resourceType'])}`);
        expect(validate?.(resource), `${name}: ${ajv.errorsText(validate?.errors)}`).to.equal(true);
        expect(name).to.equal(`${String(resource['resourceType'])}-${String(resource['id'])}.json`);
      }
    });
  }

  it('bring no snapshots, and slices whose element ids say so', () => {
    for (const folder of FOLDERS) {
      for (const { name, resource } of authoredIn(folder)) {
        expect(resource, name).to.not.have.property('snapshot');
        for (const element of elementsOf(resource)) {
          const id = String(element['id']);
          const path = id
            .split('.')
            .map((segment) => segment.split(':')[0])
            .join('.');
          expect(element['path'], `${name} ${id}`).to.equal(path);
          expect(element['sliceName'], `${name} ${id}`).to.equal(id.slice(id.lastIndexOf('.') + 1).split(':')[1]);
        }
      }
    }
  });

  it('ship one profile in two versions', () => {
    const url = 'https://fhir-ig.digital.health.nz/rheumatic-fever/StructureDefinition/nz-rheumaticfever-condition';
    const versions = authoredIn('rheumatic-fever').flatMap(({ resource }) => (resource['url'] === url ? [resource['version']] : []));
    expect(versions).to.have.members(['0.9.0', '1.0.0']);
  });
});
