import { decideResize, type ResizeAction, type ResizeSituation } from '#domain/operation/decide-resize.js';
import { memoryLimitBytes } from '#domain/database/size.js';
import { sizedSettings } from '#domain/server/redis-configuration.js';
import { updateDatabase } from '#persistence/databases.js';
import { awaitFit, requireFit, setLimit } from '../configuration/memory.js';
import { differing, setAll } from '../configuration/in-force.js';
import { requireTreeFit } from '../configuration/tree-fit.js';
import { writeRecordedRole } from '../replication/role-file.js';
import { on, type AttemptContext } from '../run/context.js';
import { undoBy } from '../run/undo.js';
import type { KindHandler } from './kind.js';
import { observeServer, requireRoom, serverIn } from './server-actions.js';

/** The attempt with the database as it is to be. */
const wanted = (context: AttemptContext): AttemptContext => {
  const { operation, database } = context;
  const { memoryMb = database.memory_mb, diskGb = database.disk_gb } = operation.parameters;
  return on(context, { ...database, memory_mb: Number(memoryMb), disk_gb: Number(diskGb) });
};

type Handler = Pick<KindHandler<ResizeSituation, ResizeAction>, 'observe' | 'decide' | 'actions'>;

/** Leads to the size that `target` says. */
const resizeTo = (target: (context: AttemptContext) => AttemptContext): Handler => {
  const sized = (context: AttemptContext) => sizedSettings(serverIn(target(context)).shape);
  return {
    observe: async (context, done) => {
      const server = serverIn(context);
      const [{ container, generation }, found] = await Promise.all([
        observeServer(context, done),
        context.engines.containers.inspectContainer(server.name, server.owner, context.signal),
      ]);
      const differences = container?.running && done.has('look') ? await differing(context, sized(context)) : {};
      return {
        ...{ generation, container, done },
        limit: found?.memoryLimitBytes ?? 0,
        wantedLimit: memoryLimitBytes(target(context).database.memory_mb),
        inForce: Object.keys(differences).length === 0,
      };
    },
    decide: decideResize,
    actions: {
      look: async (context) => {
        const after = target(context);
        await requireTreeFit(context.control.db, context.database, after.database);
        if (after.database.memory_mb > context.database.memory_mb) await requireRoom(after);
        if (after.database.memory_mb < context.database.memory_mb) await requireFit(after);
        if (after.database.disk_gb !== context.database.disk_gb) {
          await context.log('info', 'The size of the disk is advisory: it is recorded and watched, and not enforced.');
        }
      },
      limit: (context) => setLimit(target(context)),
      apply: async (context) => setAll(context, await differing(context, sized(context))),
      persist: (context) => writeRecordedRole(target(context)),
      settle: (context) => awaitFit(target(context)),
    },
  };
};

/** Another size, while the server goes on: no restart, no connection is lost, no data of a memory-only database. */
export const resize: KindHandler<ResizeSituation, ResizeAction> = {
  ...resizeTo(wanted),
  compensate: (context) =>
    undoBy(
      resizeTo((same) => same),
      context,
      'the size',
      new Set(['look']),
    ),
  ended: async (tx, context, { event }) => {
    if (event !== 'succeed') return;
    const { memory_mb, disk_gb } = wanted(context).database;
    await updateDatabase(tx, context.database.id, { memory_mb, disk_gb });
  },
  receipt: (context) => {
    const { memory_mb: memoryMb, disk_gb: diskGb } = wanted(context).database;
    const { memory_mb: memoryMbBefore, disk_gb: diskGbBefore } = context.database;
    return {
      databaseId: context.database.id,
      memoryMb,
      diskGb,
      memoryMbBefore,
      diskGbBefore,
      diskEnforcement: 'advisory',
    };
  },
};
