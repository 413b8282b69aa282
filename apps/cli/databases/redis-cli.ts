import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '#configuration/environment.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { Credential } from '../api/documents.js';

/**
 * Runs redis-cli on a door and returns its exit code. The password is in the environment of the child alone, never in
 * its arguments, which every user of the machine can read. Errors: `program_missing`.
 */
export const runRedisCli = async (
  door: Credential,
  authority: string,
  words: readonly string[],
  environment: Environment,
): Promise<number> => {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-cli-'));
  try {
    const caFile = join(directory, 'ca.pem');
    await writeFile(caFile, authority, { mode: 0o600 });
    return await spawnRedisCli(redisCliArguments(door, caFile, words), {
      ...environment,
      REDISCLI_AUTH: door.password,
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

export const redisCliArguments = (
  { type, username, url }: Pick<Credential, 'type' | 'username' | 'url'>,
  caFile: string,
  words: readonly string[],
): string[] => {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const tls = type === 'redis+ssl' ? ['--tls', '--cacert', caFile] : [];
  return ['-h', host, '-p', port, '--user', username, ...tls, ...words];
};

const spawnRedisCli = (args: readonly string[], environment: Environment): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn('redis-cli', args, { stdio: 'inherit', env: { ...environment } });
    child.once('error', (cause) => reject(new HoldfastError('program_missing', 'redis-cli cannot be run.', { cause })));
    child.once('close', (code) => resolve(code ?? 1));
  });
