import { readdir, readFile } from 'node:fs/promises';
import { Migrator, sql, type Migration } from 'kysely';
import type { Db } from './connection.js';

const directory = new URL('./migrations/', import.meta.url);

/** Brings the schema up to date; concurrent calls wait for each other. Needs the owner's connection. Returns the names it applied. */
export const migrate = async (db: Db): Promise<readonly string[]> => {
  const migrator = new Migrator({ db, provider: { getMigrations: loadMigrations } });
  const { error, results } = await migrator.migrateToLatest();
  if (error) throw error instanceof Error ? error : new Error('The migration failed', { cause: error });
  return (results ?? []).map((result) => result.migrationName);
};

const loadMigrations = async (): Promise<Record<string, Migration>> => {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.sql')).sort();
  return Object.fromEntries(await Promise.all(files.map(async (file) => [file, await loadMigration(file)] as const)));
};

const loadMigration = async (file: string): Promise<Migration> => {
  const text = await readFile(new URL(file, directory), 'utf8');
  return { up: async (db) => void (await sql.raw(text).execute(db)) };
};
