import type { AttemptContext } from './context.js';

/** What the steps of one attempt tell each other, kept for as long as the attempt; the next attempt starts anew. */
export const perAttempt = <T>(make: () => T): ((context: AttemptContext) => T) => {
  const kept = new WeakMap<AttemptContext['signal'], T>();
  return ({ signal }) => {
    const known = kept.get(signal);
    if (known !== undefined) return known;
    const made = make();
    kept.set(signal, made);
    return made;
  };
};
