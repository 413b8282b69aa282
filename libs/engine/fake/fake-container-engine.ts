import { posix } from 'node:path';
import type { Duplex } from 'node:stream';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { ProcessEnd } from '#domain/server/process-end.js';
import { strangerError } from '../docker/errors.js';
import { containerDigest, containerDigestLabel, isOwnedBy, ownedResource, ownerLabels } from '../docker/labels.js';
import type {
  ContainerEngine,
  ContainerObservation,
  ContainerResources,
  ContainerSpec,
  EngineInfo,
  FileEntry,
  NetworkSpec,
  OwnedResource,
  OwnedResources,
  Owner,
  StopOutcome,
  StreamedFile,
  VolumeSpec,
} from '../ports/container-engine.js';
import { labels as labelNames } from '#domain/server/names.js';
import { FakeContainer } from './fake-container.js';
import { collect } from './collect.js';
import { FakeHost } from './fake-host.js';
import { FakeProgram } from './fake-program.js';
import type { FakeNetworks } from './fake-redis-connector.js';
import { FakeVolume } from './fake-volume.js';
import { Faults } from './faults.js';
import { freeAddress, subnetsOverlap } from './subnets.js';

type Labels = Readonly<Record<string, string>>;
interface Labelled {
  readonly labels: Labels;
}
type FakeNetwork = Labelled & Pick<NetworkSpec, 'name' | 'subnet'>;

export interface FakeHostOptions {
  /** Images that the host has. */
  readonly images: readonly string[];
  /** Images that can be pulled. */
  readonly registry?: readonly string[];
  readonly info?: EngineInfo;
  readonly now?: () => Date;
}

/** A Docker host in memory. It passes the same suite as the real one: test/contract/container-engine.suite.ts. */
export class FakeContainerEngine extends FakeHost implements ContainerEngine, FakeNetworks {
  readonly faults = new Faults<keyof ContainerEngine>();
  /** Free on the disk of the volumes; null for one that nobody sees. */
  freeBytes: number | null = null;
  /** How the next servers end that are started with data, each once: as those that cannot read them, or have no memory for them. */
  readonly loadingEnds: ProcessEnd[] = [];
  private readonly images: Set<string>;
  private readonly volumes = new Map<string, FakeVolume>();
  private readonly networks = new Map<string, FakeNetwork>();

  constructor(private readonly options: FakeHostOptions) {
    super();
    this.images = new Set(options.images);
  }

  async info(signal: AbortSignal): Promise<EngineInfo> {
    await this.faults.pass('info', signal);
    return this.options.info ?? { version: 'fake', memoryBytes: 8 * 1024 ** 3, cpus: 2 };
  }

  async hasImage(reference: string, signal: AbortSignal): Promise<boolean> {
    await this.faults.pass('hasImage', signal);
    return this.images.has(reference);
  }

  async pullImage(reference: string, signal: AbortSignal): Promise<void> {
    await this.faults.pass('pullImage', signal);
    if (!this.options.registry?.includes(reference)) throw imageMissing(reference);
    this.images.add(reference);
  }

  async ensureNetwork(spec: NetworkSpec, signal: AbortSignal): Promise<void> {
    await this.faults.pass('ensureNetwork', signal);
    const found = this.networks.get(spec.name);
    if (found !== undefined) return acceptNetwork(found, spec);
    if ([...this.networks.values()].some((network) => subnetsOverlap(network.subnet, spec.subnet))) {
      throw new HoldfastError(
        'network_overlap',
        `network ${spec.name} cannot have the range ${spec.subnet}: it is in use`,
      );
    }
    this.networks.set(spec.name, { ...spec, labels: { ...spec.labels, ...ownerLabels(spec.owner) } });
  }

  async ensureNetworkAbsent(name: string, owner: Owner, signal: AbortSignal): Promise<void> {
    await this.faults.pass('ensureNetworkAbsent', signal);
    assertOwned('network', name, this.networks.get(name), owner);
    if (this.running().some(({ spec }) => spec.network.kind === 'network' && spec.network.name === name)) {
      throw new HoldfastError('engine_error', `network ${name} has active endpoints`);
    }
    this.networks.delete(name);
  }

