import { loadCliConfiguration, type CliConfiguration } from '#configuration/cli-configuration.js';
import type { Environment } from '#configuration/environment.js';
import { connect, type Api } from './api/client.js';
import { readCredentials } from './credentials/file.js';
import { chooseTarget } from './credentials/target.js';
import type { Host } from './host.js';
import type { OutputFormat } from './options.js';
import { Terminal } from './terminal.js';

export interface SessionOptions {
  readonly output?: OutputFormat;
}

/** What a verb works with. */
export interface Session {
  readonly configuration: CliConfiguration;
  /** Where the API is. */
  readonly url: string;
  readonly api: Api;
  /** The same API for answers that take their time: streams, and a check of the whole history. */
  readonly patientApi: Api;
  readonly terminal: Terminal;
  /** For the programs that a verb starts. */
  readonly environment: Environment;
  readonly interrupted: AbortSignal;
}

const answersWithinMs = 30_000;

/** Errors: `configuration_invalid`. */
export const openSession = async (host: Host, options: SessionOptions): Promise<Session> => {
  const configuration = loadCliConfiguration(host.environment);
  const terminal = new Terminal(host, options.output ?? 'text');
  const credentials = await readCredentials(configuration.credentialsFile, (text) => terminal.note(text));
  const target = chooseTarget(configuration, credentials);
  const { environment, interrupted } = host;
  return {
    configuration,
    url: target.url,
    api: connect(target, { interrupted, answersWithinMs }),
    patientApi: connect(target, { interrupted, answersWithinMs: null }),
    terminal,
    environment,
    interrupted,
  };
};
