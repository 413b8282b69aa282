import { decideReload, type DeprovisionSituation, type ReloadAction } from '#domain/operation/decide-server.js';
import { forgetHandles } from '#persistence/databases.js';
import { on, type AttemptContext } from '../run/context.js';
import { stopConfirmed } from '../server/stop-confirmed.js';
import { serverActions } from './provision.js';
import type { KindHandler } from './kind.js';
import { create, observeServerAndVolume } from './server-actions.js';

type ReloadSituation = DeprovisionSituation & { readonly keepsData: boolean };

const observe = async (context: AttemptContext, done: ReadonlySet<string>): Promise<ReloadSituation> => ({
  ...(await observeServerAndVolume(context, done)),
  keepsData: context.database.persistence !== 'none',
});

export const reload: KindHandler<ReloadSituation, ReloadAction> = {
  observe,
  decide: (situation) => decideReload(situation, situation.keepsData),
  // Who is replaced answers to the handle that it has, and to none that it had.
  actions: {
    ...serverActions,
    stop: stopConfirmed,
    create: (context) => create(on(context, { ...context.database, former_handles: [] })),
  },
  ended: (tx, { database }, { event }) =>
    event === 'succeed' ? forgetHandles(tx, database.id, database.former_handles) : Promise.resolve(),
  receipt: ({ database }) => ({ databaseId: database.id, generation: database.generation }),
};
