import { HoldfastError, isHoldfastError } from '#domain/errors/holdfast-error.js';
import {
  dumpFooterBytes,
  formatInFooter,
  rdbDatabase,
  rdbEnd,
  rdbFunctions,
  rdbHead,
  rdbKey,
} from '#domain/rdb/writer.js';
import { ServerReply } from '../../ports/server-reply.js';
import type { BinaryReply, ReplyReader } from './reply-reader.js';
import { SeenKeys } from './seen-keys.js';

const pageSize = '512';
/** More logical databases than anybody has; a server says itself when there are no more. */
const mostDatabases = 16_384;
/** The replies to what was sent and not yet read lie in the server's memory: few for large values, more for small ones. */
const mostInFlight = 128;
const inFlightBytes = 8 * 1024 * 1024;

/** What a scan has come by, and does not hold back. */
export interface ScanNotes {
  /** Null when it may not be asked for its functions, or has none of that kind. */
  functions: number | null;
}

/**
 * All keys of a server as an RDB file of this format, for one that lets nobody copy it otherwise: SCAN, DUMP and PTTL, database after database.
 * Holds no value in memory. A key that goes meanwhile is left out. Errors: `import_too_new`, `server_not_ready`, also for a key that cannot
 * be read.
 */
export async function* scanned(
  reader: ReplyReader,
  databases: readonly number[] | null,
  format: number,
  notes: ScanNotes,
): AsyncGenerator<Buffer> {
  yield Buffer.from(rdbHead(format));
  const libraries = format >= firstFormatWithFunctions ? await functionCodes(reader) : null;
  notes.functions = libraries?.length ?? null;
  for (const code of libraries ?? []) yield Buffer.concat([...rdbFunctions(code)]);
  for (let index = 0; index < mostDatabases; index += 1) {
    if (databases !== null && !databases.includes(index)) {
      if (databases.every((one) => one < index)) break;
      continue;
    }
    if (!(await select(reader, index))) break;
    yield* databaseOf(reader, index, format);
  }
  yield Buffer.from(rdbEnd());
}

const firstFormatWithFunctions = 10;

/** False when there is no such database, or it may not be chosen. The first one is there at the start. */
const select = async (reader: ReplyReader, index: number): Promise<boolean> =>
  index === 0 || (await unlessRefused(reader.ask('SELECT', String(index)))) !== null;

async function* databaseOf(reader: ReplyReader, index: number, format: number): AsyncGenerator<Buffer> {
  const seen = new SeenKeys();
  const pace = new Pace();
  let isFirst = true;
  let cursor = '0';
  do {
    const [next, found] = pageOf(await reader.ask('SCAN', cursor, 'COUNT', pageSize), reader);
    cursor = next;
    const keys = found.filter((key) => seen.add(key));
    while (keys.length > 0) {
      const batch = keys.splice(0, pace.size);
      reader.send(...batch.flatMap((key) => [['PTTL', key] as const, ['DUMP', key] as const]));
      for (const key of batch) {
        const entry = keyOf(reader, key, format, pace);
        const first = await entry.next();
        if (first.done) continue;
        if (isFirst) yield Buffer.concat([...rdbDatabase(index)]);
        isFirst = false;
        yield first.value;
        yield* entry;
      }
    }
  } while (cursor !== '0');
}

const pageOf = (reply: BinaryReply, reader: ReplyReader): readonly [string, Buffer[]] => {
  const [cursor, keys] = Array.isArray(reply) ? (reply as readonly BinaryReply[]) : [];
  if (!Buffer.isBuffer(cursor) || !Array.isArray(keys)) throw reader.nonsense();
  return [cursor.toString(), (keys as readonly BinaryReply[]).filter((key) => Buffer.isBuffer(key))];
};

/** How many keys are asked for at a time. */
class Pace {
  size = 1;
  private largestBytes = 1;

  /** Grows slowly and shrinks at once. */
  take(bytes: number): void {
    this.largestBytes = Math.max(bytes, Math.ceil(this.largestBytes * 0.98));
    this.size = Math.max(1, Math.min(mostInFlight, this.size + 1, Math.floor(inFlightBytes / this.largestBytes)));
  }
}

const gone = -2;

/** The parts of one key; none when it has gone. */
async function* keyOf(reader: ReplyReader, key: Buffer, format: number, pace: Pace): AsyncGenerator<Buffer> {
  const leftMs = await reader.reply();
  if (typeof leftMs !== 'number') throw reader.nonsense();
  const length = await reader.stringLength();
  if (length === null) return;
  if (length <= dumpFooterBytes) throw reader.nonsense();
  pace.take(length);
  const type = (await reader.exactly(1)).readUInt8();
  let left = length - 1 - dumpFooterBytes;
  // It went after it was asked for how long it stays, and somebody made it anew: the next moment is as good as this one.
  const expiresAtMs = leftMs === gone || leftMs < 0 ? null : Date.now() + leftMs;
  yield Buffer.concat([...rdbKey(key, type, expiresAtMs)]);
  while (left > 0) {
    const part = await reader.some(left);
    left -= part.length;
    yield part;
  }
  requireReadable(formatInFooter(await reader.exactly(dumpFooterBytes)), format);
  await reader.end();
}

const requireReadable = (found: number, format: number): void => {
  if (found <= format) return;
  throw new HoldfastError(
    'import_too_new',
    `The source writes the RDB format ${String(found)}; the wanted version reads up to ${String(format)}.`,
  );
};

/** The texts of its function libraries; null when they may not be asked for. */
const functionCodes = async (reader: ReplyReader): Promise<Buffer[] | null> => {
  const reply = await unlessRefused(reader.ask('FUNCTION', 'LIST', 'WITHCODE'));
  if (!Array.isArray(reply)) return null;
  return (reply as readonly BinaryReply[]).map((library) => {
    const fields = Array.isArray(library) ? (library as readonly BinaryReply[]) : [];
    const at = fields.findIndex((field) => Buffer.isBuffer(field) && field.toString() === 'library_code');
    const code = fields[at + 1];
    if (at < 0 || !Buffer.isBuffer(code)) throw reader.nonsense();
    return code;
  });
};

/** Null when the server says no. */
export const unlessRefused = async <T>(asked: Promise<T>): Promise<T | null> => {
  try {
    return await asked;
  } catch (error) {
    if (isHoldfastError(error, 'server_not_ready') && error.cause instanceof ServerReply) return null;
    throw error;
  }
};
