import { findingText, type Finding } from '#domain/drift/finding.js';
import { healthOf } from '#domain/drift/health.js';
import { updateDatabase } from '#persistence/databases.js';
import { findOperation, noteReceipt } from '#persistence/operations/read.js';
import type { AttemptContext } from '../run/context.js';
import { auditHealth } from './record-health.js';
import { currentRow, repairView } from './repair-view.js';

/** Notes what was found, unless an earlier attempt has. */
export const noteFound = async (context: AttemptContext): Promise<void> => {
  const { control, operation, database } = context;
  const noted = (await findOperation(control.db, operation.id))?.receipt?.['found'];
  if (noted !== undefined) return;
  const { findings } = await repairView(context);
  const receipt = { databaseId: database.id, found: codesOf(findings), repaired: [], left: [] };
  await context.write((tx) => noteReceipt(tx, operation.id, receipt));
  for (const finding of findings) await context.log('info', findingText(finding));
};

/** What was repaired, what was left and why, and what the health of the database is now. */
export const report = async (context: AttemptContext): Promise<void> => {
  const { control, operation, database } = context;
  const view = await repairView(context);
  const found = ((await findOperation(control.db, operation.id))?.receipt?.['found'] ?? []) as readonly string[];
  const left = codesOf(view.findings);
  const receipt = {
    databaseId: database.id,
    found,
    repaired: found.filter((code) => !left.includes(code)),
    left: view.findings.map((finding) => ({ code: finding.code, reason: reasonOf(finding) })),
  };
  const { health, reason } = healthOf(view.findings);
  const before = currentRow(view);
  await context.write(async (tx) => {
    await noteReceipt(tx, operation.id, receipt);
    if (before.health === health && before.health_reason === reason) return;
    await updateDatabase(tx, database.id, { health, health_reason: reason });
    await auditHealth(control, tx, operation.requested_by, before, view.findings, operation.id);
  });
};

const codesOf = (findings: readonly Finding[]): readonly string[] => findings.map(({ code }) => code);

const why = {
  safe: 'The repair did not help.',
  manual: 'Somebody has to decide.',
  none: 'It passes by itself, or with what is wrong elsewhere.',
} as const;

const reasonOf = (finding: Finding): string => `${findingText(finding)} ${why[finding.repair]}`;
