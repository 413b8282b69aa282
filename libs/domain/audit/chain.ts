import { hash } from 'node:crypto';

/** The link before the first entry. */
export const genesisHash = '0'.repeat(64);

/**
 * The hash of an entry in lower-case hex: SHA-256 over the previous hash, the sequence number and the body, a colon between.
 * The trigger `audit_chain` (libs/persistence/migrations) computes the same in Postgres.
 */
export const linkHash = (previousHash: string, seq: number, body: string): string =>
  hash('sha256', `${previousHash}:${seq}:${body}`, 'hex');

export interface ChainEntry {
  readonly seq: number;
  readonly body: string;
  readonly hash: string;
}

/** A signed statement, kept outside the database, that the chain had this hash at this entry. */
export interface Checkpoint {
  readonly seq: number;
  readonly hash: string;
  readonly at: string;
  readonly keyId: string;
  /** Ed25519 over `checkpointText`, base64. */
  readonly signature: string;
}

export const checkpointText = (checkpoint: Omit<Checkpoint, 'signature'>): string =>
  `holdfast-audit-checkpoint:1:${checkpoint.keyId}:${checkpoint.seq}:${checkpoint.hash}:${checkpoint.at}`;

export interface ChainProblem {
  readonly seq: number;
  readonly problem: 'edited' | 'missing' | 'reordered' | 'cut-off' | 'recomputed' | 'checkpoint-invalid';
  readonly detail: string;
}

/** Where a walk over the chain has come to. */
export interface ChainPosition {
  readonly seq: number;
  readonly hash: string;
}

export const chainStart: ChainPosition = { seq: 0, hash: genesisHash };

/** Checks the next entry of a chain that is read in the order of `seq`. After a problem the walk goes on from what the entry claims, so that each is named once. */
export const checkLink = (
  before: ChainPosition,
  entry: ChainEntry,
): { position: ChainPosition; problem: ChainProblem | null } => {
  if (entry.seq <= before.seq) {
    const detail = `Entry ${entry.seq} comes after entry ${before.seq}.`;
    return { position: before, problem: { seq: entry.seq, problem: 'reordered', detail } };
  }
  const position = { seq: entry.seq, hash: entry.hash };
  if (entry.seq !== before.seq + 1) {
    return {
      position,
      problem: {
        seq: before.seq + 1,
        problem: 'missing',
        detail: `Entries ${before.seq + 1} to ${entry.seq - 1} are missing.`,
      },
    };
  }
  if (linkHash(before.hash, entry.seq, entry.body) === entry.hash) return { position, problem: null };
  return {
    position,
    problem: {
      seq: entry.seq,
      problem: 'edited',
      detail: `Entry ${entry.seq} does not match its hash: its text, its place or the entry before it was changed.`,
    },
  };
};
