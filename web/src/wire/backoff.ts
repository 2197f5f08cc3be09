// How long to wait before the next attempt to connect: doubling, bounded, with jitter so that tabs do not march in step.

export const FIRST_DELAY_MS = 500;
export const LONGEST_DELAY_MS = 30_000;

/** Returns the delay in ms before attempt `attempt` (0 is the first retry); `random` is in 0..1. */
export function backoffMs(attempt: number, random: number = Math.random()): number {
  const full = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt, 16));
  return Math.round(full * (0.75 + 0.5 * random));
}
