/**
 * The validator as a library, `import … from 'kauri/validation'`: definitions and packages in, outcome out. It reads no files and
 * imports nothing of Node, so that a browser's worker can hold it; `node.ts` beside it reads files. Explained in docs/library.md.
 */
import { CoreDefinitions, createConformanceRegistry, LOOSE } from '../conformance/create-conformance-registry.js';
import type { DefinitionEntry, DefinitionSource } from '../conformance/definition-source.js';
import { DefinitionsFileError, openDefinitionsFile } from '../conformance/definitions-file.js';
import { isR4Package, R4_FILE } from '../conformance/definitions-format.js';
import { describeProblem, type FhirPackage, type PackageProblem, toPackage } from '../conformance/package-content.js';
import { checkDefinitions, linkPackages } from '../conformance/package-graph.js';
import { isJsonObject, type JsonDocument, type JsonObject, JsonSyntaxError, parseJson } from '../fhir/json.js';
import { type Issue, isAcceptable, syntaxIssue, toOperationOutcome } from '../fhir/operation-outcome.js';
import { isUcumCode } from '../fhir/ucum.js';
import { createTerminologyService } from '../terminology/create-terminology-service.js';
import { createValidator as createDocumentValidator } from '../validation/create-validator.js';
import type { LinkOptions } from '../validation/link-options.js';
import type { ValidateOptions as DocumentOptions, Validator as DocumentValidator, ResolvedClaim } from '../validation/validator.js';

export type { DefinitionDetail, DefinitionEntry, DefinitionSource } from '../conformance/definition-source.js';
export { DefinitionsFileError } from '../conformance/definitions-file.js';
export type { JsonObject, JsonPrimitive, JsonValue } from '../fhir/json.js';
export type { Issue, IssueSeverity, IssueType } from '../fhir/operation-outcome.js';
export type { ResolvedClaim } from '../validation/validator.js';

/** Settings of a validator, all of them optional; `LinkOptions` says what each means and what it is by default. */
export type ValidatorOptions = Partial<LinkOptions>;

/** A FHIR package: https://hl7.org/fhir/packages.html */
export interface PackageContent {
  /** As in its package.json: `hl7.fhir.us.core`. */
  readonly name: string;
  /** As in its package.json: `3.1.1`. A definition without a version of its own has this one. */
  readonly version: string;
  /** As in its package.json: names and versions of packages that are to be given too; R4's core, HL7's terminology and extensions need not. */
  readonly dependencies?: Readonly<Record<string, string>>;
  /** Its conformance resources, parsed. They are kept as they are, so they are not to be changed afterwards. */
  readonly resources: readonly object[];
  /** What could not be read of it; `checkPackages` says it again. */
  readonly problems?: readonly string[];
}

export interface ValidatorConfig {
  /** R4, with HL7's terminology and extensions if wanted: from `openDefinitions`, or on Node `readDefinitions`. Many validators can share them. */
  readonly definitions: Definitions;
  /** In any order; several versions of one package stand side by side. */
  readonly packages?: readonly PackageContent[];
  /** Conformance resources that belong to no package; they stand above all packages. Each needs a `url`. */
  readonly resources?: readonly object[];
  readonly options?: ValidatorOptions;
}

export interface ValidateOptions {
  /** Canonicals (`url` or `url|version`) of profiles to hold beside those of the resource's own `meta.profile`. */
  readonly profiles?: readonly string[];
  /** Largest number of issues, errors first; default 1000. One more then says that there are others. */
  readonly issueLimit?: number;
}

export interface ValidationOutcome {
  /** False when some issue is an error or fatal. */
  readonly isValid: boolean;
  /** In the order of the resource; none when nothing is to be said. */
  readonly issues: readonly Issue[];
  /** The issues as an OperationOutcome of R4, the gravest first. Made when asked for. */
  readonly outcome: JsonObject;
  /** Which definition each profile claim stands for: one for each of `meta.profile`, then of `profiles`. */
  readonly claims: readonly ResolvedClaim[];
}

export interface Validator {
  /**
   * A resource as text, or parsed. Only a text has lines and columns, and the digits of its decimals. Never throws for what it is
   * given: a text that is no JSON, or a value that JSON cannot say, is an issue too.
   */
  validate(resource: string | object, options?: ValidateOptions): ValidationOutcome;
  /**
   * What is wrong with the packages and resources that the validator was given, one line each; none when all is well. Reads
   * every one of their definitions, which `validate` does only for those that it needs.
   */
  checkPackages(): readonly string[];
}

let coreOf: (definitions: Definitions) => CoreDefinitions;

/** R4's own definitions, and what lies over them. Opaque; made by `openDefinitions`, or on Node by `readDefinitions`. */
export class Definitions {
  /** `name#version` of the packages that they come from. */
  readonly packageIds: readonly string[];
  readonly #core: CoreDefinitions;

  static {
    coreOf = (definitions) => definitions.#core;
  }

  /** In any order, R4's core among them; throws DefinitionsFileError where it is not. */
  constructor(sources: readonly DefinitionSource[]) {
    const core = sources.filter((source) => isR4Package(source.packageId));
    if (core.length !== 1) {
      throw new DefinitionsFileError(`R4's own definitions (${R4_FILE}) are wanted once, and are here ${core.length} times`);
    }
    // what HL7 maintains apart stands above R4's copy of it
    const ordered = [...sources.filter((source) => !isR4Package(source.packageId)), ...core];
    this.packageIds = ordered.map(({ packageId }) => packageId);
    this.#core = new CoreDefinitions(ordered);
  }
}

