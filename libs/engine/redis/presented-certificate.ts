import { connect } from 'node:tls';
import type { PresentedCertificate, RedisTarget } from '../ports/redis-node.js';
import { withDeadline } from '../wait/deadline.js';
import { serverFailure } from './failure.js';
import { presentedOn } from './presented.js';
import { tlsOptions } from './tls-options.js';

/** One handshake, verified as any other, and nothing said after it. */
export const presentedCertificate = async (
  { host, port, tls }: Pick<RedisTarget, 'host' | 'port'> & { readonly tls: NonNullable<RedisTarget['tls']> },
  deadlineMs: number,
  signal: AbortSignal,
): Promise<PresentedCertificate> => {
  const socket = connect({ host, port, ...tlsOptions(tls) });
  try {
    return await withDeadline(
      deadlineMs,
      signal,
      () =>
        new Promise<PresentedCertificate>((resolve, reject) => {
          socket.once('error', reject);
          socket.once('close', () => reject(new Error('The connection was closed')));
          socket.once('secureConnect', () => {
            const shown = presentedOn(socket);
            if (shown) resolve(shown);
            else reject(new Error('No certificate was shown'));
          });
        }),
    );
  } catch (error) {
    signal.throwIfAborted();
    throw serverFailure(`${host}:${port}`, error);
  } finally {
    socket.destroy();
  }
};
