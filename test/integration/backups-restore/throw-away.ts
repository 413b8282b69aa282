import type { PersistenceMode } from '#domain/database/persistence.js';
import { serverPaths, serverUser } from '#domain/server/names.js';
import { restoredDataFiles } from '#domain/server/restored-data.js';
import { renderVerificationConfiguration, verificationPort } from '#domain/server/verification-configuration.js';
import { DockerEngine } from '#engine/docker/docker-engine.js';
import type { RedisNode } from '#engine/ports/redis-node.js';
import { IoredisConnector } from '#engine/redis/ioredis-connector.js';
import { waitUntil } from '#engine/wait/wait-until.js';
import { redisImage } from '../../support/images.js';
import { uniqueName } from '../../support/names.js';
import { redisContainer } from '../../support/redis-server.js';
import { removeOwned } from '../../support/remove-owned.js';

export type Version = Parameters<typeof redisImage>[0];
export const versions = ['6.0', '7.0', '8.0'] as const satisfies readonly Version[];

export interface Start {
  readonly version: Version;
  readonly persistence: PersistenceMode;
  /** Nothing starts empty. */
  readonly rdb?: Buffer;
  /** Lines of `redis.conf` after the rendered ones. */
  readonly more?: string;
}

/** Real servers without a network, as a verification runs them. */
export class ThrowAwayServers {
  readonly engine = new DockerEngine({ socketPath: '/var/run/docker.sock' });
  readonly signal = AbortSignal.timeout(300_000);
  private readonly installation = uniqueName('hft');
  private readonly connector = new IoredisConnector();
  private readonly nodes: RedisNode[] = [];
  private made = 0;

  /** Returns the container's name. */
  async start({ version, persistence, rdb, more = '' }: Start): Promise<string> {
    const name = `${this.installation}-${String(++this.made)}`;
    const owner = { installation: this.installation, subject: name };
    const spec = redisContainer({ name, owner, image: redisImage(version), network: { kind: 'none' } });
    await this.engine.createContainer({ ...spec, memoryBytes: 512 * 1024 ** 2 }, this.signal);
    const { rdbPath, files } = restoredDataFiles(version, persistence);
    const content = renderVerificationConfiguration(version, persistence) + more;
    const own = [
      { path: 'conf', content: null, mode: 0o755, uid: 0, gid: 0 },
      { path: 'conf/redis.conf', content, mode: 0o644, uid: 0, gid: 0 },
      { path: 'data', content: null, mode: 0o700, ...serverUser },
    ];
    await this.engine.writeFiles(name, serverPaths.root, rdb ? [...own, ...files] : own, this.signal);
    if (rdb) {
      const body = (async function* () {
        yield rdb;
      })();
      await this.engine.writeStream(
        name,
        rdbPath,
        { sizeBytes: rdb.length, mode: 0o600, ...serverUser, body },
        this.signal,
      );
    }
    await this.engine.startContainer(name, this.signal);
    return name;
  }

  /** Waits until it has loaded its data. */
  async node(name: string): Promise<RedisNode> {
    const target = {
      name,
      port: verificationPort,
      run: (command: readonly string[], signal: AbortSignal) => this.engine.runInside(name, command, signal),
    };
    const connects = (signal: AbortSignal) => this.connector.connect(target, signal);
    const node = await waitUntil(connects, { describe: name, deadlineMs: 20_000 }, this.signal);
    this.nodes.push(node);
    return node;
  }

  async started(start: Start): Promise<RedisNode> {
    return this.node(await this.start(start));
  }

  /** What the server holds, as an RDB file that it wrote. */
  async rdb(name: string): Promise<Buffer> {
    await (await this.node(name)).command(['SAVE'], this.signal);
    const rdb = await this.engine.readFile(name, `${serverPaths.data}/dump.rdb`, this.signal);
    if (rdb === null) throw new TypeError(`${name} wrote no dump.rdb`);
    return rdb;
  }

  async removeAll(): Promise<void> {
    for (const node of this.nodes) node.close();
    await removeOwned(this.engine, this.installation);
  }
}
