import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import {
  chainStart,
  checkLink,
  checkpointText,
  genesisHash,
  linkHash,
  type ChainEntry,
  type ChainProblem,
} from './chain.js';
import { auditBody, type AuditEvent } from './event.js';

const chainOf = (bodies: readonly string[]): ChainEntry[] => {
  let previous = genesisHash;
  return bodies.map((body, index) => {
    previous = linkHash(previous, index + 1, body);
    return { seq: index + 1, body, hash: previous };
  });
};

const problemsOf = (entries: readonly ChainEntry[]): ChainProblem[] => {
  const problems: ChainProblem[] = [];
  let position = chainStart;
  for (const entry of entries) {
    const checked = checkLink(position, entry);
    position = checked.position;
    if (checked.problem) problems.push(checked.problem);
  }
  return problems;
};

const named = (entries: readonly ChainEntry[]): string[] =>
  problemsOf(entries).map(({ problem, seq }) => `${problem} ${seq}`);

const bodies = fc.array(fc.string(), { minLength: 3, maxLength: 20 });
const five = chainOf(['a', 'b', 'c', 'd', 'e']);
const at = (index: number): ChainEntry => five[index] as ChainEntry;

describe('linkHash', () => {
  it('is SHA-256 over the hash before, the number and the text', () => {
    const expected = createHash('sha256').update(`${genesisHash}:1:{"id":"ü"}`).digest('hex');
    expect(linkHash(genesisHash, 1, '{"id":"ü"}')).toBe(expected);
  });
});

describe('a walk over the chain', () => {
  it('finds nothing in a chain that nobody has touched', () => {
    fc.assert(fc.property(bodies, (texts) => expect(problemsOf(chainOf(texts))).toEqual([])));
  });

  it('finds any edit, and names the entry', () => {
    fc.assert(
      fc.property(bodies, fc.nat(), fc.string(), (texts, place, text) => {
        const chain = chainOf(texts);
        const index = place % chain.length;
        fc.pre(text !== texts[index]);
        const edited = chain.map((entry, i) => (i === index ? { ...entry, body: text } : entry));
        expect(named(edited)).toEqual([`edited ${index + 1}`]);
      }),
    );
  });

  it('finds any entry that is gone, and names it', () => {
    fc.assert(
      fc.property(bodies, fc.nat(), (texts, place) => {
        const index = place % (texts.length - 1);
        expect(named(chainOf(texts).filter((_, i) => i !== index))).toEqual([`missing ${index + 1}`]);
      }),
    );
  });

  it('says from where to where entries are gone', () => {
    const [problem] = problemsOf([at(0), at(4)]);
    expect(problem?.detail).toBe('Entries 2 to 4 are missing.');
  });

  it('finds two entries that changed places in the table', () => {
    const swapped = [at(0), { ...at(2), seq: 2 }, { ...at(1), seq: 3 }, at(3), at(4)];
    expect(named(swapped)).toEqual(['edited 2', 'edited 3', 'edited 4']);
  });

  it('finds entries that come in another order, as in a tampered export', () => {
    expect(named([at(0), at(2), at(1), at(3), at(4)])).toEqual(['missing 2', 'reordered 2']);
    expect(named([at(0), at(1), at(1), at(2)])).toEqual(['reordered 2']);
  });

  it('is content with a chain recomputed from an edit on: only a checkpoint tells', () => {
    expect(problemsOf(chainOf(['a', 'B', 'c', 'd', 'e']))).toEqual([]);
    expect(chainOf(['a', 'B', 'c', 'd', 'e'])[4]?.hash).not.toBe(at(4).hash);
  });
});

describe('auditBody', () => {
  const event: AuditEvent = {
    id: 'i',
    at: '2026-11-22T00:00:00.000Z',
    actor: 'setup',
    action: 'environment.created',
    environmentId: null,
    databaseId: null,
    operationId: null,
    detail: { name: 'default' },
  };

  it('writes the same event the same way, whatever the order of its keys', () => {
    const shuffled = Object.fromEntries(Object.entries(event).reverse()) as unknown as AuditEvent;
    expect(auditBody(shuffled)).toBe(auditBody(event));
    expect(JSON.parse(auditBody(event))).toEqual(event);
  });
});

describe('checkpointText', () => {
  it('binds everything that a checkpoint says', () => {
    const checkpoint = { seq: 7, hash: 'h', at: '2026-11-22T00:00:00.000Z', keyId: '1' };
    expect(checkpointText(checkpoint)).toBe('holdfast-audit-checkpoint:1:1:7:h:2026-11-22T00:00:00.000Z');
  });
});
