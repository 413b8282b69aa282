import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { run } from './command.js';
import { projectRoot } from './project-root.js';

const manifests = ['package.json', 'package-lock.json'] as const;
const builds = ['dist/apps', 'dist/libs'] as const;

const isTest = (path: string): boolean => /\.spec\.js(\.map)?$/.test(path);

/** Of everything that the app image holds beside Debian packages. By content: a build from the same sources gives the same. */
export const appFingerprint = (root = projectRoot): string => {
  const built = builds.flatMap((folder) => filesBelow(join(root, folder)));
  const files = [...manifests.map((name) => join(root, name)), ...built];
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  return hash.digest('hex');
};

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !isTest(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();

/** Copies the build into an empty directory and installs the packages that it runs on. Errors: `setup_failed`. */
export const collectApp = async (directory: string, signal: AbortSignal): Promise<void> => {
  for (const name of [...manifests, ...builds]) {
    const filter = (source: string): boolean => !isTest(source);
    await cp(join(projectRoot, name), join(directory, name), { recursive: true, filter });
  }
  // Without the optional packages: they hold the embedded Postgres, which has a container of its own here.
  const flags = ['--omit=dev', '--omit=optional', '--no-audit', '--no-fund', '--prefer-offline'];
  await run('env', ['SCARF_ANALYTICS=false', 'npm', 'ci', ...flags], { signal, directory });
};
