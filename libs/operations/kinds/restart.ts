import { decideRestart, type RestartAction, type ServerSituation } from '#domain/operation/decide-server.js';
import type { AttemptContext } from '../run/context.js';
import { stopConfirmed } from '../server/stop-confirmed.js';
import { serverActions } from './provision.js';
import type { KindHandler } from './kind.js';
import { observeServer } from './server-actions.js';

type RestartSituation = ServerSituation & { readonly startedOperationAt: Date };

/** The host's clock and Postgres's may differ; they are the same machine's or close, and the first claim comes before any start. */
const observe = async (context: AttemptContext, done: ReadonlySet<string>): Promise<RestartSituation> => ({
  ...(await observeServer(context, done)),
  startedOperationAt: context.operation.started_at ?? context.operation.created_at,
});

export const restart: KindHandler<RestartSituation, RestartAction> = {
  observe,
  decide: (situation) => decideRestart(situation, situation.startedOperationAt),
  actions: {
    stop: stopConfirmed,
    start: serverActions.start,
    'await-ready': serverActions['await-ready'],
    'open-doors': serverActions['open-doors'],
  },
  receipt: ({ database }) => ({ databaseId: database.id }),
};
