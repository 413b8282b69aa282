import { createHash } from 'node:crypto';
import type { DoorTarget } from '../ports/edge.js';
import { beginningsOf } from './address-digits.js';

/**
 * Allow lists stand in a map of their own, under a name that is made of their content: doors with the same list share it, and a
 * list never changes. So a door goes from one list to another in the one moment in which its own line changes.
 */
export const listName = (allow: readonly string[]): string =>
  createHash('sha256').update(allow.join(',')).digest('hex').slice(0, 16);

export type AllowLists = ReadonlyMap<string, readonly string[]>;

/** Every list that these doors need, by its name. */
export const allowListsOf = (...doors: readonly Iterable<DoorTarget>[]): AllowLists => {
  const lists = new Map<string, readonly string[]>();
  for (const { settings } of doors.flatMap((some) => [...some])) {
    if (settings.allow.length > 0) lists.set(listName(settings.allow), settings.allow);
  }
  return lists;
};

/** Lines of HAProxy's map of beginnings: `3f2a…/8/0A 1` lets 10.0.0.0/8 in where the list is asked for. */
export const allowedLines = (lists: AllowLists): string[] =>
  [...lists].flatMap(([name, allow]) =>
    [...new Set(allow.flatMap(beginningsOf))].map((beginning) => `${name}/${beginning} 1`),
  );

/** Whether `lists` lacks any of the others. */
export const lacksAny = (lists: AllowLists, others: AllowLists): boolean =>
  [...others.keys()].some((name) => !lists.has(name));
