/**
 * ValueSet/$validate-code and CodeSystem/$validate-code: https://hl7.org/fhir/R4/valueset-operation-validate-code.html and
 * https://hl7.org/fhir/R4/codesystem-operation-validate-code.html. What cannot be told with what is loaded is not said to be right.
 */
import type { ValueSetComposeInclude } from 'fhir/r4.js';
import { FhirError } from '../fhir/fhir-error.js';
import type { Interaction, InteractionRequest } from '../interactions/interaction.js';
import type { Api, Services } from '../services.js';
import { isAbstract, isVersion, type LoadedCodeSystem } from '../terminology/code-system.js';
import { displaysIn, isSameDisplay } from '../terminology/displays.js';
import type { Display, PreparedValueSet } from '../terminology/terminology-service.js';
import { type OperationParameters, readParameters } from './operation-parameters.js';
import { type AskedCode, findCodeSystem, findValueSet, readCodes, requireReadAccess, toParametersBody } from './terminology-input.js';

const UNSUPPORTED = { date: 'codes are looked at as they are now' };

interface Verdict {
  readonly result: boolean;
  readonly message?: string;
  readonly display?: string | undefined;
}

type CodeCheck = (asked: AskedCode) => Verdict;

export const validateCode: Interaction = async (services, request) => {
  requireReadAccess(request);
  const parameters = readParameters(services, request, { unsupported: UNSUPPORTED });
  const isOfSystem = request.type === 'CodeSystem';
  const names = isOfSystem ? { system: 'system', version: 'version' } : { system: 'system', version: 'systemVersion' };
  const codes = readCodes(parameters, names);
  const check = await (isOfSystem ? inCodeSystem : inValueSet)(services, request, parameters);
  const { result, message, display } = firstRight(codes.map(check));
  const body = toParametersBody([
    { name: 'result', valueBoolean: result },
    message === undefined ? undefined : { name: 'message', valueString: message },
    display === undefined ? undefined : { name: 'display', valueString: display },
  ]);
  return { status: 200, body };
};

/** Of a CodeableConcept one coding must be right; where none is, each says why. */
function firstRight(verdicts: readonly Verdict[]): Verdict {
  const right = verdicts.find(({ result }) => result);
  if (right !== undefined) return right;
  const display = verdicts.find((verdict) => verdict.display !== undefined)?.display;
  return { result: false, message: verdicts.flatMap(({ message }) => message ?? []).join('; '), display };
}

async function inValueSet(services: Services, request: InteractionRequest, parameters: OperationParameters): Promise<CodeCheck> {
  const { terminology } = request.api;
  const { resource, from, canonical } = await findValueSet(services, request, parameters);
  const loaded = canonical === undefined ? undefined : terminology.prepareValueSet(canonical, from);
  const valueSet = loaded ?? terminology.prepareResource(resource, from);
  const name = resource.url ?? 'the value set';
  return (asked) => {
    const system = asked.system ?? onlySystemOf(resource.compose?.include);
    const membership = valueSet.check(system, asked.code, asked.version);
    if (membership === 'member') return checkCode(request.api, { ...asked, system }, parameters, true);
    const told = `'${asked.code}'${system === undefined ? '' : ` of ${system}`}`;
    if (membership === 'not-member') return { result: false, message: `The code ${told} is not in the value set ${name}` };
    return { result: false, message: `Whether the code ${told} is in the value set ${name} cannot be told: ${missingParts(valueSet)}` };
  };
}

function missingParts({ unchecked }: PreparedValueSet): string {
  return unchecked.length === 0 ? 'what decides it is not loaded' : `not loaded are ${unchecked.join(', ')}`;
}

/** A bare code is of the one system that the value set is made of. */
function onlySystemOf(includes: readonly ValueSetComposeInclude[] = []): string | undefined {
  const [first, ...others] = includes;
  return first?.valueSet === undefined && others.every(({ system, valueSet }) => valueSet === undefined && system === first?.system)
    ? first?.system
    : undefined;
}

