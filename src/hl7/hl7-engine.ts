/**
 * HL7's own validator as a second engine: its service, asked by its URL. Where an API names no URL, the package fhir-validator-js runs
 * one on this machine; it brings a JDK and a jar, so it is an optional peer, imported only then.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../fhir/json.js';
import type { Issue, IssueSeverity, IssueType } from '../fhir/operation-outcome.js';

export interface Hl7EngineOptions {
  /** Base URL of the validator's service; undefined: one is started here. */
  readonly url?: string | undefined;
  /** Packages that the service is to load: `name#version`. */
  readonly packages: readonly string[];
  /** Longest that one resource may take. */
  readonly timeoutMs: number;
  /** Longest that the service may take to read its packages; a session that is not open by then is opened anew. */
  readonly openingTimeoutMs: number;
  /** Stands in for the package's entry; default: `fhir-validator-js`. */
  readonly load?: () => Promise<unknown>;
}

export interface Hl7Engine {
  /** Issues as the service tells them. Rejects with Hl7EngineAway. */
  validate(text: string, profiles: readonly string[]): Promise<readonly Issue[]>;
}

/** The service, or the package that runs it, is not there, or does not answer in time. */
export class Hl7EngineAway extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(`HL7's validator cannot be asked: ${reason}`, options);
    this.name = 'Hl7EngineAway';
  }
}

/** An open session of the service. */
interface Session {
  readonly url: string;
  readonly id: string;
}

const PACKAGE = 'fhir-validator-js';
/** Where the package's own service listens. */
const OWN_SERVICE = 'http://127.0.0.1:3500';
/** It is slower than we are: what waits for it is held in memory. */
const MOST_WAITING = 100;
const NO_RESOURCE = '{"resourceType":"Basic","code":{"text":"x"}}';

export function createHl7Engine(options: Hl7EngineOptions): Hl7Engine {
  let opening: Promise<Session> | undefined;
  let waiting = 0;

  /** A service that reads its packages first may take minutes: that goes on, whoever gives up meanwhile. */
  const open = (): Promise<Session> => {
    if (opening !== undefined) return opening;
    const begun = openSession(options);
    opening = begun;
    begun.catch(() => {
      if (opening === begun) opening = undefined;
    });
    return begun;
  };

  return {
    validate: async (text, profiles) => {
      if (waiting >= MOST_WAITING) throw new Hl7EngineAway(`${MOST_WAITING} resources wait for it already`);
      waiting++;
      const session = open();
      try {
        const opened = await withinTime(options.timeoutMs, session);
        const answer = await ask(opened.url, opened.id, text, { profiles, options, timeoutMs: options.timeoutMs });
        // a session that was lost there was opened anew by the question itself
        if (answer.sessionId !== opened.id) opening = Promise.resolve({ url: opened.url, id: answer.sessionId });
        return answer.issues;
      } catch (error) {
        // a session that fails may be lost; one that is slow is not made quicker by another
        if (!isLate(error) && opening === session) opening = undefined;
        throw toAway(error);
      } finally {
        waiting--;
      }
    },
  };
}

async function openSession(options: Hl7EngineOptions): Promise<Session> {
  const { openingTimeoutMs: timeoutMs } = options;
  const url = options.url?.replace(/\/+$/, '') ?? (await startService(options));
  try {
    const { sessionId } = await ask(url, null, NO_RESOURCE, { profiles: [], options, timeoutMs });
    return { url, id: sessionId };
  } catch (error) {
    throw toAway(error);
  }
}

interface Question {
  readonly profiles: readonly string[];
  readonly options: Hl7EngineOptions;
  readonly timeoutMs: number;
}

