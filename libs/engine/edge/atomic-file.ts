import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Replaces a file so that a reader, or the next boot after a power cut, finds the old content or the new, never a part.
 * Callers hold the directory's lock: the temporary name is fixed, so a crash leaves one file that the next call overwrites.
 */
export const writeFileAtomically = async (path: string, content: string, mode: number): Promise<void> => {
  const temporary = `${path}.new`;
  await writeAndSync(temporary, content, mode);
  await rename(temporary, path);
  await syncDirectory(dirname(path));
};

const writeAndSync = async (path: string, content: string, mode: number): Promise<void> => {
  const file = await open(path, 'w', mode);
  try {
    await file.writeFile(content);
    // The mode given to open is cut by the process's umask.
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
};

const syncDirectory = async (path: string): Promise<void> => {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
};
