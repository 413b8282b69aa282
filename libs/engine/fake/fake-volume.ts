import { posix } from 'node:path';
import type { FileEntry } from '../ports/container-engine.js';

/** Files and directories of a volume by their path in it, with owner and mode. */
export class FakeVolume {
  private readonly entries = new Map<string, FileEntry>();

  constructor(readonly labels: Readonly<Record<string, string>>) {}

  write(directory: string, files: readonly FileEntry[]): void {
    for (const file of files) {
      const path = normal(posix.join(directory, file.path));
      // A file in the place of a directory: all that was in that goes with it.
      const below = this.entries.get(path)?.content === null && file.content !== null ? `${path}/` : null;
      for (const other of this.entries.keys())
        if (below !== null && other.startsWith(below)) this.entries.delete(other);
      this.entries.set(path, { ...file, path });
    }
  }

  entry(path: string): FileEntry | null {
    return this.entries.get(normal(path)) ?? null;
  }

  read(path: string): Buffer | null {
    const content = this.entry(path)?.content ?? null;
    return content === null ? null : Buffer.from(content);
  }
}

const normal = (path: string): string => posix.join('/', path).replace(/(.)\/$/, '$1');
