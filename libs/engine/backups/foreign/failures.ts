import { connect } from 'node:net';
import { once } from 'node:events';
import { types } from 'node:util';
import { HoldfastError, isHoldfastError } from '#domain/errors/holdfast-error.js';
import { sentences } from '#domain/text/sentences.js';
import type { ForeignServer } from '../../ports/foreign-server.js';
import { ServerReply } from '../../ports/server-reply.js';
import { DeadlineReached } from '../../wait/deadline.js';

/** Replies of a server that may soon give another one. */
const passing = new Set(['LOADING', 'BUSY', 'MASTERDOWN', 'CLUSTERDOWN', 'TRYAGAIN', 'READONLY']);

const nameOf = ({ host, port }: ForeignServer): string => `${host}:${String(port)}`;

/**
 * What a failure means to whoever asked for an import. A reply is never repeated but for its code: an old server quotes what it does not
 * know, such as a login, and whatever else answers at that address is not ours to show.
 */
export const asSourceFailure = (server: ForeignServer, error: unknown): unknown => {
  if (!isHoldfastError(error, 'server_not_ready')) return error;
  const { cause } = error;
  if (cause instanceof ServerReply) return asReplyFailure(server, cause);
  if (isTlsFailure(cause)) {
    return new HoldfastError('import_source_refused', `TLS with ${nameOf(server)} failed (${codeOf(cause)}).`);
  }
  return new HoldfastError('import_source_unreachable', sentences(error.detail));
};

const asReplyFailure = (server: ForeignServer, { code }: ServerReply): HoldfastError => {
  if (!/^[A-Z]{2,20}$/.test(code)) {
    return new HoldfastError('import_source_refused', `What answers at ${nameOf(server)} is no Redis server.`);
  }
  if (passing.has(code)) return new HoldfastError('import_source_unreachable', `${nameOf(server)} answers ${code}.`);
  return new HoldfastError('import_source_refused', `${nameOf(server)} answers ${code}${meanings[code] ?? ''}.`);
};

const meanings: Readonly<Record<string, string>> = {
  WRONGPASS: ': the user or the password is wrong',
  NOAUTH: ': it wants a user and a password',
  NOPERM: ': the user lacks the right to PING, SCAN, PTTL or DUMP all keys',
  ERR: ', such as to a command that it does not have or a password that it does not know',
};

const codeOf = (error: unknown): string => (types.isNativeError(error) && 'code' in error ? String(error.code) : '');

const isTlsFailure = (error: unknown): boolean =>
  /^(ERR_SSL|ERR_TLS|EPROTO|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|INVALID_|HOSTNAME_MISMATCH)/.test(codeOf(error));

const probeMs = 5_000;

/** A port without TLS answers nothing, or hangs up, when TLS is spoken to it. Errors: `import_source_refused` when it takes connections. */
export const requireTlsPort = async (server: ForeignServer, error: unknown): Promise<void> => {
  if (server.tls === null || !isHoldfastError(error, 'server_not_ready')) return;
  const silent = error.cause instanceof DeadlineReached || ['ECONNRESET', 'EPIPE'].includes(codeOf(error.cause));
  if (!silent || !(await takesConnections(server))) return;
  throw new HoldfastError(
    'import_source_refused',
    `${nameOf(server)} takes connections and answers no TLS: is it the plain port, for redis://?`,
  );
};

const takesConnections = async ({ host, port }: ForeignServer): Promise<boolean> => {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(probeMs) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
};
