/**
 * $everything of a patient or an encounter: https://hl7.org/fhir/R4/patient-operation-everything.html and
 * https://hl7.org/fhir/R4/encounter-operation-everything.html. What is in its compartment is a match; what that refers to, and that is in
 * no patient's compartment (practitioners, organizations, medications, places), is included. Of types that the API does not serve, or
 * that the caller may not read, there is nothing.
 */
import { isAllowed, requireAccess } from '../auth/access-policy.js';
import { EARLIEST_TIME, LATEST_TIME, type TimeRange } from '../fhir/date-time.js';
import { FhirError } from '../fhir/fhir-error.js';
import type { Interaction, InteractionRequest, InteractionResponse } from '../interactions/interaction.js';
import { requireCurrent } from '../interactions/read.js';
import { compartmentOf } from '../search/compartment.js';
import { searchStore } from '../search/execute-search.js';
import { CURSOR_PARAMETER, fingerprintOf } from '../search/parse-search-request.js';
import type { SearchPair } from '../search/search-engine.js';
import { serializeSearchset, toSearchsetLinks } from '../search/searchset.js';
import type { Services } from '../services.js';
import type { ResourceVersion } from '../storage/store.js';
import { type EverythingGroup, toGroups } from './everything-groups.js';
import { definitionOf } from './operation-input.js';
import { type OperationParameters, readParameters } from './operation-parameters.js';
import { collectSupporting } from './supporting-resources.js';

const OPTIONS = {
  unsupported: { _offset: 'take the links of a page as they are' },
  more: [CURSOR_PARAMETER],
};

export const everything: Interaction = async (services, request) => {
  const { type, id, api, principal } = request;
  if (type === undefined || id === undefined) {
    throw new FhirError('not-implemented', `$everything is there for a single resource: [type]/[id]/$everything`);
  }
  requireAccess(principal, { interaction: 'read', type, operationDefinition: definitionOf(request) });
  const parameters = readParameters(services, request, OPTIONS);
  const asked = readRequest(request, parameters, type, id);
  const focus = requireCurrent(await services.store.get(api.namespace, type, id), type, id);
  return answerPage(services, request, asked, focus);
};

interface EverythingRequest {
  readonly groups: readonly EverythingGroup[];
  /** Types that go out; undefined: all. */
  readonly shown: ReadonlySet<string> | undefined;
  readonly since: number | undefined;
  readonly count: number;
  readonly pairs: readonly SearchPair[];
  readonly paging: ReadonlySet<string>;
  readonly fingerprint: string;
  /** Where the page begins: which search, and the store's cursor in it. Undefined at the first page. */
  readonly start: Position | undefined;
}

interface Position {
  readonly group: number;
  readonly after: string | undefined;
}

function readRequest(request: InteractionRequest, parameters: OperationParameters, type: string, id: string): EverythingRequest {
  const { api, baseUrl } = request;
  const compartment = compartmentOf(api, type);
  const shown = readTypes(request, parameters);
  const since = parameters.time('_since')?.low;
  const care = readCare(parameters);
  // what supports may be referred to from any type, so all are gone through where one such type is asked for
  const isWanted = (one: string): boolean => shown === undefined || shown.has(one) || [...shown].some((other) => !compartment.has(other));
  const types = new Set([...compartment.keys()].filter((one) => isWanted(one) && mayReadAll(request, one)));
  const groups = toGroups(api, compartment, `${type}/${id}`, {
    types,
    baseUrl,
    ...(since !== undefined && { since }),
    ...(care !== undefined && { care }),
  });
  const pairs = ['start', 'end', '_since', '_type'].flatMap((name) => parameters.texts(name).map((text): SearchPair => [name, text]));
  const fingerprint = fingerprintOf(
    [...types].map((one) => ({ type: one })),
    [[type, id], ...pairs],
  );
  const start = readCursor(parameters.text(CURSOR_PARAMETER), fingerprint, groups.length);
  const paging = new Set(parameters.has('_count') ? ['_count'] : []);
  return { groups, shown, since, count: readCount(request, parameters), pairs, paging, fingerprint, start };
}

