import type { Duplex } from 'node:stream';

/**
 * The container engine as Holdfast needs it: one verb per method, idempotent where the name says `ensure`.
 *
 * Every method takes an AbortSignal last. Errors are HoldfastErrors:
 * `engine_unreachable` (no answer), `engine_error` (any other engine error), and those named at the method.
 * Only "not found" means absent, only "conflict" means exists; nothing else is read as either.
 */
export interface ContainerEngine {
  info(signal: AbortSignal): Promise<EngineInfo>;

  hasImage(reference: string, signal: AbortSignal): Promise<boolean>;
  /** Errors: `image_unavailable` when no registry has it or none can be reached. */
  pullImage(reference: string, signal: AbortSignal): Promise<void>;

  /** Errors: `network_overlap`, `name_taken_by_stranger`. */
  ensureNetwork(spec: NetworkSpec, signal: AbortSignal): Promise<void>;
  ensureNetworkAbsent(name: string, owner: Owner, signal: AbortSignal): Promise<void>;

  /** Errors: `name_taken_by_stranger` when a volume of that name carries another owner's labels; `disk_full`. */
  ensureVolume(spec: VolumeSpec, signal: AbortSignal): Promise<void>;
  ensureVolumeAbsent(name: string, owner: Owner, signal: AbortSignal): Promise<void>;
  volumeExists(name: string, owner: Owner, signal: AbortSignal): Promise<boolean>;
  /**
   * What is free on the disk that the volume lies on. Null when this process does not see that disk, as one in a container of its own, and when
   * there is no such volume.
   */
  volumeFreeBytes(name: string, owner: Owner, signal: AbortSignal): Promise<number | null>;

  /** Returns null when no container has that name. Never throws for a stranger: `owned` tells. */
  inspectContainer(name: string, owner: Owner, signal: AbortSignal): Promise<ContainerObservation | null>;
  /**
   * All containers that carry the installation's label, by name: for sweeps. Whose they are within it is in their labels, `owned` is
   * always true. One that goes while we look is left out.
   */
  observeOwned(installation: string, signal: AbortSignal): Promise<ReadonlyMap<string, ContainerObservation>>;
  /** Creates without starting. Errors: `name_taken_by_stranger`, `image_unavailable`, `disk_full`. An equal own container is left as it is. */
  createContainer(spec: ContainerSpec, signal: AbortSignal): Promise<void>;
  /** Starting a running container is no error. */
  startContainer(name: string, signal: AbortSignal): Promise<void>;
  /** Asks the process to end (SIGTERM), kills it after `graceSeconds`. Stopping a stopped or absent container is no error. */
  stopContainer(name: string, graceSeconds: number, signal: AbortSignal): Promise<StopOutcome>;
  /**
   * What the engine does when the process ends or the engine itself starts again; in force at once, running or not. A later
   * `createContainer` with the original spec still takes the container for equal. False when there is no such container: then nothing
   * restarts it either, but nothing was set.
   */
  setRestartPolicy(name: string, policy: ContainerSpec['restartPolicy'], signal: AbortSignal): Promise<boolean>;
  /**
   * Memory limit and CPU weight from now on, without a restart; kept when the engine starts it again. A later `createContainer` with the original
   * spec still takes the container for equal. A limit below what the processes hold ends them, or is refused as `engine_error`. False when there is
   * no such container.
   */
  updateResources(name: string, resources: ContainerResources, signal: AbortSignal): Promise<boolean>;
  /**
   * The container is on this network with these names and this address, and a restart keeps it so. Other ones than it has now mean that it
   * is parted from the network for a moment: what is connected waits and goes on, when the address is the same. Stopped or running.
   */
  ensureAttached(
    name: string,
    network: Extract<ContainerNetwork, { kind: 'network' }>,
    signal: AbortSignal,
  ): Promise<void>;
  /** Removes the container, running or not. Errors: `name_taken_by_stranger`. Absent is no error. */
  ensureContainerAbsent(name: string, owner: Owner, signal: AbortSignal): Promise<void>;
  /** Puts all files below `directory` in one archive call; works on a container that was created and not yet started. Errors: `disk_full`. */
  writeFiles(container: string, directory: string, files: readonly FileEntry[], signal: AbortSignal): Promise<void>;
  /**
   * Puts one file of any size at an absolute path, in one archive call and with constant memory; its directory is there. Works on a container
   * that was created and not yet started. Errors: `disk_full`; whatever the body throws, as it is; `engine_error` for a body that is shorter or
   * longer than announced. After an error a part of the file may be there.
   */
  writeStream(container: string, path: string, file: StreamedFile, signal: AbortSignal): Promise<void>;
  /**
   * Runs a program in a running container, as the container's user, and returns its stdin and stdout as one stream. It sees the end of its
   * stdin when the stream is closed, also when this process ends; when it ends itself, so does the stream, with an error if it failed.
   * `signal` is about the start only. Errors: `server_not_ready` when the container does not run.
   */
  runInside(container: string, command: readonly string[], signal: AbortSignal): Promise<Duplex>;
  /** The content of one file, or null when there is none. The container may be stopped. */
  readFile(container: string, path: string, signal: AbortSignal): Promise<Buffer | null>;
  /** The last lines of the container's output, stdout and stderr together. */
  tailLogs(container: string, lines: number, signal: AbortSignal): Promise<string>;

