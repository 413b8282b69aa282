import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { nowhere } from '#domain/server/server-role.js';
import { serverPaths } from '#domain/server/names.js';
import { findDatabase } from '#persistence/databases.js';
import { takeAddress } from '#persistence/environments.js';
import {
  forgetIncarnation,
  incarnationsOf,
  insertIncarnation,
  nextIncarnation,
  noteCertificate,
} from '#persistence/incarnations.js';
import { followersOf } from '#persistence/replication.js';
import type { DatabaseRow } from '#persistence/tables.js';
import { makeContainer, prepare, remove, removeVolume, serverIn, start } from '../kinds/server-actions.js';
import { awaitLink } from '../replication/await-link.js';
import { awaitOwnFile } from '../replication/own-file.js';
import { copyTenantUsers, syncReplicationUsers } from '../replication/users.js';
import { viewOf } from '../replication/view.js';
import { on, type AttemptContext } from '../run/context.js';
import { replicaOf } from '../server/role.js';
import { containerNetwork, containerSpec } from '../server/server.js';
import { bothOf, freshRow, wantedIn } from './parties.js';

/** The second server of a database, until it takes over. */

/** Where the one that served before looks for a source: nowhere. It keeps what it had at its last moment. */
export const nobody = nowhere.split(' ') as [host: string, port: string];

/** A number and an address for it. What an earlier upgrade could not remove goes first. */
export const reserve = async (context: AttemptContext): Promise<void> => {
  const row = await freshRow(context);
  const { version, image, tls_protocols } = wantedIn(context);
  const left = (await incarnationsOf(context.control.db, row.id)).filter(({ state }) => state === 'successor');
  for (const { incarnation, address_index } of left) {
    const there = { ...row, incarnation, address_index };
    await requireHarmless(on(context, there));
    await removeIncarnation(context, there);
  }
  await context.write(async (tx) => {
    await insertIncarnation(tx, {
      ...{ database_id: row.id, incarnation: await nextIncarnation(tx, row), version, image, tls_protocols },
      ...{ state: 'successor', operation_id: context.operation.id },
      address_index: await takeAddress(tx, row.environment_id, row.id),
    });
  });
};

/** Writes that nobody else has are not removed. Errors: `split_brain_refused`. */
const requireHarmless = async (left: AttemptContext): Promise<void> => {
  const { name, owner } = serverIn(left);
  const container = await left.engines.containers.inspectContainer(name, owner, left.signal);
  if (!container?.startedAt || (await viewOf(left))?.role === 'slave') return;
  throw new HoldfastError(
    'split_brain_refused',
    `The container ${name} is left of an earlier upgrade and may hold writes; retry that upgrade, or look at it and remove it.`,
  );
};

/** Everything of it on the host, then its row. */
export const removeIncarnation = async (context: AttemptContext, row: DatabaseRow): Promise<void> => {
  const there = on(context, row);
  await remove(there);
  await removeVolume(there);
  await context.write((tx) => forgetIncarnation(tx, row));
};

/** It follows the server of today, and knows the users that the tenant has saved there. It does not have the handle yet. */
export const createSuccessor = async (context: AttemptContext): Promise<void> => {
  const { control, engines, environment, operation } = context;
  const { former, successor } = await bothOf(context);
  const row = successor.database;
  // Of an operation that failed and could not remove it.
  const found = await engines.containers.inspectContainer(
    serverIn(successor).name,
    serverIn(successor).owner,
    context.signal,
  );
  if (found?.owned && found.state !== 'created') await remove(successor);
  await prepare(successor);
  const role = await replicaOf(control, row.id, former.database, environment);
  const spec = containerSpec(control, serverIn(successor), row, environment, operation.id);
  const notAfter = await makeContainer(
    successor,
    { ...spec, network: { ...spec.network, aliases: [] } as typeof spec.network },
    role,
    () => engines.containers.readFile(serverIn(former).name, serverPaths.users, context.signal),
  );
  await context.write((tx) => noteCertificate(tx, row, notAfter));
};

export const startSuccessor = async (context: AttemptContext): Promise<void> => {
  await admit(context);
  await start((await bothOf(context)).successor);
};

/** The server of today lets it in, as it lets in its followers. */
const admit = async (context: AttemptContext): Promise<void> => {
  const { former } = await bothOf(context);
  await syncReplicationUsers(former, [...(await followersOf(context.control.db, former.database.id)), former.database]);
};

export const awaitSuccessor = async (context: AttemptContext): Promise<void> => {
  await admit(context);
  await awaitLink((await bothOf(context)).successor);
};

/**
 * It lets in whoever will follow it and everybody who may log in at the server of today, keeps what it has, and is found by the handle: a
 * stopped container is not, so from the end of the other one on only this one is. Until then names of both are handed out, for a moment.
 */
export const prepareSuccessor = async (context: AttemptContext): Promise<void> => {
  const { control, engines, environment, signal } = context;
  const { former, successor } = await bothOf(context);
  await syncReplicationUsers(successor, await followersOf(control.db, successor.database.id));
  await copyTenantUsers(successor, former);
  await awaitOwnFile(successor);
  const today = (await findDatabase(control.db, context.database.id)) ?? context.database;
  const server = serverIn(successor);
  const network = containerNetwork(control, server, today, environment);
  await engines.containers.ensureAttached(server.name, network, signal);
  await awaitLink(successor);
};
