/**
 * How far an import has come, kept in the store beside what it writes, so that a caller who was cut off, or a server that was, goes on
 * where it was. Of lines that were under way then, a create has an id that follows from its line, and is found again.
 */
import { createHash } from 'node:crypto';
import { FhirError } from '../fhir/fhir-error.js';
import type { InteractionRequest } from '../interactions/interaction.js';
import { nextInstant } from '../interactions/write-resource.js';
import type { Services } from '../services.js';
import type { Namespace, ResourceVersion } from '../storage/store.js';

/** Lines between two notes of how far it has come. */
const LINES_A_NOTE = 1000;
const TYPE = 'Parameters';
const MOST_CLAIMS = 5;

export class ImportProgress {
  readonly #services: Services;
  readonly #namespace: Namespace;
  /** Tells imports of different callers apart, whatever they call them. */
  readonly #key: string;
  #current: ResourceVersion | undefined;
  #next: number;
  #noted: number;
  /** Whether another request has taken the import over. */
  #isLost = false;
  /** Whether an earlier request has begun it. */
  readonly isKnown: boolean;

  private constructor(services: Services, namespace: Namespace, key: string, current: ResourceVersion | undefined) {
    this.#services = services;
    this.#namespace = namespace;
    this.#key = key;
    this.#current = current;
    this.isKnown = current !== undefined;
    this.#next = readNext(current);
    this.#noted = this.#next;
  }

  static async find(services: Services, { api, principal }: InteractionRequest, id: string): Promise<ImportProgress> {
    if (api.config.ids === 'number') {
      throw new FhirError(
        'not-implemented',
        'The ids of this API are numbers, which no line has before it is written: import without an id',
      );
    }
    const namespace = `${api.namespace}/$import`;
    const key = createHash('sha256')
      .update(JSON.stringify([principal.clientId, principal.subject, id]))
      .digest('hex');
    return new ImportProgress(services, namespace, key, await services.store.get(namespace, TYPE, key));
  }

  /** The first line that was not answered yet. */
  get next(): number {
    return this.#next;
  }

  /** A UUID (version 8) that is always the same for one line of one import. */
  idOf(line: number): string {
    const hex = createHash('sha256').update(`${this.#namespace} ${this.#key} ${line}`).digest('hex');
    const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  }

  /** From now on it is this request's: one that is under way with the same id ends at its next note. */
  async claim(): Promise<void> {
    for (let attempt = 0; attempt < MOST_CLAIMS; attempt++) {
      if (await this.#write()) return;
      // the request that was broken off has just noted how far it came
      this.#current = await this.#services.store.get(this.#namespace, TYPE, this.#key);
      this.#next = readNext(this.#current);
    }
    throw takenOver();
  }

  /** One line more was answered. */
  async advance(): Promise<void> {
    this.#next += 1;
    if (this.#next - this.#noted >= LINES_A_NOTE) await this.#note();
  }

  async save(): Promise<void> {
    if (this.#next > this.#noted && !this.#isLost) await this.#note();
  }

  async #note(): Promise<void> {
    if (await this.#write()) return;
    this.#isLost = true;
    throw takenOver();
  }

  /** False where another request has noted something meanwhile. */
  async #write(): Promise<boolean> {
    const { store } = this.#services;
    const expectedVersion = this.#current?.versionId ?? 0;
    const parameter = [{ name: 'next', valueInteger: this.#next }];
    const version = {
      type: TYPE,
      id: this.#key,
      versionId: expectedVersion + 1,
      lastUpdated: nextInstant(this.#services, this.#current),
      method: 'PUT' as const,
      json: JSON.stringify({ resourceType: TYPE, id: this.#key, parameter }),
    };
    const put = { ...version, expectedVersion, index: [] };
    const { committed } = await store.commit({ namespace: this.#namespace, puts: [put], removes: [], conditions: [] });
    if (!committed) return false;
    this.#current = version;
    this.#noted = this.#next;
    return true;
  }
}

function takenOver(): FhirError {
  return new FhirError('version-conflict', 'Another request imports under the same id, and has taken this one over');
}

function readNext(version: ResourceVersion | undefined): number {
  if (version?.json === undefined) return 1;
  const { parameter } = JSON.parse(version.json) as { readonly parameter: readonly [{ readonly valueInteger: number }] };
  return parameter[0].valueInteger;
}
