import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { StreamedFile } from '../ports/container-engine.js';

/** The whole body, if it is as long as announced. */
export const collect = async (path: string, file: StreamedFile, signal: AbortSignal): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of file.body) {
    signal.throwIfAborted();
    chunks.push(chunk);
  }
  const content = Buffer.concat(chunks);
  if (content.length === file.sizeBytes) return content;
  throw new HoldfastError(
    'engine_error',
    `${path} should have ${String(file.sizeBytes)} bytes, and has ${String(content.length)}`,
  );
};
