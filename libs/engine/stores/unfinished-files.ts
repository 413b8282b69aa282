import { randomUUID } from 'node:crypto';
import { open, readdir, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from './directory-errors.js';
import { makeFolder } from './folders.js';

/** On the file system of the root, so that a rename is all that finishes a file; its name can be no key. */
const folderName = '.unfinished';

export interface UnfinishedFile {
  readonly path: string;
  readonly handle: FileHandle;
}

/** Its name tells when it was begun, since its times change with each write. */
export const beginFile = async (root: string, now: Date): Promise<UnfinishedFile> => {
  await makeFolder(join(root, folderName));
  const path = join(root, folderName, `${now.getTime()}-${randomUUID()}`);
  return { path, handle: await open(path, 'wx', 0o600) };
};

/** Returns how many were removed. */
export const removeFilesBegun = async (root: string, before: Date): Promise<number> => {
  const folder = join(root, folderName);
  const old = (await namesIn(root, folder)).filter((name) => begunAtMs(name) < before.getTime());
  for (const name of old) await rm(join(folder, name), { force: true });
  return old.length;
};

const begunAtMs = (name: string): number => Number(/^(\d{1,15})-/.exec(name)?.[1] ?? Infinity);

const namesIn = async (root: string, folder: string): Promise<string[]> => {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    await readdir(root);
    return [];
  }
};
