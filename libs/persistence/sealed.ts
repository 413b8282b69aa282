import { sql } from 'kysely';
import type { OperationKind } from '#domain/operation/kinds.js';
import type { Db } from './connection.js';
import type { BackupRow } from './tables.js';

/** Columns that hold what the master key has sealed. A value begins with the version of its key. */

const isOlder = (version: number, sealed: string): boolean => Number(sealed.split(':', 1)[0]) < version;

export interface SealedCredential {
  readonly database_id: string;
  readonly username: string;
  readonly ordinal: number;
  readonly password_sealed: string;
}

/** Passwords that an older key than `version` has sealed. */
export const olderCredentials = async (db: Db, version: number): Promise<readonly SealedCredential[]> =>
  (
    await db.selectFrom('credentials').select(['database_id', 'username', 'ordinal', 'password_sealed']).execute()
  ).filter((row) => isOlder(version, row.password_sealed));

/** Nothing when it was changed meanwhile. */
export const resealCredential = async (db: Db, row: SealedCredential, sealed: string): Promise<void> => {
  await db
    .updateTable('credentials')
    .set({ password_sealed: sealed })
    .where('database_id', '=', row.database_id)
    .where('username', '=', row.username)
    .where('ordinal', '=', row.ordinal)
    .where('password_sealed', '=', row.password_sealed)
    .execute();
};

export interface SealedCertificateKey {
  readonly database_id: string;
  readonly private_key_sealed: string;
}

/** Keys of certificates that operators have brought, which an older key than `version` has sealed. */
export const olderCertificateKeys = async (db: Db, version: number): Promise<readonly SealedCertificateKey[]> =>
  (await db.selectFrom('own_certificates').select(['database_id', 'private_key_sealed']).execute()).filter((row) =>
    isOlder(version, row.private_key_sealed),
  );

/** Nothing when it was changed meanwhile. */
export const resealCertificateKey = async (db: Db, row: SealedCertificateKey, sealed: string): Promise<void> => {
  await db
    .updateTable('own_certificates')
    .set({ private_key_sealed: sealed })
    .where('database_id', '=', row.database_id)
    .where('private_key_sealed', '=', row.private_key_sealed)
    .execute();
};

export interface SealedOperationSecret {
  readonly operation_id: string;
  readonly kind: OperationKind;
  readonly sealed: string;
}

/** What was sent with operations that have not taken it yet, which an older key than `version` has sealed. */
export const olderOperationSecrets = async (db: Db, version: number): Promise<readonly SealedOperationSecret[]> =>
  (
    await db
      .selectFrom('operation_secrets')
      .innerJoin('operations', 'operations.id', 'operation_secrets.operation_id')
      .select(['operation_id', 'operations.kind', 'sealed'])
      .execute()
  ).filter((row) => isOlder(version, row.sealed));

/** Nothing when it was changed meanwhile. */
export const resealOperationSecret = async (
  db: Db,
  { operation_id: operationId, sealed: before }: SealedOperationSecret,
  sealed: string,
): Promise<void> => {
  await db
    .updateTable('operation_secrets')
    .set({ sealed })
    .where('operation_id', '=', operationId)
    .where('sealed', '=', before)
    .execute();
};

export interface SealedAnswer {
  readonly actor: string;
  readonly key: string;
  readonly sealed: string;
}

const sealedBody = sql<string>`body #>> '{}'`;

/** Stored answers to idempotent requests that an older key than `version` has sealed, a lot at a time. */
export const olderAnswers = (db: Db, version: number, limit: number): Promise<SealedAnswer[]> =>
  db
    .selectFrom('idempotency_keys')
    .select(['actor', 'key', sealedBody.as('sealed')])
    .where('body', 'is not', null)
    .where(sql<boolean>`split_part(${sealedBody}, ':', 1)::integer < ${version}`)
    .limit(limit)
    .execute();

/** Nothing when it was forgotten meanwhile. */
export const resealAnswer = async (
  db: Db,
  { actor, key, sealed: before }: SealedAnswer,
  sealed: string,
): Promise<void> => {
  await db
    .updateTable('idempotency_keys')
    .set({ body: JSON.stringify(sealed) })
    .where('actor', '=', actor)
    .where('key', '=', key)
    .where(sql<boolean>`${sealedBody} = ${before}`)
    .execute();
};

export const resealAuthority = async (db: Db, before: string, sealed: string): Promise<void> => {
  await db
    .updateTable('installation')
    .set({ ca_private_key_sealed: sealed })
    .where('ca_private_key_sealed', '=', before)
    .execute();
};

/** Complete backups whose envelope an older key has sealed, a lot at a time, by id. */
export const olderEnvelopes = (
  db: Db,
  version: number,
  afterId: string | null,
  limit: number,
): Promise<BackupRow[]> => {
  const query = db
    .selectFrom('backups')
    .selectAll()
    .where('status', '=', 'complete')
    .where(sql<boolean>`split_part(envelope, ':', 1)::integer < ${version}`)
    .orderBy('id')
    .limit(limit);
  return (afterId === null ? query : query.where('id', '>', afterId)).execute();
};

/** Their manifest may have been written under any of the keys. */
export const runningBackups = (db: Db): Promise<BackupRow[]> =>
  db.selectFrom('backups').selectAll().where('status', '=', 'running').orderBy('id').execute();

export const resealEnvelope = async (db: Db, id: string, before: string, sealed: string): Promise<void> => {
  await db
    .updateTable('backups')
    .set({ envelope: sealed })
    .where('id', '=', id)
    .where('envelope', '=', before)
    .execute();
};
