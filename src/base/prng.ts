/**
 * Seeded pseudo-random numbers, so that a run can be repeated from its seed:
 * jitter in the core, faults and schedules in the simulator. Not for secrets.
 *
 * The generator is Mulberry32: one 32-bit word of state, a period of 2^32.
 * Source: Tommy Ettinger's mulberry32, public domain.
 */

/** The generator's state: an unsigned 32-bit integer. */
export type PrngState = number;

/** A drawn number and the state to draw the next one from. */
export interface Drawn {
  readonly state: PrngState;
  /** At least 0, below 1. */
  readonly value: number;
}

/** The state that `seed` stands for; any number will do. */
export function toPrngState(seed: number): PrngState {
  return seed >>> 0;
}

/** Draw one number. Pure: the same state gives the same number. */
export function nextRandom(state: PrngState): Drawn {
  const advanced = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(advanced ^ (advanced >>> 15), advanced | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return {
    state: advanced,
    value: ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000,
  };
}

/** A generator that keeps its state: for the simulator and for tests. */
export interface Prng {
  /** At least 0, below 1. */
  random(): number;
  /** A whole number, at least 0, below `max`; 0 when `max` is below 1. */
  int(max: number): number;
  /** True with probability `p`: never for 0, always for 1. */
  chance(p: number): boolean;
  /** One member of `list`; undefined only when it is empty. */
  pick<Member>(list: readonly [Member, ...Member[]]): Member;
  pick<Member>(list: readonly Member[]): Member | undefined;
  /** Where it is now: a `createPrng` of it goes on from here. */
  state(): PrngState;
}

/** A generator that starts from `seed`. */
export function createPrng(seed: number): Prng {
  let state = toPrngState(seed);

  function random(): number {
    const drawn = nextRandom(state);
    state = drawn.state;
    return drawn.value;
  }

  function int(max: number): number {
    return Math.floor(random() * Math.max(0, Math.floor(max)));
  }

  return {
    random,
    int,
    chance: (p) => random() < p,
    pick: <Member>(list: readonly Member[]) => list[int(list.length)] as Member,
    state: () => state,
  };
}