  async ensureVolume(spec: VolumeSpec, signal: AbortSignal): Promise<void> {
    await this.faults.pass('ensureVolume', signal);
    assertOwned('volume', spec.name, this.volumes.get(spec.name), spec.owner);
    if (this.volumes.has(spec.name)) return;
    this.volumes.set(spec.name, new FakeVolume({ ...spec.labels, ...ownerLabels(spec.owner) }));
  }

  async ensureVolumeAbsent(name: string, owner: Owner, signal: AbortSignal): Promise<void> {
    await this.faults.pass('ensureVolumeAbsent', signal);
    assertOwned('volume', name, this.volumes.get(name), owner);
    if ([...this.containers.values()].some(({ spec }) => spec.volume?.name === name)) {
      throw new HoldfastError('engine_error', `volume ${name} is in use`);
    }
    this.volumes.delete(name);
  }

  async volumeExists(name: string, owner: Owner, signal: AbortSignal): Promise<boolean> {
    await this.faults.pass('volumeExists', signal);
    return isOwnedBy(this.volumes.get(name)?.labels, owner);
  }

  async volumeFreeBytes(name: string, owner: Owner, signal: AbortSignal): Promise<number | null> {
    await this.faults.pass('volumeFreeBytes', signal);
    return isOwnedBy(this.volumes.get(name)?.labels, owner) ? this.freeBytes : null;
  }

  async inspectContainer(name: string, owner: Owner, signal: AbortSignal): Promise<ContainerObservation | null> {
    await this.faults.pass('inspectContainer', signal);
    return this.containers.get(name)?.observe(owner) ?? null;
  }

  async observeOwned(installation: string, signal: AbortSignal): Promise<ReadonlyMap<string, ContainerObservation>> {
    await this.faults.pass('observeOwned', signal);
    const owned = [...this.containers].filter(([, { labels }]) => labels[labelNames.installation] === installation);
    return new Map(
      owned.map(([name, container]) => {
        const subject = container.labels[labelNames.subject] ?? '';
        return [name, container.observe({ installation, subject })];
      }),
    );
  }

  async createContainer(spec: ContainerSpec, signal: AbortSignal): Promise<void> {
    await this.faults.pass('createContainer', signal);
    const found = this.containers.get(spec.name);
    assertOwned('container', spec.name, found, spec.owner);
    if (found !== undefined) return acceptContainer(found, spec);
    if (!this.images.has(spec.image)) throw imageMissing(spec.image);
    this.containers.set(
      spec.name,
      new FakeContainer(spec, this.mount(spec), this.network, () => this.options.now?.() ?? new Date()),
    );
  }

  async startContainer(name: string, signal: AbortSignal): Promise<void> {
    await this.faults.pass('startContainer', signal);
    const container = this.existing(name);
    if (container.running) return;
    container.start(this.address(container.spec));
    const end = container.server?.dataset.size ? this.loadingEnds.shift() : undefined;
    if (end) container.endOverData(end);
  }

  async stopContainer(name: string, _graceSeconds: number, signal: AbortSignal): Promise<StopOutcome> {
    await this.faults.pass('stopContainer', signal);
    return this.containers.get(name)?.stop() ?? 'absent';
  }

  async setRestartPolicy(name: string, policy: ContainerSpec['restartPolicy'], signal: AbortSignal): Promise<boolean> {
    await this.faults.pass('setRestartPolicy', signal);
    const found = this.containers.get(name);
    if (found === undefined) return false;
    found.restartPolicy = policy;
    return true;
  }

  async updateResources(name: string, resources: ContainerResources, signal: AbortSignal): Promise<boolean> {
    await this.faults.pass('updateResources', signal);
    const found = this.containers.get(name);
    if (found === undefined) return false;
    found.resources = resources;
    return true;
  }

  async ensureAttached(...[name, network, signal]: Parameters<ContainerEngine['ensureAttached']>): Promise<void> {
    await this.faults.pass('ensureAttached', signal);
    this.existing(name).attachment = network;
    this.network.rejoin(name);
  }

