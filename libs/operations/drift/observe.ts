import type { ContainerState, ObservedServer, ServerAnswer } from '#domain/drift/server-state.js';
import { labels } from '#domain/server/names.js';
import type { ContainerObservation } from '#engine/ports/container-engine.js';
import { findInstallation } from '#persistence/installation.js';
import type { InstallationRow } from '#persistence/tables.js';
import type { Control } from '../control.js';
import type { Engines } from '../run/context.js';
import { askServer, type Info } from './ask-server.js';
import type { Subject } from './recorded.js';
import { sideBySide } from './side-by-side.js';

/** Connections at a time. A handshake costs both sides some milliseconds of processor time; more at once only wait for each other. */
const serversAtOnce = 16;

/** Enough for a host that is busy. */
export const answerMs = 2000;

export interface Lookout {
  readonly control: Control;
  readonly engines: Pick<Engines, 'containers' | 'redis'>;
  readonly installation: InstallationRow;
  /** For each of two questions: a server that has answered neither by then counts as silent. One that is well answers in milliseconds. */
  readonly answerMs?: number;
}

/** Reads once what never changes: the certificates that servers are verified with. Errors: an installation that was not set up yet. */
export const openLookout = (control: Control, engines: Lookout['engines']): (() => Promise<Lookout>) => {
  let opened: Lookout | null = null;
  return async () => {
    if (opened) return opened;
    const installation = await findInstallation(control.db);
    if (!installation) throw new Error('The installation has not been set up');
    return (opened = { control, engines, installation });
  };
};

/** What the engine has of an installation. */
export interface HostView {
  readonly containers: ReadonlyMap<string, ContainerObservation>;
  readonly volumes: ReadonlySet<string>;
}

/** All of the host in two questions. Errors: those of the engine. */
export const observeHost = async ({ control, engines }: Lookout, signal: AbortSignal): Promise<HostView> => {
  const { installation } = control;
  const [containers, { volumes }] = await Promise.all([
    engines.containers.observeOwned(installation, signal),
    engines.containers.listOwned(installation, signal),
  ]);
  return { containers, volumes: new Set(volumes.map(({ name }) => name)) };
};

/** The same of one database alone. */
export const observeOnHost = async (
  { engines: { containers } }: Lookout,
  { server }: Subject,
  signal: AbortSignal,
): Promise<HostView> => {
  const [container, volume] = await Promise.all([
    containers.inspectContainer(server.name, server.owner, signal),
    containers.volumeExists(server.volume, server.owner, signal),
  ]);
  return {
    containers: new Map(container ? [[server.name, container]] : []),
    volumes: new Set(volume ? [server.volume] : []),
  };
};

export interface Seen extends Subject {
  readonly observed: ObservedServer;
  readonly info: Info | null;
  readonly at: Date;
}

/**
 * Looks at the servers of these databases. `host` is null when the engine does not answer; the servers may do. Silent is who missed two
 * questions: the second comes when all others have been asked, so that a host which was short of time for a moment turns no database down.
 */
export const observeServers = async (
  lookout: Lookout,
  subjects: readonly Subject[],
  host: HostView | null,
  signal: AbortSignal,
): Promise<readonly Seen[]> => {
  const seen = new Map<string, Seen>();
  const ask = async (subject: Subject): Promise<void> => {
    seen.set(subject.recorded.id, await observeServer(lookout, subject, host, signal));
  };
  await sideBySide(subjects, serversAtOnce, ask);
  const silent = [...seen.values()].filter(({ observed }) => observed.answer.kind === 'silent');
  await sideBySide(silent, serversAtOnce, ask);
  return [...seen.values()];
};

const observeServer = async (
  lookout: Lookout,
  subject: Subject,
  host: HostView | null,
  signal: AbortSignal,
): Promise<Seen> => {
  const container = host && (await containerOf(lookout, subject, host, signal));
  const runs = container === null ? host === null : container.state === 'running' && container.owned;
  const { ca_certificate_pem: authority } = lookout.installation;
  const asked = runs
    ? await askServer(lookout.engines.redis, authority, subject, lookout.answerMs ?? answerMs, signal)
    : { answer: notAsked, info: null };
  return {
    ...subject,
    observed: {
      container: host === null ? 'unknown' : container,
      volumeExists: host?.volumes.has(subject.server.volume) ?? true,
      answer: asked.answer,
    },
    info: asked.info,
    at: lookout.control.now(),
  };
};

const notAsked: ServerAnswer = { kind: 'not-asked' };

/** One that is not among ours may be a stranger's, or may have been made a moment ago: that costs a question of its own. */
const containerOf = async (
  { engines }: Lookout,
  { server, recorded }: Subject,
  host: HostView,
  signal: AbortSignal,
): Promise<ContainerState | null> => {
  const found =
    host.containers.get(server.name) ?? (await engines.containers.inspectContainer(server.name, server.owner, signal));
  if (!found) return null;
  const owned = found.owned && found.labels[labels.subject] === recorded.id;
  return { ...found, owned, attachment: found.networks[recorded.network] ?? null };
};
