/** ValueSet/$expand: https://hl7.org/fhir/R4/valueset-operation-expand.html. On what is loaded; nothing is asked elsewhere. */
import type { CodeSystemConceptDesignation, ValueSet, ValueSetExpansionContains, ValueSetExpansionParameter } from 'fhir/r4.js';
import { parseCanonical, toCanonical } from '../fhir/canonical.js';
import { FhirError } from '../fhir/fhir-error.js';
import type { Interaction } from '../interactions/interaction.js';
import type { Api, Services } from '../services.js';
import { isLanguage } from '../terminology/displays.js';
import type { ExpandedCode } from '../terminology/expand-value-set.js';
import { type OperationParameters, readParameters } from './operation-parameters.js';
import { findValueSet, requireReadAccess } from './terminology-input.js';

/** Codes that go out in one answer. */
const MOST_CODES = 10_000;
const LANGUAGES = 'urn:ietf:bcp:47';
const VERSIONS = 'name the version in the compose of a posted value set';
const UNSUPPORTED = {
  contextDirection: 'a binding has one value set for both directions here',
  date: 'what is loaded is expanded as it is now',
  'system-version': VERSIONS,
  'check-system-version': VERSIONS,
  'force-system-version': VERSIONS,
};
/** Parameters that shape the expansion, which tells that it heeded them. */
const ECHOED: Readonly<Record<string, 'valueString' | 'valueBoolean' | 'valueInteger' | 'valueCode' | 'valueUri'>> = {
  filter: 'valueString',
  offset: 'valueInteger',
  count: 'valueInteger',
  includeDesignations: 'valueBoolean',
  designation: 'valueString',
  includeDefinition: 'valueBoolean',
  activeOnly: 'valueBoolean',
  excludeNested: 'valueBoolean',
  excludeNotForUI: 'valueBoolean',
  excludePostCoordinated: 'valueBoolean',
  displayLanguage: 'valueCode',
  'exclude-system': 'valueUri',
};

export const expand: Interaction = async (services, request) => {
  requireReadAccess(request);
  const parameters = readParameters(services, request, { unsupported: UNSUPPORTED });
  const { resource, from } = await findValueSet(services, request, parameters);
  const { terminology } = request.api;
  const expansion = terminology.expand(resource, from);
  if ('obstacle' in expansion) {
    throw new FhirError('too-costly', `The value set '${resource.url ?? ''}' cannot be expanded here: ${expansion.obstacle}`);
  }
  const codes = selectCodes(expansion.codes, parameters);
  const page = readPage(codes, parameters);
  return { status: 200, body: JSON.stringify(toValueSet(services, request.api, resource, { codes, page, parameters })) };
};

function selectCodes(codes: readonly ExpandedCode[], parameters: OperationParameters): readonly ExpandedCode[] {
  const words = fold(parameters.text('filter') ?? '')
    .split(/\s+/)
    .filter((word) => word !== '');
  const activeOnly = parameters.flag('activeOnly') === true;
  const usableOnly = parameters.flag('excludeNotForUI') === true;
  const excluded = parameters.texts('exclude-system').map(parseCanonical);
  const isExcluded = ({ system, version }: ExpandedCode): boolean =>
    excluded.some((one) => one.url === system && (one.version === undefined || one.version === version));
  return codes.filter(
    (code) => !(activeOnly && code.isInactive) && !(usableOnly && code.isAbstract) && !isExcluded(code) && hasWords(code, words),
  );
}

/** Every word is somewhere in the code, its display or a designation, whatever letter case and accents. */
function hasWords({ code, display = '', designation }: ExpandedCode, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const texts = fold([code, display, ...designation.map(({ value }) => value)].join('\n'));
  return words.every((word) => texts.includes(word));
}

function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

function readPage(codes: readonly ExpandedCode[], parameters: OperationParameters): readonly ExpandedCode[] {
  const offset = parameters.wholeNumber('offset') ?? 0;
  const count = parameters.wholeNumber('count');
  const page = codes.slice(offset, count === undefined ? undefined : offset + count);
  if (page.length <= MOST_CODES) return page;
  throw new FhirError(
    'too-costly',
    `The expansion has ${codes.length} codes, and an answer ${MOST_CODES} at most: ask for a page by 'count' and 'offset', or by a narrower 'filter'`,
  );
}

interface Selection {
  readonly codes: readonly ExpandedCode[];
  readonly page: readonly ExpandedCode[];
  readonly parameters: OperationParameters;
}

