import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { answer } from '../api/client.js';
import type { Import } from '../api/documents.js';
import type { paths } from '../generated/api.js';
import type { Session } from '../session.js';

type Wishes = NonNullable<paths['/v1/environments/{env}/imports']['post']['parameters']['query']>;
type FromUrl = paths['/v1/environments/{env}/imports']['post']['requestBody']['content']['application/json'];

export const importUrl = ({ api }: Session, env: string, body: FromUrl): Promise<Import> =>
  answer(api.POST('/v1/environments/{env}/imports', { params: { path: { env } }, body }));

/** Sends a file as it is read, of any size; `-` is the standard input. Errors: `wrong_usage` when it cannot be read. */
export const importFile = async (session: Session, env: string, path: string, query: Wishes): Promise<Import> => {
  if (path === '-') return send(session, env, query, session.terminal.input, null);
  const file = await opened(path);
  try {
    const { size } = await file.stat();
    return await send(session, env, query, file.createReadStream({ autoClose: false }), size);
  } finally {
    await file.close();
  }
};

const opened = async (path: string) => {
  try {
    return await open(path, 'r');
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'no reason is known';
    throw new HoldfastError('wrong_usage', `${path} cannot be read: ${reason}.`, { cause });
  }
};

const send = ({ patientApi }: Session, env: string, query: Wishes, bytes: Readable, size: number | null) =>
  answer(
    patientApi.POST('/v1/environments/{env}/imports', {
      params: { path: { env }, query },
      // The document describes bytes as a text.
      body: Readable.toWeb(bytes) as unknown as string & FromUrl,
      bodySerializer: (body: unknown) => body as ReadableStream,
      headers: {
        'content-type': 'application/octet-stream',
        ...(size === null ? {} : { 'content-length': String(size) }),
      },
      ...{ duplex: 'half' },
    }),
  );
