import { Agent, request as httpRequest } from 'node:http';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { createInstallation, type Installation } from '../support/installation.js';
import { recordProvisioned } from './provisioned-rows.js';
import { measured, type Row } from './row.js';

const databases = 90;
const clients = 32;
const warmUpMs = 2000;
const measureMs = 8000;

/**
 * Operations that one API process accepts per second, each with its audit event in the transaction. Nobody runs them meanwhile.
 * The raw reference writes one audit event in a transaction, with the same number of clients: what Postgres and the chain allow.
 */
export const benchAccept = async (): Promise<readonly Row[]> => {
  const installation = await createInstallation();
  try {
    const ids = await recordProvisioned(installation, databases);
    await installation.start('api');
    const agent = new Agent({ keepAlive: true, maxSockets: clients });
    const accept = (turn: number): Promise<void> => postRestart(installation, agent, ids[turn % ids.length] ?? '');
    const accepted = await rate(accept);
    agent.destroy();
    const raw = await rawRate(installation);
    return [
      measured(
        'accepted operations, one API process (raw: audit event alone)',
        'operations/s',
        accepted,
        { least: 500 },
        raw,
      ),
    ];
  } finally {
    await installation.close();
  }
};

/** Calls per second of `clients` callers, after a warm-up. */
const rate = async (call: (turn: number) => Promise<void>): Promise<number> => {
  let turn = 0;
  let count = 0;
  const startedAt = performance.now();
  const caller = async (): Promise<void> => {
    for (;;) {
      const atMs = performance.now() - startedAt;
      if (atMs > warmUpMs + measureMs) return;
      await call(turn++);
      if (atMs > warmUpMs) count++;
    }
  };
  await Promise.all(Array.from({ length: clients }, caller));
  return count / (measureMs / 1000);
};

/** node:http, because fetch takes more of the two cores than the server under test. */
const postRestart = ({ url, token }: Installation, agent: Agent, databaseId: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const body = '{"type":"restart"}';
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': body.length,
      'idempotency-key': randomUUID(),
    };
    const sent = httpRequest(
      `${url}/v1/databases/${databaseId}/operations`,
      { method: 'POST', agent, headers },
      (answer) => {
        answer.resume();
        answer.once('end', () =>
          answer.statusCode === 202 ? resolve() : reject(new Error(`Answered ${answer.statusCode}`)),
        );
      },
    );
    sent.once('error', reject);
    sent.end(body);
  });

const rawRate = async ({ environment }: Installation): Promise<number> => {
  const pool = new pg.Pool({ connectionString: environment['HOLDFAST_DATABASE_URL'], max: clients });
  const body = `{"id":"${randomUUID()}","actor":"bench","action":"raw"}`;
  try {
    return await rate(async () => void (await pool.query('INSERT INTO audit_intake (body) VALUES ($1)', [body])));
  } finally {
    await pool.end();
  }
};
