import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import tar from 'tar-stream';
import type { FileEntry } from '../ports/container-engine.js';
import type { EngineClient } from './engine-client.js';
import { whenStatus } from './errors.js';
import { resourceName } from './names.js';

export const writeFiles = async (
  client: EngineClient,
  container: string,
  directory: string,
  files: readonly FileEntry[],
  signal: AbortSignal,
): Promise<void> => {
  const archive = await pack(files);
  await client.call(`write files to container ${container}`, signal, (docker, abortSignal) =>
    docker.getContainer(resourceName(container)).putArchive(archive, { path: directory, abortSignal }),
  );
};

/** Null also when there is no such container. */
export const readFile = (
  client: EngineClient,
  container: string,
  path: string,
  signal: AbortSignal,
): Promise<Buffer | null> =>
  client
    .call(`read ${path} of container ${container}`, signal, async (docker, abortSignal) => {
      const archive = await docker.getContainer(resourceName(container)).getArchive({ path, abortSignal });
      return firstFile(await buffer(archive));
    })
    .catch(whenStatus(404, () => null));

/** As one buffer, so that the engine gets it with its length, in one piece. Paths are relative to the directory it is put in. */
export const pack = async (files: readonly FileEntry[]): Promise<Buffer> => {
  const archive = tar.pack();
  for (const { path, content, mode, uid, gid } of files) {
    const owner = { name: path, mode, uid, gid };
    if (content === null) archive.entry({ ...owner, type: 'directory' });
    else archive.entry({ ...owner, type: 'file' }, content);
  }
  archive.finalize();
  return buffer(archive);
};

/** The content of the archive's first entry, null when that is not a file. */
export const firstFile = async (archive: Buffer): Promise<Buffer | null> => {
  for await (const entry of Readable.from([archive]).pipe(tar.extract())) {
    return entry.header.type === 'file' ? buffer(entry) : null;
  }
  return null;
};
