import { allowListsOf, lacksAny } from './allow-lists.js';
import type { DoorMap } from './door-map.js';
import type { EdgeDirectory } from './edge-directory.js';
import { publishAllowLists, publishDoors } from './running-doors.js';
import type { RuntimeSocket } from './runtime-socket.js';

export interface EdgeSides {
  readonly directory: EdgeDirectory;
  readonly socket: RuntimeSocket;
}

/**
 * From `before` to `after`, on disk. An allow list is there before a door names it and as long as any door does, on disk and in HAProxy:
 * a door whose list is missing lets nobody in. Lists that are no longer needed are gone with tidyAllowLists.
 */
export const writeChange = async ({ directory }: EdgeSides, before: DoorMap, after: DoorMap): Promise<void> => {
  const lists = allowListsOf(before.values(), after.values());
  if (lists.size > 0) await directory.writeAllowLists(lists);
  await directory.writeDoors(after);
};

/** The same in HAProxy. */
export const publishChange = async (
  { socket }: EdgeSides,
  before: DoorMap,
  after: DoorMap,
  signal: AbortSignal,
): Promise<void> => {
  const lists = allowListsOf(before.values(), after.values());
  if (lists.size > 0) await publishAllowLists(socket, lists, signal);
  await publishDoors(socket, after, signal);
};

/** Forgets the lists that no door names any more. A crash before leaves them; they let nobody in. */
export const tidyAllowLists = async (
  { directory, socket }: EdgeSides,
  before: DoorMap,
  after: DoorMap,
  signal: AbortSignal,
): Promise<void> => {
  const lists = allowListsOf(after.values());
  if (!lacksAny(lists, allowListsOf(before.values()))) return;
  await directory.writeAllowLists(lists);
  await publishAllowLists(socket, lists, signal);
};
