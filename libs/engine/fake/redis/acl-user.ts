import { createHash } from 'node:crypto';
import { compareVersions } from '#domain/catalogue/version.js';
import { FakeReplyError } from './reply-error.js';

interface Rights {
  readonly on: boolean;
  readonly noPassword: boolean;
  readonly hashes: readonly string[];
  readonly keys: readonly string[];
  readonly channels: readonly string[];
  /** `±command`, `±command|subcommand`, `±@category`; the last one that fits decides. */
  readonly commands: readonly string[];
  /** What is kept as it was said: selectors. */
  readonly others: readonly string[];
}

const none: Rights = {
  on: false,
  noPassword: false,
  hashes: [],
  keys: [],
  channels: [],
  commands: ['-@all'],
  others: [],
};

type Change = Partial<Rights> | null;

/** One user of an ACL. Immutable: `with` returns another. */
export class FakeAclUser {
  constructor(
    private readonly version: string,
    private readonly rights: Rights = none,
  ) {}

  with(rules: readonly string[]): FakeAclUser {
    const rights = rules.reduce<Rights>((now, rule) => ({ ...now, ...this.change(now, rule) }), this.rights);
    return new FakeAclUser(this.version, rights);
  }

  admits(password: string): boolean {
    const { on, noPassword, hashes } = this.rights;
    return on && (noPassword || hashes.includes(hash(password)));
  }

  mayRun(command: string, subcommand: string | undefined, categories: readonly string[]): boolean {
    const names = [
      command,
      `${command}|${subcommand ?? ''}`.toLowerCase(),
      '@all',
      ...categories.map((name) => `@${name}`),
    ];
    const last = this.rights.commands.findLast((rule) => names.includes(rule.slice(1)));
    return last?.startsWith('+') ?? false;
  }

  mayTouch(key: string): boolean {
    return this.rights.keys.some((pattern) =>
      pattern.endsWith('*') ? key.startsWith(pattern.slice(0, -1)) : key === pattern,
    );
  }

  /** As `ACL LIST` shows them. */
  rules(): string[] {
    const { on, noPassword, hashes, keys, channels, commands, others } = this.rights;
    const channelRules = channels.length === 0 ? ['resetchannels'] : channels.map((name) => `&${name}`);
    return [
      on ? 'on' : 'off',
      ...(noPassword ? ['nopass'] : []),
      ...hashes.map((digest) => `#${digest}`),
      ...keys.map((pattern) => `~${pattern}`),
      ...(this.before('6.2') ? [] : channelRules),
      ...commands,
      ...others,
    ];
  }

  /** As `ACL GETUSER` shows them. */
  describe(): unknown[] {
    const { on, noPassword, hashes, keys, channels, commands } = this.rights;
    return [
      ...['flags', [on ? 'on' : 'off', ...(noPassword ? ['nopass'] : [])]],
      ...['passwords', [...hashes]],
      ...['commands', commands.join(' ')],
      ...['keys', keys.map((pattern) => `~${pattern}`).join(' ')],
      ...(this.before('6.2') ? [] : ['channels', channels.map((name) => `&${name}`).join(' ')]),
    ];
  }

  /** What a rule changes; null for nothing. */
  private change(now: Rights, rule: string): Change {
    if (this.isUnknown(rule)) throw syntaxError();
    return rule in plainRules ? plainRules[rule]! : patternChange(now, rule);
  }

  private isUnknown(rule: string): boolean {
    const came62 = rule.startsWith('&') || ['allchannels', 'resetchannels', '+failover', '-failover'].includes(rule);
    return came62 && this.before('6.2');
  }

  private before(version: string): boolean {
    return compareVersions(this.version, version) < 0;
  }
}

const plainRules: Readonly<Record<string, Change>> = {
  on: { on: true },
  off: { on: false },
  nopass: { noPassword: true, hashes: [] },
  resetpass: { noPassword: false, hashes: [] },
  allkeys: { keys: ['*'] },
  resetkeys: { keys: [] },
  allchannels: { channels: ['*'] },
  resetchannels: { channels: [] },
  allcommands: { commands: ['+@all'] },
  nocommands: { commands: ['-@all'] },
  '+@all': { commands: ['+@all'] },
  '-@all': { commands: ['-@all'] },
  'sanitize-payload': null,
  'skip-sanitize-payload': null,
  reset: none,
};

const patternChange = (now: Rights, rule: string): Change => {
  const rest = rule.slice(1);
  switch (rule.charAt(0)) {
    case '>':
      return { noPassword: false, hashes: added(now.hashes, hash(rest)) };
    case '#':
      if (!/^[0-9a-f]{64}$/.test(rest)) throw syntaxError();
      return { noPassword: false, hashes: added(now.hashes, rest) };
    case '<':
      return { hashes: now.hashes.filter((digest) => digest !== hash(rest)) };
    case '!':
      return { hashes: now.hashes.filter((digest) => digest !== rest) };
    case '~':
      return { keys: added(now.keys, rest) };
    case '&':
      return { channels: added(now.channels, rest) };
    case '+':
    case '-':
      return { commands: [...now.commands.filter((known) => known.slice(1) !== rest), rule.toLowerCase()] };
    case '(':
      return { others: added(now.others, rule) };
    default:
      throw syntaxError();
  }
};

const added = (list: readonly string[], item: string): string[] => [...list.filter((known) => known !== item), item];

const hash = (password: string): string => createHash('sha256').update(password).digest('hex');

/** A real server quotes the rule, which may hold a password; nobody may read it here by accident. */
const syntaxError = (): FakeReplyError => new FakeReplyError("ERR Error in ACL SETUSER modifier '…': Syntax error");
