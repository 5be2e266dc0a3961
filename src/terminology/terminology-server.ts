/**
 * A terminology server that is asked what nothing loaded can tell: https://hl7.org/fhir/R4/valueset-operation-validate-code.html
 * Questions of one moment go in one batch Bundle, answers are kept for a while; a server that takes no batches is asked singly.
 */
import { LRUCache } from 'lru-cache';
import { isJsonObject, type JsonObject, type JsonValue } from '../fhir/json.js';
import type { Membership } from './terminology-service.js';

export interface TerminologyServerOptions {
  /** Base URL, such as `https://tx.example.org/r4`. */
  readonly url: string;
  /** Longest that one request may take; default 5,000. */
  readonly timeoutMs?: number;
  /** How long an answer is good for; default an hour. */
  readonly cacheMs?: number;
  readonly cacheSize?: number;
  /** Sent with every request, such as Authorization. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a binding binds: a Coding or CodeableConcept, as the resource has it. */
export type CodedValue = { readonly coding: JsonObject } | { readonly codeableConcept: JsonObject };

export interface TerminologyServer {
  /** `unknown` where the server does not know the value set or the code system. Rejects with TerminologyServerAway. */
  validateCode(valueSet: string, value: CodedValue): Promise<Membership>;
}

/** The server does not answer, in time or at all, or with an error of its own. */
export class TerminologyServerAway extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(`The terminology server cannot be asked: ${reason}`, options);
    this.name = 'TerminologyServerAway';
  }
}

interface Question {
  readonly key: string;
  readonly parameters: JsonObject;
  readonly resolve: (answer: Membership) => void;
  readonly reject: (error: unknown) => void;
}

const DEFAULTS = { timeoutMs: 5_000, cacheMs: 3_600_000, cacheSize: 20_000 };
const LARGEST_BATCH = 100;
const OPERATION = 'ValueSet/$validate-code';
const FHIR_JSON = 'application/fhir+json';

export function createTerminologyServer(options: TerminologyServerOptions): TerminologyServer {
  return new HttpTerminologyServer(options);
}

class HttpTerminologyServer implements TerminologyServer {
  readonly #options: Required<Omit<TerminologyServerOptions, 'headers'>> & Pick<TerminologyServerOptions, 'headers'>;
  readonly #answers: LRUCache<string, Membership>;
  /** Of what is being asked already. */
  readonly #asked = new Map<string, Promise<Membership>>();
  #waiting: Question[] = [];
  #takesBatches = true;

  constructor(options: TerminologyServerOptions) {
    this.#options = { ...DEFAULTS, ...options, url: options.url.replace(/\/+$/, '') };
    this.#answers = new LRUCache({ max: this.#options.cacheSize, ttl: Math.max(1, this.#options.cacheMs) });
  }

  validateCode(valueSet: string, value: CodedValue): Promise<Membership> {
    const key = JSON.stringify([valueSet, value]);
    const known = this.#answers.get(key);
    if (known !== undefined) return Promise.resolve(known);
    let asked = this.#asked.get(key);
    if (asked === undefined) {
      asked = new Promise<Membership>((resolve, reject) => {
        if (this.#waiting.length === 0) setImmediate(() => this.#askAll());
        this.#waiting.push({ key, parameters: toParameters(valueSet, value), resolve, reject });
      }).finally(() => this.#asked.delete(key));
      this.#asked.set(key, asked);
    }
    return asked;
  }

  #askAll(): void {
    const questions = this.#waiting;
    this.#waiting = [];
    for (let at = 0; at < questions.length; at += LARGEST_BATCH) void this.#ask(questions.slice(at, at + LARGEST_BATCH));
  }

  async #ask(questions: readonly Question[]): Promise<void> {
    try {
      const isBatch = questions.length > 1 && this.#takesBatches;
      const answers = isBatch ? await this.#askBatch(questions) : undefined;
      if (answers === undefined) {
        await Promise.all(questions.map((question) => this.#askOne(question)));
        return;
      }
      for (const [index, question] of questions.entries()) this.#settle(question, answers[index] as Membership | TerminologyServerAway);
    } catch (error) {
      for (const { reject } of questions) reject(error);
    }
  }

  async #askOne(question: Question): Promise<void> {
    try {
      const { status, body } = await this.#post(OPERATION, question.parameters);
      this.#settle(question, toAnswer(status, body));
    } catch (error) {
      question.reject(error);
    }
  }

  /** Undefined where the server takes no batches. */
  async #askBatch(questions: readonly Question[]): Promise<readonly (Membership | TerminologyServerAway)[] | undefined> {
    const entry = questions.map(({ parameters }) => ({ resource: parameters, request: { method: 'POST', url: OPERATION } }));
    const { status: whole, body } = await this.#post('', { resourceType: 'Bundle', type: 'batch', entry });
    const answers = isJsonObject(body) ? body['entry'] : undefined;
    if (isAway(whole)) throw new TerminologyServerAway(`it answers ${whole}`);
    if (whole >= 300 || !Array.isArray(answers) || answers.length !== questions.length) {
      this.#takesBatches = false;
      return undefined;
    }
    return answers.map((answer) => {
      const response = isJsonObject(answer) ? answer['response'] : undefined;
      const said = isJsonObject(response) ? Number.parseInt(String(response['status']), 10) : Number.NaN;
      const status = Number.isNaN(said) ? 200 : said;
      const outcome = isJsonObject(response) ? response['outcome'] : undefined;
      // an entry that is refused need not say why
      const refusal = status >= 400 ? { resourceType: 'OperationOutcome' } : undefined;
      return toAnswer(status, (isJsonObject(answer) ? answer['resource'] : undefined) ?? outcome ?? refusal);
    });
  }

