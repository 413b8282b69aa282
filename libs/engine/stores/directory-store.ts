import { constants } from 'node:fs';
import { access, mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldfastError, isHoldfastError } from '#domain/errors/holdfast-error.js';
import type { ObjectStore, StoredObject } from '../ports/object-store.js';
import { codeOf, describeDirectory, isThere, touchDirectory } from './directory-errors.js';
import { haveFolders, makeFolders, removeEmptyFolders, syncFolders } from './folders.js';
import { findFile, listFolder } from './listed-folder.js';
import { assertKey, assertPrefix } from './object-keys.js';
import { beginFile, removeFilesBegun, type UnfinishedFile } from './unfinished-files.js';
import { untilAborted } from './until-aborted.js';

/** A folder that another process removes as empty, between its making and the rename into it, is made again this often. */
const attempts = 10;
const readBytes = 256 * 1024;

/** Objects as files of one directory, for its owner only. A key cannot be the beginning of another one's path. Several processes may use it at once. */
export class DirectoryStore implements ObjectStore {
  readonly description: string;

  /** `isOwn`: Holdfast makes the directory when it is not there; another one that is missing may be a disk that is not mounted. */
  constructor(
    private readonly root: string,
    private readonly isOwn: boolean,
  ) {
    this.description = describeDirectory(root);
  }

  async put(key: string, body: AsyncIterable<Buffer>, signal: AbortSignal): Promise<void> {
    assertKey(key);
    signal.throwIfAborted();
    const file = await this.touch(async () => {
      await this.makeRoot();
      return beginFile(this.root, new Date());
    });
    try {
      await this.fill(file.handle, body, signal);
      signal.throwIfAborted();
      await this.touch(() => this.finish(file, key));
    } catch (error) {
      // What cannot be removed now is removed as unfinished later; the first error is the one to tell.
      await rm(file.path, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  async get(key: string, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
    const object = await this.find(key, signal);
    if (!object) throw this.missing(key);
    return this.read(key, signal);
  }

  async find(key: string, signal: AbortSignal): Promise<StoredObject | null> {
    assertKey(key);
    signal.throwIfAborted();
    return this.touch(async () => {
      await this.makeRoot();
      const object = (await haveFolders(this.root, key)) ? await findFile(this.root, key) : null;
      // What is absent must be so in a root that is there.
      if (!object) await access(this.root);
      return object;
    });
  }

  async *list(prefix: string, signal: AbortSignal): AsyncIterable<StoredObject> {
    assertPrefix(prefix);
    signal.throwIfAborted();
    await this.touch(() => this.makeRoot());
    const objects = listFolder(this.root, '', prefix);
    for (;;) {
      const next = await this.touch(() => objects.next());
      signal.throwIfAborted();
      if (next.done) return;
      yield next.value;
    }
  }

  async remove(key: string, signal: AbortSignal): Promise<void> {
    const object = await this.find(key, signal);
    if (!object) return;
    await this.touch(async () => {
      await rm(join(this.root, key), { force: true });
      await removeEmptyFolders(this.root, key);
    });
  }

  /** Whatever the prefix: its folder of what is unfinished is Holdfast's alone, and has no keys. */
  async removeUnfinished(_prefix: string, before: Date, signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    return this.touch(async () => {
      await this.makeRoot();
      return removeFilesBegun(this.root, before);
    });
  }

  private async makeRoot(): Promise<void> {
    if (this.isOwn) await mkdir(this.root, { recursive: true, mode: 0o700 });
  }

  private async fill(handle: FileHandle, body: AsyncIterable<Buffer>, signal: AbortSignal): Promise<void> {
    try {
      for await (const chunk of untilAborted(body, signal)) await this.touch(() => handle.writeFile(chunk));
      await this.touch(() => handle.sync());
    } finally {
      await this.touch(() => handle.close());
    }
  }

  private async finish(file: UnfinishedFile, key: string): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      // First, so that no folder is made in what has taken the root's place meanwhile.
      if (!(await isThere(file.path))) throw this.unreachable(key, 'was removed as unfinished while it was written');
      try {
        await makeFolders(this.root, key);
        await rename(file.path, join(this.root, key));
        break;
      } catch (error) {
        // Somebody else may have removed a folder because it was empty.
        if (codeOf(error) !== 'ENOENT' || attempt === attempts) throw error;
      }
    }
    await syncFolders(this.root, key);
  }

  private async *read(key: string, signal: AbortSignal): AsyncGenerator<Buffer> {
    const handle = await this.touch(() => open(join(this.root, key), constants.O_RDONLY | constants.O_NOFOLLOW)).catch(
      (error: unknown) => {
        // In a root that is there.
        const isMissing = isHoldfastError(error, 'backup_store_refused') && codeOf(error.cause) === 'ENOENT';
        throw isMissing ? this.missing(key) : error;
      },
    );
    try {
      let left = (await this.touch(() => handle.stat())).size;
      while (left > 0) {
        signal.throwIfAborted();
        const buffer = Buffer.allocUnsafe(Math.min(left, readBytes));
        const { bytesRead } = await this.touch(() => handle.read(buffer, 0, buffer.length));
        if (bytesRead === 0) throw this.unreachable(key, `ended ${left} bytes early`);
        left -= bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  }

  /** Whatever touches the file system passes here; the errors of a body do not. */
  private touch<T>(work: () => Promise<T>): Promise<T> {
    return touchDirectory(this.root, work);
  }

  private missing(key: string): HoldfastError {
    return new HoldfastError('backup_object_missing', `${this.description} has no ${key}`);
  }

  private unreachable(key: string, what: string): HoldfastError {
    return new HoldfastError('backup_store_unreachable', `${this.description}: ${key} ${what}`);
  }
}
