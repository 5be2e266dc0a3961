/** Elements, attributes and entities that a narrative may have: https://hl7.org/fhir/R4/narrative.html#xhtml */

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

/** Those of XML, and of XHTML 1.0, none of which is a letter of ASCII or a mark that means something in a link: https://www.w3.org/TR/xhtml1/dtds.html */
export const NARRATIVE_ENTITIES: ReadonlySet<string> = new Set(
  (
    'amp lt gt quot apos ' +
    'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil ' +
    'sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave ' +
    'Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute ' +
    'acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml ' +
    'divide oslash ugrave uacute ucirc uuml yacute thorn yuml OElig oelig Scaron scaron Yuml fnof circ tilde Alpha Beta Gamma Delta ' +
    'Epsilon Zeta Eta Theta Iota Kappa Lambda Mu Nu Xi Omicron Pi Rho Sigma Tau Upsilon Phi Chi Psi Omega alpha beta gamma delta epsilon ' +
    'zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigmaf sigma tau upsilon phi chi psi omega thetasym upsih piv ensp emsp ' +
    'thinsp zwnj zwj lrm rlm ndash mdash lsquo rsquo sbquo ldquo rdquo bdquo dagger Dagger bull hellip permil prime Prime lsaquo rsaquo ' +
    'oline frasl euro image weierp real trade alefsym larr uarr rarr darr harr crarr lArr uArr rArr dArr hArr forall part exist empty ' +
    'nabla isin notin ni prod sum minus lowast radic prop infin ang and or cap cup int there4 sim cong asymp ne equiv le ge sub sup nsub ' +
    'sube supe oplus otimes perp sdot lceil rceil lfloor rfloor lang rang loz spades clubs hearts diams'
  ).split(' '),
);
