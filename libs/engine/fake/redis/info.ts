import { compareVersions } from '#domain/catalogue/version.js';
import type { FakeReplication, LinkState } from './replication.js';
import type { Served } from './served.js';

type Fields = Readonly<Record<string, string | number>>;

/** `INFO`, with the field names of the real one, of the sections that Holdfast reads. */
export const infoText = (server: Served, section: string): string => {
  const all = ['everything', 'all', 'default', ''].includes(section);
  return Object.entries(sections)
    .filter(([name]) => all || name === section)
    .map(([name, fields]) => `# ${name.charAt(0).toUpperCase()}${name.slice(1)}\r\n${lines(fields(server))}`)
    .join('\r\n');
};

const lines = (fields: Fields): string =>
  Object.entries(fields)
    .map(([field, value]) => `${field}:${value}\r\n`)
    .join('');

const sections: Readonly<Record<string, (server: Served) => Fields>> = {
  server: ({ version, runId, startedAt, settings, now }) => ({
    redis_version: version,
    redis_mode: 'standalone',
    run_id: runId,
    tcp_port: settings.get('port'),
    uptime_in_seconds: secondsBetween(startedAt, now()),
  }),
  clients: ({ connections }) => ({ connected_clients: connections.list().length }),
  memory: ({ dataset, settings }) => ({
    used_memory: 1024 ** 2 + dataset.dump().length,
    used_memory_rss: 8 * 1024 ** 2 + dataset.dump().length,
    maxmemory: settings.get('maxmemory'),
  }),
  persistence: ({ settings }) => ({
    loading: 0,
    rdb_bgsave_in_progress: 0,
    rdb_last_bgsave_status: 'ok',
    aof_enabled: settings.get('appendonly') === 'yes' ? 1 : 0,
    aof_rewrite_in_progress: 0,
    aof_last_write_status: 'ok',
    aof_last_bgrewrite_status: 'ok',
  }),
  replication: (server) => replicationFields(server),
  keyspace: ({ dataset }) => (dataset.size === 0 ? {} : { db0: `keys=${dataset.size},expires=0,avg_ttl=0` }),
};

const replicationFields = (server: Served): Fields => {
  const { replication, version } = server;
  const { history, followers } = replication;
  const { active, firstByte, length } = history.backlog;
  return {
    role: replication.source === null ? 'master' : 'slave',
    ...(replication.source === null ? {} : replicaFields(server)),
    connected_slaves: followers.length,
    ...(server.settings.number('min-replicas-to-write') > 0 && replication.source === null
      ? { min_slaves_good_slaves: replication.goodFollowers }
      : {}),
    ...Object.fromEntries(followers.map((follower, index) => [`slave${index}`, followerLine(follower, version)])),
    ...(compareVersions(version, '6.2') >= 0 ? { master_failover_state: 'no-failover' } : {}),
    master_replid: history.id,
    master_replid2: history.secondId,
    master_repl_offset: history.offset,
    second_repl_offset: history.secondOffset,
    repl_backlog_active: active ? 1 : 0,
    repl_backlog_size: 1024 ** 2,
    repl_backlog_first_byte_offset: active ? firstByte : 0,
    repl_backlog_histlen: length,
  };
};

const replicaFields = ({ replication, settings, version, now }: Served): Fields => {
  const { source, linkUp, linkState, history, downSince } = replication;
  return {
    master_host: source?.host ?? '',
    master_port: source?.port ?? 0,
    master_link_status: linkUp ? 'up' : 'down',
    master_last_io_seconds_ago: linkUp ? replication.lagSeconds : -1,
    master_sync_in_progress: linkState === 'copying' ? 1 : 0,
    ...(compareVersions(version, '7.0') >= 0 ? { slave_read_repl_offset: history.offset } : {}),
    slave_repl_offset: history.offset,
    ...(linkUp ? {} : { master_link_down_since_seconds: downSince ? secondsBetween(downSince, now()) : -1 }),
    slave_priority: settings.get('replica-priority'),
    slave_read_only: settings.get('replica-read-only') === 'yes' ? 1 : 0,
  };
};

const followerLine = ({ host, linkState, history, lagSeconds }: FakeReplication, version: string): string => {
  const port = host.settings.get(host.settings.get('tls-replication') === 'yes' ? 'tls-port' : 'port');
  const offset = linkState === 'online' ? history.offset : 0;
  return `ip=${host.address},port=${port},state=${stateWord(linkState, version)},offset=${offset},lag=${lagSeconds}`;
};

/** Before 8.0 there is no word of its own for a copy that goes over no file. */
const stateWord = (state: LinkState, version: string): string => {
  if (state === 'online') return 'online';
  return state === 'copying' && compareVersions(version, '8.0') >= 0 ? 'send_bulk_and_stream' : 'wait_bgsave';
};

const secondsBetween = (from: Date, to: Date): number => Math.floor((to.getTime() - from.getTime()) / 1000);
