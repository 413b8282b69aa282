import { sql } from 'kysely';
import { isHoldfastError } from '#domain/errors/holdfast-error.js';
import { serverPaths, serverPorts } from '#domain/server/names.js';
import { serverUsers } from '#domain/server/users.js';
import { credentialSweeps } from '#operations/credentials/sweeps.js';
import { openPasswords } from '#operations/server/material.js';
import type { OperationRow } from '#persistence/tables.js';
import type { FakeInstallation } from './fake-installation.js';
import { finished } from './requests.js';
import { addressOf, containerOf, lookoutOn } from './sweeps.js';

const within = (): AbortSignal => AbortSignal.timeout(30_000);

/** The password that is shown, and whether one is let in. */
export const shownPassword = async ({ control }: FakeInstallation, id: string): Promise<string> =>
  (await openPasswords(control, id)).tenant[0] ?? '';

export const letsIn = async (
  installation: FakeInstallation,
  id: string,
  password: string,
  username: string = serverUsers.tenant,
): Promise<boolean> => {
  const { installation: row } = await lookoutOn(installation);
  const tls = { caPem: row.ca_certificate_pem, serverName: containerOf(installation, id) };
  const host = await addressOf(installation, id);
  try {
    const target = { host, port: serverPorts.tls, username, password, tls };
    (await installation.clients.connect(target, within())).close();
    return true;
  } catch (error) {
    if (isHoldfastError(error, 'server_not_ready') && error.message.includes('WRONGPASS')) return false;
    throw error;
  }
};

/** As if the time of all grace were over. */
export const endAllGrace = async ({ control: { db } }: FakeInstallation): Promise<void> => {
  await sql`UPDATE credentials SET expires_at = now() - interval '1 second' WHERE state = 'going'`.execute(db);
};

/** One look for passwords whose time is over. Returns the operations that it asked for, when they have ended. */
export const sweepCredentials = async (installation: FakeInstallation): Promise<readonly OperationRow[]> => {
  const { control } = installation;
  await credentialSweeps(control, { renewalDays: 121, warningDays: 30 }).credentials(
    () => Promise.resolve(),
    within(),
    { dry_run: false, as_of: null },
  );
  const asked = await control.db
    .selectFrom('operations')
    .select('id')
    .where('requested_by', '=', 'sweep:credentials')
    .where('finished_at', 'is', null)
    .execute();
  return Promise.all(asked.map(({ id }) => finished(installation, id)));
};

export const usersFileOf = async (installation: FakeInstallation, id: string): Promise<string> =>
  (await installation.host.readFile(containerOf(installation, id), serverPaths.users, within()))?.toString() ?? '';
