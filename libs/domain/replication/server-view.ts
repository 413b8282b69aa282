/** What a server says of its place in replication. Offsets are bytes of the replication stream. */
export interface ServerView {
  readonly role: 'master' | 'slave';
  /** Of a slave: where its file or the last REPLICAOF points. */
  readonly sourceAddress: string | null;
  readonly linkUp: boolean;
  /** A first or full copy is under way: what it holds is no copy of anything yet. */
  readonly syncing: boolean;
  readonly offset: number;
  /** Names the history that the offset counts in, and the one before it. */
  readonly historyIds: readonly string[];
  readonly linkDownSeconds: number | null;
}

const number = (text: string | undefined): number => Number(text ?? 0);

/** From `INFO replication`. A slave's own offset is what it has applied. */
export const serverView = (info: Readonly<Record<string, string>>): ServerView => {
  const slave = info['role'] === 'slave';
  return {
    role: slave ? 'slave' : 'master',
    sourceAddress: slave ? (info['master_host'] ?? null) : null,
    linkUp: info['master_link_status'] === 'up',
    syncing: info['master_sync_in_progress'] === '1',
    offset: slave ? Math.max(0, number(info['slave_repl_offset'])) : number(info['master_repl_offset']),
    historyIds: [info['master_replid'], info['master_replid2']].filter(
      (id): id is string => id !== undefined && !/^0*$/.test(id),
    ),
    linkDownSeconds: linkDownSeconds(info['master_link_down_since_seconds']),
  };
};

const longestLinkDownSeconds = 1_000_000_000;

/** A link that never was up is down since -1, or (before 7.0) since 1970. */
const linkDownSeconds = (text: string | undefined): number | null => {
  const seconds = Number(text ?? -1);
  return seconds < 0 || seconds > longestLinkDownSeconds ? null : seconds;
};

/** A place in a replication stream. */
type Stand = Pick<ServerView, 'offset' | 'historyIds'>;

/** How far `behind` lies behind `ahead`, never negative; null when their offsets count in different histories. */
export const bytesBehind = (ahead: Stand, behind: Stand): number | null =>
  ahead.historyIds.some((id) => behind.historyIds.includes(id)) ? Math.max(0, ahead.offset - behind.offset) : null;

/** Whether a demoted primary has lost what its replica still has: it must not be the primary again. Of servers that lose memory in a crash. */
export const hasLost = (primary: ServerView, replica: ServerView | null): boolean => {
  if (primary.role !== 'slave') return false;
  const behind = replica && bytesBehind(replica, primary);
  return behind === null ? startedAnew(primary) : behind > 0;
};

/**
 * A slave that started without any history: its place in that of its source is in RDB files only, so one that keeps an AOF, or nothing,
 * begins at 1 after each restart until it has copied anew. Seen on 6.0, 7.0 and 8.0.
 */
export const startedAnew = ({ role, offset }: ServerView): boolean => role === 'slave' && offset <= 1;
