/** What the conditions of a group of commits match, as it is stored: most of them in one read. */
import type { ClientSession } from 'mongodb';
import { type Indexed, matchCriterion } from '../match-criterion.js';
import type { CommitCondition } from '../store.js';
import type { PreparedCommit } from './commit-queue.js';
import type { Connection } from './connection.js';
import { queryFilter } from './criterion-filter.js';
import { fromKey, scopeOf } from './documents.js';
import { toEntries } from './index-keys.js';

/** Ids of the stored resources that a condition of the group matches. */
export type FindMatches = (condition: CommitCondition) => readonly string[];

interface Asked {
  readonly scope: string;
  readonly condition: CommitCondition;
  readonly filter: ReturnType<typeof queryFilter>;
}

/** Conditions in one read. */
const MAX_CONDITIONS = 100;
/** Resources that one read may find; where conditions match more, each is asked by itself, for ids alone. */
const MAX_FOUND = 500;

export async function readConditions(
  connection: Connection,
  commits: readonly PreparedCommit[],
  session: ClientSession,
): Promise<FindMatches> {
  const matches = new Map<CommitCondition, readonly string[]>();
  const asked = commits.flatMap(({ commit: { namespace, conditions } }) => conditions.map((condition) => toAsked(namespace, condition)));
  for (let start = 0; start < asked.length; start += MAX_CONDITIONS) {
    const part = asked.slice(start, start + MAX_CONDITIONS);
    const find = part.length === 1 ? undefined : await readTogether(connection, part, session);
    for (const one of part) matches.set(one.condition, find?.(one) ?? (await readIds(connection, one, session)));
  }
  return (condition) => matches.get(condition) ?? [];
}

function toAsked(namespace: string, condition: CommitCondition): Asked {
  const { type, criterion } = condition;
  return { scope: scopeOf(namespace, type), condition, filter: queryFilter({ namespace, types: [type], criterion }) };
}

/** Undefined when too much matches. */
async function readTogether(
  { resources }: Connection,
  asked: readonly Asked[],
  session: ClientSession,
): Promise<((one: Asked) => readonly string[]) | undefined> {
  const found = await resources
    .find({ $or: asked.map(({ filter }) => filter) }, { projection: { c: 1, u: 1, x: 1, d: 1 }, limit: MAX_FOUND + 1, session })
    .toArray();
  if (found.length > MAX_FOUND) return undefined;
  const candidates = found.map(({ _id, c, u, x = [], d = [] }): Indexed & { readonly scope: string } => ({
    scope: c,
    id: fromKey(_id, c).id,
    lastUpdated: u,
    index: toEntries(x, d),
  }));
  return ({ scope, condition }) =>
    candidates.filter((candidate) => candidate.scope === scope && matchCriterion(condition.criterion, candidate)).map(({ id }) => id);
}

async function readIds({ resources }: Connection, { filter, scope }: Asked, session: ClientSession): Promise<readonly string[]> {
  const found = await resources.find(filter, { projection: { _id: 1 }, session }).toArray();
  return found.map(({ _id }) => fromKey(_id, scope).id);
}
