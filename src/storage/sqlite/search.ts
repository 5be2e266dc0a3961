/**
 * One page of a search. The index gives candidates, each is checked against its exact entries. Two ways lead to a page:
 * gather the candidates and sort them (few match), or walk an index in the result's order until the page is full (many do).
 * Everything here is a generator: between two steps the thread may commit or answer another search.
 */
import { comparePositions, compareText, decodeCursor, encodeCursor, type Position } from '../cursor.js';
import type { Criterion, SortKey, StorePage, StoreQuery } from '../store.js';
import { collectRows, estimate, updatedInterval } from './candidates.js';
import { compileMatcher, compileSortReader, type Matcher, type SortReader } from './match-entries.js';
import { type Candidate, isReplaced, readCandidate, readVersion, type Scope, type View } from './view.js';
import { AFTER_ALL_IDS, isWalkable, type WalkStart, walk } from './walk.js';

/** Candidates checked between two steps; one takes some microseconds. */
const CHECKS_PER_STEP = 128;
/** Below so many candidates gathering costs less than deciding. */
const FEW_CANDIDATES = 256;
/** How many times the checks that one would expect a walk may cost before it is given up. */
const WALK_PATIENCE = 4;

interface Match {
  readonly row: number;
  readonly position: Position;
}

interface ScopeSearch {
  readonly view: View;
  readonly scope: Scope;
  readonly criterion: Criterion | undefined;
  readonly matcher: Matcher | undefined;
  readonly sort: readonly SortKey[];
  readonly sortReaders: readonly SortReader[];
  readonly start: Position | undefined;
  /** Matches after `start` that are of interest. */
  readonly need: number;
}

interface ScopeResult {
  readonly matches: readonly Match[];
  readonly total: number;
}

export function* search(view: View, query: StoreQuery): Generator<void, StorePage> {
  const { namespace, limit, offset = 0, sort = [], after, criterion, total: isCounted } = query;
  const start = after === undefined ? undefined : decodeCursor(query, after);
  const need = limit === 0 ? 0 : offset + limit + 1;
  const matcher = criterion === undefined ? undefined : compileMatcher(criterion);
  const sortReaders = sort.map(compileSortReader);
  let found: Match[] = [];
  let total = 0;
  for (const type of [...new Set(query.types)].sort(compareText)) {
    const scope = view.scopes.find(namespace, type);
    if (scope === undefined) continue;
    const result = yield* searchScope({ view, scope, criterion, matcher, sort, sortReaders, start, need }, isCounted);
    found = [...found, ...result.matches];
    total += result.total;
    // without a sort the types follow one another
    if (sort.length === 0 && !isCounted && found.length >= need) break;
  }
  found.sort((left, right) => comparePositions(sort, left.position, right.position));
  const page = limit === 0 ? [] : found.slice(offset, offset + limit);
  const last = page.at(-1);
  return {
    matches: page.map(({ row, position }) => readVersion(view, position.type, row)),
    ...(last !== undefined && found.length > offset + limit && { next: encodeCursor(query, last.position) }),
    ...(isCounted && { total }),
  };
}

export function* count(view: View, query: Pick<StoreQuery, 'namespace' | 'types' | 'criterion'>): Generator<void, number> {
  const { total = 0 } = yield* search(view, { ...query, limit: 0, total: true });
  return total;
}

function* searchScope(search: ScopeSearch, isCounted: boolean): Generator<void, ScopeResult> {
  const { view, scope, criterion, sort, need } = search;
  if (scope.current === 0 || (need === 0 && !isCounted)) return { matches: [], total: 0 };
  if (criterion === undefined) {
    if (need > 0 && !isWalkable(sort)) return yield* gatherMatches(search);
    const matches = need === 0 ? [] : yield* walkMatches(search, Number.POSITIVE_INFINITY);
    return { matches: matches ?? [], total: scope.current };
  }
  if (!isCounted && isWalkable(sort)) {
    // a walk meets a match after (resources / matches) checks: it is the shorter way above this many matches
    const balance = Math.max(FEW_CANDIDATES, Math.ceil(Math.sqrt(need * scope.current)));
    const size = estimate(view, scope, criterion, balance);
    if (size === undefined || size >= balance) {
      const matches = yield* walkMatches(search, size === undefined ? Number.POSITIVE_INFINITY : WALK_PATIENCE * balance);
      if (matches !== undefined) return { matches, total: 0 };
    }
  }
  return yield* gatherMatches(search);
}

