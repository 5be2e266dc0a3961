/** The files that a command line names: single ones, those of folders, standard input; of NDJSON, every line is an input. */
import { isUtf8 } from 'node:buffer';
import { createReadStream, type Stats } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { linesOf } from '../fhir/ndjson.js';
import { reasonOf } from './usage-error.js';

/** Plain data, so that another thread can read it. */
export interface Input {
  /** As it was named; of a folder, its name and the way from there. */
  readonly file: string;
  /** Of NDJSON: which line of the file, counted from 1. */
  readonly line?: number;
  readonly source: FileSource | TextSource | Fault;
}

/** A file that is still to be read. */
interface FileSource {
  readonly kind: 'file';
  /** In bytes, when it was found. */
  readonly size: number;
}

interface TextSource {
  readonly kind: 'text';
  readonly text: string;
}

/** Why there is no text. */
interface Fault {
  readonly kind: 'fault';
  readonly message: string;
  /** Whether the bytes are there, but are no UTF-8. */
  readonly isMalformed: boolean;
}

export interface InputOptions {
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Whether standard input is NDJSON. */
  readonly isStdinNdjson: boolean;
}

/** An input whose text cannot be had. */
export class InputError extends Error {
  readonly isMalformed: boolean;

  constructor(message: string, isMalformed: boolean, options?: ErrorOptions) {
    super(message, options);
    this.name = 'InputError';
    this.isMalformed = isMalformed;
  }
}

export const STANDARD_INPUT = '-';
const NDJSON = /\.ndjson$/i;
const JSON_OR_NDJSON = /\.(nd)?json$/i;

/**
 * In the order of the names; a folder's `.json` and `.ndjson` files by name, those of the folders in it where their folder's name
 * comes. Never rejects: what cannot be read is an input with a fault.
 */
export async function* findInputs(names: readonly string[], options: InputOptions): AsyncGenerator<Input> {
  for (const name of names) {
    if (name === STANDARD_INPUT) yield* options.isStdinNdjson ? splitLines(name, options.stdin) : [await readWhole(name, options.stdin)];
    else yield* openNamed(name);
  }
}

/** What it has to be read of, in bytes or characters. */
export function sizeOf({ source }: Input): number {
  return source.kind === 'file' ? source.size : source.kind === 'text' ? source.text.length : 0;
}

/** Rejects with InputError. */
export async function readInput({ file, source }: Input): Promise<string> {
  switch (source.kind) {
    case 'text':
      return source.text;
    case 'fault':
      throw new InputError(source.message, source.isMalformed);
    case 'file':
      return decode(await readFile(file).catch((error: unknown) => Promise.reject(unreadable(error))));
  }
}

async function* openNamed(name: string): AsyncGenerator<Input> {
  const found = await statFile(name);
  if ('source' in found) yield found;
  else if (found.isDirectory()) yield* walkFolder(name.replace(/(?<=.)[/\\]+$/, ''));
  else yield* openFile(name, found);
}

/** Nobody has asked for what never ends, or never begins. */
async function* openWalked(file: string): AsyncGenerator<Input> {
  const found = await statFile(file);
  if ('source' in found) yield found;
  else if (!found.isFile()) yield toFaulty(file, new InputError('it is no regular file', false));
  else yield* openFile(file, found);
}

async function* openFile(file: string, { size }: Stats): AsyncGenerator<Input> {
  if (NDJSON.test(file)) yield* splitLines(file, createReadStream(file));
  else yield { file, source: { kind: 'file', size } };
}

async function statFile(file: string): Promise<Stats | Input> {
  try {
    return await stat(file);
  } catch (error) {
    return toFaulty(file, unreadable(error));
  }
}

async function* walkFolder(folder: string): AsyncGenerator<Input> {
  let found = 0;
  for await (const input of filesBelow(folder)) {
    found++;
    yield input;
  }
  // a check of nothing would look like one that found all valid
  if (found === 0) yield toFaulty(folder, new InputError('the folder has no .json or .ndjson file', false));
}

async function* filesBelow(folder: string): AsyncGenerator<Input> {
  let entries: { readonly name: string; isDirectory(): boolean }[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    yield toFaulty(folder, unreadable(error));
    return;
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    // publishers put an .index.json beside their resources
    if (entry.name.startsWith('.')) continue;
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (JSON_OR_NDJSON.test(entry.name)) yield* openWalked(path);
  }
}

/** An empty line is passed over; that there is nothing else is a fault, for the same reason as with folders. */
async function* splitLines(file: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Input> {
  let found = 0;
  try {
    for await (const { line, bytes: content } of linesOf(bytes)) {
      let input: Input;
      try {
        input = { file, line, source: { kind: 'text', text: decode(content) } };
      } catch (error) {
        input = { ...toFaulty(file, error), line };
      }
      if (input.source.kind === 'text' && input.source.text.trim() === '') continue;
      found++;
      yield input;
    }
    if (found === 0) yield toFaulty(file, new InputError('it has no line with a resource', false));
  } catch (error) {
    yield toFaulty(file, unreadable(error));
  }
}

async function readWhole(file: string, stream: AsyncIterable<Uint8Array>): Promise<Input> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of stream) chunks.push(chunk);
  } catch (error) {
    return toFaulty(file, unreadable(error));
  }
  try {
    return { file, source: { kind: 'text', text: decode(Buffer.concat(chunks)) } };
  } catch (error) {
    return toFaulty(file, error);
  }
}

function decode(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new InputError('The text is not UTF-8', true);
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return bytes.toString('utf8', hasMark ? 3 : 0);
}

function toFaulty(file: string, error: unknown): Input {
  if (!(error instanceof InputError)) throw error;
  return { file, source: { kind: 'fault', message: error.message, isMalformed: error.isMalformed } };
}

function unreadable(error: unknown): InputError {
  return new InputError(reasonOf(error), false, { cause: error });
}
