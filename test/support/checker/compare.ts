import type { Attempt, Log } from './journal.js';

/** What an independent reader found on the server under a log's name. A value that cannot be read as a number is NaN. */
export type Found =
  | { readonly shape: 'register'; readonly value: number | null }
  | { readonly shape: 'sequence'; readonly values: readonly number[] }
  | { readonly shape: 'counter'; readonly value: number };

/** Complaints about what the server has, held against what it acknowledged. None when nothing is lost, doubled or reordered. */
export const compare = (log: Log, found: Found): string[] => {
  if (found.shape === 'register') return register(log, found.value);
  if (found.shape === 'sequence') return sequence(log, found.values);
  return counter(log, found.value);
};

/** How many acknowledged entries are missing from a sequence: what a promotion lost. */
export const lostEntries = ({ attempts }: Log, found: Found): number => {
  if (found.shape !== 'sequence') return 0;
  const there = new Set(found.values);
  return attempts.filter(({ value, outcome }) => outcome === 'acknowledged' && !there.has(value)).length;
};

const list = (values: readonly number[]): string =>
  values.length > 8 ? `${values.slice(0, 8).join(', ')} and ${values.length - 8} more` : values.join(', ');

/** The last acknowledged value, or one that was sent after it and may have happened. */
const register = ({ name, attempts }: Log, value: number | null): string[] => {
  const lastAt = attempts.findLastIndex(({ outcome }) => outcome === 'acknowledged');
  if (value === null) {
    const last = attempts[lastAt];
    return last ? [`${name}: nothing is there, ${last.value} was acknowledged`] : [];
  }
  const at = attempts.findIndex((attempt) => attempt.value === value);
  const there = attempts[at];
  if (!there) return [`${name}: ${value} is there and was never sent`];
  if (there.outcome === 'refused') return [`${name}: ${value} is there and was refused`];
  // A write that the library sent again may have come late, after the one that followed it in the same pipeline.
  if (at >= lastAt || there.resent) return [];
  return [`${name}: ${value} is there, ${attempts[lastAt]?.value} was acknowledged after it`];
};

const sequence = ({ name, attempts }: Log, values: readonly number[]): string[] => {
  const sent = new Map(attempts.map((attempt) => [attempt.value, attempt]));
  const there = new Set(values);
  const missing = attempts.filter(({ value, outcome }) => outcome === 'acknowledged' && !there.has(value));
  const strange = values.filter((value) => !sent.has(value));
  const refused = attempts.filter(({ value, outcome }) => outcome === 'refused' && there.has(value));
  return [
    ...complaint(`${name}: acknowledged and missing`, missing.map(valueOf)),
    ...complaint(`${name}: there and never sent`, strange),
    ...complaint(`${name}: there and refused`, refused.map(valueOf)),
    ...complaint(`${name}: there more than once`, doubled(sent, values)),
    ...complaint(`${name}: there out of order`, reordered(sent, values)),
  ];
};

const valueOf = ({ value }: Attempt): number => value;

const complaint = (what: string, values: readonly number[]): string[] =>
  values.length === 0 ? [] : [`${what}: ${list(values)}`];

const doubled = (sent: ReadonlyMap<number, Attempt>, values: readonly number[]): number[] => {
  const seen = new Set<number>();
  return values.filter((value) => {
    const again = seen.has(value);
    seen.add(value);
    return again && sent.get(value)?.resent !== true;
  });
};

/** Those that stand behind a later one. What a library sent twice stands at two places, and only the last counts. */
const reordered = (sent: ReadonlyMap<number, Attempt>, values: readonly number[]): number[] => {
  const once = values.filter((value, index) => sent.get(value)?.resent !== true || values.lastIndexOf(value) === index);
  let highest = Number.NEGATIVE_INFINITY;
  return once.filter((value) => {
    const late = value < highest;
    highest = Math.max(highest, value);
    return late && sent.get(value)?.resent !== true;
  });
};

/** A pipeline is sent again as a whole: all of it may have happened before the first of its answers came. */
const sentTwice = (attempts: readonly Attempt[], at: number): number => {
  if (attempts[at - 1]?.resent) return 1;
  const end = attempts.findIndex(({ resent }, index) => index >= at && !resent);
  return (end === -1 ? attempts.length : end) - at;
};

/**
 * Each acknowledged increment was answered with a number. That number is at least one more than the acknowledged one before it,
 * and at most as many more as increments without an answer lie between; so a lost or a doubled one shows at once.
 */
const counter = ({ name, attempts }: Log, value: number): string[] => {
  const complaints: string[] = [];
  let [least, most] = [0, 0];
  for (const [at, { outcome, reply, resent, value: number }] of attempts.entries()) {
    if (outcome === 'refused') continue;
    most += resent ? 1 + sentTwice(attempts, at) : 1;
    if (outcome === 'unknown') continue;
    least += 1;
    const told = Number(reply);
    if (!(told >= least && told <= most))
      complaints.push(
        `${name}: increment ${number} was answered with ${told}, which is not within ${least} to ${most}`,
      );
    [least, most] = [told, told];
  }
  if (!(value >= least && value <= most))
    complaints.push(`${name}: the count is ${value}, which is not within ${least} to ${most}`);
  return complaints;
};
