/** Where definitions come from: R4's index, a package, loose files. Pure data, so that a browser can have sources of its own. */
import type { JsonObject } from '../fhir/json.js';

export interface DefinitionDetail {
  readonly name?: string;
  readonly kind?: string;
  readonly type?: string;
  readonly derivation?: string;
  readonly abstract?: boolean;
  readonly base?: readonly string[];
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

export function detailOf(resource: JsonObject): DefinitionDetail {
  const detail: Record<string, unknown> = {};
  for (const name of ['name', 'kind', 'type', 'derivation']) if (typeof resource[name] === 'string') detail[name] = resource[name];
  if (resource['abstract'] === true) detail['abstract'] = true;
  if (Array.isArray(resource['base'])) detail['base'] = resource['base'];
  return detail;
}
