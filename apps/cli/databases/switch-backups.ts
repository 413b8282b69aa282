import { answer } from '../api/client.js';
import type { EnvironmentOptions } from '../options.js';
import type { Session } from '../session.js';
import { databasePath } from './reference.js';

/** Switches backups of a database on or off and prints the database. */
export const switchBackups = async (
  session: Session,
  handle: string,
  options: EnvironmentOptions,
  backupsEnabled: boolean,
): Promise<void> => {
  const path = { id: await databasePath(session, handle, options) };
  const body = { backupsEnabled };
  const database = await answer(session.api.PATCH('/v1/databases/{id}', { params: { path }, body }));
  const state = database.backupsEnabled ? 'on' : 'off';
  session.terminal.print(database, [`Backups of ${database.handle} are ${state}.`]);
};
