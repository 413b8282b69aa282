import type { ContainerState } from '#domain/drift/server-state.js';
import { bytesBehind, serverView, type ServerView } from '#domain/replication/server-view.js';
import type { ObservationDocument, ServerDocument } from '#persistence/observations.js';
import { keysIn, type Info } from './ask-server.js';

/** `source` is what the source of a replica said at about the same time, null when it did not answer. */
export const observationDocument = (
  container: ContainerState | null | 'unknown',
  info: Info | null,
  source: ServerView | null,
): ObservationDocument => ({
  container: container === null ? 'missing' : container === 'unknown' ? container : container.state,
  answers: info !== null,
  server: info && serverDocument(info, source),
});

const count = (text: string | undefined): number => Number(text ?? 0);

const serverDocument = (info: Info, source: ServerView | null): ServerDocument => {
  const view = serverView(info);
  return {
    role: view.role === 'slave' ? 'replica' : 'primary',
    sourceAddress: view.sourceAddress,
    ...linkOf(view, info, source),
    offset: view.offset,
    historyIds: view.historyIds,
    followers: followersIn(info),
    memoryBytes: count(info['used_memory']),
    maxMemoryBytes: count(info['maxmemory']),
    clients: count(info['connected_clients']),
    keys: keysIn(info),
    uptimeSeconds: count(info['uptime_in_seconds']),
    persistence: persistenceOf(info),
  };
};

/** Whoever follows says where it listens; a backup, or `redis-cli --rdb`, takes a copy and leaves. */
const followersIn = (info: Info): number =>
  Object.entries(info).filter(([field, value]) => /^slave\d+$/.test(field) && !/\bport=0,/.test(value)).length;

const linkOf = (
  view: ServerView,
  info: Info,
  source: ServerView | null,
): Pick<ServerDocument, 'link' | 'lagBytes' | 'lagSeconds'> => {
  if (view.role === 'master') return { link: null, lagBytes: null, lagSeconds: null };
  const lagBytes = source && bytesBehind(source, view);
  if (view.syncing) return { link: 'copying', lagBytes, lagSeconds: null };
  if (view.linkUp) return { link: 'up', lagBytes, lagSeconds: count(info['master_last_io_seconds_ago']) };
  return { link: 'down', lagBytes, lagSeconds: view.linkDownSeconds };
};

const succeeded = (text: string | undefined): boolean => text === 'ok';

const persistenceOf = (info: Info): ServerDocument['persistence'] => {
  const savedAt = count(info['rdb_last_save_time']);
  return {
    saving: info['rdb_bgsave_in_progress'] === '1' || info['aof_rewrite_in_progress'] === '1',
    lastSaveSucceeded: info['rdb_last_bgsave_status'] === undefined ? null : succeeded(info['rdb_last_bgsave_status']),
    lastSaveAt: savedAt === 0 ? null : new Date(savedAt * 1000).toISOString(),
    changesSinceSave: count(info['rdb_changes_since_last_save']),
    lastAppendSucceeded: info['aof_enabled'] === '1' ? succeeded(info['aof_last_write_status']) : null,
  };
};
