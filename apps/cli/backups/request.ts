import { answer } from '../api/client.js';
import type { Backup, BackupRequest, HeldBackup, Operation } from '../api/documents.js';
import { unlessDetached } from '../operations/outcome.js';
import type { DetachOptions } from '../options.js';
import type { Session } from '../session.js';

/** Errors: `Refusal` when there is no such backup. */
export const backupAt = ({ api }: Session, id: string): Promise<Backup> =>
  answer(api.GET('/v1/backups/{id}', { params: { path: { id } } }));

export const requestOnBackup = ({ api }: Session, id: string, body: BackupRequest): Promise<Operation> =>
  answer(api.POST('/v1/backups/{id}/operations', { params: { path: { id } }, body }));

/** The operation when it has succeeded; null, and printed, when nobody wants to follow it. Errors: those of `followToSuccess`. */
export const carryOutOnBackup = async (
  session: Session,
  id: string,
  request: BackupRequest,
  { detach }: DetachOptions,
): Promise<Operation | null> => unlessDetached(session, await requestOnBackup(session, id, request), { detach });

/** Says why nothing may delete a backup from now on; null ends that. */
export const holdBackup = ({ api }: Session, id: string, hold: string | null): Promise<HeldBackup> =>
  answer(api.PATCH('/v1/backups/{id}', { params: { path: { id } }, body: { hold } }));
