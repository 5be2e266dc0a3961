/** Who asks: the verified access token, and the Request-Context that came with it. */
import type { JsonObject } from '../fhir/json.js';
import type { SmartScope } from './smart-scope.js';

export interface Principal {
  /** `sub`, or the client id. */
  readonly subject: string;
  readonly clientId: string | undefined;
  readonly scopes: readonly SmartScope[];
}

export type RequestContext = JsonObject;
