/** Format of the answer: https://hl7.org/fhir/R4/http.html#mime-type */
import { FhirError } from '../../fhir/fhir-error.js';
import { parseQuery } from '../../fhir/query.js';
import type { SearchPair } from '../../search/search-engine.js';
import type { HttpContext, HttpMiddleware } from '../request-state.js';

const FHIR = 'application/fhir+json';
const JSON_TYPE = 'application/json';
/** What an Accept header may name; parameters count in its comparison. */
const ACCEPTABLE = [FHIR, JSON_TYPE].flatMap((type) => {
  const parameters = [
    'fhirVersion=4.0',
    'fhirVersion=4.0.1',
    'charset=utf-8',
    'charset=utf-8; fhirVersion=4.0',
    'fhirVersion=4.0; charset=utf-8',
  ];
  return [type, ...parameters.map((parameter) => `${type}; ${parameter}`)];
});
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
  const accepted = ctx.accepts(ACCEPTABLE);
  if (accepted === false) throw notAcceptable(`Accept: ${accept.slice(0, 200)}`, 'http.Accept');
  return String(accepted).startsWith(FHIR) ? FHIR : JSON_TYPE;
}

function notAcceptable(found: string, location: string): FhirError {
  return new FhirError('not-acceptable', `The server cannot answer in the format of '${found}': it speaks ${FHIR} and ${JSON_TYPE}`, {
    location,
  });
}
