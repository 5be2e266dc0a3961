/**
 * $import: the resources of NDJSON, each line written like any other write while the next ones still arrive. A line without an id is a
 * create, one with an id an update. The answer is NDJSON too, a line for each as soon as it is durable.
 */
import { FhirError } from '../fhir/fhir-error.js';
import { isJsonObject, type JsonDocument, JsonSyntaxError, parseJson } from '../fhir/json.js';
import { spliceIdentity } from '../fhir/json-text.js';
import type { Line } from '../fhir/ndjson.js';
import { syntaxIssue } from '../fhir/operation-outcome.js';
import { isId } from '../fhir/reference.js';
import { writeOutcome } from '../interactions/check-resource.js';
import { inTurn } from '../interactions/in-turn.js';
import type { Interaction, InteractionRequest, InteractionResponse, InteractionTable } from '../interactions/interaction.js';
import { notOffered } from '../interactions/routes.js';
import { toFhirError } from '../interactions/store-error.js';
import type { Services } from '../services.js';
import { ImportProgress } from './import-progress.js';

/** Lines that are under way together share what a store does for a commit. */
const CONCURRENT_LINES = 64;
/** A line that is longer is no blank one. */
const MOST_BLANKS = 64;
const FHIR_JSON = 'application/fhir+json';
const NDJSON = 'application/fhir+ndjson';

/** `handlers`: of the interactions, with the checks of who may do them. */
export function createImport(handlers: InteractionTable): Interaction {
  return async (services, request) => {
    const id = readImportId(request);
    const progress = id === undefined ? undefined : await ImportProgress.find(services, request, id);
    if (request.lines === undefined) return answerProgress(progress);
    await progress?.claim();
    const faults: unknown[] = [];
    const importer = new LineImporter(services, request, handlers, progress, faults);
    return { status: 200, stream: { contentType: NDJSON, texts: importer.run(request.lines), faults } };
  };
}

function readImportId({ search }: InteractionRequest): string | undefined {
  const unknown = search.find(([name]) => name !== 'id');
  if (unknown !== undefined) {
    throw new FhirError(
      'invalid-parameter',
      `'${unknown[0].slice(0, 64)}' is no parameter of $import: there is 'id', by which it can be resumed`,
    );
  }
  if (search.length > 1) throw new FhirError('invalid-parameter', "'id' is given more than once");
  const id = search[0]?.[1];
  if (id !== undefined && !isId(id)) throw new FhirError('invalid-parameter', "'id' is 1 to 64 letters (A-Z, a-z), digits, - and .");
  return id;
}

/** How far an import has come, for who sends nothing. */
function answerProgress(progress: ImportProgress | undefined): InteractionResponse {
  if (progress === undefined) {
    throw new FhirError('malformed-request', `There is nothing to import: send lines of resources as ${NDJSON}`);
  }
  if (!progress.isKnown) throw new FhirError('resource-not-found', 'There was no import with this id; it can be begun');
  return { status: 200, body: JSON.stringify({ resourceType: 'Parameters', parameter: [{ name: 'next', valueInteger: progress.next }] }) };
}

/** What a line is answered; the last line of all has the counts. */
interface LineAnswer {
  readonly status: number;
  readonly location?: string;
  /** Serialised. */
  readonly outcome?: string;
}

class LineImporter {
  readonly #services: Services;
  readonly #request: InteractionRequest;
  readonly #handlers: InteractionTable;
  readonly #progress: ImportProgress | undefined;
  readonly #faults: unknown[];
  readonly #counts = { created: 0, updated: 0, failed: 0 };
  readonly #pending: Promise<string>[] = [];

  constructor(
    services: Services,
    request: InteractionRequest,
    handlers: InteractionTable,
    progress: ImportProgress | undefined,
    faults: unknown[],
  ) {
    const { lines: _lines, operation: _operation, ...outer } = request;
    // the phases of an import are those of its lines, which go on when its answer has begun
    this.#services = { ...services, stopwatch: undefined };
    this.#request = { ...outer, search: [], preconditions: {}, prefer: { return: 'minimal', handling: 'strict' } };
    this.#handlers = handlers;
    this.#progress = progress;
    this.#faults = faults;
  }

