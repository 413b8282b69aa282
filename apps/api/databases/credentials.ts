import { isIPv6 } from 'node:net';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { serverUsers } from '#domain/server/users.js';
import type { Control } from '#operations/control.js';
import { auditEvent } from '#operations/requests/audit.js';
import { credentialContext } from '#operations/secrets/secret-box.js';
import { appendAudit } from '#persistence/audit/append.js';
import type { Tx } from '#persistence/connection.js';
import { credentialsOf, graceUntil } from '#persistence/credentials.js';
import type { DatabaseView } from '#persistence/pages/databases.js';
import { endpointsOf } from './database-view.js';

const schemes = { redis: 'redis', 'redis+ssl': 'rediss' } as const;

/** The tenant's credentials for each door; the look at them enters the history. Errors: `database_not_ready` after a deprovision. */
export const revealCredentials = async (control: Control, tx: Tx, actor: string, database: DatabaseView) => {
  const password = await tenantPassword(control, tx, database);
  const subject = { environmentId: database.environment_id, databaseId: database.id };
  await appendAudit(tx, auditEvent(control.now(), actor, 'credentials.revealed', subject));
  const username = serverUsers.tenant;
  const formerWorksUntil = await graceUntil(tx, database.id, username);
  return {
    formerWorksUntil: formerWorksUntil?.toISOString() ?? null,
    items: endpointsOf(database, control.advertisedHost).map(({ type, follows, host, port }) => ({
      type,
      follows,
      username,
      password,
      url: `${schemes[type]}://${username}:${password}@${isIPv6(host) ? `[${host}]` : host}:${port}`,
    })),
  };
};

/** While a rotation's grace time runs, the former one works as well; while the rotation itself runs, so does one that is not to be known yet. */
const tenantPassword = async ({ secrets }: Control, tx: Tx, { id, handle }: DatabaseView): Promise<string> => {
  const rows = await credentialsOf(tx, id);
  const shown = rows.find((row) => row.username === serverUsers.tenant && row.state === 'current');
  if (!shown) throw new HoldfastError('database_not_ready', `"${handle}" is deprovisioned and has no credentials.`);
  return secrets.open(shown.password_sealed, credentialContext(id, serverUsers.tenant));
};
