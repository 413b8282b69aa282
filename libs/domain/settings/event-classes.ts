import type { Canonical, Wrong } from './canonical.js';

/** In the order in which Redis shows them (notify.c). `d` came with 6.2.? and is known from 7.0 on; 6.x has the same order without it. */
const classes = [...'g$lshzxetd'];
const channels = [...'KE'];

/**
 * The classes as `CONFIG GET` shows them: `A` in place of all of them. The class of new keys (`n`) is left out, because Redis does not show it
 * beside `A`, and what cannot be seen cannot be promised.
 */
export const canonicalEvents = (text: string): Canonical | Wrong => {
  const given = new Set([...text].flatMap((letter) => (letter === 'A' ? classes : [letter])));
  const known = new Set([...classes, ...channels, 'm']);
  if ([...given].some((letter) => !known.has(letter))) {
    return { must: `be made of the letters A${classes.join('')}KEm` };
  }
  if (given.size > 0 && !channels.some((letter) => given.has(letter))) {
    return { must: 'name K or E beside the classes, or nothing is sent' };
  }
  const chosen = classes.filter((letter) => given.has(letter));
  const all = chosen.length === classes.length;
  return {
    value: [all ? 'A' : chosen.join(''), ...channels, 'm']
      .filter((part, index) => index === 0 || given.has(part))
      .join(''),
  };
};

/** Before 7.0 there is no class of module events: all others are all. */
export const eventsBefore70 = (canonical: string): string => {
  const letters = canonical.replace('A', classes.join('')).replace('d', '');
  const older = classes.filter((letter) => letter !== 'd').join('');
  return letters.startsWith(older) ? `A${letters.slice(older.length)}` : letters;
};
