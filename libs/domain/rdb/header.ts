import { HoldfastError } from '../errors/holdfast-error.js';
import type { ByteReader } from './byte-reader.js';
import { Unreadable } from './unreadable.js';
import type { Dialect } from './values.js';

export interface RdbHeader {
  readonly dialect: Dialect;
  readonly rdbVersion: number;
}

const headerBytes = 9;

/** Redis 2.6 to 8.0, and Valkey 9.0, which counts from 80. */
const known = (dialect: Dialect, version: number): boolean =>
  dialect === 'redis' ? version >= 6 && version <= 12 : version === 80;

/** The first nine bytes. Errors: `backup_corrupt`. */
export const readHeader = (reader: ByteReader): RdbHeader => {
  const text = String.fromCharCode(...reader.take(headerBytes));
  const parts = /^(?:REDIS(?<redis>\d{4})|VALKEY(?<valkey>\d{3}))$/.exec(text)?.groups;
  if (!parts) throw new HoldfastError('backup_corrupt', 'The bytes are no RDB file');
  const dialect = parts.redis === undefined ? 'valkey' : 'redis';
  const rdbVersion = Number(parts[dialect]);
  if (!known(dialect, rdbVersion)) throw new Unreadable(`version ${String(rdbVersion)} of the RDB format`);
  return { dialect, rdbVersion };
};
