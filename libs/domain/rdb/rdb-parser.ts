import { ByteReader, type NextBytes } from './byte-reader.js';
import { Crc64 } from './crc64.js';
import {
  corrupt,
  readLength,
  readLengthOrEncoding,
  readMilliseconds,
  readSeconds,
  readString,
  skipLengths,
  skipPacked,
  skipString,
} from './encoding.js';
import { readHeader, type RdbHeader } from './header.js';
import { skipModuleData } from './module-data.js';
import type { RdbSummary } from './summary.js';
import { Tally, type Sha1 } from './tally.js';
import { Unreadable } from './unreadable.js';
import { valueForms } from './values.js';

/** Bytes below 244 are types of values. The names are those of Redis' rdb.h. */
const opcodes = {
  slotInfo: 244,
  function2: 245,
  functionPreGa: 246,
  moduleAux: 247,
  idle: 248,
  freq: 249,
  aux: 250,
  resizeDb: 251,
  expireTimeMs: 252,
  expireTime: 253,
  selectDb: 254,
  eof: 255,
} as const;

const checksumBytes = 8;
/** Of a server's version; longer ones are somebody's joke. */
const longestVersion = 64;

/** Whether the checksum at the end of a file is looked at. It costs more than all the rest of the reading. */
export type ChecksumUse = 'checked' | 'left';

export type RdbOutcome = RdbSummary | { readonly unreadable: string };

/**
 * Reads the file to its end; `horizon` is in milliseconds since 1970, as Tally has it. A checksum that is left is for the server that
 * loads the file. Errors: `backup_corrupt`.
 */
export const parseRdb = (
  next: NextBytes,
  sha1: Sha1,
  horizon: number | null,
  checksum: ChecksumUse = 'left',
): RdbOutcome => {
  try {
    const reader = new ByteReader(next, checksum === 'checked' ? new Crc64() : null);
    return new RdbParser(reader, readHeader(reader), new Tally(sha1, horizon)).parse();
  } catch (error) {
    if (error instanceof Unreadable) return { unreadable: error.reason };
    throw error;
  }
};

class RdbParser {
  private redisVersion: string | null = null;
  private functions = 0;
  private hasExpiringFields = false;
  /** Of the key that comes next. */
  private expiresAt: number | null = null;

  constructor(
    private readonly reader: ByteReader,
    private readonly header: RdbHeader,
    private readonly tally: Tally,
  ) {}

  parse(): RdbSummary {
    const { reader, tally, header } = this;
    const forms = valueForms[header.dialect];
    for (let code = reader.byte(); code !== opcodes.eof; code = reader.byte()) {
      const form = forms[code];
      if (!form) {
        this.takeOpcode(code);
        continue;
      }
      tally.take(reader, form.type, this.expiresAt, form.expiringFields === true);
      form.skip(reader);
      this.expiresAt = null;
      if (form.expiringFields) this.hasExpiringFields = true;
    }
    requireChecksum(reader);
    // Such as the commands that an AOF has after its preamble: data that the counts above would leave out.
    if (!reader.atEnd()) throw corrupt(reader, 'bytes after its end');
    const { redisVersion, functions, hasExpiringFields } = this;
    const { rdbVersion } = header;
    const databases = tally.databases();
    return { rdbVersion, redisVersion, databases, functions, hasExpiringFields, ...tally.digests() };
  }

  private takeOpcode(code: number): void {
    const { reader } = this;
    switch (code) {
      case opcodes.expireTimeMs:
        this.expiresAt = readMilliseconds(reader);
        return;
      case opcodes.expireTime:
        this.expiresAt = readSeconds(reader) * 1000;
        return;
      case opcodes.selectDb:
        this.tally.select(readLength(reader));
        return;
      case opcodes.function2:
        this.functions += 1;
        skipString(reader);
        return;
      case opcodes.aux:
        this.takeAux();
        return;
      default:
        this.skipOpcode(code);
    }
  }

  private skipOpcode(code: number): void {
    const { reader } = this;
    switch (code) {
      case opcodes.idle:
        skipLengths(reader, 1);
        return;
      case opcodes.freq:
        reader.skip(1);
        return;
      case opcodes.resizeDb:
        skipLengths(reader, 2);
        return;
      case opcodes.slotInfo:
        skipLengths(reader, 3);
        return;
      case opcodes.moduleAux:
        skipModuleData(reader);
        return;
      case opcodes.functionPreGa:
        throw new Unreadable('functions of a release candidate of Redis 7.0');
      case 6:
      case 7:
        throw new Unreadable("a module's type");
      default:
        throw new Unreadable(`the unknown type ${String(code)} at byte ${String(reader.position)}`);
    }
  }

  private takeAux(): void {
    const { reader } = this;
    const name = this.readShort();
    if (name === 'redis-ver' || name === 'valkey-ver') this.redisVersion = this.readShort();
    else skipString(reader);
  }

  /** An empty text for a string that is too long to matter. */
  private readShort(): string {
    const { reader } = this;
    const length = readLengthOrEncoding(reader);
    if (length <= longestVersion && length >= -3) return String.fromCharCode(...readString(reader, length));
    if (length > 0) reader.skip(length);
    else skipPacked(reader);
    return '';
  }
}

/** All formats that are read have one. Zeros stand where the writer made none (`rdbchecksum no`). */
const requireChecksum = (reader: ByteReader): void => {
  const found = reader.checksum();
  const written = reader.take(checksumBytes);
  if (found === null || written.every((byte) => byte === 0)) return;
  if (written.some((byte, index) => byte !== found[index]))
    throw corrupt(reader, 'a checksum that is not that of its bytes');
};
