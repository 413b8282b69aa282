import { compareVersions } from '../catalogue/version.js';
import type { PersistenceMode } from '../database/persistence.js';
import { serverPaths, serverUser } from './names.js';

/** A small file beside the data, relative to `serverPaths.root`; a directory has no content. */
export interface DataFile {
  readonly path: string;
  readonly content: string | null;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export interface RestoredData {
  /** Absolute. An RDB file with this name is what the server starts with. */
  readonly rdbPath: string;
  /** Written before it. */
  readonly files: readonly DataFile[];
}

/**
 * Where the bytes of an RDB file have to lie for a server of this version and mode to start with them at once. With `appendonly yes` Redis 7 takes
 * no dump.rdb and starts empty, so there they are the base of its append-only file; before 7.0 they are its preamble, and no commands follow.
 *
 * A server leaves out what has expired when it loads a dump.rdb; from an append-only file it takes all, and removes the expired keys afterwards.
 */
export const restoredDataFiles = (version: string, persistence: PersistenceMode): RestoredData => {
  if (persistence !== 'aof') return { rdbPath: `${serverPaths.data}/dump.rdb`, files: [] };
  if (compareVersions(version, '7.0') < 0) return { rdbPath: `${serverPaths.data}/appendonly.aof`, files: [] };
  const file = (path: string, content: string | null) => ({
    path: `data/appendonlydir${path}`,
    content,
    mode: content === null ? 0o700 : 0o600,
    ...serverUser,
  });
  return {
    rdbPath: `${serverPaths.data}/appendonlydir/${base}`,
    files: [file('', null), file('/appendonly.aof.manifest', manifest), file(`/${increment}`, '')],
  };
};

const base = 'appendonly.aof.1.base.rdb';
const increment = 'appendonly.aof.1.incr.aof';
const manifest = `file ${base} seq 1 type b\nfile ${increment} seq 1 type i\n`;

/**
 * What takes the place of an append-only file that is written no more. From 7.0 on it is a directory, which goes with all that is in it when a file takes
 * its place; then it is a directory again, since the server makes none where a file is.
 */
export const abandonedAppendOnly = (version: string): readonly DataFile[] => {
  const file = (path: string): DataFile => ({ path, content: '', mode: 0o600, ...serverUser });
  if (compareVersions(version, '7.0') < 0) return [file('data/appendonly.aof')];
  return [file('data/appendonlydir'), { path: 'data/appendonlydir', content: null, mode: 0o700, ...serverUser }];
};

/**
 * Takes the place of the dump.rdb of a server that keeps its data in memory only, once it has loaded it: otherwise every restart would bring
 * the restored data back, old as they are. It is an RDB file without keys and without a checksum, which every version reads.
 */
export const emptyDataFile = {
  path: 'data/dump.rdb',
  content: Buffer.from('REDIS0006\xff\0\0\0\0\0\0\0\0', 'latin1'),
  mode: 0o600,
  ...serverUser,
} as const;
