import { compareVersions } from '#domain/catalogue/version.js';
import { findDatabase } from '#persistence/databases.js';
import type { DatabaseRow } from '#persistence/tables.js';
import { dryStart } from '../configuration/dry-start.js';
import { on, type AttemptContext } from '../run/context.js';
import { freshRow, wantedIn } from './parties.js';
import { tryData } from './safety-backup.js';
import { tellLeftOut } from './settings-left-out.js';

/**
 * The new version takes the settings and users of the subject, and of each replica, which has its own: what is replaced in place has no way back.
 * It loads the data. Errors: `upgrade_incompatible`.
 */
export const tryVersion = async (context: AttemptContext): Promise<void> => {
  const { version, image, tls_protocols } = wantedIn(context);
  for (const row of [await freshRow(context), ...(await replicasToTry(context))]) {
    await tellLeftOut(context, row, version);
    await dryStart(on(context, { ...row, version, image, tls_protocols }), 'upgrade_incompatible');
  }
  await tryData(context);
};

const replicasToTry = async (context: AttemptContext): Promise<readonly DatabaseRow[]> => {
  const { replicas, version } = wantedIn(context);
  const rows = await Promise.all(replicas.map((id) => findDatabase(context.control.db, id)));
  return rows.filter(
    (row): row is DatabaseRow => row?.status === 'provisioned' && compareVersions(row.version, version) < 0,
  );
};
