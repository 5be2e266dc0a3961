/** The files that a command line names: single ones, those of folders, standard input. */
import { isUtf8 } from 'node:buffer';
import { readdir, readFile, stat } from 'node:fs/promises';
import { reasonOf } from './usage-error.js';

export interface Input {
  /** As it was named; of a folder, its name and the way from there. */
  readonly file: string;
  /** Rejects with InputError. */
  readonly read: () => Promise<string>;
}

/** An input whose text cannot be had. */
export class InputError extends Error {
  /** Whether the bytes are there, but are no UTF-8. */
  readonly isMalformed: boolean;

  constructor(message: string, isMalformed: boolean, options?: ErrorOptions) {
    super(message, options);
    this.name = 'InputError';
    this.isMalformed = isMalformed;
  }
}

export const STANDARD_INPUT = '-';

/** In the order of the names; a folder's `.json` files by name, those of the folders in it where their folder's name comes. */
export async function* findInputs(names: readonly string[], stdin: AsyncIterable<Uint8Array>): AsyncGenerator<Input> {
  for (const name of names) {
    if (name === STANDARD_INPUT) yield { file: name, read: () => readStream(stdin) };
    else if (await isFolder(name)) yield* walkFolder(name.replace(/(?<=.)[/\\]+$/, ''));
    else yield { file: name, read: () => readText(name) };
  }
}

/** What is not there is no folder: reading it says why. */
async function isFolder(name: string): Promise<boolean> {
  try {
    return (await stat(name)).isDirectory();
  } catch {
    return false;
  }
}

async function* walkFolder(folder: string): AsyncGenerator<Input> {
  let found = 0;
  for await (const input of filesBelow(folder)) {
    found++;
    yield input;
  }
  // a check of nothing would look like one that found all valid
  if (found === 0) yield { file: folder, read: () => Promise.reject(new InputError('the folder has no .json file', false)) };
}

async function* filesBelow(folder: string): AsyncGenerator<Input> {
  let entries: { readonly name: string; isDirectory(): boolean }[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    yield { file: folder, read: () => Promise.reject(unreadable(error)) };
    return;
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    // publishers put an .index.json beside their resources
    if (entry.name.startsWith('.')) continue;
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.name.endsWith('.json')) yield { file: path, read: () => readRegularFile(path) };
  }
}

/** Of a walked folder: nobody has asked for what never ends, or never begins. */
async function readRegularFile(file: string): Promise<string> {
  const found = await stat(file).catch((error: unknown) => Promise.reject(unreadable(error)));
  if (!found.isFile()) throw new InputError('it is no regular file', false);
  return readText(file);
}

async function readText(file: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw unreadable(error);
  }
  return decode(bytes);
}

async function readStream(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of stream) chunks.push(chunk);
  } catch (error) {
    throw unreadable(error);
  }
  return decode(Buffer.concat(chunks));
}

function decode(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new InputError('The text is not UTF-8', true);
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return bytes.toString('utf8', hasMark ? 3 : 0);
}

function unreadable(error: unknown): InputError {
  return new InputError(reasonOf(error), false, { cause: error });
}
