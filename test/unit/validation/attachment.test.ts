import { createHash } from 'node:crypto';
import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import { aPatient } from '../../support/resources.js';
import { validatorWith } from '../../support/validator-fixture.js';

const { issuesOf } = validatorWith();
const TEXT = 'Kia ora, whānau';
const DATA = Buffer.from(TEXT).toString('base64');
const HASH = createHash('sha1').update(TEXT).digest('base64');
const of = (photo: JsonObject): readonly string[] => issuesOf(aPatient({ photo: [{ contentType: 'text/plain', ...photo }] }));

describe('Attachments', () => {
  it('have the size that they state', () => {
    expect(of({ data: DATA, size: Buffer.from(TEXT).length })).to.deep.equal([]);
    expect(of({ data: DATA, size: TEXT.length })).to.deep.equal(['error structure attachment-size Patient.photo[0]']);
  });

  it('have the hash that they state: SHA-1 of what the base64 stands for, as base64', () => {
    for (const data of [DATA, `${DATA.slice(0, 8)}\n ${DATA.slice(8)}`]) expect(of({ data, hash: HASH }), data).to.deep.equal([]);
    const ofText = createHash('sha1').update(DATA).digest('base64');
    const asHex = Buffer.from(createHash('sha1').update(TEXT).digest('hex')).toString('base64');
    for (const hash of [ofText, asHex, 'AAAA']) {
      expect(of({ data: DATA, hash }), hash).to.deep.equal(['warning structure attachment-hash Patient.photo[0]']);
    }
    expect(of({ url: 'https://example.org/a', hash: HASH })).to.deep.equal([]);
  });

  it('are hashed at any size, and not where they are no base64', () => {
    const large = Buffer.alloc(750_000, 'x');
    expect(of({ data: large.toString('base64'), hash: createHash('sha1').update(large).digest('base64') })).to.deep.equal([]);
    for (const data of ['A', '====', 'A===', 'ā'.repeat(4)]) {
      expect(
        of({ data, hash: HASH }).filter((issue) => issue.includes('attachment')),
        data,
      ).to.deep.equal([]);
    }
  });
});
