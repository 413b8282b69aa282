import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withFileLock } from './file-lock.js';

describe('withFileLock', () => {
  const signal = new AbortController().signal;
  let directory: string;
  let path: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-lock-'));
    path = join(directory, 'lock');
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('lets one in at a time, also after one that failed', async () => {
    let inside = 0;
    const work = async () => {
      inside += 1;
      expect(inside).toBe(1);
      await new Promise(setImmediate);
      inside -= 1;
      return 'done';
    };
    await expect(withFileLock(path, signal, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    const results = await Promise.all(Array.from({ length: 5 }, () => withFileLock(path, signal, work)));
    expect(results).toEqual(Array.from({ length: 5 }, () => 'done'));
  });

  it('waits for another process, ends with the reason of the caller that gives up, and goes on when the other dies', async () => {
    const other = spawn('flock', [path, 'cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
    other.stdin.write('\n');
    await once(other.stdout, 'data');
    const controller = new AbortController();
    const waiting = withFileLock(path, controller.signal, async () => 'never');
    controller.abort(new Error('shutdown'));
    await expect(waiting).rejects.toThrow('shutdown');
    const next = withFileLock(path, signal, async () => 'got it');
    other.stdin.destroy();
    expect(await next).toBe('got it');
  });

  it('is taken from a process that stands still, and that one hears of it', async () => {
    const module = join(import.meta.dirname, '../../../dist/libs/engine/edge/file-lock.js');
    const script = `
      const { withFileLock } = await import(${JSON.stringify(module)});
      await withFileLock(${JSON.stringify(path)}, new AbortController().signal, async (lost) => {
        console.log('inside');
        await new Promise((resolve) => lost.addEventListener('abort', resolve));
        console.log('lost');
      });`;
    const other = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(other.stdout, 'data');
    other.kill('SIGSTOP');
    expect(await withFileLock(path, signal, async () => 'got it')).toBe('got it');
    other.kill('SIGCONT');
    expect(String(await once(other.stdout, 'data'))).toBe('lost\n');
    await once(other, 'exit');
  }, 30_000);

  it('says when there is nothing to lock', async () => {
    const locking = withFileLock(join(directory, 'none/lock'), signal, async () => 'never');
    await expect(locking).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
