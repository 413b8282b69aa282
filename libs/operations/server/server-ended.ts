import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { wasAskedFor, type ProcessEnd } from '#domain/server/process-end.js';
import { withoutSecrets } from '#domain/server/users.js';
import type { ContainerObservation } from '#engine/ports/container-engine.js';
import type { AttemptContext } from '../run/context.js';
import type { Server } from './server.js';

const lastWordsLines = 20;

/** The server that is waited for has ended; the engine may start it again and again. One that still loads its data is none of these. */
export class ServerEnded extends HoldfastError {
  constructor(
    detail: string,
    /** Null when it was stopped, paused or removed: that says nothing of the server. */
    readonly end: ProcessEnd | null,
  ) {
    super('server_not_ready', detail);
  }
}

/** Undefined while its container runs. Else its last output is in the log. */
export const endOf = async (
  context: AttemptContext,
  { name, owner }: Pick<Server, 'name' | 'owner'>,
  signal: AbortSignal,
): Promise<ServerEnded | undefined> => {
  const { containers } = context.engines;
  const container = await containers.inspectContainer(name, owner, signal);
  if (container?.state === 'running') return undefined;
  if (!container) return new ServerEnded('The container is gone: somebody removed it.', null);
  await context.log('error', withoutSecrets(await containers.tailLogs(name, lastWordsLines, signal)));
  const cause = container.outOfMemory ? ', out of memory' : '';
  return new ServerEnded(
    `The container is ${container.state}${cause}, exit code ${container.exitCode ?? 'unknown'}; its last output is in the log.`,
    processEnd(container),
  );
};

const processEnd = ({ exitCode, outOfMemory }: ContainerObservation): ProcessEnd | null =>
  exitCode === null || wasAskedFor({ exitCode, outOfMemory }) ? null : { exitCode, outOfMemory };
