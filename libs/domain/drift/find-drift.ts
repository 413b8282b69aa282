import { answerFindings } from './answer-findings.js';
import { certificateFindings } from './certificate-findings.js';
import { containerFindings } from './container-findings.js';
import { finding, type Finding } from './finding.js';
import { networkFindings } from './network-findings.js';
import { replicationFindings } from './replication-findings.js';
import type { Server } from './server-state.js';
import { settingsFindings } from './settings-findings.js';
import { userFindings } from './user-findings.js';

/**
 * Everything that a server is found to be beside what is recorded of it, the gravest first. `tree` holds the server itself and all that hang
 * together with it by their sources: who may write is a question to all of them.
 */
export const findDrift = (server: Server, tree: readonly Server[]): readonly Finding[] =>
  [
    ...fenced(server),
    ...containerFindings(server, tree),
    ...networkFindings(server, tree),
    ...answerFindings(server),
    ...replicationFindings(server, tree),
    ...settingsFindings(server),
    ...certificateFindings(server),
    ...(server.recorded.role === 'fenced' ? [] : userFindings(server)),
  ].sort((a, b) => Number(b.severity === 'down') - Number(a.severity === 'down'));

/** Recorded so, and nobody's mistake; but nobody can use the database either. */
const fenced = ({ recorded }: Server): Finding[] =>
  recorded.role === 'fenced' ? [finding('fenced', 'down', 'none', 'fenced', 'no primary, no replica')] : [];
