/** Elements and attributes that a narrative may have: https://hl7.org/fhir/R4/narrative.html#xhtml */

export const XHTML = 'http://www.w3.org/1999/xhtml';

export const NARRATIVE_ELEMENTS: ReadonlySet<string> = new Set(
  (
    'div p br hr h1 h2 h3 h4 h5 h6 span b i u s em strong small big tt dfn code samp kbd var cite abbr acronym sub sup q blockquote pre ' +
    'ul ol li dl dt dd table caption colgroup col thead tbody tfoot tr th td a img address bdo del ins'
  ).split(' '),
);

export const NARRATIVE_ATTRIBUTES: ReadonlySet<string> = new Set(
  (
    'title style class id lang xml:lang dir accesskey tabindex xmlns xml:space span width align valign char charoff abbr axis headers ' +
    'scope rowspan colspan summary border frame rules cellspacing cellpadding cite name href rel rev charset hreflang type shape coords ' +
    'src alt longdesc height usemap ismap start value datetime nowrap compact bgcolor'
  ).split(' '),
);
