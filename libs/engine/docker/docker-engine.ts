import type { Duplex } from 'node:stream';
import type {
  ContainerEngine,
  ContainerObservation,
  ContainerResources,
  ContainerSpec,
  EngineInfo,
  FileEntry,
  NetworkSpec,
  OwnedResources,
  Owner,
  StopOutcome,
  StreamedFile,
  VolumeSpec,
} from '../ports/container-engine.js';
import * as archive from './archive.js';
import { ensureAttached } from './attachment.js';
import * as containers from './containers.js';
import { EngineClient, type DockerEngineOptions } from './engine-client.js';
import * as images from './images.js';
import { runInside } from './inside.js';
import { tailLogs } from './logs.js';
import * as networks from './networks.js';
import { observeOwned } from './observe-owned.js';
import { listOwned } from './owned.js';
import * as volumes from './volumes.js';
import { writeStream } from './write-stream.js';

/** dockerode's types leave out that this call can be aborted, and what it returns. */
interface AbortableInfo {
  info(options: { abortSignal: AbortSignal }): Promise<{ ServerVersion: string; MemTotal: number; NCPU: number }>;
}

/** One Docker host. The work is in the file of each resource. */
export class DockerEngine implements ContainerEngine {
  private readonly client: EngineClient;

  constructor(options: DockerEngineOptions) {
    this.client = new EngineClient(options);
  }

  async info(signal: AbortSignal): Promise<EngineInfo> {
    const found = await this.client.call('ask the engine about itself', signal, (docker, abortSignal) =>
      (docker as unknown as AbortableInfo).info({ abortSignal }),
    );
    return { version: found.ServerVersion, memoryBytes: found.MemTotal, cpus: found.NCPU };
  }

  hasImage(reference: string, signal: AbortSignal): Promise<boolean> {
    return images.hasImage(this.client, reference, signal);
  }

  pullImage(reference: string, signal: AbortSignal): Promise<void> {
    return images.pullImage(this.client, reference, signal);
  }

  ensureNetwork(spec: NetworkSpec, signal: AbortSignal): Promise<void> {
    return networks.ensureNetwork(this.client, spec, signal);
  }

  ensureNetworkAbsent(name: string, owner: Owner, signal: AbortSignal): Promise<void> {
    return networks.ensureNetworkAbsent(this.client, name, owner, signal);
  }

  ensureVolume(spec: VolumeSpec, signal: AbortSignal): Promise<void> {
    return volumes.ensureVolume(this.client, spec, signal);
  }

  ensureVolumeAbsent(name: string, owner: Owner, signal: AbortSignal): Promise<void> {
    return volumes.ensureVolumeAbsent(this.client, name, owner, signal);
  }

  volumeExists(name: string, owner: Owner, signal: AbortSignal): Promise<boolean> {
    return volumes.volumeExists(this.client, name, owner, signal);
  }

  volumeFreeBytes(name: string, owner: Owner, signal: AbortSignal): Promise<number | null> {
    return volumes.volumeFreeBytes(this.client, name, owner, signal);
  }

  inspectContainer(name: string, owner: Owner, signal: AbortSignal): Promise<ContainerObservation | null> {
    return containers.inspectContainer(this.client, name, owner, signal);
  }

  observeOwned(installation: string, signal: AbortSignal): Promise<ReadonlyMap<string, ContainerObservation>> {
    return observeOwned(this.client, installation, signal);
  }

  /** An own container of that name with another spec is an `engine_error`: look with inspectContainer first. */
  createContainer(spec: ContainerSpec, signal: AbortSignal): Promise<void> {
    return containers.createContainer(this.client, spec, signal);
  }

  startContainer(name: string, signal: AbortSignal): Promise<void> {
    return containers.startContainer(this.client, name, signal);
  }

  stopContainer(name: string, graceSeconds: number, signal: AbortSignal): Promise<StopOutcome> {
    return containers.stopContainer(this.client, name, graceSeconds, signal);
  }

  setRestartPolicy(name: string, policy: ContainerSpec['restartPolicy'], signal: AbortSignal): Promise<boolean> {
    return containers.setRestartPolicy(this.client, name, policy, signal);
  }

  updateResources(name: string, resources: ContainerResources, signal: AbortSignal): Promise<boolean> {
    return containers.updateResources(this.client, name, resources, signal);
  }

  ensureAttached(...[name, network, signal]: Parameters<ContainerEngine['ensureAttached']>): Promise<void> {
    return ensureAttached(this.client, name, network, signal);
  }

  ensureContainerAbsent(name: string, owner: Owner, signal: AbortSignal): Promise<void> {
    return containers.ensureContainerAbsent(this.client, name, owner, signal);
  }

  writeFiles(container: string, directory: string, files: readonly FileEntry[], signal: AbortSignal): Promise<void> {
    return archive.writeFiles(this.client, container, directory, files, signal);
  }

  writeStream(container: string, path: string, file: StreamedFile, signal: AbortSignal): Promise<void> {
    return writeStream(this.client, container, path, file, signal);
  }

  runInside(container: string, command: readonly string[], signal: AbortSignal): Promise<Duplex> {
    return runInside(this.client, container, command, signal);
  }

  readFile(container: string, path: string, signal: AbortSignal): Promise<Buffer | null> {
    return archive.readFile(this.client, container, path, signal);
  }

  tailLogs(container: string, lines: number, signal: AbortSignal): Promise<string> {
    return tailLogs(this.client, container, lines, signal);
  }

  listOwned(installation: string, signal: AbortSignal): Promise<OwnedResources> {
    return listOwned(this.client, installation, signal);
  }
}
