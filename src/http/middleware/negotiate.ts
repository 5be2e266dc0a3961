/** Format of the answer: https://hl7.org/fhir/R4/http.html#mime-type */
import { FhirError } from '../../fhir/fhir-error.js';
import { parseQuery, withoutGeneral } from '../../fhir/query.js';
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
    takeParameters(ctx, query);
    const format = chooseFormat(ctx, query);
    // a form may still bring a _format, which stands above Accept
    if (format === undefined && !awaitsForm(ctx)) throw unacceptable(ctx);
    setFormat(ctx, format);
    ctx.vary('Accept');
    return next();
  };
}

/** The form of a search by POST says what the query of a URL can say; without a form there are no pairs. Throws 406. */
export function takeForm(ctx: HttpContext, form: readonly SearchPair[]): void {
  takeParameters(ctx, form);
  if (form.some(([name]) => name === '_format')) setFormat(ctx, chooseFormat(ctx, form));
  if (ctx.state.contentType === undefined) throw unacceptable(ctx);
}

export function awaitsForm({ method, state }: HttpContext): boolean {
  return method === 'POST' && (state.interaction === 'search-type' || state.interaction === 'search-system');
}

function takeParameters({ state }: HttpContext, pairs: readonly SearchPair[]): void {
  const search = withoutGeneral(pairs);
  state.search = state.search === undefined ? search : [...state.search, ...search];
  if (search.length < pairs.length) for (const [name, value] of pairs) if (name === '_pretty') state.pretty = readPretty(value);
}

function readPretty(value: string): boolean {
  if (value === 'true' || value === 'false') return value === 'true';
  throw new FhirError('invalid-parameter', `'_pretty' is '${value.slice(0, 60)}'; wanted is true or false`, { location: 'http._pretty' });
}

function setFormat({ state }: HttpContext, format: string | undefined): void {
  if (format !== undefined) state.contentType = `${format}; charset=utf-8`;
}

/** `_format` stands above Accept. Undefined: Accept has nothing that there is. Throws 406 for a `_format` that there is not. */
function chooseFormat(ctx: HttpContext, pairs: readonly SearchPair[]): string | undefined {
  const formats = pairs.filter(([name]) => name === '_format');
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
  if (fhir.quality === 0 && json.quality === 0) return undefined;
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

function unacceptable(ctx: HttpContext): FhirError {
  return notAcceptable(`Accept: ${ctx.get('Accept').slice(0, 200)}`, 'http.Accept');
}

function notAcceptable(found: string, location: string): FhirError {
  return new FhirError('not-acceptable', `The server cannot answer in the format of '${found}': it speaks ${FHIR} and ${JSON_TYPE}`, {
    location,
  });
}
