import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { serverPorts } from '#domain/server/names.js';
import { findDatabase } from '#persistence/databases.js';
import { followersOf } from '#persistence/replication.js';
import type { DatabaseRow } from '#persistence/tables.js';
import { on, type AttemptContext } from '../run/context.js';
import { asManager } from '../server/manager.js';
import { open } from '../server/readiness.js';
import { serverOf } from '../server/server.js';
import { awaitLink } from './await-link.js';
import { formerIn } from './parties.js';
import { writeRecordedRole } from './role-file.js';
import { syncReplicationUsers } from './users.js';
import { viewOf } from './view.js';

/**
 * The new primary comes back as one after a restart. One that was restarted just now waits behind its gate, and is let out unless it came
 * back empty.
 */
export const persist = async (context: AttemptContext): Promise<void> => {
  await writeRecordedRole(context);
  if (context.database.persistence === 'none' || (await viewOf(context))?.role !== 'master') return;
  await asManager(context, (node) => open(node, context.signal));
};

/** Whoever followed the old primary follows the new one, now and after a restart. */
export const repoint = async (context: AttemptContext): Promise<void> => {
  const { control, database, environment } = context;
  const followers = await followersOf(control.db, database.id);
  const { address } = serverOf(control, database, environment);
  await syncReplicationUsers(context, followers);
  for (const follower of followers) {
    await follow(on(context, follower), address);
    await writeRecordedRole(context, follower);
  }
};

/** A server that does not answer follows by its file when it comes back. */
export const follow = async (context: AttemptContext, sourceAddress: string): Promise<void> => {
  const view = await viewOf(context);
  if (!view) return context.log('warn', `"${context.database.handle}" does not answer; it follows when it comes back.`);
  if (view.role === 'slave' && view.sourceAddress === sourceAddress) return;
  await asManager(context, (node) =>
    node.command(['REPLICAOF', sourceAddress, String(serverPorts.tls)], context.signal),
  );
};

const linkMs = 30_000;

/** The old primary follows the new one. One that needs longer holds nothing up: its health tells. */
export const awaitFormer = async (context: AttemptContext): Promise<void> => {
  const former = formerIn(context);
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(linkMs)]);
  try {
    await awaitLink({ ...on(context, former), signal });
  } catch (error) {
    context.signal.throwIfAborted();
    const reason = error instanceof HoldfastError ? error.detail : `no link after ${linkMs} ms`;
    await context.log('warn', `"${former.handle}" does not follow yet: ${reason}`);
  }
};

/** Replication users that nobody needs any more are gone from the servers that the promoted one and its siblings followed. */
export const tidy = async (context: AttemptContext): Promise<void> => {
  const { control, database } = context;
  const before = [formerIn(context).id, ...(database.source_id ? [database.source_id] : [])];
  for (const id of new Set(before)) await tidyUsers(context, await findDatabase(control.db, id));
};

/** Of a server that answers; one that does not is tidied when it is repaired or made again. */
export const tidyUsers = async (context: AttemptContext, database: DatabaseRow | undefined): Promise<void> => {
  if (!database || database.status !== 'provisioned' || database.role === 'fenced') return;
  const there = on(context, database);
  if (!(await viewOf(there))) return context.log('warn', `"${database.handle}" does not answer; its users are left.`);
  await syncReplicationUsers(there, await followersOf(context.control.db, database.id));
};
