/** Bundles that the server writes, as text: their resources are text already. https://hl7.org/fhir/R4/bundle.html */

export type WrittenBundleType = 'searchset' | 'history' | 'batch-response' | 'transaction-response';

export interface BundleLink {
  readonly relation: 'self' | 'first' | 'previous' | 'next' | 'last';
  readonly url: string;
}

export interface WrittenBundle {
  readonly type: WrittenBundleType;
  /** Milliseconds. */
  readonly timestamp?: number;
  readonly total?: number;
  readonly links?: readonly BundleLink[];
  /** Serialised entries. */
  readonly entries: readonly string[];
}

export function writeBundle(bundle: WrittenBundle): string {
  let text = `{"resourceType":"Bundle","type":"${bundle.type}"`;
  if (bundle.timestamp !== undefined) text += `,"timestamp":"${toInstant(bundle.timestamp)}"`;
  if (bundle.total !== undefined) text += `,"total":${bundle.total}`;
  if (bundle.links !== undefined && bundle.links.length > 0) text += `,"link":${JSON.stringify(bundle.links)}`;
  // R4 allows no empty array
  if (bundle.entries.length > 0) text += `,"entry":[${bundle.entries.join(',')}]`;
  return `${text}}`;
}

export interface WrittenEntry {
  readonly fullUrl?: string | undefined;
  /** Serialised. */
  readonly resource?: string | undefined;
  readonly request?: { readonly method: string; readonly url: string } | undefined;
  readonly response?: WrittenEntryResponse | undefined;
}

export interface WrittenEntryResponse {
  /** `201 Created`. */
  readonly status: string;
  readonly location?: string | undefined;
  readonly versionId?: number | undefined;
  /** Milliseconds. */
  readonly lastModified?: number | undefined;
  /** Serialised OperationOutcome. */
  readonly outcome?: string | undefined;
}

export function writeEntry(entry: WrittenEntry): string {
  const parts: string[] = [];
  if (entry.fullUrl !== undefined) parts.push(`"fullUrl":${JSON.stringify(entry.fullUrl)}`);
  if (entry.resource !== undefined) parts.push(`"resource":${entry.resource}`);
  if (entry.request !== undefined) parts.push(`"request":${JSON.stringify(entry.request)}`);
  if (entry.response !== undefined) parts.push(`"response":${writeResponse(entry.response)}`);
  return `{${parts.join(',')}}`;
}

function writeResponse(response: WrittenEntryResponse): string {
  let text = `{"status":${JSON.stringify(response.status)}`;
  if (response.location !== undefined) text += `,"location":${JSON.stringify(response.location)}`;
  if (response.versionId !== undefined) text += `,"etag":"W/\\"${response.versionId}\\""`;
  if (response.lastModified !== undefined) text += `,"lastModified":"${toInstant(response.lastModified)}"`;
  if (response.outcome !== undefined) text += `,"outcome":${response.outcome}`;
  return `${text}}`;
}

/** FHIR `instant` in UTC. */
function toInstant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** Where what stands at an expression of a resource stands in its Bundle: `Patient.name` -> `Bundle.entry[3].resource.name`. */
export function entryExpression(index: number, expression: string): string {
  return `Bundle.entry[${index}].resource${expression.replace(/^[A-Za-z]*/, '')}`;
}
