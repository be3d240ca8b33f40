/** Breadth-first search over states that are bytes: every state once, its parent kept for the story. */

/** Takes a successor, always in the same buffer. */
export type Emit = (next: Uint8Array) => void;

export interface Space {
  size: number;
  initial: () => Uint8Array;
  /** Calls back with every state that may follow, always in the same order. */
  successors: (state: Uint8Array, emit: Emit) => void;
  /** @returns the property that is broken, or null */
  violation: (state: Uint8Array) => string | null;
}

export interface Found {
  states: number;
  depth: number;
  /** false: the limit was reached first. */
  complete: boolean;
  violation: { what: string; path: number[] } | null;
  seconds: number;
}

const CHUNK = 1 << 14;

/** All states met so far, without duplicates. */
export class StateSet {
  readonly #chunks: Uint8Array[] = [];
  readonly #views: Uint32Array[] = [];
  readonly #words: number;
  #table = new Int32Array(1 << 16).fill(-1);
  #parents = new Int32Array(1 << 16);
  count = 0;

  constructor(readonly size: number) {
    this.#words = size / 4;
  }

  get(index: number): Uint8Array {
    const chunk = this.#chunks[index >> 14] as Uint8Array;
    const from = (index & (CHUNK - 1)) * this.size;
    return chunk.subarray(from, from + this.size);
  }

  parent(index: number): number {
    return this.#parents[index] as number;
  }

  /** @returns the index of that state, or -1 */
  find(state: Uint32Array): number {
    const mask = this.#table.length - 1;
    for (let slot = hash(state, this.#words) & mask; ; slot = (slot + 1) & mask) {
      const index = this.#table[slot] as number;
      if (index < 0 || this.#equals(index, state)) return index;
    }
  }

  /** @returns the index if it is new, else -1 */
  add(state: Uint32Array, parent: number): number {
    const mask = this.#table.length - 1;
    let slot = hash(state, this.#words) & mask;
    for (;;) {
      const index = this.#table[slot] as number;
      if (index < 0) break;
      if (this.#equals(index, state)) return -1;
      slot = (slot + 1) & mask;
    }
    const index = this.count++;
    this.#table[slot] = index;
    this.#store(index, state, parent);
    if (this.count * 2 > this.#table.length) this.#grow();
    return index;
  }

  #equals(index: number, state: Uint32Array): boolean {
    const words = this.#words;
    const view = this.#views[index >> 14] as Uint32Array;
    let k = (index & (CHUNK - 1)) * words;
    for (let i = 0; i < words; i++, k++) if (view[k] !== state[i]) return false;
    return true;
  }

  #store(index: number, state: Uint32Array, parent: number): void {
    if (index >> 14 === this.#chunks.length) {
      const chunk = new Uint8Array(CHUNK * this.size);
      this.#chunks.push(chunk);
      this.#views.push(new Uint32Array(chunk.buffer));
    }
    (this.#views[index >> 14] as Uint32Array).set(state, (index & (CHUNK - 1)) * this.#words);
    if (index >= this.#parents.length) {
      const parents = new Int32Array(this.#parents.length * 2);
      parents.set(this.#parents);
      this.#parents = parents;
    }
    this.#parents[index] = parent;
  }

  #grow(): void {
    const table = new Int32Array(this.#table.length * 2).fill(-1);
    const mask = table.length - 1;
    for (let index = 0; index < this.count; index++) {
      const view = this.#views[index >> 14] as Uint32Array;
      const from = (index & (CHUNK - 1)) * this.#words;
      let slot = hash(view.subarray(from, from + this.#words), this.#words) & mask;
      while ((table[slot] as number) >= 0) slot = (slot + 1) & mask;
      table[slot] = index;
    }
    this.#table = table;
  }
}

function hash(state: Uint32Array, words: number): number {
  let h = 0x9e3779b9;
  for (let i = 0; i < words; i++) {
    h = Math.imul(h ^ (state[i] as number), 0x85ebca6b);
    h ^= h >>> 15;
  }
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/**
 * Visits every state that can be reached, nearest first, and stops at the first one that breaks a property.
 * @param limit give up after so many states
 */
export function explore(space: Space, limit: number): { found: Found; states: StateSet } {
  const began = process.hrtime.bigint();
  const states = new StateSet(space.size);
  const end = (violation: Found["violation"], complete: boolean, depth: number) => {
    const seconds = Number(process.hrtime.bigint() - began) / 1e9;
    return { found: { states: states.count, depth, complete, violation, seconds }, states };
  };
  const scratch = new Uint8Array(space.size);
  states.add(new Uint32Array(space.initial().buffer), -1);
  let words = new Uint32Array(scratch.buffer);
  let buffer: ArrayBufferLike = scratch.buffer;
  let depth = 0;
  let lastOfDepth = 0;
  for (let index = 0; index < states.count; index++) {
    if (index > lastOfDepth) {
      depth++;
      lastOfDepth = states.count - 1;
    }
    scratch.set(states.get(index));
    const what = space.violation(scratch);
    if (what !== null) return end({ what, path: pathTo(space, states, index) }, false, depth);
    if (states.count > limit) return end(null, false, depth);
    space.successors(scratch, next => {
      if (next.buffer !== buffer) {
        buffer = next.buffer;
        words = new Uint32Array(next.buffer, next.byteOffset, space.size / 4);
      }
      states.add(words, index);
    });
  }
  return end(null, true, depth);
}

/** @returns which successor to take at each step from the beginning */
export function pathTo(space: Space, states: StateSet, index: number): number[] {
  const path: number[] = [];
  for (let child = index; states.parent(child) >= 0; child = states.parent(child)) {
    const wanted = Buffer.from(states.get(child));
    let number = -1;
    let k = 0;
    space.successors(Uint8Array.from(states.get(states.parent(child))), next => {
      if (number < 0 && wanted.equals(next.subarray(0, space.size))) number = k;
      k++;
    });
    path.unshift(number);
  }
  return path;
}
