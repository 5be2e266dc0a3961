/** What `server.ts` constructs once and everything below `http/` is given. */

import type { ServerConfig } from './config.js';
import type { ApiConfig } from './conformance/api-config.js';
import type { CapabilityPolicy } from './conformance/capability-statement.js';
import type { ConformanceRegistry } from './conformance/conformance-registry.js';
import type { FindIdentifierSystems } from './conformance/identifier-systems.js';
import type { Hl7Engine } from './hl7/hl7-engine.js';
import type { NumberSource } from './interactions/number-source.js';
import type { Stopwatch } from './observability/stopwatch.js';
import type { SearchEngine } from './search/search-engine.js';
import type { Namespace, Store } from './storage/store.js';
import type { Terminology } from './terminology/terminology.js';
import type { TerminologyServer } from './terminology/terminology-server.js';
import type { WhenAway } from './validation/ask-terminology-server.js';
import type { Validator } from './validation/validator.js';

/** One API as it is served: a folder of profiles/. */
export interface Api {
  /** Folder name. */
  readonly name: string;
  /** Where its resources lie in the store: of its own, or of one tenant where it has tenants. */
  readonly namespace: Namespace;
  readonly config: ApiConfig;
  readonly policy: CapabilityPolicy;
  readonly conformance: ConformanceRegistry;
  /** What the validator asks about codes, and operations too. */
  readonly terminology: Terminology;
  readonly validator: Validator;
  /** Asked what nothing loaded can tell; absent where api.json names none. */
  readonly terminologyServer?: { readonly server: TerminologyServer; readonly whenAway: WhenAway };
  readonly search: SearchEngine;
  /** Absent where the API leaves identifiers as they are sent. */
  readonly findIdentifierSystems?: FindIdentifierSystems;
  /** Whether it has tenants, whose keys alone are taken: no token of an issuer, and no HTTP Basic. */
  readonly takesKeysOnly?: boolean;
  /** HL7's validator, in place of ours or beside it; absent where api.json does not choose it. */
  readonly secondEngine?: SecondEngine;
}

export type EngineVerdict = 'agree' | 'disagree' | 'away';

export interface SecondEngine {
  readonly engine: Hl7Engine;
  /** `both`: ours decides, and what the two do not agree on is reported. */
  readonly mode: 'hl7' | 'both';
  /** Says nothing of what is in the resource. */
  readonly report: (verdict: EngineVerdict, about: { readonly api: string; readonly type: string; readonly isValidForUs: boolean }) => void;
}

export interface Services {
  readonly config: ServerConfig;
  readonly store: Store;
  readonly apis: readonly Api[];
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Of the request that is answered; absent where nobody asks. */
  readonly stopwatch?: Stopwatch | undefined;
  /** A new logical id: UUID version 7, lower case. */
  readonly newId: () => string;
  /** Ids of the APIs whose ids are numbers. */
  readonly numbers: NumberSource;
}
