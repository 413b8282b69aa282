import { promisedSettings, type ServerShape } from '../server/redis-configuration.js';
import { openGate } from '../server/server-role.js';
import { findSetting } from '../settings/settings.js';
import { finding, type Finding } from './finding.js';
import { figuresOf, type Server } from './server-state.js';

/** Beside the promised ones: what keeps a replica from being written to. */
const plumbing = { 'replica-read-only': 'yes' } as const;

/** In force by `CONFIG SET`, with no client noticing. The others need another start. */
const ownHot: ReadonlySet<string> = new Set([
  'appendonly',
  'appendfsync',
  'save',
  'maxmemory',
  'maxmemory-policy',
  'replica-read-only',
]);

const isHot = (name: string): boolean => ownHot.has(name) || findSetting(name)?.apply === 'hot';

export const wantedSettings = (shape: ServerShape): Readonly<Record<string, string>> => ({
  ...promisedSettings(shape),
  ...plumbing,
});

/** The settings that an observation has to read. */
export const settingsToRead = (shape: ServerShape): readonly string[] => [
  ...Object.keys(wantedSettings(shape)),
  ...Object.keys(openGate),
];

/** Name → wanted value of the settings that differ and can be put right at once. */
export const settingsToMend = (
  shape: ServerShape,
  found: Readonly<Record<string, string>>,
): readonly (readonly [name: string, value: string])[] =>
  Object.entries(wantedSettings(shape)).filter(([name, value]) => isHot(name) && found[name] !== value);

export const settingsFindings = (server: Server): Finding[] => {
  const figures = figuresOf(server);
  if (!figures) return [];
  const { shape } = server.recorded;
  const different = Object.entries(wantedSettings(shape)).filter(([name, value]) => figures.settings[name] !== value);
  if (different.length === 0) return [];
  const told = (of: (name: string) => string | undefined): string =>
    different.map(([name]) => `${name} "${of(name) ?? 'missing'}"`).join(', ');
  const wanted = wantedSettings(shape);
  const repair = different.every(([name]) => isHot(name)) ? 'safe' : 'manual';
  const recorded = told((name) => wanted[name]);
  const found = told((name) => figures.settings[name]);
  return [finding('settings_differ', 'degraded', repair, recorded, found)];
};
