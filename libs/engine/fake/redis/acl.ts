import { compareVersions } from '#domain/catalogue/version.js';
import { aclUser } from '#domain/server/acl-line.js';
import { FakeAclUser } from './acl-user.js';
import { FakeReplyError } from './reply-error.js';

/** Users and what they may do, as an ACL file has them. */
export class FakeAcl {
  private users: ReadonlyMap<string, FakeAclUser>;

  constructor(
    file: string,
    private readonly version: string,
  ) {
    this.users = this.parse(file);
  }

  user(name: string): FakeAclUser | null {
    return this.users.get(name) ?? null;
  }

  names(): string[] {
    return [...this.users.keys()];
  }

  lines(): string[] {
    return [...this.users].map(([name, user]) => `user ${name} ${user.rules().join(' ')}`);
  }

  /** Whether the user may come in with this password. */
  admits(name: string, password: string): boolean {
    return this.user(name)?.admits(password) ?? false;
  }

  /** All rules or none: an unknown one leaves the user as it was. */
  set(name: string, rules: readonly string[]): void {
    this.users = new Map([...this.users, [name, (this.user(name) ?? this.newcomer()).with(rules)]]);
  }

  /** Returns who is gone. */
  remove(names: readonly string[]): string[] {
    if (names.includes('default')) throw new FakeReplyError("ERR The 'default' user cannot be removed");
    const gone = names.filter((name) => this.users.has(name));
    this.users = new Map([...this.users].filter(([name]) => !gone.includes(name)));
    return gone;
  }

  /** The file replaces all users. Returns whose connections end: before 7.2 everybody's but the default user's. */
  load(file: string): string[] {
    const before = this.users;
    this.users = this.parse(file);
    const all = compareVersions(this.version, '7.2') < 0;
    return [...before]
      .filter(([name, user]) => name !== 'default' && (all || this.user(name)?.rules().join() !== user.rules().join()))
      .map(([name]) => name);
  }

  private parse(file: string): Map<string, FakeAclUser> {
    const users = new Map([['default', this.newcomer().with(['on', 'nopass', '~*', '+@all'])]]);
    for (const line of file.split('\n').filter((text) => text.startsWith('user '))) {
      const { name, rules } = aclUser(line);
      users.set(name, this.newcomer().with(rules));
    }
    return users;
  }

  private newcomer(): FakeAclUser {
    return new FakeAclUser(this.version);
  }
}
