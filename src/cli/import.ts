/** `kauri import`: the lines of an NDJSON file, sent to the $import of an API while its answers are read. */
import { createReadStream } from 'node:fs';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { isJsonObject, type JsonObject, parseJson } from '../fhir/json.js';
import { linesOf } from '../fhir/ndjson.js';
import { isId } from '../fhir/reference.js';
import { STANDARD_INPUT } from './inputs.js';
import { Progress } from './progress.js';
import { reasonOf, UsageError } from './usage-error.js';
import { type CommandStreams, EXIT_INVALID, EXIT_UNUSABLE, EXIT_VALID, write } from './validate.js';

export interface ImportCommand {
  /** A file of NDJSON, or - for standard input. */
  readonly file: string;
  /** Base of the API: `http://127.0.0.1:8080/r4`. */
  readonly to: string;
  /** The Authorization header; undefined where the API asks for none. */
  readonly authorization: string | undefined;
  /** Name by which an import that was broken off goes on. */
  readonly id: string | undefined;
}

/** Resolves to the exit status. Rejects with UsageError for what cannot be sent at all. */
export async function importLines(command: ImportCommand, { stdin, stdout, stderr, warn }: CommandStreams): Promise<number> {
  const { file, id } = command;
  const url = toUrl(command);
  const progress = new Progress({
    stream: stderr,
    clock: () => performance.now(),
    isWanted: stdout.isTTY !== true,
    words: { done: 'lines', failed: 'not written' },
  });
  const name = file === STANDARD_INPUT ? 'standard input' : file;
  const broken = (reason: string): number => {
    progress.clear();
    const advice = id === undefined ? 'with --id NAME the next one can be gone on with' : 'the same command goes on where it ended';
    warn(`${name}: the import broke off (${reason}); ${advice}`);
    return EXIT_UNUSABLE;
  };
  const sending = new AbortController();
  try {
    const response = await send(url, command, file === STANDARD_INPUT ? stdin : createReadStream(file), sending.signal);
    if (response.statusCode !== 200) {
      warn(`${url.origin}${url.pathname} answers ${response.statusCode}: ${await readDiagnostics(response)}`);
      return EXIT_UNUSABLE;
    }
    let [done, failed] = [0, 0];
    for await (const { bytes } of linesOf(response)) {
      const answer = readAnswer(bytes);
      if (answer['resumed'] === true) await write(stdout, `${name}: goes on with line ${answer['next']}\n`);
      if (typeof answer['lines'] === 'number') {
        progress.clear();
        const { lines, created, updated, failed: refused } = answer;
        await write(stdout, `${lines} lines: ${created} created, ${updated} updated, ${refused} not written\n`);
        return refused === 0 ? EXIT_VALID : EXIT_INVALID;
      }
      if (typeof answer['line'] !== 'number') continue;
      done++;
      if (answer['outcome'] !== undefined) {
        failed++;
        await write(stdout, `${name}:${answer['line']}: ${answer['status']} ${diagnosticsOf(answer['outcome'])}\n`);
      }
      progress.update(done, failed);
    }
    return broken('the server closed the connection');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    return broken(reasonOf(error));
  } finally {
    sending.abort();
  }
}

function toUrl({ to, id }: ImportCommand): URL {
  if (!URL.canParse(to) || !/^https?:/.test(to))
    throw new UsageError(`--to ${to} is no URL: wanted is the base of an API, such as http://127.0.0.1:8080/r4`);
  if (id !== undefined && !isId(id)) throw new UsageError(`--id ${id} is none: 1 to 64 letters, digits, - and . are wanted`);
  const url = new URL(`${to.replace(/\/+$/, '')}/$import`);
  if (id !== undefined) url.searchParams.set('id', id);
  return url;
}

/** Answered while it is sent. Rejects with UsageError where the file or the server is not there. */
function send(
  url: URL,
  { file, authorization }: ImportCommand,
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const headers = { 'Content-Type': 'application/fhir+ndjson', ...(authorization !== undefined && { Authorization: authorization }) };
  const outgoing = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, { method: 'POST', headers, signal });
  return new Promise((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const isNowhere = error.code === 'ECONNREFUSED' || error.code === 'ENOTFOUND';
      reject(isNowhere ? new UsageError(`${url.origin}: nothing answers there`) : error);
    });
    pipeline(body, outgoing).catch((error: NodeJS.ErrnoException) => {
      // of the connection its own error tells; this one is of the file
      if (error.syscall === 'open' || error.syscall === 'read') reject(new UsageError(`${file}: ${reasonOf(error)}`));
    });
  });
}

function readAnswer(bytes: Buffer): JsonObject {
  const { value } = parseJson(bytes.toString());
  return isJsonObject(value) ? value : {};
}

async function readDiagnostics(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  try {
    return diagnosticsOf(parseJson(text).value);
  } catch {
    return text.slice(0, 200);
  }
}

function diagnosticsOf(outcome: unknown): string {
  const issues = isJsonObject(outcome as JsonObject) ? (outcome as JsonObject)['issue'] : undefined;
  const faults = (Array.isArray(issues) ? issues : []).filter(isJsonObject);
  const worst = faults.filter(({ severity }) => severity === 'error' || severity === 'fatal');
  return (worst.length > 0 ? worst : faults).map(({ diagnostics, expression }) => [expression, diagnostics].flat().join(' ')).join('; ');
}
