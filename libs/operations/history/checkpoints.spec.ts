import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createPublicKey, verify } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkpointText, type ChainPosition, type Checkpoint } from '#domain/audit/chain.js';
import { SecretBox } from '../secrets/secret-box.js';
import { CheckpointFile } from './checkpoints.js';

const at = new Date('2026-11-22T12:00:00Z');
const key = (version: number) => ({ version, key: Buffer.alloc(32, version) });
const head = (seq: number): ChainPosition => ({ seq, hash: String(seq).repeat(64).slice(0, 64) });

let directory = '';
let path = '';
let file: CheckpointFile;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-checkpoints-'));
  path = join(directory, 'checkpoints.jsonl');
  file = new CheckpointFile(path, new SecretBox([key(1)]));
});
afterEach(() => rmSync(directory, { recursive: true }));

const signed = async (seq: number): Promise<Checkpoint> => {
  const checkpoint = await file.sign(head(seq), at);
  if (!checkpoint) throw new Error('not signed');
  return checkpoint;
};

describe('CheckpointFile', () => {
  it('is empty before there is one, and then has them in their order', async () => {
    expect(await file.read()).toEqual([]);
    const [first, second] = [await signed(1), await signed(7)];
    expect(await file.read()).toEqual([first, second]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('signs nothing twice, and no empty history', async () => {
    expect(await file.sign(head(0), at)).toBeNull();
    await signed(3);
    expect(await file.sign(head(3), at)).toBeNull();
    expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(1);
  });

  it('can be checked by anybody who has the public key', async () => {
    const checkpoint = await signed(5);
    const text = Buffer.from(checkpointText(checkpoint));
    const signature = Buffer.from(checkpoint.signature, 'base64');
    expect(verify(null, text, createPublicKey(file.publicKeyPem()), signature)).toBe(true);
    expect(file.isAuthentic(checkpoint)).toBe(true);
  });

  it('does not take a checkpoint of which anything was changed', async () => {
    const checkpoint = await signed(5);
    const changes: Partial<Checkpoint>[] = [
      { seq: 4 },
      { hash: 'f'.repeat(64) },
      { at: '2026-11-22T12:00:01.000Z' },
      { keyId: '2' },
      { signature: Buffer.alloc(64).toString('base64') },
    ];
    expect(changes.filter((change) => file.isAuthentic({ ...checkpoint, ...change }))).toEqual([]);
  });

  it('does not take one that another installation has signed', async () => {
    const other = new CheckpointFile(path, new SecretBox([{ version: 1, key: Buffer.alloc(32, 9) }]));
    expect(other.isAuthentic(await signed(5))).toBe(false);
  });

  it('takes those from before a rotation of the master key', async () => {
    const before = await signed(5);
    const rotated = new CheckpointFile(path, new SecretBox([key(1), key(2)]));
    const after = await rotated.sign(head(6), at);
    expect(after?.keyId).toBe('2');
    expect([before, after].map((checkpoint) => checkpoint && rotated.isAuthentic(checkpoint))).toEqual([true, true]);
  });

  it('goes on after a crash in the middle of a line', async () => {
    const before = await signed(5);
    appendFileSync(path, '{"seq":6,"hash":"abc');
    expect(await file.read()).toEqual([before]);
    const after = await signed(7);
    expect(await file.read()).toEqual([before, after]);
  });
});
