import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '../../../apps/setup/free-port.js';
import { Progress } from '../../../apps/setup/progress.js';
import {
  ensureStandalone,
  restartStandalone,
  stopStandalone,
  type Standalone,
} from '../../../apps/setup/standalone-process.js';

/** Stands for the product: ready as soon as it listens. */
const server = `
  import { createServer } from 'node:http';
  if (process.env.HOLDFAST_STUBBORN === 'yes') process.on('SIGTERM', () => undefined);
  if (process.env.HOLDFAST_STUBBORN === 'once') process.once('SIGTERM', () => undefined);
  createServer((request, response) => response.end(String(process.pid))).listen(Number(process.env.HOLDFAST_PORT), '127.0.0.1');
`;

let standalone: Standalone;
let url: string;
let settings: Record<string, string>;
const notes: string[] = [];
const progress = new Progress((line) => notes.push(line));
const signal = AbortSignal.timeout(60_000);

const ensure = (extra: Record<string, string> = {}) =>
  ensureStandalone(standalone, url, { ...settings, ...extra }, progress, signal);
const pidThatAnswers = async () => (await fetch(url)).text();

beforeEach(async () => {
  const home = mkdtempSync(join(tmpdir(), 'holdfast-standalone-'));
  standalone = { home, program: join(home, 'main.mjs') };
  writeFileSync(standalone.program, server);
  const port = await findFreePort();
  url = `http://127.0.0.1:${port}`;
  settings = { HOLDFAST_PORT: String(port) };
  notes.length = 0;
});

afterEach(async () => {
  await stopStandalone(standalone, progress, signal, 100);
  rmSync(standalone.home, { recursive: true });
});

describe('the standalone process', () => {
  it('is started once', async () => {
    await ensure();
    const first = await pidThatAnswers();
    await ensure();
    expect(await pidThatAnswers()).toBe(first);
  });

  it('is started again when its settings have changed', async () => {
    await ensure();
    const first = await pidThatAnswers();
    await ensure({ HOLDFAST_LOG_LEVEL: 'debug' });
    expect(await pidThatAnswers()).not.toBe(first);
  });

  it('is started anew by a restart although nothing has changed, each time, and when it did not run', async () => {
    const pids = new Set<string>();
    for (let time = 0; time < 3; time++) {
      await restartStandalone(standalone, url, settings, progress, signal);
      pids.add(await pidThatAnswers());
    }
    expect(pids.size).toBe(3);
    await ensure();
    expect(pids).toContain(await pidThatAnswers());
    expect(notes).toEqual([]);
  });

  it('is not taken for one that stays when somebody was interrupted who had told it to end', async () => {
    await ensure({ HOLDFAST_STUBBORN: 'once' });
    const first = await pidThatAnswers();
    const interruption = new AbortController();
    const stopped = stopStandalone(standalone, progress, interruption.signal);
    interruption.abort();
    await expect(stopped).rejects.toThrow();
    expect(await pidThatAnswers()).toBe(first);
    await ensure({ HOLDFAST_STUBBORN: 'once' });
    expect(await pidThatAnswers()).not.toBe(first);
  });

  it('stops when asked', async () => {
    await ensure();
    await stopStandalone(standalone, progress, signal);
    await expect(pidThatAnswers()).rejects.toThrow();
    expect(notes).toEqual([]);
  });

  it('is killed when it does not stop, which is said', async () => {
    await ensure({ HOLDFAST_STUBBORN: 'yes' });
    await stopStandalone(standalone, progress, signal, 200);
    await expect(pidThatAnswers()).rejects.toThrow();
    expect(notes.join()).toContain('is killed');
  });

  it('tells with its own words why it did not start', async () => {
    writeFileSync(standalone.program, `throw new Error('no disk today')`);
    await expect(ensure()).rejects.toThrow(/no disk today/);
  });

  it('does not take a stranger on its port for itself', async () => {
    const stranger = createServer((_, response) => response.end('ready')).listen(
      Number(new URL(url).port),
      '127.0.0.1',
    );
    await once(stranger, 'listening');
    await expect(ensure()).rejects.toThrow(/HOLDFAST_PORT/);
    stranger.close();
  });

  it('starts a new log when the old one has grown large', async () => {
    const log = join(standalone.home, 'standalone.log');
    writeFileSync(log, '');
    truncateSync(log, 60 * 1024 * 1024);
    await ensure();
    expect([statSync(log).size < 1024, statSync(`${log}.1`).size]).toEqual([true, 60 * 1024 * 1024]);
  });

  it('leaves a stranger alone that has the recorded pid by now', async () => {
    await ensure();
    const record = join(standalone.home, 'standalone.json');
    const own = readFileSync(record, 'utf8');
    writeFileSync(record, JSON.stringify({ ...(JSON.parse(own) as object), identity: 'another-boot:1' }));
    await stopStandalone(standalone, progress, signal, 100);
    expect(await pidThatAnswers()).toMatch(/^\d+$/);
    writeFileSync(record, own);
  });
});
