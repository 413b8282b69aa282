import { decideProvision, type ProvisionAction, type ServerSituation } from '#domain/operation/decide-server.js';
import { awaitReady } from '../server/readiness.js';
import { removeEverything } from './deprovision.js';
import { openDoors } from './door-actions.js';
import type { KindHandler } from './kind.js';
import { create, observeServer, prepare, remove, serverIn, start } from './server-actions.js';
import { together } from './together.js';

/** What provision and reload share: from a volume to a server that was reached as its clients reach it. */
export const serverActions = {
  remove,
  prepare,
  create,
  // The address is known beforehand, so the doors need not wait for the server.
  start: (context) => together(start(context), openDoors(context)),
  'open-doors': openDoors,
  'await-ready': (context) => awaitReady(context, serverIn(context)),
} satisfies KindHandler<ServerSituation, ProvisionAction>['actions'];

export const provision: KindHandler<ServerSituation, ProvisionAction> = {
  observe: observeServer,
  decide: decideProvision,
  actions: serverActions,
  compensate: removeEverything,
  receipt: ({ database }) => ({ databaseId: database.id, version: database.version, image: database.image }),
};
