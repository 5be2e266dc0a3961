/** Pairs of hash and row in typed arrays, chained by hash: what a Map of lists would do, without an object for each. */

const INITIAL = 1024;

export class Postings {
  #hashes = new Float64Array(INITIAL);
  #rows = new Float64Array(INITIAL);
  /** Index of the pair before with the same slot, plus one; 0 at the end of the chain. */
  #previous = new Int32Array(INITIAL);
  #heads = new Int32Array(INITIAL);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(hash: number, row: number): void {
    if (this.#size === this.#hashes.length) this.#grow();
    const index = this.#size++;
    this.#hashes[index] = hash;
    this.#rows[index] = row;
    this.#link(index);
  }

  collect(hash: number, into: { add(row: number): unknown }): void {
    for (let next = this.#heads[this.#slot(hash)] as number; next !== 0; next = this.#previous[next - 1] as number) {
      if (this.#hashes[next - 1] === hash) into.add(this.#rows[next - 1] as number);
    }
  }

  count(hash: number): number {
    let count = 0;
    for (let next = this.#heads[this.#slot(hash)] as number; next !== 0; next = this.#previous[next - 1] as number) {
      if (this.#hashes[next - 1] === hash) count += 1;
    }
    return count;
  }

  /** Every pair in order of hash, then row, some hundred at a time; `bits` is the width of the hashes. */
  *sorted(bits: number): Generator<{ readonly hashes: Float64Array; readonly rows: Float64Array }> {
    const buckets = Math.min(2 ** Math.ceil(Math.log2(this.#size / 256 + 1)), 2 ** bits);
    const width = 2 ** bits / buckets;
    const ends = new Int32Array(buckets + 1);
    for (let index = 0; index < this.#size; index += 1) {
      const bucket = Math.floor((this.#hashes[index] as number) / width) + 1;
      ends[bucket] = (ends[bucket] as number) + 1;
    }
    for (let bucket = 1; bucket <= buckets; bucket += 1) ends[bucket] = (ends[bucket] as number) + (ends[bucket - 1] as number);
    const places = ends.slice(0, buckets);
    const order = new Int32Array(this.#size);
    for (let index = 0; index < this.#size; index += 1) {
      const bucket = Math.floor((this.#hashes[index] as number) / width);
      const place = places[bucket] as number;
      order[place] = index;
      places[bucket] = place + 1;
    }
    for (let bucket = 0; bucket < buckets; bucket += 1) {
      const part = order.subarray(ends[bucket] as number, ends[bucket + 1] as number);
      if (part.length === 0) continue;
      part.sort(
        (left, right) =>
          (this.#hashes[left] as number) - (this.#hashes[right] as number) || (this.#rows[left] as number) - (this.#rows[right] as number),
      );
      yield {
        hashes: Float64Array.from(part, (index) => this.#hashes[index] as number),
        rows: Float64Array.from(part, (index) => this.#rows[index] as number),
      };
    }
  }

  #slot(hash: number): number {
    // the low half of the hash is as random as all of it
    return (hash % 4294967296) & (this.#heads.length - 1);
  }

  #link(index: number): void {
    const slot = this.#slot(this.#hashes[index] as number);
    this.#previous[index] = this.#heads[slot] as number;
    this.#heads[slot] = index + 1;
  }

  #grow(): void {
    const size = this.#hashes.length * 2;
    this.#hashes = resized(this.#hashes, new Float64Array(size));
    this.#rows = resized(this.#rows, new Float64Array(size));
    this.#previous = new Int32Array(size);
    this.#heads = new Int32Array(size);
    for (let index = 0; index < this.#size; index += 1) this.#link(index);
  }
}

function resized(from: Float64Array, to: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  to.set(from);
  return to;
}
