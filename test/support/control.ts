import { randomBytes } from 'node:crypto';
import type { Catalogue, CatalogueEntry } from '#domain/catalogue/version.js';
import type { Permission } from '#domain/permissions/permission.js';
import { parseNetworkPool } from '#domain/server/addresses.js';
import { newId, type Control } from '#operations/control.js';
import { generateToken, tokenHash } from '#operations/secrets/generate.js';
import { SecretBox } from '#operations/secrets/secret-box.js';
import { connect } from '#persistence/connection.js';
import { ensurePorts } from '#persistence/doors.js';
import { insertEnvironment } from '#persistence/environments.js';
import { insertToken } from '#persistence/tokens.js';
import { createTestDatabase } from './postgres.js';

export interface TestControl {
  readonly control: Control;
  readonly databaseUrl: string;
  close(): Promise<void>;
}

const entry = (version: string, more: Partial<CatalogueEntry> = {}): CatalogueEntry => ({
  version,
  image: `holdfast/redis:${version}`,
  patch: null,
  eolAt: null,
  deprecatedAt: null,
  tlsProtocols: ['TLSv1.2', 'TLSv1.3'],
  default: false,
  capabilities: [],
  ...more,
});

export const testCatalogue: Catalogue = [
  entry('7.0', { tlsProtocols: ['TLSv1.2'], eolAt: '2024-07', deprecatedAt: '2025-12' }),
  entry('8.0', { default: true }),
];

/** An installation with one environment, `default`, in a Postgres database of its own. */
export const openTestControl = async (overrides: Partial<Control> = {}): Promise<TestControl> => {
  const database = await createTestDatabase();
  const db = connect({ url: database.url, max: 20, role: 'app', onIdleError: () => undefined });
  const control: Control = {
    db,
    installation: 'test',
    catalogue: testCatalogue,
    catalogueRefusal: null,
    secrets: new SecretBox([{ version: 1, key: randomBytes(32) }]),
    keysOnFile: () => [],
    networkPool: parseNetworkPool('10.224.0.0/12'),
    ports: { first: 20_000, last: 21_999 },
    advertisedHost: '127.0.0.1',
    backupStores: ['default', 'second'],
    keepReplacedMs: 24 * 3_600_000,
    now: () => new Date(),
    ...overrides,
  };
  await ensurePorts(db, control.ports);
  await db.transaction().execute((tx) => insertEnvironment(tx, newId(), 'default', 100));
  const close = async (): Promise<void> => {
    await db.destroy();
    await database.drop();
  };
  return { control, databaseUrl: database.url, close };
};

/** A token with these permissions; returns its secret. */
export const makeToken = async ({ db }: Control, name: string, permissions: Permission[]): Promise<string> => {
  const secret = generateToken();
  const row = { id: newId(), name, secret_hash: tokenHash(secret), permissions, created_by: 'test' };
  await db.transaction().execute((tx) => insertToken(tx, row));
  return secret;
};
