import { parseBytes } from './bytes.js';
import type { Canonical, Wrong } from './canonical.js';

interface Limit {
  readonly hard: number;
  readonly soft: number;
  readonly seconds: number;
}
type ClientClass = 'normal' | 'pubsub';

/** What Redis has when nothing was said. */
const defaults: Readonly<Record<ClientClass, Limit>> = {
  normal: { hard: 0, soft: 0, seconds: 0 },
  pubsub: { hard: 32 * 1024 ** 2, soft: 8 * 1024 ** 2, seconds: 60 },
};

/** Below this a client could not even be told what it asked for. */
const leastBytes = 1024 ** 2;
const mostBytes = 1024 ** 4;
const longestSeconds = 86_400;

const must = {
  must: `be "<class> <hard limit> <soft limit> <seconds>" of the classes normal and pubsub, with limits of 0 (none) or at least ${String(leastBytes)} bytes`,
};

/** One or both classes in any order; the one that is not named has what Redis has. The class of replicas is Holdfast's. */
export const canonicalLimits = (text: string): Canonical | Wrong => {
  const words = text.split(/\s+/);
  const limits: Partial<Record<ClientClass, Limit>> = {};
  for (let at = 0; at < words.length; at += 4) {
    const [name = '', ...figures] = words.slice(at, at + 4);
    const limit = limitOf(figures);
    if ((name !== 'normal' && name !== 'pubsub') || limits[name] || !limit) return must;
    limits[name] = limit;
  }
  const { normal, pubsub } = { ...defaults, ...limits };
  return { value: `${written('normal', normal)} ${written('pubsub', pubsub)}` };
};

const limitOf = ([hardText = '', softText = '', secondsText = '']: readonly string[]): Limit | null => {
  const [hard, soft] = [hardText, softText].map(parseBytes) as [number, number];
  const seconds = /^\d{1,5}$/.test(secondsText) ? Number(secondsText) : NaN;
  const sound = [hard, soft].every((bytes) => bytes === 0 || (bytes >= leastBytes && bytes <= mostBytes));
  return sound && seconds <= longestSeconds ? { hard, soft, seconds } : null;
};

const written = (name: string, { hard, soft, seconds }: Limit): string =>
  `${name} ${String(hard)} ${String(soft)} ${String(seconds)}`;

export const defaultLimits = `${written('normal', defaults.normal)} ${written('pubsub', defaults.pubsub)}`;

/** All three classes, as `CONFIG GET` shows them. */
export const withReplicas = (canonical: string, { hard, soft, seconds }: Limit): string => {
  const [normal, pubsub = ''] = canonical.split(/ (?=pubsub)/);
  return `${normal ?? ''} ${written('slave', { hard, soft, seconds })} ${pubsub}`;
};
