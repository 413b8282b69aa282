import { isReplaced } from './container-findings.js';
import { finding, type Finding } from './finding.js';
import type { Server } from './server-state.js';

/** Who is not where doors and followers look for it is down for them; who lacks a name, for those who use that. */
export const networkFindings = (server: Server, tree: readonly Server[]): Finding[] => {
  const { recorded, observed } = server;
  const { container } = observed;
  if (container === null || container === 'unknown' || !container.owned) return [];
  const { network, address, names } = recorded;
  const away = (wanted: string, found: string): Finding[] => [
    finding('network_differs', 'down', isReplaced(server, tree) ? 'manual' : 'safe', wanted, found),
  ];
  if (container.attachment === null) return away(`on ${network}`, 'not on it');
  const { ipv4, aliases } = container.attachment;
  if (ipv4 !== address) return away(`at ${address}`, `at ${ipv4 ?? 'none'}`);
  const [wanted = '', found = ''] = [names, aliases].map((some) => [...some].sort().join(', '));
  if (wanted === found) return [];
  return [finding('network_differs', 'degraded', 'safe', `the names ${wanted}`, found || 'none')];
};
