import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readIfPresent, writeSecretFile } from './secret-file.js';

/** Where the CLI looks for its login: `{ url, token }`, mode 0600. */
export const loginFile = (homeDirectory: string): string => join(homeDirectory, '.config/holdfast/credentials.json');

const tokenFile = (home: string): string => join(home, 'owner.token');

export const readOwnerToken = (home: string): string | null => readIfPresent(tokenFile(home));

/** Holdfast itself stores a hash only, so this file is the one place that has the token. */
export const keepOwnerToken = (home: string, token: string): void => {
  if (readOwnerToken(home) !== token) writeSecretFile(tokenFile(home), token);
};

export const writeLogin = (file: string, login: { readonly url: string; readonly token: string }): void => {
  const content = `${JSON.stringify(login, null, 2)}\n`;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (readIfPresent(file) !== content) writeSecretFile(file, content);
};

/** Leaves a login to another server alone. */
export const removeLogin = (file: string, url: string): void => {
  const content = readIfPresent(file);
  if (content !== null && (JSON.parse(content) as { url?: string }).url === url) rmSync(file);
};
