import { decideReload, type DeprovisionSituation, type ReloadAction } from '#domain/operation/decide-server.js';
import type { AttemptContext } from '../run/context.js';
import { serverActions } from './provision.js';
import type { KindHandler } from './kind.js';
import { observeServerAndVolume, stop } from './server-actions.js';

type ReloadSituation = DeprovisionSituation & { readonly keepsData: boolean };

const observe = async (context: AttemptContext, done: ReadonlySet<string>): Promise<ReloadSituation> => ({
  ...(await observeServerAndVolume(context, done)),
  keepsData: context.database.persistence !== 'none',
});

export const reload: KindHandler<ReloadSituation, ReloadAction> = {
  observe,
  decide: (situation) => decideReload(situation, situation.keepsData),
  actions: { ...serverActions, stop },
  cancellable: false,
  receipt: ({ database }) => ({ databaseId: database.id, generation: database.generation }),
};