  /** In the order of the lines. */
  async *run(lines: AsyncIterable<Line>): AsyncGenerator<string> {
    const first = this.#progress?.next ?? 1;
    let last = 0;
    if (first > 1) yield `{"resumed":true,"next":${first}}\n`;
    try {
      for await (const line of lines) {
        last = line.line;
        if (last < first) continue;
        this.#pending.push(this.#answerLine(line, [...this.#pending]));
        if (this.#pending.length >= CONCURRENT_LINES) yield* this.#answerFirst();
      }
      while (this.#pending.length > 0) yield* this.#answerFirst();
      yield `${JSON.stringify({ lines: last, ...this.#counts })}\n`;
    } catch (error) {
      // what broke is the stream, or another request has taken the import over: what was begun is answered all the same
      for (const answer of await Promise.all(this.#pending)) if (answer !== '') yield answer;
      yield this.#write({ line: last + 1 }, this.#toFault(error));
    } finally {
      await Promise.all(this.#pending);
      await this.#progress?.save();
    }
  }

  /** Only what the caller has taken counts as done. */
  async *#answerFirst(): AsyncGenerator<string> {
    const answer = await (this.#pending[0] as Promise<string>);
    if (answer !== '') yield answer;
    this.#pending.splice(0, 1);
    await this.#progress?.advance();
  }

  /** Never rejects. */
  async #answerLine(line: Line, earlier: readonly Promise<string>[]): Promise<string> {
    if (line.bytes.length < MOST_BLANKS && line.bytes.toString('latin1').trim() === '') return '';
    let answer: LineAnswer;
    try {
      answer = await this.#importLine(line, earlier);
    } catch (error) {
      answer = this.#toFault(error);
    }
    const { status } = answer;
    this.#counts[status === 201 ? 'created' : status === 200 ? 'updated' : 'failed'] += 1;
    return this.#write({ line: line.line }, answer);
  }

  #write(about: { readonly line: number }, { outcome, ...answer }: LineAnswer): string {
    const text = JSON.stringify({ ...about, ...answer });
    return outcome === undefined ? `${text}\n` : `${text.slice(0, -1)},"outcome":${outcome}}\n`;
  }

  #toFault(error: unknown): LineAnswer {
    const fault = toFhirError(error, this.#request.requestId);
    if (fault.code === 'internal-error') this.#faults.push(error);
    return { status: fault.status, outcome: writeOutcome(this.#request.api, fault.issues) };
  }

  async #importLine(line: Line, earlier: readonly Promise<string>[]): Promise<LineAnswer> {
    const document = this.#parse(line);
    const { type, id } = identityOf(document);
    const write: InteractionRequest = {
      ...this.#request,
      interaction: id === undefined ? 'create' : 'update',
      type,
      ...(id !== undefined && { id }),
      body: { text: document.text, contentType: FHIR_JSON, document },
    };
    const work = (): Promise<LineAnswer> => this.#writeLine(write, line.line, earlier);
    // lines for one resource are written in their order
    return id === undefined ? work() : inTurn(this.#services.store, `${this.#request.requestId} ${type}/${id}`, work);
  }

  async #writeLine(write: InteractionRequest, line: number, earlier: readonly Promise<string>[]): Promise<LineAnswer> {
    const handle = this.#handlers[write.interaction];
    if (handle === undefined) throw notOffered(write.api, `the interaction '${write.interaction}'`);
    const newId = this.#progress?.idOf(line);
    const done = await this.#writtenBefore(write, newId);
    if (done !== undefined) return done;
    const services = newId === undefined ? this.#services : { ...this.#services, newId: () => newId };
    try {
      return toAnswer(await handle(services, write));
    } catch (error) {
      // the request that was broken off may have been writing this line still
      const late = isConflict(error) ? await this.#writtenBefore(write, newId) : undefined;
      if (late !== undefined) return late;
      if (!(error instanceof FhirError) || error.code !== 'invalid-reference' || earlier.length === 0) throw error;
      // what it refers to may be in a line that was under way
      await Promise.all(earlier);
      return toAnswer(await handle(services, write));
    }
  }

  /** Of an import that was resumed: the lines that were under way when it ended may be there, and are not written twice. */
  async #writtenBefore(write: InteractionRequest, newId: string | undefined): Promise<LineAnswer | undefined> {
    const { api, type = '', body } = write;
    const id = write.id ?? newId;
    if (this.#progress?.isKnown !== true || id === undefined || body === undefined) return undefined;
    const current = await this.#services.store.get(api.namespace, type, id);
    if (current?.json === undefined) return undefined;
    const { versionId, lastUpdated } = current;
    const isSame = write.id === undefined || current.json === spliceIdentity(body.text, { id, versionId, lastUpdated });
    return isSame ? { status: 200, location: `${type}/${id}/_history/${versionId}` } : undefined;
  }

  #parse({ bytes, isTooLong }: Line): JsonDocument {
    const { bodyBytes, jsonDepth } = this.#services.config.limits;
    if (isTooLong) throw new FhirError('too-large', `The line is longer than ${bodyBytes} bytes`);
    try {
      return parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes), { maxDepth: jsonDepth });
    } catch (error) {
      if (error instanceof JsonSyntaxError) {
        const issue = syntaxIssue(error);
        throw new FhirError('malformed-request', issue.diagnostics, { issues: [issue], cause: error });
      }
      if (error instanceof TypeError) throw new FhirError('malformed-request', 'The line is not UTF-8');
      throw error;
    }
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof FhirError && error.status === 409;
}

function identityOf({ value }: JsonDocument): { readonly type: string; readonly id: string | undefined } {
  const type = isJsonObject(value) ? value['resourceType'] : undefined;
  if (!isJsonObject(value) || typeof type !== 'string') {
    throw new FhirError('malformed-request', "The line is no resource: wanted is an object with 'resourceType'");
  }
  const { id } = value;
  if (id === undefined) return { type, id: undefined };
  if (typeof id !== 'string' || !isId(id)) {
    throw new FhirError('malformed-request', 'The id is none: 1 to 64 letters (A-Z, a-z), digits, - and . are wanted', {
      expression: `${type}.id`,
    });
  }
  return { type, id };
}

function toAnswer({ status, location }: InteractionResponse): LineAnswer {
  return { status, ...(location !== undefined && { location }) };
}
