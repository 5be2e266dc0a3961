import { expect } from 'chai';
import fc from 'fast-check';
import { boundedPattern } from '../../../src/fhir/bounded-pattern.js';

/** Patterns of R4 and of the kind that guides have. */
const PATTERNS = [
  '^[A-Z]{3}\\d{4}$',
  '^(urn:uuid:[0-9a-f-]{36}|https?://.+)$',
  '[ \\r\\n\\t\\S]+',
  '^(?:[A-Za-z0-9\\-\\.]{1,64})$',
  '^([A-Z][a-z]*)+$',
  '(a|b)*c',
  '^[^\\s]+(\\s[^\\s]+)*$',
  '\\p{L}+',
  '^\\S+$',
  '^[^\\s]+( [^\\s]+)*$',
  '^([\\s\\S]a?)*$',
  '^(\\u0061|é)+$',
];

describe('boundedPattern', () => {
  it('says what RegExp says, whichever engine it takes', () => {
    const text = fc.oneof(
      fc.string(),
      fc.stringMatching(/^[A-Za-z0-9 .:/-]{0,40}$/),
      fc.constantFrom('ZZZ0032', 'http://x.example', 'aab', 'AbcDef', 'a\u00a0b', 'a\u2028b', ' \ufeff'),
    );
    for (const source of PATTERNS) {
      const flags = 'su';
      const property = fc.property(text, fc.boolean(), (short, isLong) => {
        const subject = isLong ? short.repeat(60) : short;
        expect(boundedPattern(source, flags).test(subject), `${source} on ${subject.slice(0, 80)}`).to.equal(
          new RegExp(source, flags).test(subject),
        );
      });
      fc.assert(property, { seed: 20261125, numRuns: 300 });
    }
  });

  it('is through with what backtracking is not', function () {
    // any of these takes hours otherwise
    this.timeout(2_000);
    for (const source of [
      '(a+)+$',
      '^(a|a)*$',
      '^(([a-z])+.)+[A-Z]([a-z])+$',
      '(.*a){20}$',
      '^(a*)*$',
      '(x+x+)+y',
      '^(((a)+))+$',
      '^((((a+)))){2,}$',
      '((a{1,9}){1,9}){1,9}b',
    ]) {
      expect(boundedPattern(source, 's').test(`${'a'.repeat(40)}!`), source).to.equal(false);
    }
    expect(boundedPattern('\\d+\\d+\\d+x', 's').test('1'.repeat(200_000))).to.equal(false);
  });

  it('runs what only RegExp knows, and refuses what nothing knows', () => {
    expect(boundedPattern('^(?!a).*$', 's').test('b')).to.equal(true);
    expect(boundedPattern('(a)\\1', 's').test('aa')).to.equal(true);
    expect(() => boundedPattern('(', 's')).to.throw(SyntaxError);
  });
});
