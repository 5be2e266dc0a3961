/** Differences from a published snapshot that are known, each with the reason why it is not ours to mend. */
import { expect } from 'chai';

export interface KnownDifference {
  /** Last part of the profile's url. */
  readonly profile: string;
  /** As `snapshotDifferences` words them. */
  readonly differences: readonly string[];
  readonly reason: string;
}

/** Both ways: a difference that is not listed fails, and so does a listed one that is gone. */
export function expectOnly(found: readonly string[], known: readonly KnownDifference[]): void {
  const listed = known.flatMap(({ profile, differences }) => differences.map((difference) => `${profile} ${difference}`));
  expect([...found].sort()).to.deep.equal(listed.sort());
}