/** Undefined when the walk was given up: the matches lie far from its beginning. */
function* walkMatches(search: ScopeSearch, patience: number): Generator<void, readonly Match[] | undefined> {
  const { view, scope, criterion, matcher, sort, start, need } = search;
  const matches: Match[] = [];
  const [key] = sort;
  const isValueSort = key !== undefined && (key.kind === 'string' || key.kind === 'range');
  const interval = criterion === undefined ? updatedInterval([]) : requiredUpdated(criterion);
  let checks = 0;
  for (const { rows, value } of walk(view, scope, key, startIn(search), interval)) {
    if (value === null && criterion !== undefined && key !== undefined && requires(criterion, key)) break;
    const block: Match[] = [];
    for (const row of rows) {
      checks += 1;
      if (checks % CHECKS_PER_STEP === 0) yield;
      if (isValueSort && isReplaced(view, row)) continue;
      const candidate = readCandidate(view, scope, row);
      if (candidate === undefined || matcher?.(candidate) === false) continue;
      const position = positionOf(search, candidate);
      if (value !== undefined && position.values[0] !== value) continue;
      if (start !== undefined && comparePositions(sort, position, start) <= 0) continue;
      block.push({ row, position });
    }
    if (value !== undefined) block.sort((left, right) => comparePositions(sort, left.position, right.position));
    for (const match of block) matches.push(match);
    if (matches.length >= need) return matches.slice(0, need);
    if (checks > patience) return undefined;
    yield;
  }
  return matches;
}

/** What `start`, which may stand in another type, means for this one. */
function startIn({ scope, start, sort: [key] }: ScopeSearch): WalkStart | undefined {
  if (start === undefined) return undefined;
  const value = start.values[0];
  const order = compareText(scope.type, start.type);
  if (order === 0) return { value, id: start.id, isInclusive: false };
  // without a sort the types follow one another
  if (key === undefined) return order > 0 ? undefined : { value, id: AFTER_ALL_IDS, isInclusive: false };
  if (key.kind === 'id') return { value, id: start.id, isInclusive: order > 0 };
  // of those with the value of the start: all when the type follows the start's, none when it precedes it
  return { value, id: order > 0 ? '' : AFTER_ALL_IDS, isInclusive: false };
}

function* gatherMatches(search: ScopeSearch): Generator<void, ScopeResult> {
  const { view, scope, criterion, matcher, sort, start, need } = search;
  let matches: Match[] = [];
  let total = 0;
  let checks = 0;
  const byPosition = (left: Match, right: Match): number => comparePositions(sort, left.position, right.position);
  const check = (row: number): void => {
    const candidate = readCandidate(view, scope, row);
    if (candidate === undefined || matcher?.(candidate) === false) return;
    total += 1;
    if (need === 0) return;
    const position = positionOf(search, candidate);
    if (start !== undefined && comparePositions(sort, position, start) <= 0) return;
    matches.push({ row, position });
    // only the first ones are of interest: the rest is let go from time to time
    if (matches.length >= 2 * need + 4096) matches = matches.sort(byPosition).slice(0, need);
  };
  const rows = criterion === undefined ? undefined : yield* collectRows(view, scope, criterion);
  if (rows === undefined) {
    for (const block of walk(view, scope, undefined, undefined, updatedInterval([]))) {
      for (const row of block.rows) {
        check(row);
        checks += 1;
        if (checks % CHECKS_PER_STEP === 0) yield;
      }
    }
  } else {
    for (const row of rows) {
      if (!isReplaced(view, row)) check(row);
      checks += 1;
      if (checks % CHECKS_PER_STEP === 0) yield;
    }
  }
  return { matches: matches.sort(byPosition).slice(0, need), total };
}

function positionOf({ sortReaders, scope }: ScopeSearch, candidate: Candidate): Position {
  return { values: sortReaders.map((read) => read(candidate)), type: scope.type, id: candidate.id };
}

/** Whether every match has a value for this sort key, so that none of them comes last for want of one. */
function requires(criterion: Criterion, { param, kind }: Pick<SortKey, 'param' | 'kind'>): boolean {
  switch (criterion.op) {
    case 'and':
      return criterion.of.some((part) => requires(part, { param, kind }));
    case 'string':
    case 'range':
      return criterion.op === kind && criterion.param === param;
    default:
      return false;
  }
}

/** The interval in which every match was last updated. */
function requiredUpdated(criterion: Criterion): readonly [from: number, to: number] {
  if (criterion.op === 'lastUpdated') return updatedInterval(criterion.bounds);
  if (criterion.op !== 'and') return updatedInterval([]);
  let [from, to] = updatedInterval([]);
  for (const part of criterion.of) {
    const [partFrom, partTo] = requiredUpdated(part);
    from = Math.max(from, partFrom);
    to = Math.min(to, partTo);
  }
  return [from, to];
}
