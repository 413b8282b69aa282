import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { noHistory, type ForeignData, type ForeignServer } from '../../ports/foreign-server.js';
import { gathered } from '../gathered.js';
import { ServerLink, type LinkTarget } from '../server-link.js';
import { snapshotOver } from '../snapshot.js';
import { asSourceFailure, requireTlsPort } from './failures.js';
import { ReplyReader } from './reply-reader.js';
import { scanned, unlessRefused, type ScanNotes } from './scan.js';

const partBytes = 128 * 1024;

/** See ForeignServers.fetch. */
export const fetchForeign = async (
  server: ForeignServer,
  format: number,
  signal: AbortSignal,
): Promise<ForeignData> => {
  const target = await targetOf(server);
  const told = <T>(work: () => Promise<T>): Promise<T> => telling(server, signal, work);
  const known = await told(() => look(target, signal));
  const copied = await replicated(target, signal);
  const data = copied ?? (await told(() => scanFrom(target, known.databases, format, signal)));
  return { ...data, usedMemoryBytes: known.usedMemoryBytes, body: tellingOf(server, signal, data.body) };
};

interface Known {
  /** Logical databases that hold keys; null when it does not say. */
  readonly databases: readonly number[] | null;
  readonly usedMemoryBytes: number | null;
}

/** Logs in, and asks what it may. Errors: `import_source_refused` for one that holds a part of the data only. */
const look = async (target: LinkTarget, signal: AbortSignal): Promise<Known> => {
  const link = await ServerLink.open(target, signal);
  try {
    const reader = new ReplyReader(link);
    await reader.ask('PING');
    const reply = await unlessRefused(reader.ask('INFO'));
    if (!Buffer.isBuffer(reply)) return { databases: null, usedMemoryBytes: null };
    const info = reply.toString('latin1');
    if (/^cluster_enabled:1/m.test(info)) {
      throw new HoldfastError(
        'import_source_refused',
        'The source is a node of a cluster, which holds a part of the data.',
      );
    }
    const used = /^used_memory:(\d+)/m.exec(info)?.[1];
    const databases = info.includes('# Keyspace')
      ? [...info.matchAll(/^db(\d+):keys=/gm)].map(([, index]) => Number(index))
      : null;
    return { databases, usedMemoryBytes: used === undefined ? null : Number(used) };
  } finally {
    link.close();
  }
};

type Found = Omit<ForeignData, 'usedMemoryBytes'>;

/** Null when it does not let itself be copied: it says so, or whatever stands before it ends the connection. */
const replicated = async (target: LinkTarget, signal: AbortSignal): Promise<Found | null> => {
  try {
    const link = await ServerLink.open(target, signal);
    return { method: 'replication', ...(await snapshotOver(link)) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof HoldfastError) return null;
    throw error;
  }
};

const scanFrom = async (
  target: LinkTarget,
  databases: readonly number[] | null,
  format: number,
  signal: AbortSignal,
): Promise<Found> => {
  const link = await ServerLink.open(target, signal);
  const notes: ScanNotes = { functions: null };
  const body = gathered(scanned(new ReplyReader(link), databases, format, notes), partBytes);
  return { method: 'scan', replicationId: noHistory, offset: 0, body: closing(body, link.close), close: link.close };
};

async function* closing(body: AsyncIterable<Buffer>, close: () => void): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } finally {
    close();
  }
}

const telling = async <T>(server: ForeignServer, signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    await requireTlsPort(server, error);
    throw asSourceFailure(server, error);
  }
};

async function* tellingOf(
  server: ForeignServer,
  signal: AbortSignal,
  body: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (error) {
    signal.throwIfAborted();
    throw asSourceFailure(server, error);
  }
}

/** Where Debian, Alpine and Fedora keep the authorities that a host trusts. */
const hostAuthorities = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem'];

const targetOf = async ({ tls, ...server }: ForeignServer): Promise<LinkTarget> => ({
  ...server,
  tls: tls && { ...tls, caPem: tls.caPem ?? (await trusted()) },
});

const trusted = async (): Promise<string> => {
  const files = await Promise.all(hostAuthorities.map((path) => readFile(path, 'utf8').catch(() => '')));
  return [...rootCertificates, ...files].join('\n');
};
