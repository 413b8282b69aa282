import { setTimeout as pause } from 'node:timers/promises';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { serverView, type ServerView } from '#domain/replication/server-view.js';
import type { AttemptContext } from '../run/context.js';
import { asManager } from '../server/manager.js';
import { serverOf } from '../server/server.js';

/** A server that does not answer within this time counts as gone. */
const answerMs = 3000;

/** Of one that is silent for this long the engine is asked as well: what does not run need not be waited for. */
const silentMs = 150;

/** What the server of the context's database says of itself; null when it does not answer. */
export const viewOf = async (context: AttemptContext): Promise<ServerView | null> => {
  const answered = new AbortController();
  const gone = new AbortController();
  const within = AbortSignal.any([context.signal, AbortSignal.timeout(answerMs), gone.signal]);
  const looked = lookForContainer(context, AbortSignal.any([within, answered.signal]), gone);
  try {
    return await asManager(context, async (node) => serverView(await node.info('replication', within)), within);
  } catch (error) {
    context.signal.throwIfAborted();
    if (within.aborted || (error instanceof HoldfastError && error.code === 'server_not_ready')) return null;
    throw error;
  } finally {
    answered.abort();
    await looked;
  }
};

/** Never throws: an engine that is away knows nothing, and the server is waited for. */
const lookForContainer = async (context: AttemptContext, until: AbortSignal, gone: AbortController): Promise<void> => {
  const { engines, control, database, environment } = context;
  const { name, owner } = serverOf(control, database, environment);
  try {
    await pause(silentMs, undefined, { signal: until });
    const container = await engines.containers.inspectContainer(name, owner, until);
    if (container?.state !== 'running') gone.abort();
  } catch {
    // Answered meanwhile, or nobody can tell.
  }
};
