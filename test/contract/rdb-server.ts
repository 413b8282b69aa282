import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { redisImage } from '../support/images.js';
import { eventually } from '../support/eventually.js';
import { uniqueName } from '../support/names.js';

export type RdbServerVersion = '6.0' | '7.0' | '8.0';

/** A plain server without a password whose files the test can read. */
export class RdbServer {
  private constructor(
    private readonly name: string,
    private readonly directory: string,
    readonly redis: Redis,
  ) {}

  static async start(version: RdbServerVersion, ...settings: readonly string[]): Promise<RdbServer> {
    const name = uniqueName('hft-rdb');
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-rdb-'));
    const user = `${String(process.getuid?.())}:${String(process.getgid?.())}`;
    const place = ['--name', name, '--user', user, '-v', `${directory}:/rdb`, '-p', '127.0.0.1::6379'];
    const debug = version === '6.0' ? [] : ['--enable-debug-command', 'yes'];
    const server = ['redis-server', '--dir', '/rdb', '--save', '', '--protected-mode', 'no', ...debug, ...settings];
    docker('run', '-d', ...place, redisImage(version), ...server);
    const port = Number(docker('port', name, '6379').trim().split(':').pop());
    const redis = new Redis({ port, lazyConnect: true, retryStrategy: () => null });
    redis.on('error', () => undefined);
    const started = new RdbServer(name, directory, redis);
    try {
      await eventually(() => redis.connect(), { withinMs: 20_000 });
      return started;
    } catch (error) {
      await started.close();
      throw error;
    }
  }

  /** The data set as a file, and what this client itself sees of it. */
  async save(): Promise<string> {
    await this.redis.call('SAVE');
    return join(this.directory, 'dump.rdb');
  }

  async file(): Promise<Buffer> {
    return readFile(await this.save());
  }

  async close(): Promise<void> {
    this.redis.disconnect();
    docker('rm', '-f', '-v', this.name);
    await rm(this.directory, { recursive: true, force: true });
  }
}

const docker = (...words: string[]): string => execFileSync('docker', words, { encoding: 'utf8' });
