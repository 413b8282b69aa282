import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredObject } from '../ports/object-store.js';
import { codeOf } from './directory-errors.js';
import { isKey } from './object-keys.js';

/**
 * The objects of a folder and of those below it whose keys begin with the prefix, by key. What is no key is not among them: the store's own files, and those of others.
 * `folder` is the beginning of their keys: empty, or ending in a slash.
 */
export async function* listFolder(root: string, folder: string, prefix: string): AsyncGenerator<StoredObject> {
  for (const name of await namesIn(root, folder)) {
    const key = folder + name;
    if (name.endsWith('/')) {
      if (key.startsWith(prefix) || prefix.startsWith(key)) yield* listFolder(root, key, prefix);
    } else if (key.startsWith(prefix)) {
      const object = await findFile(root, key);
      if (object) yield object;
    }
  }
}

/** Folders sort with their slash, as their keys do: `a-b` comes before `a/b`. */
const namesIn = async (root: string, folder: string): Promise<string[]> => {
  const entries = await unlessAbsent(readdir(join(root, folder), { withFileTypes: true }), folder);
  return (entries ?? [])
    .filter((entry) => isKey(entry.name) && (entry.isDirectory() || entry.isFile()))
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .sort();
};

/** Null when there is no such file. */
export const findFile = async (root: string, key: string): Promise<StoredObject | null> => {
  const found = await unlessAbsent(lstat(join(root, key)), key);
  return found?.isFile() ? { key, bytes: found.size, modifiedAt: found.mtime } : null;
};

/** A missing root is a failure, what is missing in it is not. */
const unlessAbsent = async <T>(work: Promise<T>, key: string): Promise<T | null> => {
  try {
    return await work;
  } catch (error) {
    if (key !== '' && ['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return null;
    throw error;
  }
};
