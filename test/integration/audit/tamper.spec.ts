import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import pg from 'pg';
import { genesisHash, linkHash } from '#domain/audit/chain.js';
import { CheckpointFile } from '#operations/history/checkpoints.js';
import { verifyHistory } from '#operations/history/verify.js';
import { auditEvent } from '#operations/requests/audit.js';
import { appendAudit } from '#persistence/audit/append.js';
import { pageAudit, readChain, readHead } from '#persistence/audit/read.js';
import { openTestControl, type TestControl } from '../../support/control.js';

const entries = 10;

let installation: TestControl;
let owner: pg.Client;
let path: string;
let checkpoints: CheckpointFile;

/** Ten entries, the fifth and the last one signed. */
beforeEach(async () => {
  installation = await openTestControl();
  path = join(tmpdir(), `holdfast-checkpoints-${randomUUID()}`);
  checkpoints = new CheckpointFile(path, installation.control.secrets);
  for (let entry = 1; entry <= entries; entry++) {
    await append(`entry-${entry}`);
    if (entry === 5 || entry === entries) await checkpoints.add(installation.control.db, new Date());
  }
  owner = new pg.Client({ connectionString: installation.databaseUrl });
  await owner.connect();
});
afterEach(async () => {
  await owner.end();
  await installation.close();
  await rm(path, { force: true });
});

const append = (name: string): Promise<void> =>
  installation.control.db
    .transaction()
    .execute((tx) => appendAudit(tx, auditEvent(new Date(), 'test', 'test.done', {}, { name })));

/** What a thief with the owner's password does: the triggers do not stop him. */
const tamper = async (...statements: string[]): Promise<void> => {
  await owner.query('BEGIN; ALTER TABLE audit_events DISABLE TRIGGER USER');
  for (const statement of statements) await owner.query(statement);
  await owner.query('ALTER TABLE audit_events ENABLE TRIGGER USER; COMMIT');
};

const verify = () => verifyHistory(installation.control.db, checkpoints);
const problems = async (): Promise<string[]> =>
  (await verify()).problems.map(({ seq, problem }) => `${String(seq)} ${problem}`);

/** All hashes anew from this entry on, and the head with them. */
const recompute = async (from: number): Promise<void> => {
  const chain = [];
  for await (const batch of readChain(installation.control.db)) chain.push(...batch);
  let hash = chain.find(({ seq }) => seq === from - 1)?.hash ?? genesisHash;
  const statements = [];
  for (const { seq, body } of chain.filter((entry) => entry.seq >= from)) {
    hash = linkHash(hash, seq, body);
    statements.push(`UPDATE audit_events SET hash = '${hash}' WHERE seq = ${String(seq)}`);
  }
  await tamper(...statements, `UPDATE audit_head SET hash = '${hash}'`);
};

const edit = (seq: number): string =>
  `UPDATE audit_events SET body = replace(body, 'entry-', 'forged-') WHERE seq = ${String(seq)}`;

describe('an untouched history', () => {
  it('verifies, and so does what is added to it', async () => {
    await append('one more');
    expect(await verify()).toMatchObject({ ok: true, entries: entries + 1, checkpoints: 2 });
  });
});

describe('verification finds', () => {
  it('an edited entry', async () => {
    await tamper(edit(3));
    expect(await problems()).toEqual(['3 edited']);
  });

  it('a deleted entry', async () => {
    await tamper('DELETE FROM audit_events WHERE seq = 4');
    expect(await problems()).toEqual(['4 missing']);
  });

  it('deleted entries, each gap by its first', async () => {
    await tamper('DELETE FROM audit_events WHERE seq IN (1, 2, 7)');
    expect(await problems()).toEqual(['1 missing', '7 missing']);
  });

  it('two entries that changed places', async () => {
    await tamper(
      'UPDATE audit_events SET seq = -seq WHERE seq IN (3, 7)',
      'UPDATE audit_events SET seq = CASE seq WHEN -3 THEN 7 ELSE 3 END WHERE seq < 0',
    );
    expect((await problems()).map((problem) => problem.split(' ')[0])).toEqual(expect.arrayContaining(['3', '7']));
  });

  it('a deleted entry whose gap was closed by renumbering', async () => {
    await tamper('DELETE FROM audit_events WHERE seq = 4', 'UPDATE audit_events SET seq = seq - 1 WHERE seq > 4');
    expect(await problems()).toEqual(expect.arrayContaining(['4 edited', '10 cut-off']));
  });

  it('a tail that was cut off', async () => {
    await tamper('DELETE FROM audit_events WHERE seq > 8');
    expect(await problems()).toEqual(['9 cut-off']);
  });

  it('a tail that was cut off, the head with it, by a checkpoint', async () => {
    await tamper(
      'DELETE FROM audit_events WHERE seq > 8',
      'UPDATE audit_head SET (seq, hash) = (SELECT seq, hash FROM audit_events WHERE seq = 8)',
    );
    expect(await problems()).toEqual(['9 cut-off']);
  });

  it('a history that was emptied', async () => {
    await tamper('DELETE FROM audit_events', `UPDATE audit_head SET seq = 0, hash = '${genesisHash}'`);
    expect(await problems()).toEqual(['1 cut-off']);
  });

  it('a chain that was recomputed, by the checkpoints', async () => {
    await tamper(edit(3));
    await recompute(3);
    expect(await problems()).toEqual(['5 recomputed', '10 recomputed']);
  });

  it('a checkpoint that was forged with a key of somebody else', async () => {
    const line = (await readFile(path, 'utf8')).split('\n')[0] ?? '';
    const forged = JSON.stringify({
      ...(JSON.parse(line) as object),
      signature: Buffer.alloc(64, 7).toString('base64'),
    });
    await writeFile(path, `${forged}\n`);
    expect(await problems()).toEqual(['5 checkpoint-invalid']);
  });
});

