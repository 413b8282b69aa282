import { containerSpec, networkSpec, serverOf } from '#operations/server/server.js';
import { findEnvironment } from '#persistence/environments.js';
import type { Installation } from './installation.js';
import { databaseRow } from './requests.js';

/** The container of a database as a failed operation leaves it whose rollback could not reach the engine. */
export const leaveContainer = async (installation: Installation, databaseId: string): Promise<void> => {
  const { control, engine } = installation;
  const database = await databaseRow(installation, databaseId);
  const environment = await findEnvironment(control.db, { id: database.environment_id });
  if (!environment) throw new Error('The environment is missing');
  const signal = AbortSignal.timeout(30_000);
  await engine.ensureNetwork(networkSpec(control, environment), signal);
  const server = serverOf(control, database, environment);
  await engine.createContainer(containerSpec(control, server, database, environment, 'another operation'), signal);
};