function toValueSet({ newId, clock }: Services, api: Api, resource: ValueSet, { codes, page, parameters }: Selection): ValueSet {
  // the answer is no stored resource, and its texts are those of the definition
  const { id: _id, meta: _meta, text: _text, contained: _contained, compose, expansion: _expansion, ...rest } = resource;
  const isPaged = parameters.has('count') || parameters.has('offset');
  // a page of a tree would have branches without their stems
  const isNested = parameters.flag('excludeNested') === false && !isPaged;
  const toContains = (code: ExpandedCode): ValueSetExpansionContains => describeCode(api, code, parameters);
  const contains = isNested ? nest(page, toContains) : page.map(toContains);
  return {
    ...rest,
    ...(parameters.flag('includeDefinition') === true && compose !== undefined && { compose }),
    expansion: {
      identifier: `urn:uuid:${newId()}`,
      timestamp: new Date(clock()).toISOString(),
      total: codes.length,
      ...(isPaged && { offset: parameters.wholeNumber('offset') ?? 0 }),
      ...toEcho(parameters, codes),
      ...(contains.length > 0 && { contains }),
    },
  };
}

/** What was heeded, and which versions of which code systems. */
function toEcho(parameters: OperationParameters, codes: readonly ExpandedCode[]): { readonly parameter?: ValueSetExpansionParameter[] } {
  const heeded = Object.entries(ECHOED).flatMap(([name, property]) =>
    parameters.texts(name).map((text): ValueSetExpansionParameter => {
      const value = property === 'valueBoolean' ? text === 'true' : property === 'valueInteger' ? Number(text) : text;
      return { name, [property]: value };
    }),
  );
  const versions = new Set(
    codes.flatMap(({ system, version }) => (system === undefined || version === undefined ? [] : toCanonical(system, version))),
  );
  const parameter = [...heeded, ...[...versions].map((valueUri) => ({ name: 'version', valueUri }))];
  return parameter.length > 0 ? { parameter } : {};
}

function describeCode({ terminology }: Api, expanded: ExpandedCode, parameters: OperationParameters): ValueSetExpansionContains {
  const { system, version, code, isAbstract, isInactive } = expanded;
  const language = parameters.text('displayLanguage');
  const wantsDesignations = parameters.flag('includeDesignations') === true;
  const needsAll = wantsDesignations || language !== undefined;
  const all =
    needsAll && system !== undefined
      ? [...expanded.designation, ...terminology.supplementDesignations(system, code)]
      : expanded.designation;
  const display = language === undefined ? expanded.display : displayIn(expanded, all, language);
  const designation = wantsDesignations ? all.filter((one) => isAsked(one, parameters.texts('designation'))) : [];
  return {
    ...(system !== undefined && { system }),
    ...(isAbstract && { abstract: true }),
    ...(isInactive && { inactive: true }),
    ...(version !== undefined && { version }),
    code,
    ...(display !== undefined && { display }),
    ...(designation.length > 0 && { designation: [...designation] }),
  };
}

/** The designation in that language, or what there is. */
function displayIn({ display, origin }: ExpandedCode, all: readonly CodeSystemConceptDesignation[], language: string): string | undefined {
  const found = all.find((one) => isLanguage(one.language, language))?.value;
  if (found !== undefined || origin === undefined) return found ?? display;
  const isOwn = isLanguage(origin.codeSystem.language, language);
  return (isOwn ? origin.concept.definition.display : undefined) ?? display;
}

/** `system|code` of a use, or `urn:ietf:bcp:47|de` of a language; without any every designation is. */
function isAsked({ language, use }: CodeSystemConceptDesignation, asked: readonly string[]): boolean {
  if (asked.length === 0) return true;
  return asked.some((token) => {
    const { url: system, version: code } = parseCanonical(token);
    if (system === LANGUAGES && code !== undefined) return isLanguage(language, code);
    return use?.system === system && (code === undefined || use.code === code);
  });
}

/** Each code below the first of its parents that is there too. */
function nest(page: readonly ExpandedCode[], toContains: (code: ExpandedCode) => ValueSetExpansionContains): ValueSetExpansionContains[] {
  const keyOf = (system: string | undefined, code: string): string => `${system ?? ''}\n${code}`;
  const nodes = new Map(page.map((one) => [keyOf(one.system, one.code), { one, contains: toContains(one) }]));
  const roots: ValueSetExpansionContains[] = [];
  for (const { one, contains } of nodes.values()) {
    const parents = one.origin?.concept.parents ?? [];
    const parent = parents.map((code) => nodes.get(keyOf(one.system, code))).find((node) => node !== undefined);
    // a system whose hierarchy runs in a circle has no top
    if (parent === undefined || isBelow(parent.one, one)) roots.push(contains);
    else if (parent.contains.contains === undefined) parent.contains.contains = [contains];
    else parent.contains.contains.push(contains);
  }
  return roots;
}

function isBelow({ code, origin }: ExpandedCode, other: ExpandedCode): boolean {
  return origin?.codeSystem.ancestors(code).has(other.code) === true || code === other.code;
}
