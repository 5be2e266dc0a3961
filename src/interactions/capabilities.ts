/** GET [base]/metadata: https://hl7.org/fhir/R4/http.html#capabilities, printed from the tables that route and search. */
import { readFileSync } from 'node:fs';
import { basicClientsOf } from '../config.js';
import { toCapabilityStatement } from '../conformance/capability-statement.js';
import type { Api, Services } from '../services.js';
import type { Interaction, InteractionRequest } from './interaction.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string };
const SOFTWARE = { name: 'Kauri', version };
/** Of an authored statement that does not say. */
const NO_DATE = '1970-01-01';

/** Text by base URL; a statement of every type is large, and the same each time. */
const printed = new WeakMap<Api, Map<string, string>>();

export const capabilities: Interaction = async (services, request) => {
  const { api, baseUrl } = request;
  let texts = printed.get(api);
  if (texts === undefined) {
    texts = new Map();
    printed.set(api, texts);
  }
  let body = texts.get(baseUrl);
  if (body === undefined) {
    body = printStatement(services, request);
    texts.set(baseUrl, body);
  }
  return { status: 200, body };
};

function printStatement({ config }: Services, { api, baseUrl }: InteractionRequest): string {
  const { auth } = config;
  const origin = baseUrl.slice(0, -api.config.basePath.length);
  const ownTokenUrl = auth.developmentIssuer ? `${origin}/oauth2/token` : auth.tokenUrl;
  const tokenUrl = api.takesKeysOnly === true ? undefined : ownTokenUrl;
  return JSON.stringify(
    toCapabilityStatement(api.policy, {
      config: api.config,
      baseUrl,
      software: SOFTWARE,
      date: api.policy.source.date ?? NO_DATE,
      ...(tokenUrl !== undefined && { tokenUrl }),
      takesBasic: api.takesKeysOnly !== true && basicClientsOf(auth).length > 0,
    }),
  );
}
