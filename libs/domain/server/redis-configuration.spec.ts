import { describe, expect, it } from '@jest/globals';
import { persistenceModes } from '../database/persistence.js';
import { promisedSettings, renderRedisConfiguration, type ServerShape } from './redis-configuration.js';

const shape = (overrides: Partial<ServerShape> = {}): ServerShape => ({
  version: '8.0',
  persistence: 'aof',
  memoryMb: 1024,
  maxmemoryPolicy: 'noeviction',
  tlsOnly: false,
  tlsProtocols: ['TLSv1.2', 'TLSv1.3'],
  settings: {},
  ...overrides,
});

const linesOf = (overrides: Partial<ServerShape> = {}): string[] =>
  renderRedisConfiguration(shape(overrides), { kind: 'primary', followers: 0 }).trimEnd().split('\n');

const without = (lines: readonly string[], others: readonly string[]): string[] =>
  lines.filter((line) => !others.includes(line));

const golden = `min-replicas-to-write 0
repl-diskless-sync-delay 0
bind 0.0.0.0
protected-mode no
daemonize no
supervised no
dir /holdfast/data
dbfilename dump.rdb
logfile ""
aclfile /holdfast/acl/users.acl
tls-cert-file /holdfast/conf/tls/server.crt
tls-key-file /holdfast/conf/tls/server.key
tls-ca-cert-file /holdfast/conf/tls/ca.crt
tls-auth-clients no
tls-replication yes
enable-protected-configs no
enable-debug-command no
enable-module-command no
rename-command SHUTDOWN ""
appendonly yes
appendfsync everysec
save 900 1
save 300 10
save 60 10000
maxmemory 734003200
maxmemory-policy noeviction
port 6379
tls-port 6380
tls-protocols "TLSv1.2 TLSv1.3"
repl-backlog-size 16mb
client-output-buffer-limit replica 153mb 76mb 60
databases 16
maxclients 10000
tcp-backlog 511
timeout 0
tcp-keepalive 300
no-appendfsync-on-rewrite no
auto-aof-rewrite-percentage 100
auto-aof-rewrite-min-size 64mb
aof-load-truncated yes
aof-rewrite-incremental-fsync yes
stop-writes-on-bgsave-error yes
rdbcompression yes
rdbchecksum yes
repl-diskless-sync yes
rdb-del-sync-files yes
replica-serve-stale-data yes
replica-read-only yes
slowlog-log-slower-than 10000
slowlog-max-len 128
hz 10
`;

describe('renderRedisConfiguration', () => {
  it('writes the whole file of an 8.0 with append-only file', () => {
    expect(renderRedisConfiguration(shape(), { kind: 'primary', followers: 0 })).toBe(golden);
  });

  it('differs for `rdb` and `none` in their settings only', () => {
    const aof = linesOf();
    expect(without(linesOf({ persistence: 'rdb' }), aof)).toEqual(['appendonly no']);
    expect(without(linesOf({ persistence: 'none' }), aof)).toEqual(['appendonly no', 'save ""', 'maxmemory 838860800']);
    expect(without(aof, linesOf({ persistence: 'none' }))).toEqual([
      'appendonly yes',
      'save 900 1',
      'save 300 10',
      'save 60 10000',
      'maxmemory 734003200',
    ]);
  });

  it('guards servers before 7.0 by renaming, since they do not know the switches', () => {
    for (const version of ['6.0', '6.2']) {
      const lines = linesOf({ version, tlsProtocols: ['TLSv1.2'] });
      expect(lines.filter((line) => line.startsWith('enable-'))).toEqual([]);
      expect(lines.filter((line) => line.startsWith('rename-command'))).toEqual([
        'rename-command SHUTDOWN ""',
        'rename-command DEBUG ""',
        'rename-command MODULE ""',
      ]);
      expect(lines).toContain('tls-protocols TLSv1.2');
    }
  });

  it('gives each save point a line of its own, as 6.0 needs it', () => {
    expect(linesOf({ version: '6.0' }).filter((line) => line.startsWith('save '))).toEqual([
      'save 900 1',
      'save 300 10',
      'save 60 10000',
    ]);
  });

  it('closes the plain port of a database that wants TLS only', () => {
    expect(linesOf({ tlsOnly: true })).toContain('port 0');
  });

  it('evicts only when asked to, whatever the mode', () => {
    for (const persistence of persistenceModes) {
      expect(linesOf({ persistence })).toContain('maxmemory-policy noeviction');
      expect(linesOf({ persistence, maxmemoryPolicy: 'allkeys-lru' })).toContain('maxmemory-policy allkeys-lru');
    }
  });

  it('names no setting twice but `save` and `rename-command`', () => {
    const names = linesOf({ version: '6.0' }).map((line) => line.split(' ')[0] ?? '');
    const twice = names.filter((name, index) => names.indexOf(name) !== index);
    expect(new Set(twice)).toEqual(new Set(['save', 'rename-command']));
  });
});

describe('promisedSettings', () => {
  it('are in the form that CONFIG GET answers with', () => {
    expect(promisedSettings(shape({ persistence: 'none', tlsOnly: true }))).toEqual({
      appendonly: 'no',
      appendfsync: 'everysec',
      save: '',
      maxmemory: '838860800',
      'maxmemory-policy': 'noeviction',
      port: '0',
      'tls-port': '6380',
      'tls-protocols': 'TLSv1.2 TLSv1.3',
    });
  });
});
