import { Cron } from 'croner';
import type { ScheduleMoments } from '#domain/backup/schedule.js';

/**
 * Errors of croner for an expression that is none of five fields. Of an hour that the clocks leave out, croner makes the next one; of an
 * hour that comes twice, the first.
 */
const open = (schedule: string, timeZone: string): Cron =>
  new Cron(schedule, { timezone: timeZone, mode: '5-part', paused: true });

/** What is wrong with a schedule, for people, or null. One that never comes is wrong as well: it looks as if there were backups. */
export const scheduleProblem = (schedule: string, timeZone: string, now: Date): string | null => {
  if (timeZoneProblem(timeZone) !== null) return null;
  if (schedule.trim().split(/\s+/).length !== 5) return 'must have five fields, such as 0 2 * * *';
  try {
    return open(schedule, timeZone).nextRun(now) === null ? 'names a moment that never comes' : null;
  } catch (error) {
    // The class is croner's or TypeError; both say what is wrong with which part.
    return `is no cron expression: ${error instanceof Error ? error.message : String(error)}`;
  }
};

/** IANA names only: an offset such as +01:00 knows no daylight saving time. */
export const timeZoneProblem = (timeZone: string): string | null => {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return /^[A-Za-z]/.test(timeZone) ? null : 'must be an IANA name, such as Europe/Berlin';
  } catch {
    return 'is no IANA time zone that this host knows, such as Europe/Berlin';
  }
};

const minuteMs = 60_000;
/** Each holds at most some dozens of moments, when the one before it held less than two. */
const lookBackMs = [10, 180, 3 * 1440, 40 * 1440, 400 * 1440, 10 * 366 * 1440].map((minutes) => minutes * minuteMs);

/**
 * Found by walking forward: croner's own way back fails for months that lack the day (0 0 29 2 *), and around a change of the clocks its
 * next moment may lie before the one that is asked about. Errors: those of an expression or a zone that was never checked.
 */
export const momentsAround = (schedule: string, timeZone: string, now: Date): ScheduleMoments => {
  const cron = open(schedule, timeZone);
  let moments: readonly Date[] = [];
  for (const span of lookBackMs) {
    moments = momentsBetween(cron, new Date(now.getTime() - span), now);
    if (moments.length >= 2) break;
  }
  return { latest: moments.at(-1) ?? null, before: moments.at(-2) ?? null, next: nextAfter(cron, now) };
};

/** In order, each once. */
const momentsBetween = (cron: Cron, after: Date, until: Date): readonly Date[] => {
  const found: Date[] = [];
  for (let at = nextAfter(cron, after); at !== null && at <= until; at = nextAfter(cron, at)) found.push(at);
  return found;
};

const nextAfter = (cron: Cron, after: Date): Date | null => {
  let at = cron.nextRun(after);
  for (let from = after.getTime(); at !== null && at <= after; from += minuteMs) at = cron.nextRun(new Date(from));
  return at;
};
