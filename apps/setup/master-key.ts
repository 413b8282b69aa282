import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeSecretFile } from './secret-file.js';

/** Makes the key that all stored secrets are sealed with, once: `<version>:<base64 of 32 bytes>`, one line for each version. */
export const ensureMasterKey = (file: string, owner?: { uid: number; gid: number }): void => {
  if (!existsSync(file)) writeSecretFile(file, `1:${randomBytes(32).toString('base64')}\n`, owner);
};
