import { describe, expect, it } from '@jest/globals';
import { parseInfo } from '#domain/server/info.js';
import type { RedisNode } from '#engine/ports/redis-node.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { switchOver, type Switch } from './switchover.js';

/** One server of a pair that is always level, and whether it is the primary. */
class PairedNode implements RedisNode {
  readonly told: string[] = [];
  silent = false;

  constructor(public isPrimary: boolean) {}

  ping(): Promise<void> {
    return Promise.resolve();
  }

  async info(): Promise<Readonly<Record<string, string>>> {
    if (this.silent) throw new HoldfastError('server_not_ready', 'It does not answer.');
    const role = this.isPrimary ? ['role:master', 'master_repl_offset:10'] : ['role:slave', 'slave_repl_offset:10'];
    return parseInfo([...role, 'master_link_status:up', `master_replid:${'a'.repeat(40)}`].join('\n'));
  }

  configGet(): Promise<Readonly<Record<string, string>>> {
    return Promise.resolve({});
  }

  async command(args: readonly string[]): Promise<unknown> {
    this.told.push(args.join(' '));
    if (args[0] === 'REPLICAOF') this.isPrimary = args[1] === 'NO';
    return 'OK';
  }

  async transaction(commands: readonly (readonly string[])[]): Promise<readonly unknown[]> {
    const role = this.isPrimary ? ['master', 10, []] : ['slave', '10.0.0.3', 6380, 'connected', 10];
    for (const command of commands) await this.command(command);
    return commands.map(([name]) => (name === 'ROLE' ? role : 'OK'));
  }

  presented(): null {
    return null;
  }

  close(): void {
    return undefined;
  }
}

const pair = (switchDoors: Switch['switchDoors']): Switch & { primary: PairedNode; candidate: PairedNode } => ({
  ...{ primary: new PairedNode(true), candidate: new PairedNode(false), primaryVersion: '8.0' },
  ...{ candidateAddress: '10.0.0.3', doors: [], allowedLoss: 0, switchDoors },
});
const shut = (): Promise<void> => Promise.resolve();
const { signal } = new AbortController();

describe('switchOver', () => {
  it('moves the role once, though the edge dies after that and is asked again when it is back', async () => {
    const plan = pair(async (_doors, work, within) => {
      await work(shut, within);
      await work(shut, within);
      return performance.now();
    });
    expect(await switchOver(plan, signal)).toMatchObject({ sourceOffset: 10, replicaOffset: 10, lostBytes: 0 });
    expect([plan.primary.isPrimary, plan.candidate.isPrimary]).toEqual([false, true]);
    expect(plan.candidate.told).toEqual(['REPLICAOF NO ONE']);
  });

  it('gives the role back at once when the replica dies before it was told anything', async () => {
    const plan = pair(async (_doors, work, within) => {
      await work(shut, within);
      return performance.now();
    });
    const demote = plan.primary.transaction.bind(plan.primary);
    plan.primary.transaction = (commands) => {
      plan.candidate.silent = commands.some(([name]) => name === 'REPLICAOF');
      return demote(commands);
    };
    await expect(switchOver(plan, signal)).rejects.toMatchObject({ code: 'server_not_ready' });
    expect([plan.primary.isPrimary, plan.candidate.isPrimary]).toEqual([true, false]);
    expect(plan.primary.told.at(-1)).toBe('CLIENT UNPAUSE');
  });
});
