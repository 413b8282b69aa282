import { randomUUID } from 'node:crypto';
import { hash } from 'node:crypto';
import pg from 'pg';
import { genesisHash, linkHash } from '#domain/audit/chain.js';
import { auditBody } from '#domain/audit/event.js';
import { verifyHistory } from '#operations/history/verify.js';
import { pageAudit } from '#persistence/audit/read.js';
import { createInstallation, type Installation } from '../support/installation.js';
import { median, measured, type Row } from './row.js';

const events = 1_000_000;
const batch = 20_000;
const pages = 50;

/** A page out of a million entries, and the walk over all of them. */
export const benchAudit = async (): Promise<readonly Row[]> => {
  const installation = await createInstallation();
  try {
    const bytes = await fill(installation);
    const newest = await timePages(installation, null);
    const middle = await timePages(installation, events / 2);
    const startedAt = performance.now();
    const report = await verifyHistory(installation.control.db, installation.checkpoints);
    const perSecond = report.entries / ((performance.now() - startedAt) / 1000);
    if (!report.ok) throw new Error(`The history is not whole: ${JSON.stringify(report.problems[0])}`);
    return [
      measured(`first page of 50 out of ${report.entries} entries`, 'ms', newest, { most: 10 }),
      measured('page of 50 in the middle', 'ms', middle, { most: 10 }),
      measured(
        'audit:verify over all (raw: SHA-256 of as many bytes alone)',
        'entries/s',
        perSecond,
        { least: 100_000 },
        rawHashing(bytes),
      ),
    ];
  } finally {
    await installation.close();
  }
};

/** Writes entries as the owner, past the trigger, which would take minutes; the chain is the same. Returns the mean body size. */
const fill = async ({ environment, control }: Installation): Promise<number> => {
  const client = new pg.Client({ connectionString: environment['HOLDFAST_DATABASE_URL'] });
  await client.connect();
  const head = await control.db.selectFrom('audit_head').selectAll().executeTakeFirstOrThrow();
  let [seq, last, bytes] = [Number(head.seq), head.hash, 0];
  await client.query('ALTER TABLE audit_events DISABLE TRIGGER USER');
  while (seq < events) {
    const rows = Array.from({ length: Math.min(batch, events - seq) }, () => {
      const body = sampleBody(++seq);
      last = linkHash(last, seq, body);
      bytes += body.length;
      return { seq, body, hash: last };
    });
    await client.query(
      'INSERT INTO audit_events (seq, body, hash) SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])',
      [rows.map((row) => row.seq), rows.map((row) => row.body), rows.map((row) => row.hash)],
    );
  }
  await client.query('UPDATE audit_head SET seq = $1, hash = $2', [seq, last]);
  await client.query('ALTER TABLE audit_events ENABLE TRIGGER USER');
  await client.query('ANALYZE audit_events');
  await client.end();
  return bytes / events;
};

const databaseIds = Array.from({ length: 1000 }, () => randomUUID());

const sampleBody = (seq: number): string =>
  auditBody({
    id: randomUUID(),
    at: new Date(Date.UTC(2026, 0, 1) + seq * 1000).toISOString(),
    actor: `token:user-${seq % 20}`,
    action: seq % 4 === 0 ? 'provision.requested' : 'provision.step',
    environmentId: databaseIds[0] ?? null,
    databaseId: databaseIds[seq % databaseIds.length] ?? null,
    operationId: randomUUID(),
    detail: { step: 'create', status: 'succeeded', attempt: 1 },
  });

const timePages = async ({ control }: Installation, beforeSeq: number | null): Promise<number> => {
  const samples: number[] = [];
  for (let count = 0; count < pages; count++) {
    const startedAt = performance.now();
    await pageAudit(control.db, {}, { limit: 50, beforeSeq: beforeSeq === null ? null : beforeSeq + count * 50 });
    samples.push(performance.now() - startedAt);
  }
  return median(samples);
};

/** What hashing alone allows: the same number of bytes, nothing read and nothing compared. */
const rawHashing = (bytes: number): number => {
  const text = `${genesisHash}:1:${'x'.repeat(Math.round(bytes))}`;
  const startedAt = performance.now();
  const count = 200_000;
  for (let index = 0; index < count; index++) hash('sha256', text, 'hex');
  return count / ((performance.now() - startedAt) / 1000);
};
