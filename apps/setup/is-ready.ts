import { loadConfiguration } from '#configuration/configuration.js';
import { processEnvironment } from '#configuration/environment.js';
import { apiUrl } from './api-url.js';

/** The health check of the API's container: exit code 0 when it is ready, 1 otherwise. The engine holds the deadline. */
const { ok } = await fetch(new URL('/health/ready', apiUrl(loadConfiguration(processEnvironment()))));
process.exit(ok ? 0 : 1);
