import { join } from 'node:path';
import { ensureDatabase } from './postgres-database.js';
import { ensurePostgres } from './postgres.js';
import { readServerRecord } from './server-record.js';

const directoryOf = (home: string): string => join(home, 'postgres');

/** Starts the Postgres of the home, and makes both if need be. Returns the URL of Holdfast's database. Errors: `setup_failed`. */
export const ensureEmbeddedDatabase = async (home: string, signal: AbortSignal): Promise<string> =>
  ensureDatabase(await ensurePostgres({ directory: directoryOf(home) }, signal), 'holdfast');

export const hasEmbeddedDatabase = (home: string): boolean => readServerRecord(directoryOf(home)) !== null;
