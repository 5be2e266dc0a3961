/** CodeSystem/$lookup: https://hl7.org/fhir/R4/codesystem-operation-lookup.html */
import type { CodeSystemConceptDesignation, CodeSystemConceptProperty } from 'fhir/r4.js';
import { FhirError } from '../fhir/fhir-error.js';
import type { Interaction, InteractionRequest } from '../interactions/interaction.js';
import type { Api } from '../services.js';
import type { Concept, LoadedCodeSystem } from '../terminology/code-system.js';
import { isLanguage } from '../terminology/displays.js';
import { readParameters } from './operation-parameters.js';
import { type AskedCode, readCoding, requireReadAccess, toParametersBody } from './terminology-input.js';

const UNSUPPORTED = { date: 'codes are looked up as they are now' };
const NAMES = { code: 'code', coding: 'coding', system: 'system', version: 'version' };
/** What is told besides the properties that the code system has. */
const STANDARD: readonly string[] = ['url', 'name', 'system', 'version', 'code', 'display', 'definition', 'designation', 'parent', 'child'];

type Parameter = Readonly<Record<string, unknown>>;

export const lookup: Interaction = async (services, request) => {
  requireReadAccess(request);
  requireTypeLevel(request);
  const parameters = readParameters(services, request, { unsupported: UNSUPPORTED });
  const asked = readCoding(parameters, NAMES);
  const { api } = request;
  const { system, code } = asked;
  if (system === undefined) throw new FhirError('missing-parameter', "The parameter 'system' is missing: which system is the code of?");
  const codeSystem = findCodeSystem(api, { ...asked, system });
  if (codeSystem === undefined) return { status: 200, body: toParametersBody(describeKnown(system, code)) };
  const concept = codeSystem.find(code);
  if (concept === undefined) throw unknownCode(system, code);
  const wanted = new Set(parameters.texts('property').flatMap((text) => text.split(',')));
  const language = parameters.text('displayLanguage');
  return { status: 200, body: toParametersBody(describe(api, codeSystem, concept, wanted, language)) };
};

function requireTypeLevel({ id, operation }: InteractionRequest): void {
  if (id !== undefined) throw new FhirError('not-implemented', `$${operation} is there for the type only: [base]/CodeSystem/$${operation}`);
}

/** Undefined for a system that needs no CodeSystem and has the code; throws 404 for what is not there. */
function findCodeSystem({ terminology, name }: Api, { system = '', version, code }: AskedCode): LoadedCodeSystem | undefined {
  const found = terminology.findCodeSystem(system, version);
  if (found !== undefined && (found.isComplete || found.find(code) !== undefined)) return found;
  const known = version === undefined ? terminology.knownSystem(system)?.check(code) : undefined;
  if (known === 'member') return undefined;
  if (known === 'not-member') throw unknownCode(system, code);
  const told = version === undefined ? '' : ` in version '${version.slice(0, 64)}'`;
  const what =
    found === undefined ? `has no code system '${system.slice(0, 300)}'${told}` : `has a part only of the code system '${system}'${told}`;
  throw new FhirError('resource-not-found', `The API '${name}' ${what}, so that nothing can be told of its codes`);
}

function unknownCode(system: string, code: string): FhirError {
  return new FhirError('resource-not-found', `The code system '${system}' has no code '${code.slice(0, 100)}'`);
}

/** Of UCUM, languages and the like a code is what it says. */
function describeKnown(system: string, code: string): readonly Parameter[] {
  return [
    { name: 'name', valueString: system },
    { name: 'display', valueString: code },
  ];
}

function describe(
  { terminology }: Api,
  codeSystem: LoadedCodeSystem,
  concept: Concept,
  wanted: ReadonlySet<string>,
  language: string | undefined,
): readonly (Parameter | undefined)[] {
  const { definition } = concept;
  const { code } = definition;
  const designations = [...(definition.designation ?? []), ...terminology.supplementDesignations(codeSystem.url, code)];
  const isWanted = (name: string): boolean => wanted.size === 0 || wanted.has(name);
  // `lang.de` asks for what is said in German
  const languages = [...wanted].filter((name) => name.startsWith('lang.')).map((name) => name.slice('lang.'.length));
  const told = designations.filter((one) => isWanted('designation') || languages.some((tag) => isLanguage(one.language, tag)));
  return [
    { name: 'name', valueString: codeSystem.name },
    codeSystem.version === undefined ? undefined : { name: 'version', valueString: codeSystem.version },
    { name: 'display', valueString: displayIn(codeSystem, concept, designations, language) },
    ...told.map(toDesignation),
    ...(definition.definition !== undefined && isWanted('definition')
      ? [{ name: 'property', part: [codePart('definition'), { name: 'value', valueString: definition.definition }] }]
      : []),
    ...(isWanted('parent') ? concept.parents.map((parent) => toHierarchy(codeSystem, 'parent', parent)) : []),
    ...(isWanted('child') ? codeSystem.children(code).map((child) => toHierarchy(codeSystem, 'child', child)) : []),
    ...(definition.property ?? [])
      .filter((property) => !STANDARD.includes(property.code) && isWanted(property.code))
      .map((property) => toProperty(codeSystem, property)),
  ];
}

function displayIn(
  { language: own }: LoadedCodeSystem,
  { definition }: Concept,
  designations: readonly CodeSystemConceptDesignation[],
  language: string | undefined,
): string {
  const found =
    language === undefined || isLanguage(own, language) ? undefined : designations.find((one) => isLanguage(one.language, language));
  // R4 wants a display; a concept without one is displayed by its code
  return found?.value ?? definition.display ?? definition.code;
}

function toDesignation({ language, use, value }: CodeSystemConceptDesignation): Parameter {
  return {
    name: 'designation',
    part: [
      ...(language === undefined ? [] : [{ name: 'language', valueCode: language }]),
      ...(use === undefined ? [] : [{ name: 'use', valueCoding: use }]),
      { name: 'value', valueString: value },
    ],
  };
}

function toHierarchy(codeSystem: LoadedCodeSystem, name: 'parent' | 'child', code: string): Parameter {
  const display = codeSystem.find(code)?.definition.display;
  return { name: 'property', part: [codePart(name), { name: 'value', valueCode: code }, ...descriptionPart(display)] };
}

/** With its value in its own type, and what the code system says that the property is. */
function toProperty(codeSystem: LoadedCodeSystem, property: CodeSystemConceptProperty): Parameter {
  const { code, id: _id, extension: _extension, ...values } = property;
  return {
    name: 'property',
    part: [codePart(code), { name: 'value', ...values }, ...descriptionPart(codeSystem.propertyDescription(code))],
  };
}

function codePart(code: string): Parameter {
  return { name: 'code', valueCode: code };
}

function descriptionPart(text: string | undefined): readonly Parameter[] {
  return text === undefined ? [] : [{ name: 'description', valueString: text }];
}
