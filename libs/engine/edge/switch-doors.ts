import type { DoorWork } from '../ports/edge.js';
import { allowListsOf } from './allow-lists.js';
import { doorMap, type DoorMap } from './door-map.js';
import { rethrowTranslated } from './edge-errors.js';
import { publishChange, tidyAllowLists, writeChange, type EdgeSides } from './recorded-doors.js';
import { leadDoors, publishAllowLists, readRunningDoors, shutDoors } from './running-doors.js';

/**
 * What Edge.switchDoors promises; the caller holds the lock. All that takes time lies before the doors are shut or after they
 * are open again: to shut and to open is one exchange with the edge each, and what is on disk changes last.
 * A crash in the middle leaves the old way on disk: the next change, or ensureRunning, opens the doors that way again.
 */
export const switchDoors = async (
  sides: EdgeSides,
  doors: DoorMap,
  work: DoorWork,
  signal: AbortSignal,
): Promise<number> => {
  const { socket } = sides;
  const recorded = await sides.directory.readDoors();
  const before = await readRunningDoors(socket, signal);
  const lists = allowListsOf(recorded.values(), before.values(), doors.values());
  if (lists.size > 0) await publishAllowLists(socket, lists, signal);
  const affected = doorMap([...before.values()].filter(({ port }) => doors.has(port)));
  try {
    await work(() => shutDoors(socket, affected.keys(), untilDone()), signal);
  } catch (error) {
    await openAgain(sides, affected, recorded);
    throw error;
  }
  return open(sides, doors, affected, recorded);
};

/** When the edge does not answer, it comes back by itself with what is on disk: the old way. */
const openAgain = (sides: EdgeSides, affected: DoorMap, recorded: DoorMap): Promise<void> =>
  leadDoors(sides.socket, affected, affected, untilDone())
    .catch(() => publishChange(sides, recorded, recorded, untilDone()))
    .catch(() => undefined);

const open = async (sides: EdgeSides, doors: DoorMap, affected: DoorMap, before: DoorMap): Promise<number> => {
  const opened = await leadDoors(sides.socket, doors, affected, untilDone()).then(
    () => true,
    () => false,
  );
  let openedAtMs = performance.now();
  const after = doorMap([...before.values(), ...doors.values()]);
  await writeChange(sides, before, after).catch(rethrowTranslated);
  // An edge that started meanwhile may have read the file just before it was written.
  if (!opened) {
    await publishChange(sides, before, after, untilDone());
    openedAtMs = performance.now();
  }
  await tidyAllowLists(sides, before, after, untilDone());
  return openedAtMs;
};

/** Doors are never left shut because a caller gave up; each exchange has a deadline of its own. */
const untilDone = (): AbortSignal => new AbortController().signal;
