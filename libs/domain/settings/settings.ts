import { compareVersions } from '../catalogue/version.js';
import type { PersistenceMode } from '../database/persistence.js';
import type { MaxmemoryPolicy } from '../database/size.js';
import { allowList, type SettingDefinition } from './allow-list.js';
import { eventsBefore70 } from './event-classes.js';

/** Settings that a tenant has chosen: name as in the allow-list → value as `CONFIG GET` shows it. Those that have their default are not among them. */
export type Settings = Readonly<Record<string, string>>;

/** All that `configure` can change of a database. */
export interface Configuration {
  readonly settings: Settings;
  readonly persistence: PersistenceMode;
  readonly tlsOnly: boolean;
}

const definitions = new Map(allowList.map((definition) => [definition.name, definition]));
const formerNames = new Map(allowList.flatMap((one) => (one.formerly ? [[one.formerly.name, one] as const] : [])));

/** By the name of any version. */
export const findSetting = (name: string): SettingDefinition | undefined =>
  definitions.get(name) ?? formerNames.get(name);

export const isIn = ({ since, until }: SettingDefinition, version: string): boolean =>
  (since === undefined || compareVersions(version, since) >= 0) &&
  (until === undefined || compareVersions(version, until) < 0);

export const settingsOf = (version: string): readonly SettingDefinition[] =>
  allowList.filter((definition) => isIn(definition, version));

/** What a version calls it. */
export const nameIn = ({ name, formerly }: SettingDefinition, version: string): string =>
  formerly && compareVersions(version, formerly.until) < 0 ? formerly.name : name;

/** How a version shows a value. */
const shownIn = ({ type }: SettingDefinition, value: string, version: string): string =>
  type.kind === 'events' && compareVersions(version, '7.0') < 0 ? eventsBefore70(value) : value;

/** The value in force. A memory-only server saves nothing, whatever was chosen in another mode. */
export const valueOf = (
  definition: SettingDefinition,
  { settings, persistence }: Pick<Configuration, 'settings' | 'persistence'>,
): string =>
  definition.type.kind === 'save-points' && persistence === 'none'
    ? ''
    : (settings[definition.name] ?? definition.default);

/** What a server of this version is told beyond its defaults, under its own names. */
export const chosenSettings = (
  version: string,
  configuration: Pick<Configuration, 'settings' | 'persistence'>,
): Readonly<Record<string, string>> => named(version, configuration, ({ name }) => name in configuration.settings);

/** Every setting of the allow-list with the value in force. */
export const allSettings = (
  version: string,
  configuration: Pick<Configuration, 'settings' | 'persistence'>,
): Readonly<Record<string, string>> => named(version, configuration, () => true);

const named = (
  version: string,
  configuration: Pick<Configuration, 'settings' | 'persistence'>,
  which: (definition: SettingDefinition) => boolean,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    settingsOf(version)
      .filter(which)
      .map((one) => [nameIn(one, version), shownIn(one, valueOf(one, configuration), version)]),
  );

/** How a database's row keeps them: the eviction policy has a column of its own, older than the rest. */
export const asRow = (settings: Settings): { readonly policy: MaxmemoryPolicy; readonly others: Settings } => {
  const { 'maxmemory-policy': policy = 'noeviction', ...others } = settings;
  return { policy: policy as MaxmemoryPolicy, others };
};

export const fromRow = (policy: MaxmemoryPolicy, others: Settings): Settings =>
  policy === 'noeviction' ? others : { ...others, 'maxmemory-policy': policy };
