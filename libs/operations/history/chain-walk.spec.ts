import { describe, expect, it } from '@jest/globals';
import { chainStart, genesisHash, linkHash, type ChainEntry, type Checkpoint } from '#domain/audit/chain.js';
import { ChainWalk } from './chain-walk.js';

const chainOf = (bodies: readonly string[]): ChainEntry[] => {
  let hash = genesisHash;
  return bodies.map((body, index) => {
    hash = linkHash(hash, index + 1, body);
    return { seq: index + 1, body, hash };
  });
};

const chain = chainOf(['a', 'b', 'c', 'd', 'e']);
const recomputed = chainOf(['a', 'b', 'c', 'd', 'forged']);
const positionOf = (entries: readonly ChainEntry[]) => entries.at(-1) ?? chainStart;

const checkpointAt = (entries: readonly ChainEntry[], seq: number, signature = 'good'): Checkpoint => ({
  seq,
  hash: entries[seq - 1]?.hash ?? '',
  at: '2026-11-22T12:00:00.000Z',
  keyId: '1',
  signature,
});

const file = { isAuthentic: ({ signature }: Checkpoint) => signature === 'good' };

const verdict = (
  entries: readonly ChainEntry[],
  checkpoints: readonly Checkpoint[],
  head = positionOf(entries),
): string[] => {
  const walk = new ChainWalk(file, checkpoints);
  walk.checkSignatures();
  for (const entry of entries) walk.visit(entry);
  walk.checkEnd({ seq: head.seq, hash: head.hash });
  return walk.problems.map(({ problem, seq }) => `${problem} ${seq}`);
};

describe('a walk beside the checkpoints', () => {
  it('finds nothing wrong with what nobody has touched', () => {
    expect(verdict(chain, [checkpointAt(chain, 2), checkpointAt(chain, 5)])).toEqual([]);
    expect(verdict([], [])).toEqual([]);
  });

  it('finds a chain that was recomputed over a checkpoint', () => {
    expect(verdict(recomputed, [checkpointAt(chain, 2), checkpointAt(chain, 5)])).toEqual(['recomputed 5']);
  });

  it('finds it also after Holdfast has signed the forged end, in good faith', () => {
    const checkpoints = [checkpointAt(chain, 5), checkpointAt(recomputed, 5)];
    expect(verdict(recomputed, checkpoints)).toEqual(['recomputed 5']);
  });

  it('finds an end that was cut off together with the head', () => {
    expect(verdict(chain.slice(0, 3), [checkpointAt(chain, 5)])).toEqual(['cut-off 4']);
  });

  it('finds an end that was cut off without the head', () => {
    expect(verdict(chain.slice(0, 3), [], positionOf(chain))).toEqual(['cut-off 4']);
  });

  it('finds a head that names another last entry', () => {
    expect(verdict(recomputed, [], positionOf(chain))).toEqual(['recomputed 5']);
  });

  it('finds a checkpoint that was forged', () => {
    expect(verdict(chain, [checkpointAt(chain, 2, 'bad')])).toEqual(['checkpoint-invalid 2']);
  });

  it('finds an edit once, and goes on', () => {
    const edited = chain.map((entry) => (entry.seq === 2 ? { ...entry, body: 'B' } : entry));
    expect(verdict(edited, [checkpointAt(chain, 5)])).toEqual(['edited 2']);
  });

  it('names no more than the first hundred', () => {
    const long = chainOf(Array.from({ length: 300 }, (_, index) => String(index)));
    expect(
      verdict(
        long.map((entry) => ({ ...entry, body: 'x' })),
        [],
      ),
    ).toHaveLength(100);
  });
});
