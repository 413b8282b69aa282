import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'node:tls';
import { types } from 'node:util';
import type { LiveDatabase } from './live.js';
import { doorOf } from './tenant.js';

/** What a client sees through the TLS door that believes this authority alone, and wants this name. */
export const seen = async (database: LiveDatabase, ca: string, servername: string): Promise<string> => {
  const { host, port } = doorOf(database, 'redis+ssl');
  const socket = connect({ host, port, ca, servername });
  await once(socket, 'secureConnect');
  const certificate = socket.getPeerX509Certificate();
  socket.destroy();
  return certificate?.fingerprint256 ?? '';
};

/** A handshake takes the time of the server that is watched. */
const everyMs = 200;

/** Looks all the time which certificates clients see that believe one authority alone. */
export class CertificateWatch {
  private readonly shown = new Set<string>();
  private readonly looking: Promise<void>;
  private stopped = false;

  constructor(...wanted: Parameters<typeof seen>) {
    this.looking = this.look(wanted);
  }

  /** All that were seen, and the codes of certificates that were not accepted. Nobody at the door for a moment is neither. */
  async stop(): Promise<readonly string[]> {
    this.stopped = true;
    await this.looking;
    return [...this.shown].filter((what) => what !== 'ECONNRESET');
  }

  private async look(wanted: Parameters<typeof seen>): Promise<void> {
    while (!this.stopped) {
      this.shown.add(await seen(...wanted).catch(codeOf));
      await pause(everyMs);
    }
  }
}

const codeOf = (error: unknown): string =>
  types.isNativeError(error) && 'code' in error ? String(error.code) : String(error);
