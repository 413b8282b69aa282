import { finding, type Finding, type Repairability } from './finding.js';
import { mayLoseMemory } from './memory-only.js';
import { figuresOf, type ContainerState, type Server } from './server-state.js';

/** What is wrong with the container and the volume. Nothing while the engine does not answer. */
export const containerFindings = (server: Server, tree: readonly Server[]): Finding[] => {
  const { container } = server.observed;
  if (container === 'unknown') return [];
  if (container === null) return missing(server, tree);
  if (!container.owned) return [finding('container_stranger', 'down', 'manual', 'a container of ours', 'a stranger')];
  return [...notRunning(server, container, tree), ...differing(server, container)];
};

/** A primary in whose place another server takes writes may have been stopped, or parted, for that: it is not ours to bring back. */
export const isReplaced = (server: Server, tree: readonly Server[]): boolean =>
  server.recorded.role === 'primary' &&
  tree.some((other) => other !== server && figuresOf(other)?.view.role === 'master');

const startable = (server: Server, tree: readonly Server[]): Repairability =>
  isReplaced(server, tree) || mayLoseMemory(server, tree) ? 'manual' : 'safe';

const missing = (server: Server, tree: readonly Server[]): Finding[] => {
  const { recorded, observed } = server;
  const keepsData = recorded.shape.persistence !== 'none';
  if (recorded.role === 'fenced') return [finding('container_missing', 'down', 'none', 'a fenced container', 'none')];
  if (keepsData && !observed.volumeExists) {
    return [finding('volume_missing', 'down', 'manual', 'a volume with data', 'neither container nor volume')];
  }
  const repair = startable(server, tree);
  return [finding('container_missing', 'down', repair, 'a running container', 'none')];
};

const notRunning = (server: Server, container: ContainerState, tree: readonly Server[]): Finding[] => {
  const { recorded } = server;
  const { state, outOfMemory } = container;
  const cause = outOfMemory ? ', out of memory' : '';
  switch (state) {
    case 'running':
      return [];
    case 'restarting':
      return [
        finding('container_restarting', 'down', 'none', 'a running server', `one that the engine restarts${cause}`),
      ];
    case 'paused':
      return [finding('container_paused', 'down', 'manual', 'a running container', 'a paused one')];
    case 'created':
    case 'exited':
    case 'dead': {
      // A fenced server is not meant to run.
      if (recorded.role === 'fenced') return [];
      const repair = startable(server, tree);
      return [finding('container_stopped', 'down', repair, 'a running container', `${state}${cause}`)];
    }
  }
};

/** What a start would bring back, or what only another container can mend: the engine is not asked to change either behind a tenant's back. */
const differing = ({ recorded }: Server, container: ContainerState): Finding[] => {
  const found: Finding[] = [];
  const policy = recorded.role === 'fenced' ? 'no' : 'unless-stopped';
  if (container.restartPolicy !== policy) {
    found.push(finding('restart_policy_differs', 'degraded', 'safe', policy, container.restartPolicy));
  }
  if (container.image !== recorded.image) {
    found.push(finding('image_differs', 'degraded', 'manual', recorded.image, container.image));
  }
  if (container.memoryLimitBytes !== recorded.memoryLimitBytes) {
    const [wanted, is] = [recorded.memoryLimitBytes, container.memoryLimitBytes].map((bytes) => `${bytes} bytes`);
    found.push(finding('memory_limit_differs', 'degraded', 'manual', wanted ?? '', is ?? ''));
  }
  return found;
};
