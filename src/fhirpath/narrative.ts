/** Checks of a narrative's XHTML, txt-1 and txt-2: https://hl7.org/fhir/R4/narrative.html */
import { SaxesParser } from 'saxes';

const ELEMENTS: ReadonlySet<string> = new Set(
  (
    'div p br hr h1 h2 h3 h4 h5 h6 span b i u s em strong small big tt dfn code samp kbd var cite abbr acronym sub sup q blockquote pre ' +
    'ul ol li dl dt dd table caption colgroup col thead tbody tfoot tr th td a img address bdo del ins'
  ).split(' '),
);

const ATTRIBUTES: ReadonlySet<string> = new Set(
  (
    'title style class id lang xml:lang dir accesskey tabindex xmlns xml:space span width align valign char charoff abbr axis headers ' +
    'scope rowspan colspan summary border frame rules cellspacing cellpadding cite name href rel rev charset hreflang type shape coords ' +
    'src alt longdesc height usemap ismap start value datetime nowrap compact bgcolor'
  ).split(' '),
);

const XHTML = 'http://www.w3.org/1999/xhtml';

/** What is wrong with the div's text; undefined where nothing is. */
export function narrativeProblem(xhtml: string): string | undefined {
  let problem: string | undefined;
  let hasContent = false;
  let depth = 0;
  const note = (text: string): void => {
    problem ??= text;
  };
  const parser = new SaxesParser({ xmlns: false });
  parser.on('error', (error) => note(`The narrative is not well-formed XML: ${error.message}`));
  parser.on('doctype', () => note('The narrative has a DOCTYPE'));
  parser.on('processinginstruction', () => note('The narrative has a processing instruction'));
  parser.on('opentag', ({ name, attributes }) => {
    if (depth++ === 0) {
      if (name !== 'div') note(`The narrative starts with <${name}>, not with <div>`);
      if (attributes['xmlns'] !== XHTML) note(`The narrative's namespace is not ${XHTML}`);
    }
    if (!ELEMENTS.has(name)) note(`The narrative has the element <${name}>`);
    for (const attribute in attributes) {
      if (!ATTRIBUTES.has(attribute)) note(`The narrative has the attribute ${attribute} in <${name}>`);
    }
    if (name === 'img') hasContent = true;
  });
  parser.on('closetag', () => {
    depth--;
  });
  parser.on('text', (text) => {
    if (!hasContent && text.trim() !== '') hasContent = true;
  });
  parser.write(namedEntities(xhtml)).close();
  return problem ?? (hasContent ? undefined : 'The narrative has no content');
}

/** XHTML's named entities beyond XML's five stand for one character each: which one does not matter to the checks. */
function namedEntities(xhtml: string): string {
  return xhtml.includes('&') ? xhtml.replace(/&(?!(?:amp|lt|gt|quot|apos);)[A-Za-z]{2,8}\d?;/g, 'x') : xhtml;
}
