/** What sits at an address. */
export interface Attached {
  readonly name: string;
}

/** Who can reach whom by address, and who follows which address. Cut wires are named by the containers at their ends. */
export class FakeNetwork<Server extends Attached> {
  private readonly servers = new Map<string, Server>();
  private readonly followers = new Map<string, Set<Server>>();
  private readonly cuts = new Set<string>();

  join(address: string, server: Server): void {
    this.servers.set(address, server);
  }

  leave(address: string, server: Server): void {
    if (this.servers.get(address) === server) this.servers.delete(address);
  }

  /** Whoever listens there, reached or not. */
  at(address: string): Server | null {
    return this.servers.get(address) ?? null;
  }

  addresses(): ReadonlySet<string> {
    return new Set(this.servers.keys());
  }

  /** The server at this address, when `from` can reach it. Null as `from` is Holdfast itself, and every other client. */
  reach(from: string | null, address: string): Server | null {
    const server = this.at(address);
    return server && this.isOpen(from, server.name) ? server : null;
  }

  isOpen(from: string | null, to: string): boolean {
    return ![to, from].some((end) => this.cuts.has(wire(end, null))) && !this.cuts.has(wire(from, to));
  }

  /** The server looks for its source at this address from now on; null for none. */
  follow(server: Server, before: string | null, address: string | null): void {
    if (before !== null) this.followers.get(before)?.delete(server);
    if (address === null) return;
    const followers = this.followers.get(address) ?? new Set();
    this.followers.set(address, followers.add(server));
  }

  followersOf(address: string): readonly Server[] {
    return [...(this.followers.get(address) ?? [])];
  }

  /** Nothing passes between the two. */
  cut(one: string, other: string): void {
    this.cuts.add(wire(one, other));
  }

  /** Nothing passes from or to this one, Holdfast's own connections included. */
  isolate(one: string): void {
    this.cuts.add(wire(one, null));
  }

  /** Undoes `isolate`. */
  rejoin(one: string): void {
    this.cuts.delete(wire(one, null));
  }

  mend(): void {
    this.cuts.clear();
  }
}

const wire = (one: string | null, other: string | null): string => [one ?? '', other ?? ''].sort().join('|');
