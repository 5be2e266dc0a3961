/** One validation: where the walk stands, what it found so far. Allocates only where something is found. */

import type { JsonDocument, JsonObject, JsonPath } from '../../fhir/json.js';
import type { IssueSeverity, IssueType } from '../../fhir/operation-outcome.js';
import { UCUM_SYSTEM } from '../../fhir/ucum.js';
import type { EvaluationContext, TypedNode } from '../../fhirpath/fhirpath.js';
import type { CodedValue } from '../../terminology/terminology-server.js';
import type { BundleEntries } from './bundle-entries.js';
import { Verdicts } from './verdicts.js';

/** A property as the walk went through it: how JSON calls it, and how FHIRPath does (`valueQuantity`, `value.ofType(Quantity)`). */
export interface PropertyStep {
  readonly property: string;
  readonly expression: string;
  /** The same step as `_property`. */
  readonly companion?: PropertyStep;
  /** Where R4's base types define the element: `Patient.contact`; undefined for a property that nothing defines. */
  readonly basePath?: string;
  /** FHIR type of the items: `Quantity`; for a backbone element its base path. */
  readonly type?: string;
}

export type PathStep = PropertyStep | number;

/** What a rule belongs to. */
export interface Origin {
  /** `url|version` of the definition. */
  readonly definition: string;
  readonly sliceName?: string | undefined;
}

export interface Finding {
  readonly severity: IssueSeverity;
  readonly code: IssueType;
  /** Rule id or constraint key. */
  readonly rule: string;
  readonly text: string;
  readonly origin: Origin | undefined;
  readonly sliceName: string | undefined;
  readonly path: readonly PathStep[];
  /** JSON's key of what stands there and is no element. */
  readonly property: string | undefined;
  /** FHIRPath of the path, from the type of the document's resource. */
  readonly expression: string;
}

/** A resource on the way: the document's own, one of an entry, or a contained one. */
export interface ResourceScope {
  readonly type: string;
  readonly value: JsonObject;
  readonly node: TypedNode;
  /** The container of a contained resource; itself otherwise. */
  readonly root: ResourceScope;
  /** Of a Bundle. */
  readonly entries: BundleEntries | undefined;
  /** Bundle whose entry this resource (or its container) is, and that entry's fullUrl. */
  readonly bundle: BundleEntries | undefined;
  readonly fullUrl: string | undefined;
  readonly context: EvaluationContext;
  /** Where each id of an element was met first; made when there is one. */
  elementIds?: Map<string, string>;
  /** How long the path is at the resource. */
  readonly depth: number;
}

export interface RunOptions {
  /** Of this validation alone. */
  readonly allowUnknownExtensions?: boolean;
  readonly issueLimit?: number;
  readonly collectUnchecked?: boolean;
}

/** A finding that stands only if a terminology server says so. */
export interface UncheckedFinding {
  readonly valueSet: string;
  readonly value: CodedValue;
  readonly finding: Finding;
}

/** A resource that has more of them is no resource of real life. */
const MOST_UNCHECKED = 1000;
const MOST_UNITS = 500;

const DEFAULT_ISSUE_LIMIT = 1000;
/** Texts show what was sent, which may be of any length. */
const MAX_TEXT_LENGTH = 2000;

export class Run {
  readonly document: JsonDocument;
  readonly options: RunOptions;
  readonly path: PathStep[] = [];
  readonly findings: Finding[] = [];
  readonly unchecked: UncheckedFinding[] = [];
  errorCount = 0;
  /** Whether there was more than the limit lets be told. */
  isCut = false;
  /** Type of the document's resource. */
  readonly rootType: string;
  /** The slice that the item under the walk is in, or is below. */
  sliceName: string | undefined;
  /** The innermost resource. */
  scope: ResourceScope | undefined;
  /** What was said once and need not be said again. */
  readonly noted = new Set<string>();
  #verdicts: Verdicts | undefined;
  readonly #limit: number;
  #probes = 0;
  #units: Set<string> | undefined;
  /** What was told already: each fault is told once, however many profiles find it. */
  #told: Set<string> | undefined;
  #property: string | undefined;
  /** How many findings are no errors. */
  #remarks = 0;

  constructor(document: JsonDocument, rootType: string, options: RunOptions = {}) {
    this.document = document;
    this.rootType = rootType;
    this.options = options;
    this.#limit = Math.max(1, options.issueLimit ?? DEFAULT_ISSUE_LIMIT);
  }

  get verdicts(): Verdicts {
    this.#verdicts ??= new Verdicts();
    return this.#verdicts;
  }

