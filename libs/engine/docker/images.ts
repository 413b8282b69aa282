import type Docker from 'dockerode';
import { HoldfastError, isHoldfastError } from '#domain/errors/holdfast-error.js';
import type { EngineClient } from './engine-client.js';
import { whenStatus } from './errors.js';
import { imageReference } from './names.js';

/** A download may take this much longer than any other call. */
const pullExtraMs = 15 * 60_000;

// dockerode does not abort this call; the client's deadline holds all the same.
export const hasImage = (client: EngineClient, reference: string, signal: AbortSignal): Promise<boolean> =>
  client
    .call(`look for image ${reference}`, signal, async (docker) => {
      await docker.getImage(imageReference(reference)).inspect();
      return true;
    })
    .catch(whenStatus(404, () => false));

export const pullImage = async (client: EngineClient, reference: string, signal: AbortSignal): Promise<void> => {
  const pull = async (docker: Docker, abortSignal: AbortSignal): Promise<void> => {
    await finished(docker, await docker.pull(imageReference(reference), { abortSignal }));
  };
  await client.call(`pull image ${reference}`, signal, pull, pullExtraMs).catch((error: unknown) => {
    // A registry that has no such image and one that cannot be reached give the same answer: status 500.
    if (!isHoldfastError(error, 'engine_error')) throw error;
    throw new HoldfastError('image_unavailable', error.detail, { cause: error.cause });
  });
};

/** Resolves at the end of the download. A failure after its start comes as a last line of the stream. */
const finished = (docker: Docker, progress: NodeJS.ReadableStream): Promise<void> =>
  new Promise((resolve, reject) => {
    docker.modem.followProgress(progress, (error: Error | null, events: { error?: string }[] = []) => {
      const failure = error ?? events.find((event) => event.error !== undefined)?.error;
      if (failure === undefined) resolve();
      else reject(failure instanceof Error ? failure : new Error(failure));
    });
  });
