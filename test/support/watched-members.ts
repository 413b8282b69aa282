import { expect } from '@jest/globals';
import { Checker } from './checker/checker.js';
import { Directory, DirectLink } from './checker/direct-link.js';
import { Watcher } from './checker/watcher.js';
import { uniqueName } from './names.js';
import type { Member } from './replication-tree.js';

const clients = 4;
const writesAround = 5;

/** Clients write to whichever server of a tree takes it, and somebody asks all of them all the time whether they do. */
export class WatchedMembers {
  private constructor(
    private readonly watcher: Watcher,
    private readonly checker: Checker | null,
  ) {}

  /** Without clients only the watcher writes: for servers that lose what was answered last. */
  static async start(members: readonly Member[], withClients = true): Promise<WatchedMembers> {
    const [first] = members;
    if (!first) throw new Error('Nobody to watch');
    const servers = members.map(({ address }) => address);
    const directory = new Directory(servers, true);
    const checker = withClients
      ? Checker.start({
          ...{ clients, key: uniqueName('run'), thinkMs: 2 },
          link: () => new DirectLink(directory, first.login),
        })
      : null;
    const watched = new WatchedMembers(Watcher.start(servers, first.login), checker);
    await checker?.moreWrites(writesAround);
    return watched;
  }

  /** Everything that was answered is on `primary`, and no two servers took writes at once. */
  async expectSound(primary: Member, promotions: number): Promise<void> {
    await this.checker?.moreWrites(writesAround);
    const verdict = await this.checker?.verdict(primary.address, primary.login);
    expect(verdict?.complaints ?? []).toEqual([]);
    expect(await this.watcher.stop(promotions, verdict?.acceptances)).toEqual([]);
  }

  async stop(): Promise<void> {
    await Promise.all([this.checker?.stop(), this.watcher.stop(0)]);
  }
}
