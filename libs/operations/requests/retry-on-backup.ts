import { z } from 'zod';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { lockBackup, purgesOf } from '#persistence/backups.js';
import type { Tx } from '#persistence/connection.js';
import type { OperationParameters } from '#persistence/operation-documents.js';
import type { OperationRow } from '#persistence/tables.js';
import type { Control } from '../control.js';
import { requireNamedStore, requireNamedStores } from '../backup/named-stores.js';
import { requestCopy, requestPurge, requestVerify, requireSound, requireStaying } from './request-backup.js';

const parametersSchema = z.looseObject({ backupId: z.uuid(), store: z.string().optional() });
const kindSchema = z.looseObject({ kind: z.enum(['automatic', 'manual']) });

export const kindOfBackup = (parameters: OperationParameters): 'automatic' | 'manual' =>
  kindSchema.parse(parameters).kind;

/** Asks anew for what an operation on a backup was to do. Errors: those of the request. */
export const retryOnBackup = async (
  control: Control,
  tx: Tx,
  actor: string,
  {
    id: retryOf,
    kind,
    parameters,
  }: Pick<OperationRow, 'id' | 'parameters'> & {
    readonly kind: 'verify-backup' | 'copy-backup' | 'purge-backup' | 'restore';
  },
  asBefore: () => Promise<OperationRow>,
): Promise<OperationRow> => {
  const { backupId, store = '' } = parametersSchema.parse(parameters);
  const backup = await lockBackup(tx, backupId, 'no key update');
  if (!backup) throw new HoldfastError('backup_not_found', `No backup has the id ${backupId}.`);
  if (kind === 'purge-backup') await requireNamedStores(control, tx, backup);
  else requireNamedStore(control, backup);
  switch (kind) {
    case 'verify-backup':
      return requestVerify(control, tx, actor, backup, retryOf);
    case 'copy-backup':
      return requestCopy(control, tx, actor, backup, store, retryOf);
    case 'purge-backup':
      return requestPurge(control, tx, actor, backup, retryOf);
    case 'restore':
      requireSound(backup);
      requireStaying(await purgesOf(tx, backup));
      return asBefore();
  }
};