async function ask(
  url: string,
  sessionId: string | null,
  text: string,
  { profiles, options, timeoutMs }: Question,
): Promise<{ readonly sessionId: string; readonly issues: readonly Issue[] }> {
  const response = await fetch(`${url}/validate`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify({
      cliContext: { sv: '4.0.1', igs: options.packages, locale: 'en', profiles },
      filesToValidate: [{ fileName: 'resource.json', fileContent: text, fileType: 'json' }],
      sessionId,
    }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (!response.ok) throw new Hl7EngineAway(`${url} answers ${response.status}`);
  const answer = (await response.json()) as JsonValue;
  const { outcomes, sessionId: session } = isJsonObject(answer) ? answer : ({} as JsonObject);
  const issues = Array.isArray(outcomes) && isJsonObject(outcomes[0]) ? outcomes[0]['issues'] : undefined;
  if (!Array.isArray(issues) || typeof session !== 'string') throw new Hl7EngineAway(`${url} answers without issues or a session`);
  return { sessionId: session, issues: issues.filter(isJsonObject).map(toIssue) };
}

/** Resolves to its URL once it listens. */
async function startService({ packages, openingTimeoutMs, load = () => import(PACKAGE) }: Hl7EngineOptions): Promise<string> {
  let loaded: unknown;
  try {
    loaded = await load();
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
    const advice = `the package ${PACKAGE} is not installed: npm install ${PACKAGE}, or name the URL of a service that runs`;
    throw new Hl7EngineAway(isAbsent ? advice : messageOf(error), { cause: error });
  }
  const start = entryOf(loaded);
  if (start === undefined) throw new Hl7EngineAway(`the package ${PACKAGE} has another shape than that of version 1`);
  // the package keeps a session of its own, which nothing is asked in
  const running = start({ sv: '4.0.1', igs: [...packages], locale: 'en' }).then(({ shutdown }) => shutdown?.());
  await withinTime(openingTimeoutMs, running);
  return OWN_SERVICE;
}

type StartService = (context: Readonly<Record<string, unknown>>) => Promise<{ readonly shutdown?: () => void }>;

/** The package is CommonJS: its entry is the default of what is imported. */
function entryOf(loaded: unknown): StartService | undefined {
  const entry = typeof loaded === 'object' && loaded !== null && 'default' in loaded ? loaded.default : loaded;
  return typeof entry === 'function' ? (entry as StartService) : undefined;
}

/** Its name is that of what an AbortSignal throws. */
class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

async function withinTime<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TimeoutError()), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function toIssue({ level, type, message, location, line, col }: JsonObject): Issue {
  return {
    severity: SEVERITIES[String(level).toUpperCase()] ?? 'error',
    code: CODES.get(String(type).toUpperCase().replaceAll(/[-_]/g, '')) ?? 'invalid',
    diagnostics: String(message),
    rule: 'hl7',
    ...(typeof location === 'string' && location !== '' && { expression: location }),
    ...(typeof line === 'number' && line > 0 && { line, ...(typeof col === 'number' && col > 0 && { column: col }) }),
  };
}

const SEVERITIES: Readonly<Record<string, IssueSeverity>> = {
  FATAL: 'fatal',
  ERROR: 'error',
  WARNING: 'warning',
  INFORMATION: 'information',
};

/** By how the service writes them: `CODEINVALID`. */
const CODES: ReadonlyMap<string, IssueType> = new Map(
  (
    [
      'invalid',
      'structure',
      'required',
      'value',
      'invariant',
      'processing',
      'not-supported',
      'duplicate',
      'multiple-matches',
      'not-found',
      'too-long',
      'code-invalid',
      'extension',
      'too-costly',
      'business-rule',
      'exception',
      'incomplete',
      'informational',
      'unknown',
    ] as const satisfies readonly IssueType[]
  ).map((code) => [code.toUpperCase().replaceAll('-', ''), code]),
);

function toAway(error: unknown): Hl7EngineAway {
  if (error instanceof Hl7EngineAway) return error;
  return new Hl7EngineAway(isLate(error) ? 'it did not answer in time' : messageOf(error), { cause: error });
}

function isLate(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}

/** What fetch says of a connection stands in the cause. */
function messageOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
