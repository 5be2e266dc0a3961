import { expect } from 'chai';
import { createUuidSource } from '../../../src/fhir/uuid.js';

const NOW = 0x0123456789ab;

describe('createUuidSource', () => {
  it('makes UUIDs of version 7 that begin with the instant', () => {
    const newId = createUuidSource(() => NOW + 0.75);
    expect(newId()).to.match(/^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('takes the random bits from its source to the bit', () => {
    const newId = createUuidSource(
      () => NOW,
      (bytes) => bytes.fill(0xff),
    );
    expect(newId()).to.equal('01234567-89ab-77ff-bfff-ffffffffffff');
    expect(newId()).to.equal('01234567-89ab-7800-bfff-ffffffffffff');
  });

  it('makes each id greater than the one before, within a millisecond and when the clock goes back', () => {
    let now = NOW;
    const newId = createUuidSource(() => now);
    const ids: string[] = [];
    // more than the counter holds in one millisecond
    for (let made = 0; made < 10_000; made++) ids.push(newId());
    now -= 5_000;
    for (let made = 0; made < 100; made++) ids.push(newId());
    now += 10_000;
    ids.push(newId());
    expect(ids.every((id, index) => index === 0 || id > (ids[index - 1] as string))).to.equal(true);
    expect(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))).to.equal(true);
    expect(ids.at(-1)?.slice(0, 13)).to.equal(`01234567-${(0x89ab + 5_000).toString(16)}`);
  });

  it('gives two sources that start in the same millisecond different ids', () => {
    const first = createUuidSource(() => NOW);
    const second = createUuidSource(() => NOW);
    const ids = new Set(Array.from({ length: 1_000 }, () => [first(), second()]).flat());
    expect(ids.size).to.equal(2_000);
  });
});
