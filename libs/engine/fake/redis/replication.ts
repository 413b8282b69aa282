import type { FakeDataset } from './dataset.js';
import { FakeHistory } from './history.js';
import type { FakeSettings } from './settings.js';

export interface Source {
  readonly host: string;
  readonly port: number;
}

/** As whom a replica comes to its source, and how it verifies it. Redis verifies the chain there, and no name. */
export interface ReplicaLogin {
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly tls: { readonly caPem: string } | null;
}

/** What replication needs of the server that it belongs to. */
export interface ReplicationHost {
  readonly settings: FakeSettings;
  readonly dataset: FakeDataset;
  readonly running: boolean;
  /** Its process stands still. */
  readonly frozen: boolean;
  readonly address: string | null;
  /** A new source is a reason to send the followers away. */
  readonly dropsFollowersAtOnce: boolean;
  readonly now: () => Date;
  /** The server that can be reached at this address now. */
  dial(address: string): FakeReplication | null;
  /** Why a replica may not come in, null when it may. */
  refusesReplica(login: ReplicaLogin): string | null;
  readAuthority(): string | null;
}

/** Of a first copy: not begun by the source, under way, done. */
export type LinkState = 'waiting' | 'copying' | 'online';

/** A delay of a first copy up to this many seconds is none here: a fake does not wait. */
const shortDelaySeconds = 60;

/**
 * One server's part in replication. There are no timers: whatever would have happened by now happens when somebody looks (`tend`),
 * and each write reaches the followers at once unless something holds it up.
 */
export class FakeReplication {
  readonly history = new FakeHistory();
  source: Source | null = null;
  linkState: LinkState = 'waiting';
  /** Since when the link is down; null on a server that was never up. */
  downSince: Date | null = null;
  private attached: FakeReplication | null = null;
  private heldSince: Date | null = null;
  private tending = false;
  private readonly attachedFollowers = new Set<FakeReplication>();

  constructor(readonly host: ReplicationHost) {}

  get linkUp(): boolean {
    return this.attached !== null && this.linkState === 'online';
  }

  get followers(): readonly FakeReplication[] {
    return [...this.attachedFollowers];
  }

  /** Seconds since it last said that it is there. */
  get lagSeconds(): number {
    return this.heldSince ? Math.floor((this.host.now().getTime() - this.heldSince.getTime()) / 1000) : 0;
  }

  get goodFollowers(): number {
    const longest = this.host.settings.number('min-replicas-max-lag');
    return this.followers.filter(({ linkUp, lagSeconds }) => linkUp && lagSeconds <= longest).length;
  }

  /** From now on it follows this server, or nobody. */
  follow(source: Source | null): void {
    const was = this.source;
    this.detach();
    this.source = source;
    // Since 7.0 a primary that becomes a replica keeps its followers, until its history turns out to be another one.
    if (source === null || this.host.dropsFollowersAtOnce) this.dropFollowers();
    if (source === null && was !== null) this.history.branch();
    this.tend();
  }

  /** It takes nothing in until released: its source is ahead of it, and a first copy does not end. */
  hold(since: Date | null): void {
    this.heldSince = since;
    this.tend();
  }

  /** What changed the data here goes on to the followers. */
  wrote(command: readonly string[]): void {
    this.history.append(command);
    for (const follower of this.followers) follower.tend();
  }

  /** Everything that had time to happen happens. */
  tend(): void {
    if (this.tending || this.source === null || !this.host.running || this.host.frozen) return;
    this.tending = true;
    try {
      this.attach(this.source);
      if (this.attached) this.advance(this.attached);
    } finally {
      this.tending = false;
    }
  }

  /** The links of these followers break; they come again when they may. */
  dropFollowers(which: (follower: FakeReplication) => boolean = () => true): void {
    for (const follower of this.followers.filter(which)) follower.detach();
  }

  end(): void {
    this.detach();
    this.dropFollowers();
  }

  private attach({ host }: Source): void {
    const source = this.host.dial(host);
    if (source !== null && source === this.attached) return;
    this.detach();
    if (source === null || source === this || source.host.frozen) return;
    if (source.host.refusesReplica(this.login()) !== null) return;
    source.tend();
    // A replica that lost its own source lets nobody follow.
    if (source.source !== null && !source.linkUp) return;
    source.welcome(this);
    this.attached = source;
  }

  private login(): ReplicaLogin {
    const { settings } = this.host;
    const username = settings.get('masteruser') || 'default';
    const tls = settings.get('tls-replication') === 'yes' ? { caPem: this.host.readAuthority() ?? '' } : null;
    return { port: this.source?.port ?? 0, username, password: settings.get('masterauth'), tls };
  }

  private welcome(follower: FakeReplication): void {
    this.history.begin();
    follower.linkState = 'waiting';
    if (this.history.continues(follower.history)) {
      if (follower.history.id !== this.history.id) follower.dropFollowers();
      follower.history.begin();
      follower.history.rename(this.history.id);
      follower.linkState = 'online';
    }
    this.attachedFollowers.add(follower);
  }

  private advance(source: FakeReplication): void {
    if (this.linkState !== 'online') {
      this.linkState = source.delaysCopies ? 'waiting' : this.heldSince ? 'copying' : 'online';
      if (this.linkState !== 'online') return;
      this.host.dataset.copyOf(source.host.dataset);
      this.history.adopt(source.history);
      this.dropFollowers();
    }
    if (this.heldSince) return;
    for (const command of source.history.since(this.history.offset)) {
      this.host.dataset.apply(command);
      this.wrote(command);
    }
  }

  private get delaysCopies(): boolean {
    const { settings } = this.host;
    return (
      settings.get('repl-diskless-sync') === 'yes' && settings.number('repl-diskless-sync-delay') > shortDelaySeconds
    );
  }

  private detach(): void {
    if (this.linkUp) this.downSince = this.host.now();
    this.attached?.attachedFollowers.delete(this);
    this.attached = null;
  }
}