/**
 * Opens the files of definitions that the package brings: `definitions/r4.ndjson`, and if wanted `definitions/terminology.ndjson`,
 * in any order, either as they are or compressed (`.gz`). A copy of their bytes is kept; a definition is parsed when it is used.
 * Rejects with DefinitionsFileError for other bytes, for those of another version of this package, and where R4's are missing.
 */
export async function openDefinitions(...files: readonly (Uint8Array | ArrayBuffer)[]): Promise<Definitions> {
  const opened = await Promise.all(files.map(async (file) => openBytes(await decompress(new Uint8Array(file)))));
  return new Definitions(opened.flat());
}

function openBytes(bytes: Uint8Array): readonly DefinitionSource[] {
  return openDefinitionsFile({ size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) });
}

/** A server may have decompressed a `.gz` on its way: what is no gzip is taken as it is. */
async function decompress(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (error) {
    throw new DefinitionsFileError('The compressed file of definitions is damaged: get it again', { cause: error });
  }
}

/**
 * A validator over R4 and the given packages. Definitions are read, compiled and linked as resources need them, so the first resource
 * of a type takes longer than the next. Throws TypeError for a package without name, version and resources, and for a resource
 * without `resourceType` and `url`; whatever else is wrong with them `checkPackages` says.
 */
export function createValidator({ definitions, packages = [], resources = [], options = {} }: ValidatorConfig): Validator {
  if (!(definitions instanceof Definitions)) {
    throw new TypeError('definitions are no Definitions: wanted is what openDefinitions resolves with, or readDefinitions gives');
  }
  const { dependenciesOf, problems, ...graph } = linkPackages(packages.map(readContent));
  const conformance = createConformanceRegistry({ core: coreOf(definitions), packages: graph.packages, dependenciesOf });
  const entries = resources.map(readLoose);
  for (const { read } of entries) conformance.add(read());
  const terminology = createTerminologyService({ conformance, ucum: isUcumCode });
  const validator = createDocumentValidator({ ...options, conformance, terminology });
  return {
    validate: (resource, { profiles = [], issueLimit } = {}) =>
      validate(validator, resource, { profiles, ...(issueLimit !== undefined && { issueLimit }) }),
    checkPackages: () =>
      [...problems, ...checkDefinitions([...graph.packages, { packageId: LOOSE, entries }], conformance)].map(describeProblem),
  };
}

function readContent(content: PackageContent, index: number): FhirPackage {
  const { resources, problems = [], ...manifest } = content;
  const read = Array.isArray(resources)
    ? toPackage(
        manifest,
        resources.map((resource: unknown, at) => ({ name: `resources[${at}]`, read: () => resource })),
      )
    : undefined;
  if (read === undefined) throw new TypeError(`packages[${index}] is no package: it needs a name, a version and resources`);
  const { packageId } = read;
  const given = problems.map((message): PackageProblem => ({ packageId, severity: 'error', message }));
  return { ...read, problems: [...given, ...read.problems] };
}

function readLoose(resource: object, index: number): DefinitionEntry {
  const definition = isJsonObject(resource) ? resource : {};
  const { resourceType, url, version } = definition;
  if (typeof resourceType !== 'string' || typeof url !== 'string') {
    throw new TypeError(`resources[${index}] is no definition: it needs a resourceType and a url`);
  }
  return { resourceType, url, version: typeof version === 'string' ? version : '', detail: {}, read: () => definition };
}

function validate(validator: DocumentValidator, resource: string | object, options: DocumentOptions): ValidationOutcome {
  const document = typeof resource === 'string' ? readText(resource) : readValue(resource);
  if ('severity' in document) return toOutcome([document], []);
  const { issues, claims } = validator.validate(document, options);
  return toOutcome(issues, claims);
}

function readText(text: string): JsonDocument | Issue {
  try {
    // some editors begin a file with a byte order mark, which is no JSON
    return parseJson(text.startsWith('\uFEFF') ? text.slice(1) : text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return syntaxIssue(error);
    throw error;
  }
}

/** By way of its text, where circles, dates and properties without a value become JSON or a fault; nobody has seen its lines. */
function readValue(given: object): JsonDocument | Issue {
  let text: string | undefined;
  try {
    text = JSON.stringify(given);
  } catch (error) {
    return noJson(error instanceof Error ? error.message : String(error));
  }
  if (text === undefined) return noJson(`it is ${typeof given}`);
  const read = readText(text);
  if ('severity' in read) return noJson(read.diagnostics);
  const { value, problems } = read;
  return { text, value, problems, hasInexactNumbers: false, numberLiteral: () => undefined };
}

function noJson(reason: string): Issue {
  return { severity: 'error', code: 'structure', rule: 'json-syntax', diagnostics: `The value is nothing that JSON can say: ${reason}` };
}

function toOutcome(issues: readonly Issue[], claims: readonly ResolvedClaim[]): ValidationOutcome {
  return {
    isValid: isAcceptable(issues),
    issues,
    get outcome() {
      return toOperationOutcome(issues);
    },
    claims,
  };
}
