import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { ProcessEnd } from '#domain/server/process-end.js';
import { containerDigest, containerDigestLabel, isOwnedBy, ownerLabels } from '../docker/labels.js';
import type {
  Attachment,
  ContainerObservation,
  ContainerResources,
  ContainerSpec,
  FileEntry,
  Owner,
  StopOutcome,
} from '../ports/container-engine.js';
import type { FakeNetwork } from './fake-network.js';
import { endsOnTerm, runProcess, type FakeSurroundings } from './fake-process.js';
import type { FakeRedisServer } from './fake-redis-server.js';
import type { FakeVolume } from './fake-volume.js';

const killedExitCode = 137;

export class FakeContainer implements FakeSurroundings {
  readonly labels: Readonly<Record<string, string>>;
  server: FakeRedisServer | null = null;
  ipv4: string | null = null;
  log = '';
  restartPolicy: ContainerSpec['restartPolicy'];
  attachment: Attachment | null;
  resources: ContainerResources;
  private state: 'created' | 'running' | 'exited' = 'created';
  private exitCode: number | null = null;
  private outOfMemory = false;
  private startedAt: Date | null = null;

  constructor(
    readonly spec: ContainerSpec,
    private readonly volume: FakeVolume | null,
    readonly network: FakeNetwork<FakeRedisServer>,
    readonly now: () => Date,
  ) {
    this.restartPolicy = spec.restartPolicy;
    this.attachment = spec.network.kind === 'network' ? spec.network : null;
    this.resources = spec;
    this.labels = { ...spec.labels, ...ownerLabels(spec.owner), [containerDigestLabel]: containerDigest(spec) };
  }

  get running(): boolean {
    return this.state === 'running';
  }

  /** For its process, which has an address while it is being started already. */
  get address(): string | null {
    return this.ipv4;
  }

  start(ipv4: string | null): void {
    this.ipv4 = ipv4;
    const process = runProcess(this.spec, this);
    this.server = process.server;
    this.ipv4 = process.server === null ? null : ipv4;
    this.state = process.server === null ? 'exited' : 'running';
    this.exitCode = process.server === null ? process.exitCode : null;
    this.outOfMemory = false;
    this.startedAt = this.now();
    this.log += process.log;
  }

  stop(): StopOutcome {
    if (this.server === null) return 'already-stopped';
    const outcome = endsOnTerm(this.server, this.spec, this) ? 'stopped' : 'killed';
    this.end(outcome === 'stopped' ? 0 : killedExitCode);
    return outcome;
  }

  /** The process is gone, as after SIGKILL; nobody asked for it. */
  kill(): void {
    this.end(killedExitCode);
  }

  /** The process ends while it loads its data. */
  endOverData({ exitCode, outOfMemory }: ProcessEnd): void {
    this.end(exitCode);
    this.outOfMemory = outOfMemory;
    this.log += '# Internal error in RDB reading offset 0\n';
  }

  observe(owner: Owner): ContainerObservation {
    return {
      name: this.spec.name,
      owned: isOwnedBy(this.labels, owner),
      state: this.server?.frozen ? 'paused' : this.state,
      health: this.running && this.spec.healthCheck !== null ? 'healthy' : 'none',
      labels: this.labels,
      image: this.spec.image,
      imageId: `sha256:${this.spec.image}`,
      networks: this.networks,
      startedAt: this.startedAt,
      exitCode: this.exitCode,
      outOfMemory: this.outOfMemory,
      restartPolicy: this.restartPolicy,
      memoryLimitBytes: this.resources.memoryBytes,
      cpuShares: this.resources.cpuShares,
    };
  }

  private get networks(): ContainerObservation['networks'] {
    const { attachment, ipv4, spec } = this;
    if (attachment === null || spec.network.kind !== 'network') return {};
    return { [spec.network.name]: { aliases: attachment.aliases, ipv4: attachment.ipv4 ?? ipv4 } };
  }

  write(directory: string, files: readonly FileEntry[]): void {
    this.volume?.write(this.assertWritable(directory), files);
  }

  /** Returns the path within the volume. */
  assertWritable(directory: string): string {
    const within = this.inVolume(directory);
    if (within === null) throw new HoldfastError('engine_error', `${directory} of ${this.spec.name} is read-only`);
    return within;
  }

  read(path: string): Buffer | null {
    return this.volume?.read(this.inVolume(path) ?? '') ?? null;
  }

  entry(path: string): FileEntry | null {
    return this.volume?.entry(this.inVolume(path) ?? '') ?? null;
  }

  private end(exitCode: number): void {
    this.server?.end(exitCode === 0);
    this.server = null;
    this.ipv4 = null;
    this.state = 'exited';
    this.exitCode = exitCode;
  }

  /** The path within the volume, null when it lies elsewhere. */
  private inVolume(path: string): string | null {
    const root = this.spec.volume?.mountPath;
    return root !== undefined && `${path}/`.startsWith(`${root}/`) ? path.slice(root.length) || '/' : null;
  }
}
