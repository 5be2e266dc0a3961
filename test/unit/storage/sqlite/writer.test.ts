import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { Connection } from '../../../../src/storage/sqlite/connection.js';
import { Delta } from '../../../../src/storage/sqlite/delta.js';
import { encodeCommit } from '../../../../src/storage/sqlite/encoded-commit.js';
import { prepareStore, readTermHash } from '../../../../src/storage/sqlite/schema.js';
import { Writer } from '../../../../src/storage/sqlite/writer.js';
import type { Commit, IndexEntry } from '../../../../src/storage/store.js';

const SEED = 4_711;

const write = fc.record({
  kind: fc.constant('write' as const),
  id: fc.integer({ min: 0, max: 7 }),
  value: fc.integer({ min: 0, max: 3 }),
  isRemove: fc.boolean(),
});
const step = fc.oneof(
  { weight: 6, arbitrary: write },
  /** One step of a merge, and its end. */
  { weight: 3, arbitrary: fc.constantFrom({ kind: 'merge' as const }, { kind: 'merge to the end' as const }) },
  /** What is in memory is lost. */
  { weight: 1, arbitrary: fc.constant({ kind: 'crash' as const }) },
);

/** Enough of them that a merge needs several steps. */
function entriesOf(id: number, value: number): readonly IndexEntry[] {
  const terms = Array.from({ length: 60 }, (_, number): IndexEntry => ({ kind: 'term', param: 'code', value: `${id}-${value}-${number}` }));
  const shared: IndexEntry[] = [
    { kind: 'term', param: 'code', value: `value ${value}` },
    { kind: 'term', param: 'code', value: `value ${value}` },
    { kind: 'string', param: 'name', value: `name ${value}` },
    { kind: 'range', param: 'date', low: value, high: value + id },
  ];
  return [...terms, ...shared];
}

describe('Writer', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kauri-writer-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (name: string): Connection => {
    const connection = new Connection(join(folder, name));
    prepareStore(connection);
    return connection;
  };

  const mergeAll = (writer: Writer): void => {
    // one merge takes what there is when it begins
    do writer.merge(1_000);
    while (writer.isMerging || writer.unmerged > 0);
  };

  /** What is in the index tables, as texts. */
  const tablesOf = (connection: Connection): readonly string[] =>
    ['term', 'string', 'range_low', 'range_high'].flatMap((table) =>
      connection
        .prepareList(`SELECT * FROM ${table}`)
        .all()
        .map((row) => `${table} ${row.map(String).join(' ')}`),
    );

  /** What should be there, from the current versions. */
  const expectedOf = (connection: Connection): readonly string[] => {
    const rows = connection
      .prepareList<readonly [number, number, Buffer]>(
        'SELECT row, scope, entries FROM version WHERE row IN (SELECT row FROM resource WHERE deleted = 0)',
      )
      .all();
    const delta = new Delta();
    const hash = readTermHash(connection);
    for (const [row, scope, entries] of rows) delta.add(row, scope, entries, hash);
    const lines = new Set<string>();
    for (const { hashes, rows: sorted } of delta.terms.sorted(hash.bits)) {
      for (const [index, value] of hashes.entries()) lines.add(`term ${value} ${sorted[index]}`);
    }
    for (const [param, list] of delta.strings) for (const { value, row } of list) lines.add(`string ${param} ${String(value)} ${row}`);
    for (const [param, list] of delta.ranges) {
      for (const { low, high, row } of list) {
        lines.add(`range_low ${param} ${low} ${high} ${row}`);
        lines.add(`range_high ${param} ${high} ${low} ${row}`);
      }
    }
    return [...lines];
  };

  it(`leaves in the index tables the entries of current versions and no others, whatever happens in between (seed ${SEED})`, () => {
    let stores = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
        stores += 1;
        const connection = open(`${stores}.db`);
        let writer = new Writer(connection);
        const versions = new Map<number, number>();
        for (const step of steps) {
          if (step.kind === 'crash') writer = new Writer(connection);
          else if (step.kind === 'merge') writer.merge(0);
          else if (step.kind === 'merge to the end') mergeAll(writer);
          else {
            const expectedVersion = versions.get(step.id) ?? 0;
            const common = { type: 'Patient', id: `p${step.id}`, expectedVersion, versionId: expectedVersion + 1, lastUpdated: 1 };
            const put = { ...common, method: 'PUT' as const, json: '{}', index: entriesOf(step.id, step.value) };
            const commit: Commit = {
              namespace: 'n',
              conditions: [],
              ...(step.isRemove ? { puts: [], removes: [common] } : { puts: [put], removes: [] }),
            };
            expect(writer.commit([encodeCommit(commit)])).to.deep.equal([{ committed: true }]);
            versions.set(step.id, expectedVersion + 1);
          }
        }
        mergeAll(writer);
        expect([...tablesOf(connection)].sort()).to.deep.equal([...expectedOf(connection)].sort());
        connection.close();
      }),
      { seed: SEED, numRuns: 40 },
    );
  });
});
