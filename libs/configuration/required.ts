import type { Configuration } from './configuration.js';
import { ConfigurationError } from './configuration-error.js';

/** For the apps that cannot do without. Errors: `ConfigurationError`. */
export const requireDatabaseUrl = ({ databaseUrl }: Configuration): string =>
  databaseUrl ?? missing('HOLDFAST_DATABASE_URL');

/** Errors: `ConfigurationError`. */
export const requireQueueUrl = ({ queueUrl }: Configuration): string => queueUrl ?? missing('HOLDFAST_QUEUE_URL');

const missing = (path: string): never => {
  throw new ConfigurationError([{ path, message: 'is needed' }]);
};
