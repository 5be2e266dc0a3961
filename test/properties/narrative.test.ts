/** The quick reading of narratives against the parser, over those of R4's examples, as they are and changed. */
import { expect } from 'chai';
import fc from 'fast-check';
import { isJsonObject } from '../../src/fhir/json.js';
import { parseNarrative } from '../../src/fhirpath/narrative.js';
import { isPlainNarrative } from '../../src/fhirpath/narrative-scan.js';
import { examples, readExample } from '../support/r4-examples.js';

const narratives = examples
  .filter((_, index) => index % 10 === 0)
  .map((file) => readExample(file)?.['text'])
  .flatMap((text) => (isJsonObject(text) && typeof text['div'] === 'string' ? [text['div']] : []));

/** What breaks XML, or looks as if it did. */
const PIECES = (
  '< > & " \' / = </p> <p> <br/> <br> <b> </b> <i></b> <script> <!--x--> <![CDATA[x]]> ]]> <?x?> &amp; &nbsp; &#160; &foo; &frac12; &thetasym; &constructor; xmlns="http://evil.test" &lt; &x ; <P> ' +
  '<img src="a"/> <a href="x"> href="javascript:x" href="jav src="data:text/html javascript: &colon; class="a" class=a class= xmlns="x" onclick="x" xml:lang="mi" <div> </div> <p/> <p /> < p> </p > </ p> ā 🥝'
)
  .split(' ')
  .concat([' ', '\n', '\t', '\u0000', '\ud83e', '\ufffe', '\u00a0', '\u000b', '\u0085']);

const change = fc.record({ at: fc.nat({ max: 100_000 }), remove: fc.nat({ max: 6 }), insert: fc.constantFrom('', ...PIECES) });

describe('the quick reading of narratives', () => {
  it('understands nearly all of R4’s examples', () => {
    expect(narratives.length).to.be.greaterThan(200);
    expect(narratives.filter(isPlainNarrative).length / narratives.length).to.be.greaterThan(0.95);
  });

  it('finds nothing right that the parser finds wrong', () => {
    let accepted = 0;
    let refused = 0;
    const start = fc.constantFrom(
      ...narratives,
      '<div xmlns="http://www.w3.org/1999/xhtml">x</div>',
      "<div xmlns='http://www.w3.org/1999/xhtml'><p/></div>",
    );
    fc.assert(
      fc.property(start, fc.array(change, { minLength: 1, maxLength: 3 }), (text, changes) => {
        let xhtml = text.slice(0, 2000);
        if (text.length > 2000) xhtml = `<div xmlns="http://www.w3.org/1999/xhtml">${text.slice(-200).replaceAll('</div>', '')}</div>`;
        for (const { at, remove, insert } of changes) {
          const place = at % (xhtml.length + 1);
          xhtml = xhtml.slice(0, place) + insert + xhtml.slice(place + remove);
        }
        if (isPlainNarrative(xhtml)) {
          accepted++;
          expect(parseNarrative(xhtml), xhtml).to.deep.equal({ problems: [], hasContent: true });
        } else {
          refused++;
        }
      }),
      { seed: 20261125, numRuns: 20_000 },
    );
    expect(accepted).to.be.greaterThan(2000);
    expect(refused).to.be.greaterThan(2000);
  });
});