/** Throws 400 for types that the API does not read and search, 403 for those that the caller may not. */
function readTypes(request: InteractionRequest, parameters: OperationParameters): ReadonlySet<string> | undefined {
  if (!parameters.has('_type')) return undefined;
  const names = parameters
    .texts('_type')
    .flatMap((text) => text.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const unknown = names.find((name) => request.api.policy.resources.get(name)?.interactions.has('read') !== true);
  if (names.length === 0 || unknown !== undefined) {
    const told = unknown === undefined ? 'is empty' : `has '${unknown.slice(0, 64)}'`;
    throw new FhirError('invalid-parameter', `'_type' ${told}; wanted are resource types that can be read here`, {
      location: 'http._type',
    });
  }
  for (const type of names) requireAccess(request.principal, { interaction: 'read', type });
  return new Set(names);
}

function readCare(parameters: OperationParameters): TimeRange | undefined {
  const start = parameters.time('start');
  const end = parameters.time('end');
  if (start === undefined && end === undefined) return undefined;
  const care = { low: start?.low ?? EARLIEST_TIME, high: end?.high ?? LATEST_TIME };
  if (care.low <= care.high) return care;
  throw new FhirError('invalid-parameter', "'start' is after 'end'", { location: 'http.start' });
}

function readCount({ api }: InteractionRequest, parameters: OperationParameters): number {
  const { maxCount } = api.config.search;
  const count = parameters.wholeNumber('_count') ?? maxCount;
  if (count > 0) return Math.min(count, maxCount);
  throw new FhirError('invalid-parameter', "'_count' is 0; wanted is a whole number from 1 up", { location: 'http._count' });
}

/** `fingerprint.group.cursor of the store`; throws 400 for a cursor of something else. */
function readCursor(text: string | undefined, fingerprint: string, groups: number): Position | undefined {
  if (text === undefined) return undefined;
  const [, own, group = '', after = ''] = /^([^.]*)\.(\d{1,4})\.(.*)$/s.exec(text) ?? [];
  if (own === fingerprint && Number(group) < groups) return { group: Number(group), after: after === '' ? undefined : after };
  throw new FhirError('invalid-parameter', `'${CURSOR_PARAMETER}' belongs to another query; take the links of a page as they are`, {
    location: `http.${CURSOR_PARAMETER}`,
  });
}

function mayReadAll({ api, principal }: InteractionRequest, type: string): boolean {
  const interactions = api.policy.resources.get(type)?.interactions;
  return (['read', 'search-type'] as const).every(
    (interaction) => interactions?.has(interaction) === true && isAllowed(principal, { interaction, type }),
  );
}

async function answerPage(
  services: Services,
  request: InteractionRequest,
  asked: EverythingRequest,
  focus: ResourceVersion,
): Promise<InteractionResponse> {
  const { baseUrl } = request;
  const { shown, since, start, count } = asked;
  const isFocusShown = start === undefined && (since === undefined || focus.lastUpdated >= since);
  const { found, next } = await findPage(services, request, asked, count - (isFocusShown ? 1 : 0));
  const members = found.filter(({ type, id }) => type !== focus.type || id !== focus.id);
  const all = isFocusShown ? [focus, ...members] : members;
  const supporting = await collectSupporting(services, request, all, supportOf(request, focus));
  const isShown = ({ type }: ResourceVersion): boolean => shown === undefined || shown.has(type);
  const cursor = toCursor(next);
  const page = {
    matches: all.filter(isShown),
    includes: supporting.filter(isShown),
    total: undefined,
    next: cursor,
    warnings: [],
    projection: undefined,
  };
  const { pairs: understood, paging, fingerprint } = asked;
  const links = toSearchsetLinks(
    { understood, paging, count, offset: 0, after: toCursor(start), fingerprint },
    page,
    `${baseUrl}/${focus.type}/${focus.id}/$everything`,
  );
  return { status: 200, body: serializeSearchset(page, links, baseUrl) };
}

/**
 * Whether what `from` refers to is told besides. What is in patients' compartments may be another patient's; but what an encounter
 * itself names is of the encounter, and so is its patient.
 */
function supportOf({ api, principal }: InteractionRequest, focus: ResourceVersion): (from: ResourceVersion, type: string) => boolean {
  const ofPatients = compartmentOf(api, 'Patient');
  const ofEncounter = (from: ResourceVersion, type: string): boolean =>
    focus.type === 'Encounter' && (type === 'Patient' ? from.type !== 'Patient' : from === focus);
  return (from, type) =>
    (!ofPatients.has(type) || ofEncounter(from, type)) &&
    api.policy.resources.get(type)?.interactions.has('read') === true &&
    isAllowed(principal, { interaction: 'read', type });
}

function toCursor(position: Position | undefined): string | undefined {
  return position === undefined ? undefined : `${position.group}.${position.after ?? ''}`;
}

/** `limit` matches at most, through one search after the other. */
async function findPage(
  { store }: Services,
  { api }: InteractionRequest,
  { groups, start }: EverythingRequest,
  limit: number,
): Promise<{ readonly found: readonly ResourceVersion[]; readonly next: Position | undefined }> {
  const found: ResourceVersion[] = [];
  const first = start?.group ?? 0;
  for (const [index, { types, criterion }] of groups.slice(first).entries()) {
    const group = first + index;
    const after = index === 0 ? start?.after : undefined;
    const missing = limit - found.length;
    const query = {
      namespace: api.namespace,
      types,
      criterion,
      limit: Math.max(missing, 1),
      ...(after !== undefined && { after }),
      total: false,
    };
    const page = await searchStore(store, query);
    // the page is full, and this one only tells whether another follows
    if (missing === 0 && page.matches.length > 0) return { found, next: { group, after } };
    found.push(...page.matches);
    if (page.next !== undefined) return { found, next: { group, after: page.next } };
  }
  return { found, next: undefined };
}
