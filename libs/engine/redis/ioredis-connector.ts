import type { InsideTarget, RedisConnector, RedisNode, RedisTarget } from '../ports/redis-node.js';
import { connectInside } from './cli-node.js';
import type { RedisDeadlines } from './deadlines.js';
import { IoredisNode } from './ioredis-node.js';
import { presentedCertificate } from './presented-certificate.js';

export class IoredisConnector implements RedisConnector {
  private readonly deadlines: Required<RedisDeadlines>;

  constructor(deadlines: RedisDeadlines = {}) {
    this.deadlines = { connectMs: 5_000, commandMs: 10_000, ...deadlines };
  }

  async connect(target: RedisTarget | InsideTarget, signal: AbortSignal): Promise<RedisNode> {
    if ('run' in target) return connectInside(target, this.deadlines, signal);
    const node = new IoredisNode(target, this.deadlines.commandMs);
    await node.open(this.deadlines.connectMs, signal);
    return node;
  }

  presentedCertificate(...[target, signal]: Parameters<RedisConnector['presentedCertificate']>) {
    return presentedCertificate(target, this.deadlines.connectMs, signal);
  }
}
