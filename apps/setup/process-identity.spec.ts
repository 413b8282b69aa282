import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { identityOf } from './process-identity.js';

const pidOf = ({ pid }: { pid?: number | undefined }): number => {
  if (pid === undefined) throw new Error('The process did not start.');
  return pid;
};

describe('identityOf', () => {
  it('is the same for one run of a program', () => {
    const identity = identityOf(process.pid);
    expect(identity).toMatch(/^[0-9a-f-]{36}:\d+$/);
    expect(identityOf(process.pid)).toBe(identity);
  });

  it('is null for a pid of nobody', () => {
    expect(identityOf(2 ** 30)).toBeNull();
  });

  it('is there as long as a killed process holds a port', async () => {
    const script = `require('node:net').createServer().listen(0, '127.0.0.1', function () { process.stdout.write(String(this.address().port)) })`;
    for (let round = 0; round < 4; round += 1) {
      const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
      const pid = pidOf(child);
      const [port] = (await once(child.stdout, 'data')) as [Buffer];
      child.kill('SIGTERM');
      // Not once(child, 'exit'): that is after the kernel has closed everything.
      while (identityOf(pid) !== null);
      const taker = createServer().listen(Number(port.toString()), '127.0.0.1');
      await once(taker, 'listening');
      expect((taker.address() as AddressInfo).port).toBe(Number(port.toString()));
      taker.close();
    }
  });
});