  /** Everything on the host that carries the installation's label. */
  listOwned(installation: string, signal: AbortSignal): Promise<OwnedResources>;
}

export interface EngineInfo {
  readonly version: string;
  readonly memoryBytes: number;
  readonly cpus: number;
}

/** Who a resource belongs to; a resource without these labels is a stranger's. */
export interface Owner {
  readonly installation: string;
  /** The database, environment or part (`edge`, `queue`) that the resource belongs to. */
  readonly subject: string;
}

export interface NetworkSpec {
  readonly name: string;
  readonly owner: Owner;
  readonly subnet: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface VolumeSpec {
  readonly name: string;
  readonly owner: Owner;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * A container as Holdfast runs it. The engine always adds: read-only root file system, all capabilities dropped
 * (but for `addCapabilities`), no-new-privileges, log rotation, and the owner's labels.
 */
export interface ContainerSpec {
  readonly name: string;
  readonly owner: Owner;
  readonly image: string;
  /** The whole command line, entrypoint included. Never holds a secret. */
  readonly command: readonly string[];
  /** `uid:gid`, numeric, so that it holds for any image. */
  readonly user: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly network: ContainerNetwork;
  readonly volume: { readonly name: string; readonly mountPath: string } | null;
  /** Host directories; only the edge and the queue's Redis use them. */
  readonly binds: readonly { readonly hostPath: string; readonly mountPath: string; readonly readOnly: boolean }[];
  readonly temporaryDirectories: readonly string[];
  readonly addCapabilities: readonly string[];
  readonly memoryBytes: number;
  readonly cpuShares: number;
  readonly pidsLimit: number;
  /** Open files; null leaves the engine's default. */
  readonly openFilesLimit: number | null;
  readonly healthCheck: HealthCheck | null;
  readonly restartPolicy: 'unless-stopped' | 'no';
  readonly stopGraceSeconds: number;
}

/** What of a container can be changed while it runs. */
export type ContainerResources = Pick<ContainerSpec, 'memoryBytes' | 'cpuShares'>;

export type ContainerNetwork =
  | { readonly kind: 'host' }
  | { readonly kind: 'none' }
  | {
      readonly kind: 'network';
      readonly name: string;
      readonly aliases: readonly string[];
      readonly ipv4: string | null;
    };

export interface HealthCheck {
  readonly command: readonly string[];
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly retries: number;
  readonly startPeriodSeconds: number;
}

export interface ContainerObservation {
  readonly name: string;
  /** False when another owner's labels, or none, are on it. */
  readonly owned: boolean;
  readonly state: 'created' | 'running' | 'restarting' | 'exited' | 'paused' | 'dead';
  readonly health: 'healthy' | 'unhealthy' | 'starting' | 'none';
  readonly labels: Readonly<Record<string, string>>;
  /** The reference that it was created with, and the id of the image that it runs: the reference may mean another image by now. */
  readonly image: string;
  readonly imageId: string;
  /** By the name of the network. */
  readonly networks: Readonly<Record<string, Attachment>>;
  readonly startedAt: Date | null;
  readonly exitCode: number | null;
  readonly outOfMemory: boolean;
  /** The engine's word, `unless-stopped` or `no` for what Holdfast makes. */
  readonly restartPolicy: string;
  /** Of all processes together; 0 when there is none. */
  readonly memoryLimitBytes: number;
  /** Relative to that of other containers; 0 when there is none. */
  readonly cpuShares: number;
}

/** How a container is on a network. */
export interface Attachment {
  /** The one that it was given, running or not; else the one that it has now. Null when there is neither. */
  readonly ipv4: string | null;
  /** Names that it was given, beside its own. */
  readonly aliases: readonly string[];
}

export type StopOutcome = 'stopped' | 'killed' | 'already-stopped' | 'absent';

/** A file or (with `content: null`) a directory, with numeric owner and mode. */
export interface FileEntry {
  readonly path: string;
  readonly content: string | Buffer | null;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A file that comes as a stream, with numeric owner and mode. */
export interface StreamedFile {
  readonly sizeBytes: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly body: AsyncIterable<Buffer>;
}

export interface OwnedResources {
  readonly containers: readonly OwnedResource[];
  readonly volumes: readonly OwnedResource[];
  readonly networks: readonly OwnedResource[];
}

export interface OwnedResource {
  readonly name: string;
  readonly subject: string;
}
