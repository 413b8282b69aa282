import { settingsToRead } from '#domain/drift/settings-findings.js';
import type { ServerAnswer, ServerFigures } from '#domain/drift/server-state.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { serverView } from '#domain/replication/server-view.js';
import { aclUser } from '#domain/server/acl-line.js';
import { serverPorts } from '#domain/server/names.js';
import { serverUsers } from '#domain/server/users.js';
import type { RedisConnector, RedisNode } from '#engine/ports/redis-node.js';
import { certificateRefusal, replyCode } from '#engine/ports/server-reply.js';
import { startDeadline } from '#engine/wait/deadline.js';
import type { Subject } from './recorded.js';

export type Info = Readonly<Record<string, string>>;

export interface Asked {
  readonly answer: ServerAnswer;
  /** Null when it did not answer. */
  readonly info: Info | null;
}

const busyCodes = new Set(['LOADING', 'BUSY']);

/** Asks a server once, as its manager, all over one connection. Throws only when `signal` ends it. */
export const askServer = async (
  redis: RedisConnector,
  authorityPem: string,
  { server, managerPassword, pinned }: Subject,
  answerMs: number,
  signal: AbortSignal,
): Promise<Asked> => {
  const deadline = startDeadline(answerMs, signal);
  const within = deadline.signal;
  try {
    const target = {
      ...{ host: server.address, port: serverPorts.tls },
      ...{ username: serverUsers.manager, password: managerPassword },
      tls: { caPem: authorityPem, serverName: server.name, ...(pinned && { pinned }) },
    };
    const node = await redis.connect(target, within);
    try {
      return await figures(node, settingsToRead(server.shape), within);
    } finally {
      node.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!within.aborted && !(error instanceof HoldfastError)) throw error;
    const refusal = certificateRefusal(error);
    if (refusal !== null) return { answer: { kind: 'untrusted', code: refusal }, info: null };
    const code = replyCode(error);
    if (code === null) return { answer: { kind: 'silent' }, info: null };
    return { answer: { kind: busyCodes.has(code) ? 'busy' : 'refused', code }, info: null };
  } finally {
    deadline.disarm();
  }
};

const figures = async (node: RedisNode, names: readonly string[], signal: AbortSignal): Promise<Asked> => {
  const [info, settings, lines] = await Promise.all([
    node.info('default', signal),
    node.configGet(names, signal),
    node.command(['ACL', 'LIST'], signal),
  ]);
  if (info['loading'] === '1') return { answer: { kind: 'busy', code: 'LOADING' }, info: null };
  const answer: ServerFigures = {
    kind: 'answers',
    view: serverView(info),
    settings,
    users: (lines as string[]).map(aclUser),
    goodFollowers: Number(info['min_slaves_good_slaves'] ?? info['connected_slaves'] ?? 0),
    keys: keysIn(info),
    uptimeSeconds: Number(info['uptime_in_seconds'] ?? 0),
    certificate: node.presented(),
  };
  return { answer, info };
};

/** Of all databases of the server: `db0:keys=3,expires=0,…`. */
export const keysIn = (info: Info): number =>
  Object.entries(info)
    .filter(([field]) => /^db\d+$/.test(field))
    .reduce((sum, [, value]) => sum + Number(/^keys=(\d+)/.exec(value)?.[1] ?? 0), 0);
