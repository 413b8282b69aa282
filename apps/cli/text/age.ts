import { InvalidArgumentError } from 'commander';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** A month and a year are as long as they are on average. */
const unitMs = { h: hourMs, d: dayMs, w: 7 * dayMs, mo: (365.25 / 12) * dayMs, y: 365.25 * dayMs } as const;

/** Milliseconds of an age in the reference's form: `12h`, `3d`, `1w`, `6mo`, `1y`. */
export const parseAge = (text: string): number => {
  const [, count, unit] = /^(\d{1,6})(h|d|w|mo|y)$/.exec(text) ?? [];
  if (!count || !unit) throw new InvalidArgumentError('It must be like 12h, 3d, 1w, 6mo or 1y.');
  return Number(count) * unitMs[unit as keyof typeof unitMs];
};

/** `5 min ago`, `3 h ago`, `12 days ago`. */
export const renderAge = (at: string, now: Date): string => {
  const ageMs = Math.max(0, now.getTime() - Date.parse(at));
  if (ageMs < hourMs) return `${Math.floor(ageMs / 60_000)} min ago`;
  if (ageMs < 2 * dayMs) return `${Math.floor(ageMs / hourMs)} h ago`;
  return `${Math.floor(ageMs / dayMs)} days ago`;
};
