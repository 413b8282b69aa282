import type { DatabaseRole } from '../database/status.js';
import type { ServerView } from '../replication/server-view.js';
import type { AclUser } from '../server/acl-line.js';
import type { ServerShape } from '../server/redis-configuration.js';

/** What Postgres has of a server, and what follows from it. */
export interface RecordedServer {
  readonly id: string;
  readonly handle: string;
  readonly role: DatabaseRole;
  readonly sourceId: string | null;
  readonly address: string;
  /** Of its environment. */
  readonly network: string;
  /** What it answers to there. */
  readonly names: readonly string[];
  /** Null when none is recorded. */
  readonly certificate: RecordedCertificate | null;
  readonly image: string;
  /** Of the container. */
  readonly memoryLimitBytes: number;
  readonly shape: ServerShape;
  readonly hasFollowers: boolean;
  /** Holdfast's own users, as they have to be on the server. */
  readonly users: readonly AclUser[];
  /** Replication users that may be there and need not: of followers that are not ready. */
  readonly toleratedUsers: readonly string[];
}

export interface RecordedCertificate {
  readonly notAfter: Date;
  /** Of one that an operator has brought: it is known by itself. Those of Holdfast are told apart by their ends. */
  readonly fingerprint256: string | null;
}

export interface ShownCertificate {
  readonly notAfter: Date;
  readonly fingerprint256: string;
}

/** What the engine says of a container. */
export interface ContainerState {
  readonly owned: boolean;
  readonly state: 'created' | 'running' | 'restarting' | 'exited' | 'paused' | 'dead';
  readonly image: string;
  readonly restartPolicy: string;
  readonly memoryLimitBytes: number;
  readonly outOfMemory: boolean;
  /** On the network of its environment; null when it is not there. */
  readonly attachment: { readonly ipv4: string | null; readonly aliases: readonly string[] } | null;
}

/** What a server says when it is asked as its manager. */
export type ServerAnswer =
  | ServerFigures
  /** Not asked: there is no running container. */
  | { readonly kind: 'not-asked' }
  | { readonly kind: 'silent' }
  /** The reply's code, such as WRONGPASS or NOPERM. */
  | { readonly kind: 'refused'; readonly code: string }
  /** Its certificate is not accepted; why, such as CERT_HAS_EXPIRED. */
  | { readonly kind: 'untrusted'; readonly code: string }
  /** LOADING or BUSY. */
  | { readonly kind: 'busy'; readonly code: string };

export interface ServerFigures {
  readonly kind: 'answers';
  readonly view: ServerView;
  /** `CONFIG GET` of the settings that matter (settingsToRead). */
  readonly settings: Readonly<Record<string, string>>;
  readonly users: readonly AclUser[];
  /** Followers that are near enough to count for `min-replicas-to-write`. */
  readonly goodFollowers: number;
  readonly keys: number;
  readonly uptimeSeconds: number;
  readonly certificate: ShownCertificate | null;
}

export interface ObservedServer {
  /** Null when there is none; `unknown` when the engine does not answer. */
  readonly container: ContainerState | null | 'unknown';
  readonly volumeExists: boolean;
  readonly answer: ServerAnswer;
}

export interface Server {
  readonly recorded: RecordedServer;
  readonly observed: ObservedServer;
}

export const figuresOf = ({ observed: { answer } }: Server): ServerFigures | null =>
  answer.kind === 'answers' ? answer : null;

/** Whether the gate keeps the server from writes now (libs/domain/server/server-role.ts). */
export const isGated = ({ settings, goodFollowers }: ServerFigures): boolean =>
  Number(settings['min-replicas-to-write'] ?? 0) > goodFollowers;

export const takesWrites = (server: Server): boolean => {
  const figures = figuresOf(server);
  return figures?.view.role === 'master' && !isGated(figures);
};
