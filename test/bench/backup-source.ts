import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { execFile } from 'node:child_process';
import { eventually } from '../support/eventually.js';
import { redisImage } from '../support/images.js';
import { uniqueName } from '../support/names.js';

const run = promisify(execFile);
const valueBytes = 1024;
const batch = 500;

/** A plain server with data to back up; nothing of it is Holdfast's. */
export class BenchSource {
  private constructor(
    readonly name: string,
    readonly host: string,
  ) {}

  static async start(): Promise<BenchSource> {
    const name = uniqueName('hfb');
    // As Holdfast's own servers are: a copy goes over no file and begins at once.
    const settings = ['--save', '', '--protected-mode', 'no', '--repl-diskless-sync', 'yes'];
    const server = ['redis-server', ...settings, '--repl-diskless-sync-delay', '0'];
    await run('docker', ['run', '-d', '--name', name, redisImage('8.0'), ...server]);
    const address = ['inspect', '-f', '{{.NetworkSettings.IPAddress}}', name];
    const source = new BenchSource(name, (await run('docker', address)).stdout.trim());
    await eventually(() => source.ask('PING'), { withinMs: 10_000 });
    return source;
  }

  async ask(...command: string[]): Promise<string> {
    return (await run('redis-cli', ['-h', this.host, ...command])).stdout.trim();
  }

  async fill(bytes: number): Promise<void> {
    await fillServer({ host: this.host, port: 6379 }, bytes);
    await eventually(
      async () => {
        if (Number(await this.ask('DBSIZE')) < bytes / valueBytes) throw new Error('still filling');
      },
      { withinMs: 60_000 },
    );
  }

  async remove(): Promise<void> {
    await run('docker', ['rm', '-f', this.name]);
  }
}

/** Values of 1 KB, half of them of random bytes, half of words. Returns when all are sent and answered. */
export const fillServer = async (
  { host, port, login }: { host: string; port: number; login?: readonly [user: string, password: string] },
  bytes: number,
): Promise<void> => {
  const socket = connect({ host, port }).resume();
  await once(socket, 'connect');
  if (login) socket.write(`AUTH ${login.join(' ')}\r\n`);
  // Far more than zstd looks back at level 1, so that a piece that comes again is as good as new.
  const noise = randomBytes(64 * 1024 ** 2);
  for (let key = 0; key < bytes / valueBytes; key += batch) {
    const sets = Array.from({ length: batch }, (_, index) => set(key + index, noise));
    if (!socket.write(Buffer.concat(sets.flat()))) await once(socket, 'drain');
  }
  socket.write('QUIT\r\n');
  await once(socket, 'close');
};

const words = ['invoice', 'customer', 'pending', 'shipped', 'address', 'quantity', 'true', 'false', 'null', 'note'];

const set = (key: number, noise: Buffer): Buffer[] => {
  const name = `key:${String(key)}`;
  const at = randomInt(noise.length - valueBytes);
  const value = key % 2 === 0 ? noise.subarray(at, at + valueBytes) : text();
  const head = `*3\r\n$3\r\nSET\r\n$${String(name.length)}\r\n${name}\r\n$${String(valueBytes)}\r\n`;
  return [Buffer.from(head), value, Buffer.from('\r\n')];
};

const text = (): Buffer => {
  const parts: string[] = [];
  for (let length = 0; length < valueBytes; length += parts.at(-1)?.length ?? 0) {
    parts.push(`"${words[randomInt(words.length)] ?? ''}":${String(randomInt(1000))},`);
  }
  return Buffer.from(parts.join('')).subarray(0, valueBytes);
};
