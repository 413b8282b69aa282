import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { FakeContainer } from './fake-container.js';
import { FakeNetwork } from './fake-network.js';
import type { FakeRedisServer } from './fake-redis-server.js';

/** The machine below the engine, and what a test can let happen to it. Containers are named as in ContainerEngine. */
export class FakeHost {
  protected readonly containers = new Map<string, FakeContainer>();
  protected readonly network = new FakeNetwork<FakeRedisServer>();

  /** The server that listens on this address now, as far as Holdfast can reach it. */
  serverAt(address: string): FakeRedisServer | null {
    return this.network.reach(null, address);
  }

  /** Ends a container's process as SIGKILL would; the restart policy then does what it says. */
  killProcess(name: string): void {
    const container = this.containers.get(name);
    if (!container?.running) return;
    const { ipv4 } = container;
    container.kill();
    if (container.restartPolicy === 'unless-stopped') container.start(ipv4);
  }

  /** The engine starts again: what ran ends as on SIGTERM, and comes back if its restart policy says so. */
  restart(): void {
    const running = this.running().map((container) => ({ container, ipv4: container.ipv4 }));
    for (const { container } of running) container.stop();
    for (const { container, ipv4 } of running) {
      if (container.restartPolicy === 'unless-stopped') container.start(ipv4);
    }
  }

  /** Its process stands still until thawed, as under `docker pause`: it answers nobody, and its links stay as they are. */
  freeze(name: string): void {
    this.stand(name, true);
  }

  thaw(name: string): void {
    this.stand(name, false);
  }

  /** A replica takes nothing in from its source until `releaseReplication`: it falls behind, or stays in its first copy. It answers all the same. */
  holdReplication(name: string): void {
    const server = this.process(name);
    server.replication.hold(server.now());
  }

  releaseReplication(name: string): void {
    this.process(name).replication.hold(null);
  }

  /** Nothing passes between these two any more, and both know it: as after a broken line's timeout. */
  cut(one: string, other: string): void {
    this.network.cut(one, other);
  }

  /** Nothing passes from or to it, from Holdfast neither. */
  isolate(name: string): void {
    this.network.isolate(name);
  }

  /** Taken off its network, as by `docker network disconnect`. */
  detach(name: string): void {
    this.existing(name).attachment = null;
    this.network.isolate(name);
  }

  /** All lines are whole again. */
  mend(): void {
    this.network.mend();
  }

  protected existing(name: string): FakeContainer {
    const found = this.containers.get(name);
    if (found === undefined) throw new HoldfastError('engine_error', `no such container: ${name}`);
    return found;
  }

  protected running(): FakeContainer[] {
    return [...this.containers.values()].filter((container) => container.running);
  }

  private process(name: string): FakeRedisServer {
    const { server } = this.existing(name);
    if (server === null) throw new HoldfastError('engine_error', `container ${name} does not run`);
    return server;
  }

  private stand(name: string, still: boolean): void {
    const server = this.process(name);
    server.frozen = still;
    server.replication.hold(still ? server.now() : null);
  }
}
