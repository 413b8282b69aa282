/** Each complete backup is proved again after so many days. */
export const reverifyAfterDays = 30;

/**
 * How many a sweep asks for: twice what it takes to check all of them once in the time, so that a backlog goes within half of it and never
 * at once. At least one.
 */
export const verificationsPerSweep = (completeBackups: number, sweepEveryMs: number): number =>
  Math.max(1, Math.ceil((2 * completeBackups * sweepEveryMs) / (reverifyAfterDays * 86_400_000)));
