import { expect } from 'chai';
import { withArticle } from '../../../src/fhir/article.js';

describe('withArticle', () => {
  it('goes by the sound that a name begins with', () => {
    for (const text of [
      'a Patient',
      'an Observation',
      'an id',
      'a uri',
      'a url',
      'a uuid',
      'an oid',
      'an unknown',
      'a unsignedInt',
      'a UsageContext',
    ]) {
      expect(withArticle(text.replace(/^an? /, ''))).to.equal(text);
    }
  });
});