  get isProbing(): boolean {
    return this.#probes > 0;
  }

  /** Findings of one rule at one place that are `about` the same are one fault, however the profiles say it. */
  add(severity: IssueSeverity, code: IssueType, rule: string, text: string, origin?: Origin, about = text): void {
    const isError = severity === 'error' || severity === 'fatal';
    if (isError) this.errorCount++;
    // whoever probes asks only whether there are errors
    if (this.#probes > 0) return;
    if (this.findings.length >= this.#limit && (!isError || this.#remarks === 0)) {
      this.isCut = true;
      return;
    }
    const expression = toExpression(this.path, this.rootType);
    if (!this.#isNews(`${severity} ${rule} ${expression} ${about}`)) return;
    if (this.findings.length >= this.#limit) this.#dropRemark();
    if (!isError) this.#remarks++;
    const shown = text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH)}…` : text;
    this.findings.push({
      severity,
      code,
      rule,
      text: shown,
      origin,
      sliceName: origin?.sliceName ?? this.sliceName,
      path: [...this.path],
      property: this.#property,
      expression,
    });
  }

  /** Whether one more code may be looked up: units are slow to parse, and no resource of real life has so many different ones. */
  mayLookUp(system: string, code: string): boolean {
    if (system !== UCUM_SYSTEM) return true;
    this.#units ??= new Set();
    if (this.#units.has(code)) return true;
    if (this.#units.size < MOST_UNITS) {
      this.#units.add(code);
      return true;
    }
    this.noteOnce('units', 'information', 'incomplete', 'unit-unchecked', `No more than ${MOST_UNITS} different units were looked at`);
    return false;
  }

  /** What is left to a terminology server; false where there is none, or no more may be left. */
  leaveUnchecked(valueSet: string, value: CodedValue, severity: 'error' | 'warning', text: string, origin: Origin): boolean {
    if (this.options.collectUnchecked !== true || this.unchecked.length >= MOST_UNCHECKED) return false;
    if (this.#probes > 0) return true;
    const expression = toExpression(this.path, this.rootType);
    if (!this.#isNews(`unchecked ${expression} ${text}`)) return true;
    const finding: Finding = {
      severity,
      code: 'code-invalid',
      rule: 'binding',
      text,
      origin,
      sliceName: origin.sliceName ?? this.sliceName,
      path: [...this.path],
      property: undefined,
      expression,
    };
    this.unchecked.push({ valueSet, value, finding });
    return true;
  }

  /** False for what was said before, by another profile. */
  #isNews(key: string): boolean {
    this.#told ??= new Set();
    return this.#told.size < this.#told.add(key).size;
  }

  /** To make room for an error: what is refused must say why. */
  #dropRemark(): void {
    this.isCut = true;
    const remark = this.findings.findLastIndex(({ severity }) => severity === 'warning' || severity === 'information');
    this.findings.splice(remark, 1);
    this.#remarks--;
  }

  error(code: IssueType, rule: string, text: string, origin?: Origin, about?: string): void {
    this.add('error', code, rule, text, origin, about);
  }

  /** Of a key of the object where the walk stands that no element has. */
  errorOfProperty(property: string, code: IssueType, rule: string, text: string, origin?: Origin): void {
    this.#property = property;
    this.add('error', code, rule, text, origin);
    this.#property = undefined;
  }

  /** Whether the check finds no error; what it finds is forgotten. */
  probe(check: () => void): boolean {
    const { errorCount } = this;
    const depth = this.path.length;
    const { scope, sliceName } = this;
    this.#probes++;
    try {
      check();
      return this.errorCount === errorCount;
    } finally {
      this.#probes--;
      this.errorCount = errorCount;
      this.path.length = depth;
      this.scope = scope;
      this.sliceName = sliceName;
    }
  }

  /** Something that is said once in a run, and not while probing. */
  noteOnce(key: string, severity: 'warning' | 'information', code: IssueType, rule: string, text: string, origin?: Origin): void {
    if (this.isProbing || this.noted.has(key)) return;
    this.noted.add(key);
    this.add(severity, code, rule, text, origin);
  }

  /** Keys and indexes of where the walk stands. */
  jsonPath(): JsonPath {
    return toJsonPath(this.path);
  }
}

export function toJsonPath(path: readonly PathStep[]): JsonPath {
  return path.map((step) => (typeof step === 'number' ? step : step.property));
}

/** `Patient.contact[0].name` */
function toExpression(path: readonly PathStep[], rootType: string): string {
  let text = rootType;
  for (const step of path) text += typeof step === 'number' ? `[${step}]` : `.${step.expression}`;
  return text;
}
