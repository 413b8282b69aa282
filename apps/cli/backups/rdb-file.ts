import { createHash, randomUUID } from 'node:crypto';
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { HoldfastError } from '#domain/errors/holdfast-error.js';

/** A body as it was announced. */
export interface Announced {
  readonly fileName: string;
  readonly sizeBytes: number;
  /** Base64 SHA-256; null when the answer had none. */
  readonly sha256: string | null;
}

const whole = /^\d+$/;

/** Errors: `api_unreachable` for an answer without a length, by which alone one tells that it is whole. */
export const announcedBy = (headers: Headers, otherwise: string): Announced => {
  const length = headers.get('content-length') ?? '';
  if (!whole.test(length)) throw new HoldfastError('api_unreachable', 'The answer does not say how long it is.');
  const name = /filename="([^"]+)"/.exec(headers.get('content-disposition') ?? '')?.[1] ?? otherwise;
  return {
    // A name from elsewhere leads out of no directory.
    fileName: basename(name),
    sizeBytes: Number(length),
    sha256: /sha-256=:([^:]+):/.exec(headers.get('repr-digest') ?? '')?.[1] ?? null,
  };
};

/** The same bytes. Throws in place of their end when they are not all, or not those: `export_incomplete`. */
export async function* checked(
  body: AsyncIterable<Uint8Array>,
  { sizeBytes, sha256 }: Announced,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let bytes = 0;
  const cut = (cause?: unknown) =>
    new HoldfastError('export_incomplete', `The answer was cut after ${bytes} of ${sizeBytes} bytes.`, { cause });
  for await (const chunk of brokenAs(cut, body)) {
    bytes += chunk.length;
    hash.update(chunk);
    yield chunk;
  }
  if (bytes !== sizeBytes) throw cut();
  if (sha256 !== null && hash.digest('base64') !== sha256) {
    throw new HoldfastError('export_incomplete', 'The bytes that came are not those that were sent.');
  }
}

/** The same bytes; what breaks them off is told otherwise. */
async function* brokenAs(
  failure: (cause: unknown) => HoldfastError,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    throw failure(cause);
  }
}

/** Before anything is asked for. Errors: `wrong_usage`. */
export const refuseDirectory = async (path: string): Promise<void> => {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory()) throw new HoldfastError('wrong_usage', `${path} is a directory; give the path of a file.`);
};

/** Before anything is written. What is there already is replaced with `force` alone. Errors: `wrong_usage`. */
export const refuseTaken = async (path: string, force: boolean): Promise<void> => {
  await refuseDirectory(path);
  const found = await stat(path).catch(() => null);
  if (!found || force) return;
  throw new HoldfastError('wrong_usage', `${path} is there already.`, {
    remedy: 'Give another path with --file, or --force to replace it.',
  });
};

/** Writes a file that only its owner may read, whole or not at all: until then it has another name. */
export const writeWhole = async (path: string, body: AsyncIterable<Uint8Array>): Promise<void> => {
  const partial = join(dirname(path), `.${basename(path)}.${randomUUID().slice(0, 8)}.partial`);
  try {
    const file = await create(partial);
    try {
      for await (const chunk of body) await file.writeFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
};

const create = async (path: string): Promise<FileHandle> => {
  try {
    return await open(path, 'wx', 0o600);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'it cannot be written';
    throw new HoldfastError('wrong_usage', `No file can be made in ${dirname(path)}: ${reason}.`, { cause });
  }
};
