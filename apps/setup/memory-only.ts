import { processEnvironment } from '#configuration/environment.js';
import { countMemoryOnly } from '#persistence/memory-only.js';
import { askPostgres } from './ask-postgres.js';
import { composeUrlFile } from './compose-home.js';
import { installationConfiguration, readSettings } from './installation.js';
import { readIfPresent } from './secret-file.js';

/** How many databases lose their data when they are stopped; null when Postgres does not answer. It is not started for that. */
export const memoryOnlyDatabases = async (home: string): Promise<number | null> => {
  try {
    const { databaseUrl } = installationConfiguration(processEnvironment(), readSettings(home));
    const url = databaseUrl ?? readIfPresent(composeUrlFile(home));
    return url === null ? null : await askPostgres(url.trim(), countMemoryOnly);
  } catch {
    // Only a figure in a message hangs on it.
    return null;
  }
};
