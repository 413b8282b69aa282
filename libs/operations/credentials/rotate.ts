import { graceEnd, type Grace } from '#domain/credentials/grace.js';
import { replicationUser, serverUsers } from '#domain/server/users.js';
import { appendAudit } from '#persistence/audit/append.js';
import type { Tx } from '#persistence/connection.js';
import { credentialsOf, endGrace, insertCredentials, lockTree, publishComing } from '#persistence/credentials.js';
import { noteReceipt } from '#persistence/operations/read.js';
import type { CredentialRow, DatabaseRow } from '#persistence/tables.js';
import { auditEvent } from '../requests/audit.js';
import type { AttemptContext } from '../run/context.js';
import { generatePassword } from '../secrets/generate.js';
import { credentialContext } from '../secrets/secret-box.js';
import { enforceUsers } from './enforce-users.js';
import { onEachServer } from './tree.js';

/** New passwords, known to nobody yet: one for the tenant of the whole tree, and for Holdfast's own users one each. */
export const recordComing = (context: AttemptContext): Promise<void> =>
  context.write(async (tx) => {
    const tree = await lockTree(tx, context.database.id);
    const known = await Promise.all(tree.map(({ id }) => credentialsOf(tx, id)));
    const tenantPassword = comingTenant(context, known.flat()) ?? generatePassword();
    for (const [index, database] of tree.entries()) {
      await recordMissing(context, tx, database, known[index] ?? [], tenantPassword);
    }
  });

/** What an attempt that died has made up. */
const comingTenant = ({ control }: AttemptContext, rows: readonly CredentialRow[]): string | undefined => {
  const row = rows.find(({ username, state }) => username === serverUsers.tenant && state === 'coming');
  return row && control.secrets.open(row.password_sealed, credentialContext(row.database_id, row.username));
};

const recordMissing = async (
  { control }: AttemptContext,
  tx: Tx,
  { id }: DatabaseRow,
  rows: readonly CredentialRow[],
  tenantPassword: string,
): Promise<void> => {
  const users: string[] = [serverUsers.tenant, serverUsers.manager, replicationUser(id)];
  const lacking = users.filter((user) => {
    const own = rows.filter(({ username }) => username === user);
    return own.length > 0 && !own.some(({ state }) => state === 'coming');
  });
  if (lacking.length === 0) return;
  await insertCredentials(
    tx,
    id,
    lacking.map((username) => ({
      ...{ username, state: 'coming' },
      ordinal: 1 + Math.max(...rows.filter((row) => row.username === username).map(({ ordinal }) => ordinal)),
      passwordSealed: control.secrets.seal(
        username === serverUsers.tenant ? tenantPassword : generatePassword(),
        credentialContext(id, username),
      ),
    })),
  );
};

/** Every server of the tree takes the new passwords beside the old ones. */
export const admitComing = (context: AttemptContext): Promise<void> => onEachServer(context, enforceUsers);

/** The new passwords are shown from here on, and until when the old ones work is promised. */
export const publish = (context: AttemptContext): Promise<void> =>
  context.write(async (tx) => {
    const { control, database, operation } = context;
    const at = control.now();
    const grace = operation.parameters as Grace;
    const until = graceEnd(grace, at);
    const tree = await lockTree(tx, database.id);
    const ids = tree.map(({ id }) => id);
    await publishComing(tx, ids, { username: serverUsers.tenant, until }, at);
    // With no grace whatever an earlier rotation has promised ends as well.
    if (grace.now) await endGrace(tx, ids, at);
    const told = { rotatedAt: at.toISOString(), formerWorksUntil: grace.now ? null : until.toISOString() };
    await noteReceipt(tx, operation.id, { databaseId: database.id, databases: tree.map(({ id }) => id), ...told });
    for (const { id, environment_id: environmentId } of tree) {
      const subject = { environmentId, databaseId: id, operationId: operation.id };
      await appendAudit(tx, auditEvent(at, operation.requested_by, 'credentials.rotated', subject, told));
    }
  });