async function inCodeSystem(services: Services, request: InteractionRequest, parameters: OperationParameters): Promise<CodeCheck> {
  const own = await findCodeSystem(services, request, parameters);
  const url = parameters.text('url');
  if (own !== undefined && url !== undefined && url !== own.url) {
    throw new FhirError('invalid-parameter', `'url' is not that of the posted code system, ${own.url}`, { location: 'http.url' });
  }
  const { terminology, name } = request.api;
  return (asked) => {
    const system = own?.url ?? url ?? asked.system;
    if (system === undefined) throw new FhirError('missing-parameter', "The parameter 'url' is missing: which code system is meant?");
    if (asked.system !== undefined && asked.system !== system) {
      return { result: false, message: `The code '${asked.code}' is said to be of ${asked.system}, and not of ${system}` };
    }
    if (own !== undefined) return checkConcept(own, { ...asked, system }, parameters);
    if (terminology.findCodeSystem(system, asked.version) === undefined && terminology.knownSystem(system) === undefined) {
      const version = asked.version === undefined ? '' : ` in version '${asked.version.slice(0, 64)}'`;
      throw new FhirError('resource-not-found', `The API '${name}' has no code system '${system.slice(0, 300)}'${version}`);
    }
    return checkCode(request.api, { ...asked, system }, parameters, false);
  };
}

/** What the code's own system says of it. `isListed`: a value set has it, so that its system need not be loaded. */
function checkCode({ terminology }: Api, asked: AskedCode, parameters: OperationParameters, isListed: boolean): Verdict {
  const { system, code, version, display } = asked;
  if (system === undefined) return { result: true };
  const found = terminology.lookup(system, code, version);
  if (found === 'unknown-code') return unknownCode(system, code);
  if (found === 'no-code-system') return { result: false, message: `${system} is a supplement or a value set, and no code system` };
  if (found === 'unknown-system') {
    if (!isListed) return { result: false, message: `Whether ${system} has the code '${code}' cannot be told with what is loaded of it` };
    return { result: true, ...(display !== undefined && { message: `${system} is not loaded, and the display was not looked at` }) };
  }
  const concept = terminology.findCodeSystem(system, version)?.find(code)?.definition;
  if (concept !== undefined && isAbstract(concept) && parameters.flag('abstract') === false) return abstractCode(system, code);
  const retired = found.inactive ? `${system} has retired '${code}'` : undefined;
  const others = terminology.valueSetDisplays(system, code);
  return checkDisplay(asked, { displays: found.displays, others, preferred: found.display, hint: retired }, parameters);
}

/** The same of a code system that is not loaded, but posted or stored. */
function checkConcept(codeSystem: LoadedCodeSystem, asked: AskedCode, parameters: OperationParameters): Verdict {
  const { code, version } = asked;
  const { url, version: own, isComplete } = codeSystem;
  if (version !== undefined && own !== undefined && !isVersion(own, version)) {
    return { result: false, message: `The code is of version '${version}' of ${url}, and this is version '${own}'` };
  }
  const concept = codeSystem.find(code)?.definition;
  if (concept === undefined) {
    return isComplete
      ? unknownCode(url, code)
      : { result: false, message: `Whether ${url} has the code '${code}' cannot be told: it has a part of its codes here` };
  }
  if (isAbstract(concept) && parameters.flag('abstract') === false) return abstractCode(url, code);
  return checkDisplay(asked, { displays: codeSystem.displaysOf(concept), others: [], preferred: concept.display }, parameters);
}

interface KnownDisplays {
  readonly displays: readonly Display[];
  /** What value sets of the packages display the code as: right as well. */
  readonly others: readonly Display[];
  readonly preferred: string | undefined;
  readonly hint?: string | undefined;
}

function checkDisplay(
  { system, code, display }: AskedCode,
  { displays, others, preferred, hint }: KnownDisplays,
  parameters: OperationParameters,
): Verdict {
  const language = parameters.text('displayLanguage');
  const allowed = displaysIn(displays, language);
  const recommended = language === undefined ? preferred : (allowed[0]?.text ?? preferred);
  const isRight =
    display === undefined || displays.length === 0 || [...allowed, ...others].some(({ text }) => isSameDisplay(text, display));
  if (isRight) return { result: true, display: recommended, ...(hint !== undefined && { message: hint }) };
  return { result: false, message: `'${display}' is not how ${system} displays '${code}'`, display: recommended };
}

function unknownCode(system: string, code: string): Verdict {
  return { result: false, message: `The code system ${system} has no code '${code}'` };
}

function abstractCode(system: string, code: string): Verdict {
  return { result: false, message: `The code '${code}' of ${system} is abstract: it groups others, and is not to be used itself` };
}
