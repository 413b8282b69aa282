import { constants } from 'node:fs';
import { access, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { shellQuoted } from '#domain/text/shell-quoted.js';
import type { StoreIdentity } from '../ports/object-store.js';
import { codeOf, touchDirectory } from './directory-errors.js';
import { syncFolder } from './folders.js';
import { beginFile } from './unfinished-files.js';

/** Its name can be no key. */
const fileName = '.holdfast-store';
/** A line of it: other text was not written by Holdfast, and stands in a command that somebody is to type. */
const form = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const longest = 4096;

/** A file in the root of a store: an empty directory in the place of a disk has none, another disk has another one. */
export class DirectoryIdentity implements StoreIdentity {
  private readonly path: string;

  constructor(private readonly root: string) {
    this.path = join(root, fileName);
  }

  read(): Promise<readonly string[]> {
    return touchDirectory(this.root, async () => {
      const handle = await this.open();
      if (!handle) return [];
      try {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(longest), 0, longest);
        const lines = buffer.subarray(0, bytesRead).toString().split('\n');
        return lines.map((line) => line.trim()).filter((line) => form.test(line));
      } finally {
        await handle.close();
      }
    });
  }

  /** Whole or not at all: a half one would be that of another place. */
  write(id: string): Promise<void> {
    return touchDirectory(this.root, async () => {
      const file = await beginFile(this.root, new Date());
      try {
        await fill(file.handle, `${id}\n`);
        await rename(file.path, this.path);
        await syncFolder(this.root);
      } catch (error) {
        await rm(file.path, { force: true }).catch(() => undefined);
        throw error;
      }
    });
  }

  byHand(id: string): string {
    const path = shellQuoted(this.path);
    return `(echo ${id} >> ${path} && chmod a+r ${path})`;
  }

  private async open(): Promise<FileHandle | null> {
    try {
      // A pipe in its place would wait for a writer.
      return await open(this.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      // What is absent must be so in a root that is there.
      await access(this.root);
      return null;
    }
  }
}

const fill = async (handle: FileHandle, text: string): Promise<void> => {
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
};
