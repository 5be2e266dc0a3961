/** CodeSystem/$subsumes: https://hl7.org/fhir/R4/codesystem-operation-subsumes.html */
import { FhirError } from '../fhir/fhir-error.js';
import type { Interaction, InteractionRequest } from '../interactions/interaction.js';
import type { LoadedCodeSystem } from '../terminology/code-system.js';
import { type OperationParameters, readParameters } from './operation-parameters.js';
import { type AskedCode, findCodeSystem, readCoding, requireReadAccess, toParametersBody } from './terminology-input.js';

type Outcome = 'equivalent' | 'subsumes' | 'subsumed-by' | 'not-subsumed';

export const subsumes: Interaction = async (services, request) => {
  requireReadAccess(request);
  const parameters = readParameters(services, request);
  const a = readCoding(parameters, namesOf('A'));
  const b = readCoding(parameters, namesOf('B'));
  const stored = await findCodeSystem(services, request, parameters);
  const codeSystem = stored ?? loadedSystem(request, parameters, a, b);
  const outcome = compare(codeSystem, requireCode(codeSystem, a), requireCode(codeSystem, b));
  return { status: 200, body: toParametersBody([{ name: 'outcome', valueCode: outcome }]) };
};

function namesOf(which: 'A' | 'B') {
  return { code: `code${which}`, coding: `coding${which}`, system: 'system', version: 'version' };
}

function loadedSystem({ api }: InteractionRequest, parameters: OperationParameters, a: AskedCode, b: AskedCode): LoadedCodeSystem {
  const system = a.system ?? b.system;
  if (system === undefined) throw new FhirError('missing-parameter', "The parameter 'system' is missing: which system are the codes of?");
  for (const other of [a.system, b.system]) {
    if (other !== undefined && other !== system) {
      throw new FhirError(
        'invalid-parameter',
        `The codes are of '${system.slice(0, 200)}' and '${other.slice(0, 200)}': codes of one system are compared`,
      );
    }
  }
  const version = parameters.text('version') ?? a.version ?? b.version;
  const found = api.terminology.findCodeSystem(system, version);
  if (found !== undefined) return found;
  const told = version === undefined ? '' : ` in version '${version.slice(0, 64)}'`;
  throw new FhirError('resource-not-found', `The API '${api.name}' has no code system '${system.slice(0, 300)}'${told}`);
}

/** As the system writes it. */
function requireCode(codeSystem: LoadedCodeSystem, { system, version, code }: AskedCode): string {
  const { url, version: own } = codeSystem;
  if (system !== undefined && system !== url) {
    throw new FhirError('invalid-parameter', `The code '${code.slice(0, 100)}' is of '${system.slice(0, 200)}', and not of '${url}'`);
  }
  if (version !== undefined && own !== undefined && version !== own && !own.startsWith(`${version}.`)) {
    throw new FhirError(
      'invalid-parameter',
      `The code '${code.slice(0, 100)}' is of version '${version.slice(0, 64)}', and this is version '${own}'`,
    );
  }
  const found = codeSystem.find(code);
  if (found !== undefined) return found.definition.code;
  throw new FhirError('resource-not-found', `The code system '${url}' has no code '${code.slice(0, 100)}'`);
}

function compare(codeSystem: LoadedCodeSystem, a: string, b: string): Outcome {
  if (a === b) return 'equivalent';
  if (codeSystem.descendants(a).has(b)) return 'subsumes';
  return codeSystem.descendants(b).has(a) ? 'subsumed-by' : 'not-subsumed';
}
