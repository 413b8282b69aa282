import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { docker } from '../../support/host.js';
import { eventually } from '../../support/eventually.js';
import { uniqueName } from '../../support/names.js';

export interface LoadedFile {
  /** What Redis' own program says of the file. */
  readonly verdict: string;
  readonly keys: number;
  readonly counter: number;
}

/** Checks an RDB file with the program of that image, and loads it into a plain server of it. */
export const loadedFile = async (image: string, file: Buffer): Promise<LoadedFile> => {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-rdb-'));
  const name = uniqueName('hft-load');
  try {
    await chmod(directory, 0o755);
    await writeFile(join(directory, 'dump.rdb'), file, { mode: 0o644 });
    const settings = ['--save', '', '--databases', '256'];
    const mounts = ['--network', 'none', '-v', `${directory}:/data:ro`];
    await docker('run', '-d', '--name', name, ...mounts, image, 'redis-server', '--dir', '/data', ...settings);
    const verdict = await docker('exec', name, 'redis-check-rdb', '/data/dump.rdb');
    const ask = (...command: string[]) => docker('exec', name, 'redis-cli', ...command);
    const keys = await eventually(
      async () => {
        const reply = await ask('DBSIZE');
        if (!/^\d+$/.test(reply)) throw new Error(reply);
        return Number(reply);
      },
      { withinMs: 20_000 },
    );
    return { verdict, keys, counter: Number(await ask('GET', 'counter')) };
  } finally {
    await docker('rm', '-f', name);
    await rm(directory, { recursive: true });
  }
};
