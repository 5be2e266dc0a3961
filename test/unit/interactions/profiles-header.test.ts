import { expect } from 'chai';
import { profilesHeader } from '../../../src/interactions/profiles-header.js';

describe('the header of resolved profiles', () => {
  it('names each profile, in printable ASCII and without a comma of its own', () => {
    expect(profilesHeader([])).to.deep.equal({});
    expect(profilesHeader(['http://example.org/a|1', 'http://example.org/b,ā|2 3'])).to.deep.equal({
      'X-Profile-Resolved': 'http://example.org/a|1, http://example.org/b%2C%C4%81|2%203',
    });
  });

  it('counts those that it has no room to name', () => {
    const profiles = Array.from({ length: 1_000 }, (_, index) => `http://example.org/StructureDefinition/${index}|1.0.0`);
    const text = String(profilesHeader(profiles)['X-Profile-Resolved']);
    expect(text.length).to.be.within(4_000, 4_110);
    const items = text.split(', ');
    expect(items.slice(0, -1)).to.deep.equal(profiles.slice(0, items.length - 1));
    expect(items.at(-1)).to.equal(`+${1_000 - items.length + 1}`);
    expect(profilesHeader(['x'.repeat(5_000)])).to.deep.equal({ 'X-Profile-Resolved': '+1' });
  });
});
