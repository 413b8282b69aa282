import { lstat, mkdir, open, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { codeOf } from './directory-errors.js';

/** The folders between the root and the object of a key, the outermost first; `a/b/c` lies in `a` and `a/b`. */
const foldersOf = (root: string, key: string): string[] => {
  const names = key.split('/').slice(0, -1);
  return names.map((_, index) => join(root, ...names.slice(0, index + 1)));
};

/** Makes those that are not there; never the root, for one that is missing is a disk that is not mounted. */
export const makeFolders = async (root: string, key: string): Promise<void> => {
  for (const folder of foldersOf(root, key)) await makeFolder(folder);
};

export const makeFolder = async (folder: string): Promise<void> => {
  try {
    await mkdir(folder, 0o700);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    // A file in its place shows at the next step.
    await isFolder(folder);
  }
};

/** Whether all are there. */
export const haveFolders = async (root: string, key: string): Promise<boolean> => {
  for (const folder of foldersOf(root, key)) if (!(await isFolder(folder))) return false;
  return true;
};

const isFolder = async (folder: string): Promise<boolean> => {
  try {
    return await isOwnFolder(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
};

/** Somebody who may write into the store must not make it read or write elsewhere. Errors: `backup_store_refused`. */
const isOwnFolder = async (folder: string): Promise<boolean> => {
  const found = await lstat(folder);
  if (found.isSymbolicLink()) throw new HoldfastError('backup_store_refused', `${folder} is a link to elsewhere`);
  return found.isDirectory();
};

/** Up to the root: another process may have made a folder just now and not have come to this. */
export const syncFolders = async (root: string, key: string): Promise<void> => {
  for (const folder of foldersOf(root, key).reverse()) await syncFolder(folder);
  await syncFolder(root);
};

export const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Removes those that are empty, and makes the removal durable. */
export const removeEmptyFolders = async (root: string, key: string): Promise<void> => {
  let left = foldersOf(root, key);
  while (left.length > 0 && (await isRemoved(left.at(-1) ?? root))) left = left.slice(0, -1);
  try {
    await syncFolder(left.at(-1) ?? root);
  } catch (error) {
    // Another process removed it in the meantime, and makes that durable.
    if (codeOf(error) !== 'ENOENT') throw error;
  }
};

const isRemoved = async (folder: string): Promise<boolean> => {
  try {
    await rmdir(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return true;
    if (codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST') return false;
    throw error;
  }
  return true;
};
