import { persistenceLabels } from '#domain/database/persistence.js';
import { counted } from '#domain/text/counted.js';
import type { Backup, Database } from '../api/documents.js';
import { momentOf } from '../backups/backup-text.js';
import { newestVerified } from '../backups/newest-verified.js';
import { findDatabase } from '../databases/reference.js';
import { treeOf, type TreeMember } from '../databases/tree.js';
import { databaseOperand, environmentOptions, type EnvironmentOptions } from '../options.js';
import { renderAge } from '../text/age.js';
import { columns, fields } from '../text/columns.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<EnvironmentOptions, [string]>({
  summary: 'Show a database and the replication tree that it stands in',
  operands: [databaseOperand()],
  options: environmentOptions(),
  examples: ['holdfast db:show orders', 'holdfast db:show staging/orders -o json'],
  async run(session, options, handle) {
    const database = await findDatabase(session, handle, options);
    const newest = await newestVerified(session, database);
    const newestVerifiedBackup = newest && { id: newest.id, at: momentOf(newest) };
    const lines = describe(database, newest);
    if (database.source === null && database.replicas.length === 0) {
      return session.terminal.print({ ...database, newestVerifiedBackup }, lines);
    }
    const tree = await treeOf(session, database);
    session.terminal.print({ ...database, newestVerifiedBackup, tree: tree.map(inBrief) }, [
      ...lines,
      '',
      ...columns(tree.map((member) => treeRow(member, database.id))),
    ]);
  },
});

/** Replicas stand below what they follow; the one that was asked for is marked. */
const treeRow = ({ database, depth, live }: TreeMember, shownId: string): string[] => [
  `${database.id === shownId ? '>' : ' '} ${'  '.repeat(depth)}${database.handle}`,
  database.role,
  database.status,
  database.health,
  linkText(live),
  database.healthReason ?? '',
];

/** How far a replica is behind, as it was seen a moment ago. */
const linkText = (live: TreeMember['live']): string => {
  if (!live) return '';
  if (!live.answers) return 'does not answer';
  const { link, lagBytes, lagSeconds } = live.server ?? {};
  if (!link) return '';
  const lag = link !== 'up' || typeof lagBytes !== 'number' ? '' : `, ${counted(lagBytes, 'byte')} behind`;
  const silence = link === 'down' && typeof lagSeconds === 'number' ? ` for ${lagSeconds} s` : '';
  return `link ${link}${silence}${lag}`;
};

const inBrief = ({ database, depth, live }: TreeMember) => {
  const { id, handle, role, status, health, healthReason, source } = database;
  return { id, handle, depth, role, status, health, healthReason, source, live };
};

/** The age says at a glance how much a restore would lose. */
const backupText = (newest: Backup | null): string => {
  if (!newest) return 'none';
  const at = momentOf(newest);
  return `${at}, ${renderAge(at, new Date())}`;
};

/** The mark in the reference's word, and since when people know. */
const lifecycleFields = ({ lifecycleMark: mark, exemption }: Database): Readonly<Record<string, string | null>> => ({
  mark: mark && `${mark.lifecycle.toUpperCase()} with version ${mark.version}, noticed ${mark.noticedAt}`,
  [exemption?.inForce === false ? 'exemption that is over' : 'exempted']:
    exemption && `until ${exemption.endsOn}: ${exemption.reason} (${exemption.grantedBy})`,
});

const ownCertificateFields = ({ ownCertificate: own }: Database): Readonly<Record<string, string | null>> => ({
  'certificate by': own ? `an operator: ${own.subject}` : null,
  'certificate SHA-256': own && own.fingerprint256,
});

const describe = (database: Database, newest: Backup | null): string[] => [
  ...fields({
    handle: database.handle,
    environment: database.environment,
    id: database.id,
    version: database.version,
    persistence: persistenceLabels[database.persistence] ?? 'AOF and RDB',
    status: database.status,
    lifecycle: database.lifecycle,
    ...lifecycleFields(database),
    health: database.health,
    'health reason': database.healthReason,
    role: database.role,
    memory: `${database.memoryMb} MB`,
    disk: `${database.diskGb} GB`,
    'eviction policy': database.maxmemoryPolicy,
    'TLS only': database.tlsOnly,
    'certificate until': database.certificateNotAfter,
    ...ownCertificateFields(database),
    'deletion protection': database.deletionProtection,
    backups: database.backupsEnabled ? null : 'off',
    created: database.createdAt,
    'newest verified backup': backupText(newest),
  }),
  ...database.endpoints.map(
    ({ type, follows, host, port }) => `${type} door at ${host}:${port}, follows the ${follows}`,
  ),
  ...database.keptServers.map(
    ({ version, until, container, upgrade }) =>
      `server of version ${version} kept until ${until} as ${container}, see holdfast operation:show ${upgrade}`,
  ),
];
