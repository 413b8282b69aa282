import type { BackupSource } from './backup-source.js';

/** Counts up a key as fast as it can, and changes others, until it is stopped. */
export class WriteLoad {
  acknowledged = 0;
  private running = true;
  private readonly over: Promise<void>;

  constructor(private readonly source: BackupSource) {
    this.over = this.run();
  }

  async stop(): Promise<void> {
    this.running = false;
    await this.over;
  }

  private async run(): Promise<void> {
    const node = await this.source.connect();
    try {
      while (this.running) {
        await node.command(['SET', `key:${String(1 + (this.acknowledged % 1000))}`, 'x'], this.source.signal);
        this.acknowledged = Number(await node.command(['INCR', 'counter'], this.source.signal));
      }
    } finally {
      node.close();
    }
  }
}
