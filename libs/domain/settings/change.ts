import { compareVersions } from '../catalogue/version.js';
import type { PersistenceMode } from '../database/persistence.js';
import { HoldfastError, type FieldProblem } from '../errors/holdfast-error.js';
import type { ErrorCode } from '../errors/catalogue.js';
import { whyOwned, type SettingDefinition } from './allow-list.js';
import { findSetting, isIn, nameIn, settingsOf, valueOf, type Configuration, type Settings } from './settings.js';
import { canonicalValue, type SettingInput } from './value-types.js';

/** Name in the allow-list → canonical value, or null for the default. */
export type SettingChanges = Readonly<Record<string, string | null>>;

type Code = Extract<ErrorCode, 'setting_unknown' | 'setting_forbidden' | 'setting_invalid'>;
interface Problem extends FieldProblem {
  readonly code: Code;
}
type Parsed = { readonly name: string; readonly value: string | null } | Problem;

/**
 * What was asked for, in its one form. Errors, with every problem of the request: `setting_forbidden`, `setting_unknown`, `setting_invalid`;
 * of several the first in this order gives the code.
 */
export const parseSettings = (
  version: string,
  wanted: Readonly<Record<string, SettingInput | null>>,
): SettingChanges => {
  const parsed = Object.entries(wanted).map(([name, input]) => parseOne(version, name, input));
  const problems = [...parsed.filter((one): one is Problem => 'code' in one), ...twice(parsed)];
  refuse(problems);
  return Object.fromEntries(parsed.flatMap((one) => ('value' in one ? [[one.name, one.value]] : [])));
};

/** Redis takes the names in any case. */
const parseOne = (version: string, given: string, input: SettingInput | null): Parsed => {
  const path = `settings.${given}`;
  const name = given.toLowerCase();
  const definition = findSetting(name);
  const owned = definition ? undefined : whyOwned(name);
  if (owned !== undefined) return { code: 'setting_forbidden', path, message: owned };
  if (!definition) return { code: 'setting_unknown', path, message: 'is no setting that can be chosen' };
  if (!isIn(definition, version)) return { code: 'setting_unknown', path, message: `is not in Redis ${version}` };
  if (input === null) return { name: definition.name, value: null };
  const canonical = canonicalValue(definition.type, input);
  if ('must' in canonical) return { code: 'setting_invalid', path, message: `must ${canonical.must}` };
  if (definition.type.kind === 'events' && /d/.test(canonical.value) && compareVersions(version, '7.0') < 0) {
    return { code: 'setting_invalid', path, message: `must not have d, which is not in Redis ${version}` };
  }
  return { name: definition.name, value: canonical.value };
};

/** Under two of its names, or in two cases. */
const twice = (parsed: readonly Parsed[]): Problem[] => {
  const names = parsed.flatMap((one) => ('value' in one ? [one.name] : []));
  return names
    .filter((name, index) => names.indexOf(name) !== index)
    .map((name) => ({
      code: 'setting_invalid',
      path: `settings.${name}`,
      message: 'is given twice, under two names or in two cases',
    }));
};

const precedence: readonly Code[] = ['setting_forbidden', 'setting_unknown', 'setting_invalid'];

const refuse = (problems: readonly Problem[]): void => {
  const code = precedence.find((candidate) => problems.some((problem) => problem.code === candidate));
  if (code === undefined) return;
  throw new HoldfastError(code, told(problems), { problems: problems.map(({ path, message }) => ({ path, message })) });
};

const told = (problems: readonly FieldProblem[]): string =>
  `${problems.map(({ path, message }) => `${path.replace(/^settings\./, '')}: ${message}`).join('; ')}.`;

/** The settings after a change. What has its default is not kept. */
export const changed = (settings: Settings, changes: SettingChanges): Settings =>
  Object.fromEntries(
    Object.entries({ ...settings, ...changes }).filter(
      (entry): entry is [string, string] => entry[1] !== null && entry[1] !== findSetting(entry[0])?.default,
    ),
  );

/** Errors, with all of them: `setting_conflict`, for settings that do not go together, or not with the mode. */
export const requireHarmony = (version: string, configuration: Configuration): void => {
  const value = (name: string): number => Number(valueOf(definitionOf(name), configuration));
  const problems: FieldProblem[] = ordered.flatMap(([lower, upper]) =>
    value(lower) > value(upper) ? [{ path: `settings.${lower}`, message: `is more than ${upper}` }] : [],
  );
  const { save } = configuration.settings;
  if (save !== undefined && configuration.persistence === 'none') {
    problems.push({ path: 'settings.save', message: 'a memory-only database saves nothing' });
  }
  if (save === '' && configuration.persistence === 'rdb') {
    problems.push({ path: 'settings.save', message: 'a database of the mode rdb needs at least one save point' });
  }
  for (const name of Object.keys(configuration.settings)) {
    if (!isIn(definitionOf(name), version))
      problems.push({ path: `settings.${name}`, message: `is not in Redis ${version}` });
  }
  if (problems.length > 0) throw new HoldfastError('setting_conflict', told(problems), { problems });
};

const ordered = [
  ['active-defrag-threshold-lower', 'active-defrag-threshold-upper'],
  ['active-defrag-cycle-min', 'active-defrag-cycle-max'],
] as const;

const definitionOf = (name: string): SettingDefinition => {
  const definition = findSetting(name);
  if (!definition) throw new Error(`The allow-list has no ${name}`);
  return definition;
};

export interface SettingDifference {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  readonly apply: SettingDefinition['apply'];
}

/** What is another value afterwards, under the version's own names. */
export const differences = (version: string, before: Configuration, after: Configuration): SettingDifference[] =>
  settingsOf(version).flatMap((one) => {
    const [old, fresh] = [valueOf(one, before), valueOf(one, after)];
    return old === fresh ? [] : [{ name: nameIn(one, version), before: old, after: fresh, apply: one.apply }];
  });

/** What of them a database of this version and mode can have; the rest has no meaning there. */
export const fitting = (settings: Settings, version: string, persistence: PersistenceMode): Settings =>
  Object.fromEntries(
    Object.entries(settings).filter(([name, value]) => {
      const definition = findSetting(name);
      if (!definition || !isIn(definition, version)) return false;
      return name !== 'save' || persistence === 'aof' || (persistence === 'rdb' && value !== '');
    }),
  );

/** Names of the others. */
export const unfitting = (settings: Settings, version: string, persistence: PersistenceMode): string[] => {
  const fit = fitting(settings, version, persistence);
  return Object.keys(settings).filter((name) => !(name in fit));
};
