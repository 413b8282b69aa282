import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The file that names the Postgres of docker-compose.yml. */
export const composeUrlFile = (home: string): string => join(home, 'secrets/database-url');

export const isComposeHome = (home: string): boolean => existsSync(composeUrlFile(home));

/** The processes of Holdfast alone: neither Postgres nor the queue, and the databases are no services of docker compose. */
export const composeRestart = 'docker compose restart api scheduler lifecycle-worker backup-worker sweep-worker';
