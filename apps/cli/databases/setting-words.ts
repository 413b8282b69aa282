import { HoldfastError } from '#domain/errors/holdfast-error.js';

/** `timeout=300 maxmemory-policy=` → values, and null for what gets its default back. Errors: `wrong_usage`. */
export const settingsIn = (words: readonly string[], reset: readonly string[]): Record<string, string | null> => {
  const settings: Record<string, string | null> = {};
  for (const word of words) {
    const at = word.indexOf('=');
    if (at <= 0) throw new HoldfastError('wrong_usage', `"${word}" is not KEY=VALUE.`);
    put(settings, word.slice(0, at), word.slice(at + 1) === '' ? null : word.slice(at + 1));
  }
  for (const name of reset) put(settings, name, null);
  return settings;
};

const put = (settings: Record<string, string | null>, name: string, value: string | null): void => {
  if (Object.hasOwn(settings, name)) throw new HoldfastError('wrong_usage', `"${name}" is given twice.`);
  settings[name] = value;
};
