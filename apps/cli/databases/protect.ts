import { answer } from '../api/client.js';
import type { EnvironmentOptions } from '../options.js';
import type { Session } from '../session.js';
import { databasePath } from './reference.js';

/** Switches deletion protection and prints the database. */
export const protectDatabase = async (
  session: Session,
  handle: string,
  options: EnvironmentOptions,
  deletionProtection: boolean,
): Promise<void> => {
  const path = { id: await databasePath(session, handle, options) };
  const body = { deletionProtection };
  const database = await answer(session.api.PATCH('/v1/databases/{id}', { params: { path }, body }));
  const state = database.deletionProtection ? 'on' : 'off';
  session.terminal.print(database, [`Deletion protection of ${database.handle} is ${state}.`]);
};