  async ensureContainerAbsent(name: string, owner: Owner, signal: AbortSignal): Promise<void> {
    await this.faults.pass('ensureContainerAbsent', signal);
    const found = this.containers.get(name);
    assertOwned('container', name, found, owner);
    if (found?.running) found.kill();
    this.containers.delete(name);
  }

  async writeFiles(
    container: string,
    directory: string,
    files: readonly FileEntry[],
    signal: AbortSignal,
  ): Promise<void> {
    await this.faults.pass('writeFiles', signal);
    this.existing(container).write(directory, files);
  }

  async writeStream(container: string, path: string, file: StreamedFile, signal: AbortSignal): Promise<void> {
    await this.faults.pass('writeStream', signal);
    const target = this.existing(container);
    target.assertWritable(posix.dirname(path));
    const content = await collect(path, file, signal);
    target.write(posix.dirname(path), [{ ...file, path: posix.basename(path), content }]);
  }

  async runInside(container: string, command: readonly string[], signal: AbortSignal): Promise<Duplex> {
    await this.faults.pass('runInside', signal);
    const { server } = this.existing(container);
    if (server === null) throw new HoldfastError('server_not_ready', `container ${container} does not run`);
    return new FakeProgram(server, command);
  }

  async readFile(container: string, path: string, signal: AbortSignal): Promise<Buffer | null> {
    await this.faults.pass('readFile', signal);
    return this.containers.get(container)?.read(path) ?? null;
  }

  async tailLogs(container: string, lines: number, signal: AbortSignal): Promise<string> {
    await this.faults.pass('tailLogs', signal);
    return this.existing(container)
      .log.split(/(?<=\n)/)
      .slice(-lines)
      .join('');
  }

  async listOwned(installation: string, signal: AbortSignal): Promise<OwnedResources> {
    await this.faults.pass('listOwned', signal);
    const owned = (resources: ReadonlyMap<string, Labelled>): OwnedResource[] =>
      [...resources]
        .filter(([, { labels }]) => labels[labelNames.installation] === installation)
        .map(([name, { labels }]) => ownedResource(name, labels));
    return { containers: owned(this.containers), volumes: owned(this.volumes), networks: owned(this.networks) };
  }

  /** As the real engine: a volume that is missing comes into being with the container. */
  private mount({ volume, owner }: ContainerSpec): FakeVolume | null {
    if (volume === null) return null;
    const mounted = this.volumes.get(volume.name) ?? new FakeVolume(ownerLabels(owner));
    this.volumes.set(volume.name, mounted);
    return mounted;
  }

  private address({ network }: ContainerSpec): string | null {
    if (network.kind !== 'network') return null;
    const found = this.networks.get(network.name);
    if (found === undefined) throw new HoldfastError('engine_error', `network ${network.name} not found`);
    if (network.ipv4 === null) return freeAddress(found.subnet, this.network.addresses());
    if (this.network.at(network.ipv4)) throw new HoldfastError('engine_error', `address ${network.ipv4} is in use`);
    return network.ipv4;
  }
}

const imageMissing = (image: string): HoldfastError =>
  new HoldfastError('image_unavailable', `the host has no image ${image}`);

const assertOwned = (
  kind: 'container' | 'volume' | 'network',
  name: string,
  found: Labelled | undefined,
  owner: Owner,
): void => {
  if (found !== undefined && !isOwnedBy(found.labels, owner)) throw strangerError(kind, name);
};

const acceptNetwork = (found: FakeNetwork, spec: NetworkSpec): void => {
  assertOwned('network', spec.name, found, spec.owner);
  if (found.subnet === spec.subnet) return;
  throw new HoldfastError(
    'engine_error',
    `network ${spec.name} exists with the range ${found.subnet}, not ${spec.subnet}`,
  );
};

const acceptContainer = (found: FakeContainer, spec: ContainerSpec): void => {
  if (found.labels[containerDigestLabel] === containerDigest(spec)) return;
  throw new HoldfastError('engine_error', `container ${spec.name} exists with another specification`);
};
