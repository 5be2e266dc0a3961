/**
 * HL7's own validator as a second engine, by its service's URL. The package fhir-validator-js, which speaks to it, is an optional peer:
 * its installation brings a JDK and a jar, so it is imported only where an API chooses this engine.
 */
import { isJsonObject, type JsonValue } from '../fhir/json.js';
import type { Issue, IssueSeverity, IssueType } from '../fhir/operation-outcome.js';

export interface Hl7EngineOptions {
  /** Base URL of the validator's service. */
  readonly url: string;
  /** Packages that the service is to load: `name#version`. */
  readonly packages: readonly string[];
  readonly timeoutMs: number;
  /** Stands in for the package's entry; default: `fhir-validator-js`. */
  readonly load?: () => Promise<unknown>;
}

export interface Hl7Engine {
  /** Issues as the service tells them. Rejects with Hl7EngineAway. */
  validate(text: string, profiles: readonly string[]): Promise<readonly Issue[]>;
}

/** The service, or the package that speaks to it, is not there, or does not answer in time. */
export class Hl7EngineAway extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(`HL7's validator cannot be asked: ${reason}`, options);
    this.name = 'Hl7EngineAway';
  }
}

/** What is used of an instance of fhir-validator-js. */
interface Session {
  readonly cliContext: { profiles?: readonly string[] };
  validate(resource: unknown): Promise<unknown>;
  shutdown(): void;
}

type CreateSession = (context: Readonly<Record<string, unknown>>) => Promise<Session>;

const PACKAGE = 'fhir-validator-js';
/** It is slower than we are: what waits for it is held in memory. */
const MOST_WAITING = 100;
const LONGEST_OPENING_MS = 600_000;

export function createHl7Engine(options: Hl7EngineOptions): Hl7Engine {
  let session: Promise<Session> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  /** A service that reads its packages first may take minutes: that goes on, whoever gives up meanwhile. */
  const open = (): Promise<Session> => {
    session ??= within(LONGEST_OPENING_MS, openSession(options));
    return session;
  };

  const ask = async (text: string, profiles: readonly string[]): Promise<readonly Issue[]> => {
    try {
      const opened = await open();
      // an instance keeps the profiles of the call before
      opened.cliContext.profiles = profiles;
      return toIssues(await within(options.timeoutMs, opened.validate(JSON.parse(text))));
    } catch (error) {
      // a session that failed may be lost: the next question opens another
      void session?.then((lost) => lost.shutdown()).catch(() => undefined);
      session = undefined;
      throw error instanceof Hl7EngineAway ? error : new Hl7EngineAway(messageOf(error), { cause: error });
    }
  };

  return {
    // one after the other, since what is asked is part of the session
    validate: async (text, profiles) => {
      if (waiting >= MOST_WAITING) throw new Hl7EngineAway(`${MOST_WAITING} resources wait for it already`);
      waiting++;
      let isGivenUp = false;
      const turn = last
        .then(() => (isGivenUp ? [] : ask(text, profiles)))
        .finally(() => {
          waiting--;
        });
      last = turn.catch(() => undefined);
      try {
        return await within(options.timeoutMs, turn);
      } catch (error) {
        isGivenUp = true;
        throw error;
      }
    },
  };
}

async function openSession({ url, packages, load = () => import(PACKAGE) }: Hl7EngineOptions): Promise<Session> {
  const create = entryOf(await load());
  if (create === undefined) throw new Hl7EngineAway(`the package ${PACKAGE} has another shape than that of version 1`);
  return create({ validatorUrl: url.replace(/\/+$/, ''), sv: '4.0.1', igs: [...packages], locale: 'en' });
}

/** The package is CommonJS: its entry is the default of what is imported. */
function entryOf(loaded: unknown): CreateSession | undefined {
  if (typeof loaded === 'function') return loaded as CreateSession;
  const entry = typeof loaded === 'object' && loaded !== null && 'default' in loaded ? loaded.default : undefined;
  return typeof entry === 'function' ? (entry as CreateSession) : undefined;
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Hl7EngineAway(`it did not answer within ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function toIssues(outcome: unknown): readonly Issue[] {
  const issues = isJsonObject(outcome as JsonValue) ? (outcome as { issues?: JsonValue }).issues : undefined;
  if (!Array.isArray(issues)) throw new Hl7EngineAway('its answer has no issues');
  // its lines are those of a text that was written anew for it, and so are of no use to whoever sent the resource
  return issues.filter(isJsonObject).map(({ level, type, message, location }): Issue => {
    return {
      severity: SEVERITIES[String(level).toUpperCase()] ?? 'error',
      code: CODES.get(String(type).toUpperCase().replaceAll(/[-_]/g, '')) ?? 'invalid',
      diagnostics: String(message),
      rule: 'hl7',
      ...(typeof location === 'string' && location !== '' && { expression: location }),
    };
  });
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

function messageOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') {
    return `the package ${PACKAGE} is not installed: npm install ${PACKAGE}`;
  }
  return error instanceof Error ? error.message : String(error);
}
