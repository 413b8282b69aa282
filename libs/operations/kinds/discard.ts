import type { Decision } from '#domain/operation/decide-server.js';
import { incarnationsOf } from '#persistence/incarnations.js';
import type { AttemptContext } from '../run/context.js';
import { removeIncarnation } from '../upgrade/successor.js';
import type { KindHandler } from './kind.js';

/** Servers that upgrades have kept and whose time is over, or all of them when somebody said so. */
const due = async ({ control, database, operation }: AttemptContext) =>
  (await incarnationsOf(control.db, database.id)).filter(
    ({ state, keep_until: until }) =>
      state === 'kept' && (operation.parameters['all'] === true || (until !== null && until <= control.now())),
  );

export const removeKept = async (context: AttemptContext): Promise<void> => {
  for (const { incarnation, version } of await due(context)) {
    await context.log('info', `Removing the kept server of version ${version}.`);
    await removeIncarnation(context, { ...context.database, incarnation });
  }
};

export const discard: KindHandler<{ readonly left: boolean }, 'remove'> = {
  observe: async (context) => ({ left: (await due(context)).length > 0 }),
  decide: ({ left }): Decision<'remove'> => ({ next: left ? 'remove' : 'finish' }),
  actions: { remove: removeKept },
  receipt: ({ database }) => ({ databaseId: database.id }),
};
