/** What the main thread asks the store's thread to do, and what comes back. */
import type { CommitResult, HistoryQuery, StoreErrorCode, StoreHealth, StorePage, StoreQuery } from '../store.js';
import type { EncodedCommit } from './encoded-commit.js';
import type { EngineOptions } from './engine.js';

export type StoreCall =
  /** Before all others. */
  | { readonly name: 'open'; readonly path: string; readonly options: EngineOptions }
  | { readonly name: 'commit'; readonly commit: EncodedCommit }
  | { readonly name: 'search'; readonly query: StoreQuery }
  | { readonly name: 'count'; readonly query: Pick<StoreQuery, 'namespace' | 'types' | 'criterion'> }
  | { readonly name: 'history'; readonly query: HistoryQuery }
  | { readonly name: 'health' }
  | { readonly name: 'close' };

export interface StoreAnswers {
  readonly open: undefined;
  readonly commit: CommitResult;
  readonly search: StorePage;
  readonly count: number;
  readonly history: StorePage;
  readonly health: StoreHealth;
  readonly close: undefined;
}

export interface StoreRequest {
  readonly number: number;
  readonly call: StoreCall;
}

/** `number` is that of the request. */
export type StoreReply =
  | { readonly number: number; readonly answer: StoreAnswers[keyof StoreAnswers] }
  | { readonly number: number; readonly error: { readonly code: StoreErrorCode; readonly message: string; readonly cause: string } };
