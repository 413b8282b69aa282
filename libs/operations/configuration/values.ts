import { compareVersions } from '#domain/catalogue/version.js';
import type { PersistenceMode } from '#domain/database/persistence.js';
import { sizedSettings, type ServerShape } from '#domain/server/redis-configuration.js';
import { serverPorts } from '#domain/server/names.js';
import { allSettings, nameIn, settingsOf, type Configuration } from '#domain/settings/settings.js';

type Values = Readonly<Record<string, string>>;

export interface WantedValues {
  /** To be set while the server runs. */
  readonly hot: Values;
  /** In force after another start only. */
  readonly restart: Values;
}

interface Change {
  readonly before: Configuration;
  readonly after: Configuration;
  /** The wanted mode, when the mode changes. */
  readonly mode: PersistenceMode | null;
}

/** Every setting that a change is about, as a server of this shape has it. */
export const wantedValues = (shape: ServerShape, change: Change): WantedValues => {
  const { version } = shape;
  const all = allSettings(version, shape);
  const concerned = settingsOf(version).filter((one) => isConcerned(one.name, change));
  const pick = (apply: 'hot' | 'restart'): Values =>
    Object.fromEntries(
      concerned
        .filter((one) => one.apply === apply)
        .map((one) => nameIn(one, version))
        .map((name) => [name, all[name] ?? '']),
    );
  const port = { port: shape.tlsOnly ? '0' : String(serverPorts.plain) };
  const portIsHot = compareVersions(version, '7.0') >= 0;
  return {
    hot: {
      ...pick('hot'),
      'maxmemory-policy': shape.maxmemoryPolicy,
      ...sizedSettings(shape),
      ...(portIsHot ? port : {}),
    },
    restart: { ...pick('restart'), ...(portIsHot ? {} : port) },
  };
};

/** Save points go with a mode; those of the mode `none` with what it lets go of. */
const isConcerned = (name: string, { before, after, mode }: Change): boolean =>
  name === 'save' && mode !== null ? mode !== 'none' : name in before.settings || name in after.settings;
