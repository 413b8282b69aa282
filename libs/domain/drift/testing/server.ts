import { aclUser } from '../../server/acl-line.js';
import { replicationUser } from '../../server/users.js';
import type { PersistenceMode } from '../../database/persistence.js';
import type { DatabaseRole } from '../../database/status.js';
import { settingsToRead, wantedSettings } from '../settings-findings.js';
import type { ContainerState, RecordedServer, Server, ServerAnswer, ServerFigures } from '../server-state.js';

/** A server that is all as recorded. */
export class TestServer {
  readonly recorded: RecordedServer;

  constructor(
    id: string,
    readonly source: TestServer | null = null,
    { role = source ? 'replica' : 'primary', persistence = 'aof', followers = [] }: TestServerOptions = {},
  ) {
    const logins = followers.map((follower) => `user ${replicationUser(follower)} on #${'b'.repeat(64)} +psync`);
    this.recorded = {
      ...{ id, handle: id, role, sourceId: source?.recorded.id ?? null },
      address: `10.0.0.${id.charCodeAt(0)}`,
      ...{
        network: 'net',
        names: [id],
        certificate: { notAfter: new Date('2027-01-02T03:04:05.678Z'), fingerprint256: null },
      },
      image: 'redis:8.0',
      memoryLimitBytes: 64 * 1024 ** 2,
      shape: {
        ...{ version: '8.0', persistence, memoryMb: 64, maxmemoryPolicy: 'noeviction' },
        ...{ tlsOnly: false, tlsProtocols: ['TLSv1.3'], settings: {} },
      },
      hasFollowers: followers.length > 0,
      users: ['user default off', `user tenant on #${'a'.repeat(64)} ~* &* +@all`, ...logins].map(aclUser),
      toleratedUsers: [replicationUser('pending')],
    };
  }

  get container(): ContainerState {
    const { image, memoryLimitBytes, role, address, names } = this.recorded;
    const fenced = role === 'fenced';
    return {
      ...{ owned: true, state: fenced ? 'exited' : 'running', image, memoryLimitBytes, outOfMemory: false },
      restartPolicy: fenced ? 'no' : 'unless-stopped',
      attachment: { ipv4: address, aliases: names },
    };
  }

  get figures(): ServerFigures {
    const { shape, users, role } = this.recorded;
    const wanted = wantedSettings(shape);
    return {
      kind: 'answers',
      view: {
        role: role === 'primary' ? 'master' : 'slave',
        sourceAddress: this.source?.recorded.address ?? null,
        ...{ linkUp: role === 'replica', syncing: false, offset: 10, historyIds: ['h'], linkDownSeconds: null },
      },
      settings: Object.fromEntries(settingsToRead(shape).map((name) => [name, wanted[name] ?? '0'])),
      users,
      ...{ goodFollowers: 0, keys: 1, uptimeSeconds: 100 },
      certificate: { notAfter: new Date('2027-01-02T03:04:05Z'), fingerprint256: 'AA' },
    };
  }

  /** As it is seen, but for what is given. */
  seen(changes: Seen = {}): Server {
    const container = changes.container === undefined ? this.container : changes.container;
    const running = container !== null && container !== 'unknown' && container.state === 'running';
    const answer: ServerAnswer = changes.answer ?? (running ? this.figures : { kind: 'not-asked' });
    return { recorded: this.recorded, observed: { container, volumeExists: changes.volumeExists ?? true, answer } };
  }

  withView(view: Partial<ServerFigures['view']>, figures: Partial<ServerFigures> = {}): Server {
    return this.seen({ answer: { ...this.figures, ...figures, view: { ...this.figures.view, ...view } } });
  }

  withSettings(settings: Readonly<Record<string, string>>, figures: Partial<ServerFigures> = {}): Server {
    return this.seen({ answer: { ...this.figures, ...figures, settings: { ...this.figures.settings, ...settings } } });
  }

  /** Null: on no network. */
  attachedAs(changes: Partial<NonNullable<ContainerState['attachment']>> | null, answer?: ServerAnswer): Server {
    const { container } = this;
    const attachment = changes && container.attachment && { ...container.attachment, ...changes };
    return this.seen({ container: { ...container, attachment }, ...(answer && { answer }) });
  }

  /** `own` is the fingerprint of a certificate that an operator has brought. */
  showing(notAfter: string, fingerprint256 = 'AA', own: string | null = null): Server {
    const seen = this.withView({}, { certificate: { notAfter: new Date(notAfter), fingerprint256 } });
    const certificate = this.recorded.certificate && { ...this.recorded.certificate, fingerprint256: own };
    return { ...seen, recorded: { ...seen.recorded, certificate } };
  }

  in(state: ContainerState['state']): Server {
    return this.seen({ container: { ...this.container, state } });
  }
}

interface TestServerOptions {
  readonly role?: DatabaseRole;
  readonly persistence?: PersistenceMode;
  readonly followers?: readonly string[];
}

interface Seen {
  readonly container?: ContainerState | null | 'unknown';
  readonly volumeExists?: boolean;
  readonly answer?: ServerAnswer;
}
