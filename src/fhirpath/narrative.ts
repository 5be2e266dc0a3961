/** Checks of a narrative's XHTML, txt-1 and txt-2: https://hl7.org/fhir/R4/narrative.html */
import { SaxesParser } from 'saxes';
import { isPlainNarrative } from './narrative-scan.js';
import { NARRATIVE_ATTRIBUTES, NARRATIVE_ELEMENTS, NARRATIVE_ENTITIES, XHTML } from './narrative-vocabulary.js';

export interface NarrativeReading {
  /** What is not allowed, each once; only the first fault of what is no XML. */
  readonly problems: readonly string[];
  /** Some text that is no white space, or an image; true of what cannot be read. */
  readonly hasContent: boolean;
}

/** Browsers pass over white space in a link, wherever it stands. */
const WHITE_SPACE = /[\u0000-\u0020]+/g;
/** Links that run something where they are followed. */
const ACTIVE_LINK = /^(?:javascript|vbscript):|^data:text\/html/i;
/** Stands for a named entity: which character it is does not matter. */
const ENTITY = '\ufffd';

/** What is no name the parser refuses. */
const ENTITY_NAME = /^[A-Za-z][A-Za-z\d]*$/;

const FAULTLESS: NarrativeReading = { problems: [], hasContent: true };
/** Several checks ask about one narrative in turn. */
let last = '';
let lastReading = parseNarrative(last);

export function readNarrative(xhtml: string): NarrativeReading {
  if (xhtml !== last) {
    lastReading = isPlainNarrative(xhtml) ? FAULTLESS : parseNarrative(xhtml);
    last = xhtml;
  }
  return lastReading;
}

/** What is wrong with the div's text; undefined where nothing is. */
export function narrativeProblem(xhtml: string): string | undefined {
  const { problems, hasContent } = readNarrative(xhtml);
  return problems[0] ?? (hasContent ? undefined : 'The narrative has no content');
}

/** By the parser alone. */
export function parseNarrative(xhtml: string): NarrativeReading {
  const problems = new Set<string>();
  let isXml = true;
  let hasContent = false;
  let depth = 0;
  const note = (text: string): void => {
    problems.add(text);
  };
  const parser = new SaxesParser({ xmlns: false });
  parser.ENTITIES = entitiesOf(parser.ENTITIES, (name) =>
    note(`The narrative has the entity &${shorten(name)};, which XHTML does not have`),
  );
  parser.on('error', (error) => {
    note(`The narrative is not well-formed XML: ${error.message}`);
    isXml = false;
    // what comes after the first is no help, and may be a lot
    throw error;
  });
  parser.on('doctype', () => note('The narrative has a DOCTYPE'));
  parser.on('processinginstruction', () => note('The narrative has a processing instruction'));
  parser.on('opentag', ({ name, attributes }) => {
    if (depth++ === 0) {
      if (name !== 'div') note(`The narrative starts with <${name}>, not with <div>`);
      if (attributes['xmlns'] !== XHTML) note(`The narrative's namespace is not ${XHTML}`);
    } else if ((attributes['xmlns'] ?? XHTML) !== XHTML) {
      note(`The narrative has a <${name}> of the namespace '${shorten(attributes['xmlns'])}', which is not ${XHTML}`);
    }
    if (!NARRATIVE_ELEMENTS.has(name)) note(`The narrative has the element <${name}>`);
    for (const attribute in attributes) {
      if (!NARRATIVE_ATTRIBUTES.has(attribute)) note(`The narrative has the attribute ${attribute} in <${name}>`);
      else if (isActive(attributes[attribute] ?? '')) note(`The narrative has a script in the attribute ${attribute} of <${name}>`);
    }
    if (name === 'img') hasContent = true;
  });
  parser.on('closetag', () => {
    depth--;
  });
  parser.on('text', (text) => {
    if (!hasContent && text.trim() !== '') hasContent = true;
  });
  try {
    parser.write(xhtml).close();
  } catch (error) {
    if (isXml) throw error;
  }
  return { problems: [...problems], hasContent: hasContent || !isXml };
}

function isActive(value: string): boolean {
  return ACTIVE_LINK.test(value.replace(WHITE_SPACE, ''));
}

/** What the parser asks for by name: those of XML as it has them, XHTML's, and of any other `tell` is told. */
function entitiesOf(ofXml: Readonly<Record<string, string>>, tell: (name: string) => void): Record<string, string> {
  return new Proxy(
    {},
    {
      get: (_, name: string): string | undefined => {
        if (!ENTITY_NAME.test(name)) return undefined;
        if (!NARRATIVE_ENTITIES.has(name)) tell(name);
        return ofXml[name] ?? ENTITY;
      },
    },
  );
}

function shorten(text = ''): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
