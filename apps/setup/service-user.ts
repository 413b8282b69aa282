import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { outcomeOf, run } from './command.js';

export interface ServiceUser {
  readonly uid: number;
  readonly gid: number;
}

const names = ['postgres', 'holdfast-postgres'] as const;

/** Postgres refuses to run as root: root gets a system user for it, anybody else runs it as themselves (null). */
export const ensurePostgresUser = async (signal: AbortSignal): Promise<ServiceUser | null> => {
  if (process.getuid?.() !== 0) return null;
  for (const name of names) {
    const user = await lookUp(name, signal);
    if (user) return user;
  }
  await run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', names[1]], {
    signal,
  });
  return lookUp(names[1], signal);
};

const lookUp = async (name: string, signal: AbortSignal): Promise<ServiceUser | null> => {
  const { exitCode, stdout } = await outcomeOf('getent', ['passwd', name], { signal });
  const [, , uid, gid] = stdout.split(':');
  return exitCode === 0 ? { uid: Number(uid), gid: Number(gid) } : null;
};

/** Errors: `setup_failed` naming the directory that other users cannot pass. */
export const assertReachableByOthers = (directory: string): void => {
  for (let current = directory; current !== '/'; current = dirname(current)) {
    if ((statSync(current).mode & 0o001) === 0) {
      throw new HoldfastError(
        'setup_failed',
        `The user of Postgres cannot pass ${current}; choose another HOLDFAST_HOME, or allow it with "chmod o+x ${current}".`,
      );
    }
  }
};
