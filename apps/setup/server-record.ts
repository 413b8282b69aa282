import { join } from 'node:path';
import { findFreePort } from './free-port.js';
import { newSecret, readIfPresent, writeSecretFile } from './secret-file.js';

/** What is chosen once for a server of ours, in a file of mode 0600: the port never changes, so that its URL holds. */
export interface ServerRecord {
  readonly port: number;
  readonly password: string;
}

const fileOf = (directory: string): string => join(directory, 'server.json');

export const newServerRecord = async (): Promise<ServerRecord> => ({
  port: await findFreePort(),
  password: newSecret(),
});

export const readServerRecord = (directory: string): ServerRecord | null => {
  const recorded = readIfPresent(fileOf(directory));
  return recorded === null ? null : (JSON.parse(recorded) as ServerRecord);
};

export const writeServerRecord = (directory: string, record: ServerRecord): void =>
  writeSecretFile(fileOf(directory), JSON.stringify(record));
