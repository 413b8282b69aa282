/** Moments of a schedule around now: the two latest ones that are not after it, and the one that follows them. */
export interface ScheduleMoments {
  readonly latest: Date | null;
  readonly before: Date | null;
  readonly next: Date | null;
}

/** Backups of one moment begin within this time, and within a quarter of the time to the next moment. */
const longestSpreadMs = 30 * 60_000;

/**
 * The moment that a database is to be served for now, or null. It is the latest one whose turn has come: of several that were missed,
 * only the last is made up for. `servedAt` is the moment that was served last, or when the database came under its schedule.
 */
export const momentDue = (
  { latest, before, next }: ScheduleMoments,
  servedAt: Date,
  databaseId: string,
  now: Date,
): Date | null => {
  if (latest === null) return null;
  const turn = latest.getTime() + turnMs(databaseId, next === null ? Infinity : next.getTime() - latest.getTime());
  const moment = turn <= now.getTime() ? latest : before;
  return moment !== null && moment > servedAt ? moment : null;
};

/** How long after its moment a database has its turn: always the same, and another one for each, so that not all begin at once. */
export const turnMs = (databaseId: string, gapMs: number): number =>
  Math.floor(share(databaseId) * Math.min(longestSpreadMs, gapMs / 4));

/** FNV-1a (RFC 9923) with a last mix: ids of the same second have much in common. At least 0, below 1. */
const share = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
};