  #settle({ key, resolve, reject }: Question, answer: Membership | TerminologyServerAway): void {
    if (answer instanceof TerminologyServerAway) {
      reject(answer);
      return;
    }
    this.#answers.set(key, answer);
    resolve(answer);
  }

  async #post(path: string, resource: JsonObject): Promise<{ readonly status: number; readonly body: JsonValue | undefined }> {
    const { url, timeoutMs, headers } = this.#options;
    try {
      const response = await fetch(path === '' ? url : `${url}/${path}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': FHIR_JSON, accept: FHIR_JSON },
        body: JSON.stringify(resource),
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await response.text();
      return { status: response.status, body: toJson(text) };
    } catch (error) {
      const isLate = error instanceof Error && error.name === 'TimeoutError';
      throw new TerminologyServerAway(isLate ? `it did not answer within ${timeoutMs} ms` : reasonOf(error), { cause: error });
    }
  }
}

function toParameters(valueSet: string, value: CodedValue): JsonObject {
  const bar = valueSet.indexOf('|');
  const url = bar < 0 ? valueSet : valueSet.slice(0, bar);
  const parameter: JsonObject[] = [{ name: 'url', valueUri: url }];
  if (bar >= 0) parameter.push({ name: 'valueSetVersion', valueString: valueSet.slice(bar + 1) });
  parameter.push(
    'coding' in value
      ? { name: 'coding', valueCoding: value.coding }
      : { name: 'codeableConcept', valueCodeableConcept: value.codeableConcept },
  );
  return { resourceType: 'Parameters', parameter };
}

/** Failing, busy, or not letting us in: the question was not looked at. */
function isAway(status: number): boolean {
  return (status >= 500 && status !== 501) || status === 401 || status === 403 || status === 408 || status === 429;
}

/**
 * A refusal of the question by an OperationOutcome is no answer to it: the value set, or the code system, is not known there. What is
 * no FHIR comes from something that is no terminology server.
 */
function toAnswer(status: number, body: JsonValue | undefined): Membership | TerminologyServerAway {
  if (isAway(status) || status === 501) return new TerminologyServerAway(`it answers ${status}`);
  const type = isJsonObject(body) ? body['resourceType'] : undefined;
  if (type === 'OperationOutcome' && status >= 400) return 'unknown';
  if (!isJsonObject(body) || type !== 'Parameters' || !Array.isArray(body['parameter'])) {
    return new TerminologyServerAway(`it answers ${status} with what is no FHIR answer to $validate-code`);
  }
  const result = body['parameter'].filter(isJsonObject).find(({ name }) => name === 'result');
  const said = result?.['valueBoolean'];
  return said === true ? 'member' : said === false ? 'not-member' : 'unknown';
}

function toJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

/** Without the URL, which may have a secret in it. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return error instanceof Error ? error.message : String(error);
}