describe('the file of checkpoints', () => {
  it('stands a line that a crash cut short, and the lines after it', async () => {
    const whole = await readFile(path, 'utf8');
    await appendFile(path, '{"seq":11,"hash":"ab');
    expect(await verify()).toMatchObject({ ok: true, checkpoints: 2 });
    await append('after the crash');
    expect(await checkpoints.add(installation.control.db, new Date())).toMatchObject({ seq: 11 });
    expect(await verify()).toMatchObject({ ok: true, checkpoints: 3 });
    expect(await readFile(path, 'utf8')).toContain(whole);
  });
});

describe('the role of the apps', () => {
  const refused = { code: '42501' };

  it.each([
    `UPDATE audit_events SET body = '{}'`,
    'DELETE FROM audit_events',
    'TRUNCATE audit_events',
    `INSERT INTO audit_events (seq, body, hash) VALUES (99, '{}', 'x')`,
    'UPDATE audit_head SET seq = 0',
    'DELETE FROM audit_intake',
    'ALTER TABLE audit_events DISABLE TRIGGER ALL',
  ])('may not %s', async (statement) => {
    await owner.query('SET ROLE holdfast_app');
    await expect(owner.query(statement)).rejects.toMatchObject(refused);
  });

  it.each([`UPDATE audit_events SET body = '{}'`, 'DELETE FROM audit_events', 'TRUNCATE audit_events'])(
    'and even the owner is stopped by a trigger at %s',
    async (statement) => {
      await expect(owner.query(statement)).rejects.toMatchObject(refused);
    },
  );
});

describe('concurrent transactions', () => {
  it('make one chain without gaps, and those that are rolled back leave nothing', async () => {
    const { db } = installation.control;
    const one = (index: number): Promise<void> =>
      db.transaction().execute(async (tx) => {
        await appendAudit(tx, auditEvent(new Date(), 'test', 'test.done', {}, { index }));
        if (index % 5 === 0) throw new Error('rolled back');
      });
    const ends = await Promise.allSettled(Array.from({ length: 200 }, (_, index) => one(index)));
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(160);
    expect((await readHead(db)).seq).toBe(entries + 160);
    expect(await verify()).toMatchObject({ ok: true, entries: entries + 160 });
    const { rows } = await owner.query('SELECT FROM audit_intake');
    expect(rows).toHaveLength(0);
  });

  it('keep their entries together and in order, however many they have', async () => {
    const { db } = installation.control;
    const lot = (name: number): Promise<void> =>
      db.transaction().execute(async (tx) => {
        for (const part of [0, 1]) {
          const events = [0, 1, 2].map((at) => auditEvent(new Date(), 'test', 'test.done', {}, { name, part, at }));
          await appendAudit(tx, ...events);
          if (name === 0 && part === 0) await sql`SET CONSTRAINTS ALL IMMEDIATE`.execute(tx);
        }
      });
    await Promise.all(Array.from({ length: 20 }, (_, name) => lot(name)));
    expect(await verify()).toMatchObject({ ok: true, entries: entries + 120 });
    const added = (await pageAudit(db, {}, { limit: 120, beforeSeq: null })).map(({ detail }) => detail).reverse();
    for (let at = 0; at < added.length; at += 6) {
      const name = added[at]?.['name'];
      expect(added.slice(at, at + 6)).toEqual(
        [0, 1].flatMap((part) => [0, 1, 2].map((of) => ({ name, part, at: of }))),
      );
    }
  });
});
