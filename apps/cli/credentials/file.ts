import { chmod, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isHttpUrl } from '#configuration/cli-configuration.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';

export interface Credentials {
  readonly url: string;
  readonly token: string;
}

/** The stored credentials, or null when there are none. Errors: `configuration_invalid`. */
export const readCredentials = async (file: string, warn: (text: string) => void): Promise<Credentials | null> => {
  try {
    const text = await readFile(file, 'utf8');
    const { mode } = await stat(file);
    if ((mode & 0o077) !== 0) warn(`Others can read ${file}, which holds a token; mend it with: chmod 600 ${file}`);
    return parse(file, text);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    if (cause instanceof HoldfastError) throw cause;
    throw new HoldfastError('configuration_invalid', `The credentials file ${file} cannot be read.`, { cause });
  }
};

const parse = (file: string, text: string): Credentials => {
  const { url, token } = parseJson(text) as Partial<Credentials>;
  if (typeof url === 'string' && isHttpUrl(url) && typeof token === 'string') return { url, token };
  throw new HoldfastError(
    'configuration_invalid',
    `The credentials file ${file} is not { "url", "token" }; write it anew with \`holdfast login\`.`,
  );
};

const parseJson = (text: string): object => {
  try {
    return Object(JSON.parse(text)) as object;
  } catch {
    return {};
  }
};

/** Only its owner can read the file, and a write that breaks off leaves the old one. */
export const writeCredentials = async (file: string, credentials: Credentials): Promise<void> => {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.new`;
  const handle = await open(draft, 'w', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(credentials, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  // A draft left by a write that broke off keeps its old mode otherwise.
  await chmod(draft, 0o600);
  await rename(draft, file);
};
