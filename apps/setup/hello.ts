import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { sentences } from '#domain/text/sentences.js';
import type { ApiClient } from './api-client.js';
import { readIfPresent } from './secret-file.js';
import { waitUntil } from './wait-until.js';

export interface HelloDatabase {
  readonly id: string;
  readonly handle: string;
  readonly version: string;
  readonly persistence: string;
  readonly status: string;
}

interface FailedOperation {
  readonly id: string;
  readonly error: { readonly code: string; readonly detail: string; readonly remedy: string } | null;
}

const environment = 'default';
const handle = 'hello';
const provisionedWithinMs = 120_000;

/**
 * Provisions the first database, once in the life of an installation: a person who removed it does not get it again.
 * Returns null when it was removed. Errors: `setup_failed` with the reason that its operation gives.
 */
export const ensureHello = async (api: ApiClient, home: string, signal: AbortSignal): Promise<HelloDatabase | null> => {
  // Its id: it stays the first one under any other handle.
  const marker = join(home, 'first-database');
  const known = readIfPresent(marker)?.trim() ?? null;
  const path = `/v1/databases/${encodeURIComponent(known ?? `${environment}/${handle}`)}`;
  const present = await findLive(api, path, signal);
  if (!present && known !== null) return null;
  if (!present) await api.post(`/v1/environments/${environment}/databases`, randomUUID(), { handle }, signal);
  else if (present.status === 'provision_failed') await retryProvision(api, present, signal);
  const database = await waitForProvisioned(api, path, signal);
  if (known !== database.id) writeFileSync(marker, `${database.id}\n`);
  return database;
};

const findLive = async (api: ApiClient, path: string, signal: AbortSignal): Promise<HelloDatabase | null> => {
  const database = await api.find<HelloDatabase>(path, signal);
  return database?.status === 'deprovisioned' ? null : database;
};

const waitForProvisioned = async (api: ApiClient, path: string, signal: AbortSignal): Promise<HelloDatabase> => {
  let database = await api.get<HelloDatabase>(path, signal);
  const hasEnded = async (): Promise<boolean> => {
    database = await api.get<HelloDatabase>(path, signal);
    return database.status !== 'pending' && database.status !== 'provisioning';
  };
  await waitUntil(`the database "${handle}" is provisioned`, hasEnded, { withinMs: provisionedWithinMs }, signal);
  if (database.status === 'provisioned') return database;
  throw new HoldfastError(
    'setup_failed',
    `The database "${handle}" is ${database.status}: ${await reasonOf(api, database, signal)}`,
  );
};

/** "Run the same command again" must hold for a database whose obstacle is out of the way by now. */
const retryProvision = async (api: ApiClient, database: HelloDatabase, signal: AbortSignal): Promise<void> => {
  const failed = await lastFailureOf(api, database, signal);
  if (failed) await api.post(`/v1/operations/${failed.id}/retry`, randomUUID(), {}, signal);
};

const reasonOf = async (api: ApiClient, database: HelloDatabase, signal: AbortSignal): Promise<string> => {
  const error = (await lastFailureOf(api, database, signal))?.error;
  return error ? sentences(`${error.code}: ${error.detail}`, error.remedy) : 'its operations name no error';
};

/** Operations are listed from the newest to the oldest. */
const lastFailureOf = async (
  api: ApiClient,
  { id }: HelloDatabase,
  signal: AbortSignal,
): Promise<FailedOperation | undefined> => {
  const query = new URLSearchParams({ database: id, status: 'failed', limit: '1' });
  const { items } = await api.get<{ items: FailedOperation[] }>(`/v1/operations?${query.toString()}`, signal);
  return items[0];
};
