/** Where definitions come from: R4's index, a package, loose files. Pure data, so that a browser can have sources of its own. */
import type { JsonObject } from '../fhir/json.js';

/** What is known of a definition before it is read. */
export interface DefinitionDetail {
  readonly name?: string;
  readonly kind?: string;
  readonly type?: string;
  readonly derivation?: string;
  readonly abstract?: boolean;
  readonly base?: readonly string[];
  /** Of a CodeSystem: canonical of the value set of all its codes. */
  readonly valueSet?: string;
  /** Of a CodeSystem: canonical of the one that it adds to. */
  readonly supplements?: string;
}

export interface DefinitionEntry {
  readonly resourceType: string;
  readonly url: string;
  readonly version: string;
  readonly detail: DefinitionDetail;
  /** Reads the whole resource; a caller keeps it if it needs it again. */
  read(): JsonObject;
}

export interface DefinitionSource {
  /** `name#version`. */
  readonly packageId: string;
  readonly entries: readonly DefinitionEntry[];
}

const DETAILS = ['name', 'kind', 'type', 'derivation'];
const CODE_SYSTEM_DETAILS = ['name', 'valueSet', 'supplements'];

export function detailOf(resource: JsonObject): DefinitionDetail {
  const detail: Record<string, unknown> = {};
  const names = resource['resourceType'] === 'CodeSystem' ? CODE_SYSTEM_DETAILS : DETAILS;
  for (const name of names) if (typeof resource[name] === 'string') detail[name] = resource[name];
  if (resource['abstract'] === true) detail['abstract'] = true;
  if (Array.isArray(resource['base'])) detail['base'] = resource['base'];
  return detail;
}
