import { join } from 'node:path';
import { ConfigurationError } from './configuration-error.js';
import { currentUser, type Environment } from './environment.js';

/** What the CLI reads of the environment. Null: not set. */
export interface CliConfiguration {
  readonly url: string | null;
  readonly token: string | null;
  /** The file that `holdfast login` and `npm run up` write. */
  readonly credentialsFile: string;
}

/**
 * Leaves the other HOLDFAST_* variables alone: they are the server's, and the CLI must work beside them.
 * It does without the schema of the server's variables, because loading Zod would double the start-up time.
 * Errors: `ConfigurationError`.
 */
export const loadCliConfiguration = (environment: Environment): CliConfiguration => {
  const url = environment['HOLDFAST_URL'] || null;
  if (url !== null && !isHttpUrl(url)) {
    const message = 'must be a URL that starts with http:// or https://';
    throw new ConfigurationError([{ path: 'HOLDFAST_URL', message }]);
  }
  const { homeDirectory } = currentUser(environment);
  const credentialsFile = join(homeDirectory, '.config/holdfast/credentials.json');
  return Object.freeze({ url, token: environment['HOLDFAST_TOKEN'] || null, credentialsFile });
};

export const isHttpUrl = (value: string): boolean =>
  URL.canParse(value) && ['http:', 'https:'].includes(new URL(value).protocol);
