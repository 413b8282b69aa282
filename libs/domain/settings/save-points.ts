import type { Canonical, Wrong } from './canonical.js';

const most = 10;
const longestSeconds = 86_400;
const mostChanges = 1_000_000_000;

/** `900 1 300 10`: after so many seconds with so many changes. Nothing means never. */
export const canonicalSavePoints = (text: string): Canonical | Wrong => {
  if (text === '') return { value: '' };
  const numbers = text.split(/\s+/).map((word) => (/^\d{1,10}$/.test(word) ? Number(word) : NaN));
  const pairs = numbers.flatMap((seconds, index) =>
    index % 2 === 0 ? [{ seconds, changes: numbers[index + 1] ?? NaN }] : [],
  );
  const wrong = pairs.some(
    ({ seconds, changes }) => !(seconds >= 1 && seconds <= longestSeconds && changes >= 1 && changes <= mostChanges),
  );
  if (wrong || pairs.length > most) {
    return {
      must: `be up to ${String(most)} pairs of seconds (1 to ${String(longestSeconds)}) and changes (1 to ${String(mostChanges)}), such as 900 1 300 10`,
    };
  }
  return { value: pairs.map(({ seconds, changes }) => `${String(seconds)} ${String(changes)}`).join(' ') };
};
