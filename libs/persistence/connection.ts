import { types } from 'node:util';
import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import pg from 'pg';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { PreparingClient } from './preparing-client.js';
import type { Tables } from './tables.js';

export type Db = Kysely<Tables>;
export type Tx = Transaction<Tables>;

/** The role of every running app: it may add to the history and cannot change it. Migrations run as the owner. */
export const appRole = 'holdfast_app';

/** A process that stands still in the middle of a transaction loses it, so that its locks stop nobody else: all append to one history. */
const longestPauseMs = 15_000;

export interface ConnectionOptions {
  readonly url: string;
  /** Connections at the most. */
  readonly max: number;
  readonly role: 'owner' | 'app';
  /** Told about errors of idle connections; the pool replaces them by itself. */
  readonly onIdleError: (error: Error) => void;
}

export const connect = ({ url, max, role, onIdleError }: ConnectionOptions): Db => {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    // Statements of one transaction that do not wait for each other's results share a round trip (`Promise.all`).
    pipeline: true,
    Client: PreparingClient,
    ...(role === 'app'
      ? { options: `-c role=${appRole} -c idle_in_transaction_session_timeout=${longestPauseMs}` }
      : {}),
  });
  pool.on('error', onIdleError);
  // The pool listens to idle clients only; without a listener, one that loses its server between two statements ends the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
};

const socketCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENOTFOUND',
]);
/** Class 08 (connection), 57P01–03 (shut down, crashed, starting up), 53300 (too many connections). */
const serverAway = /^(08...|57P0[123]|53300)$/;

/** Whether Postgres is away, as opposed to having refused a statement. */
export const isStoreUnreachable = (error: unknown): boolean => {
  // Errors of sockets come from Node itself, whose `Error` is another one than ours under a test runner.
  if (!types.isNativeError(error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  if (code !== null) return socketCodes.has(code) || serverAway.test(code);
  const parts = 'errors' in error && Array.isArray(error.errors) ? (error.errors as unknown[]) : null;
  return parts ? parts.some(isStoreUnreachable) : isBrokenConnection(error);
};

/** pg reports a connection that ends under a query, or cannot be made in time, as a bare Error without a code. */
const isBrokenConnection = (error: Error): boolean =>
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/.test(
    error.message,
  );

/** `23505` on the named unique index. */
export const isUniqueViolation = (error: unknown, index: string): boolean =>
  error instanceof pg.DatabaseError && error.code === '23505' && error.constraint === index;

/** Postgres has ended this transaction for another one that went on; run again, it finds what that one has left. */
export const isDeadlock = (error: unknown): boolean => error instanceof pg.DatabaseError && error.code === '40P01';

/** The error to show for a failed statement: `store_unreachable` when Postgres is away, else the error itself. */
export const asStoreError = (error: unknown): unknown =>
  isStoreUnreachable(error)
    ? new HoldfastError('store_unreachable', 'Postgres cannot be reached.', { cause: error })
    : error;
