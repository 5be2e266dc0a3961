/** Format of the answer: https://hl7.org/fhir/R4/http.html#mime-type */
import { FhirError } from '../../fhir/fhir-error.js';
import { parseQuery } from '../../fhir/query.js';
import type { SearchPair } from '../../search/search-engine.js';
import type { HttpContext, HttpMiddleware } from '../request-state.js';

const FHIR = 'application/fhir+json';
const JSON_TYPE = 'application/json';
const FORMATS: ReadonlyMap<string, string> = new Map([
  ['json', FHIR],
  [FHIR, FHIR],
  [JSON_TYPE, JSON_TYPE],
  ['text/json', JSON_TYPE],
]);

export function negotiate(): HttpMiddleware {
  return (ctx, next) => {
    const query = parseQuery(ctx.querystring, 'query');
    const isGeneral = query.some(([name]) => name === '_format' || name === '_pretty');
    ctx.state.search = isGeneral ? query.filter(([name]) => name !== '_format' && name !== '_pretty') : query;
    ctx.state.pretty = isGeneral && query.some(([name, value]) => name === '_pretty' && value === 'true');
    ctx.state.contentType = `${chooseFormat(ctx, isGeneral ? query : [])}; charset=utf-8`;
    ctx.vary('Accept');
    return next();
  };
}

/** `_format` stands above Accept. */
function chooseFormat(ctx: HttpContext, query: readonly SearchPair[]): string {
  const formats = query.filter(([name]) => name === '_format');
  if (formats.length > 0) {
    for (const [, value] of formats) {
      // a plus that was not escaped reads as a space
      const format = FORMATS.get(value.split(';')[0]?.trim().toLowerCase().replace(' ', '+') ?? '');
      if (format !== undefined) return format;
    }
    throw notAcceptable(`_format=${formats.map(([, value]) => value.slice(0, 60)).join(',')}`, 'http._format');
  }
  const accept = ctx.get('Accept');
  if (accept === '' || accept === '*/*' || accept === FHIR) return FHIR;
  const [fhir, json] = [findRange(accept, FHIR), findRange(accept, JSON_TYPE)];
  if (fhir.quality === 0 && json.quality === 0) throw notAcceptable(`Accept: ${accept.slice(0, 200)}`, 'http.Accept');
  const isFhirFirst = fhir.quality > json.quality || (fhir.quality === json.quality && fhir.index <= json.index);
  return isFhirFirst ? FHIR : JSON_TYPE;
}

interface AcceptedRange {
  /** 0: not acceptable. */
  readonly quality: number;
  /** Where in the header; of two that are wanted alike the first one is meant. */
  readonly index: number;
}

/** The most specific range of an Accept header that covers the type: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1 */
function findRange(accept: string, type: string): AcceptedRange {
  const specificity = ['*/*', `${type.slice(0, type.indexOf('/'))}/*`, type];
  let found: AcceptedRange = { quality: 0, index: -1 };
  let rank = -1;
  for (const [index, text] of accept.toLowerCase().split(',').entries()) {
    const [range = '', ...parameters] = text.split(';').map((part) => part.trim());
    const ownRank = specificity.indexOf(range);
    if (ownRank <= rank || !parameters.every(isOurs)) continue;
    rank = ownRank;
    const quality = Number(/^q\s*=\s*(.*)$/.exec(parameters.find((parameter) => parameter.startsWith('q')) ?? '')?.[1] ?? 1);
    found = { quality: Number.isNaN(quality) ? 1 : quality, index };
  }
  return found;
}

/** Whether a parameter of a media range leaves our answer in it: R4 in UTF-8. Those that say something else have no say here. */
function isOurs(parameter: string): boolean {
  const [name, value = ''] = parameter.split('=').map((part) => part.trim().replaceAll('"', ''));
  if (name === 'charset') return value === 'utf-8' || value === 'utf8';
  return name !== 'fhirversion' || value === '4.0' || value === '4.0.1';
}

function notAcceptable(found: string, location: string): FhirError {
  return new FhirError('not-acceptable', `The server cannot answer in the format of '${found}': it speaks ${FHIR} and ${JSON_TYPE}`, {
    location,
  });
}
