import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { serverPaths } from '#domain/server/names.js';
import { verificationPort } from '#domain/server/verification-configuration.js';
import type { ContainerSpec, Owner } from '#engine/ports/container-engine.js';
import { replyCode } from '#engine/ports/server-reply.js';
import { waitUntil } from '#engine/wait/wait-until.js';
import type { DatabaseRow } from '#persistence/tables.js';
import type { AttemptContext } from '../run/context.js';
import { uninterrupted } from '../run/uninterrupted.js';
import { serverFiles } from '../server/files.js';
import { openPasswords } from '../server/material.js';
import { authoritiesOf, certificateOf } from '../server/own-certificate.js';
import { containerSpec, serverOf } from '../server/server.js';
import { serverIn } from '../kinds/server-actions.js';

/** A throw-away server without a network and without data, with the very files that the new one will have. */
interface Trial {
  readonly name: string;
  readonly owner: Owner;
}

const trialOf = ({ control, operation }: AttemptContext): Trial => ({
  name: `${control.installation}-trial-${operation.id}`,
  owner: { installation: control.installation, subject: operation.id },
});

export const removeTrial = async (context: AttemptContext): Promise<void> => {
  const { containers } = context.engines;
  const { name, owner } = trialOf(context);
  await containers.ensureContainerAbsent(name, owner, context.signal);
  await containers.ensureVolumeAbsent(name, owner, context.signal);
};

/**
 * A server of this shape comes up with the rendered settings and with the users that the tenant has saved. Errors: `upgrade_incompatible`
 * with the last words of one that does not.
 */
export const trySettings = async (context: AttemptContext, row: DatabaseRow): Promise<void> => {
  await removeTrial(context);
  try {
    await make(context, row);
    await awaitWords(context, row.version);
  } finally {
    await removeTrial(context).catch(() => undefined);
  }
};

const make = async (context: AttemptContext, row: DatabaseRow): Promise<void> => {
  const { engines, control, environment, operation, signal } = context;
  const { containers } = engines;
  const { name, owner } = trialOf(context);
  // The plain port is where it is asked whether it is there.
  const server = serverOf(control, { ...row, tls_only: false }, environment);
  await containers.ensureVolume({ name, owner, labels: {} }, uninterrupted());
  await containers.createContainer(
    {
      ...containerSpec(control, server, row, environment, operation.id),
      ...{ name, owner, network: { kind: 'none' }, volume: { name, mountPath: serverPaths.root } },
      ...{ healthCheck: null, restartPolicy: 'no', stopGraceSeconds: 1 },
    } satisfies ContainerSpec,
    uninterrupted(),
  );
  const users = await containers.readFile(serverIn(context).name, serverPaths.users, signal);
  const files = serverFiles(server, {
    role: { kind: 'primary', followers: 0 },
    followers: [],
    authorityPem: await authoritiesOf(context),
    certificate: (await certificateOf(context, server)).keyPair,
    passwords: await openPasswords(control, row.id),
    existingUsers: users?.toString('utf8') ?? null,
  });
  await containers.writeFiles(name, serverPaths.root, files, signal);
  await containers.startContainer(name, signal);
};

const deadlineMs = 30_000;
const lastWordsLines = 5;

/** Redis quotes the rule of a user that it cannot read. */
const withoutHashes = (text: string): string => text.replace(/[#>]\S{8,}/g, '…');

/** It asks whoever comes for a password: then it has read all of its files. */
const awaitWords = async (context: AttemptContext, version: string): Promise<void> => {
  const { containers, redis } = context.engines;
  const { name, owner } = trialOf(context);
  const refused = await waitUntil(
    async (signal) => {
      const container = await containers.inspectContainer(name, owner, signal);
      if (container?.state !== 'running') {
        const words = container ? await containers.tailLogs(name, lastWordsLines, signal) : 'its container is gone';
        return new HoldfastError(
          'upgrade_incompatible',
          `Redis ${version} does not start: ${withoutHashes(words.trim())}`,
        );
      }
      const run = (command: readonly string[], within: AbortSignal) => containers.runInside(name, command, within);
      try {
        (await redis.connect({ name, port: verificationPort, run }, signal)).close();
      } catch (error) {
        if (replyCode(error) !== 'NOAUTH') throw error;
      }
      return null;
    },
    { describe: 'the server on trial', deadlineMs, intervalMs: 50 },
    context.signal,
  );
  if (refused) throw refused;
};
