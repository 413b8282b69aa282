export { parseInfo } from '#domain/server/info.js';

/** `name, value, name, value …` → name → value: how RESP2 sends a map. */
export const pairs = (flat: readonly string[]): Record<string, string> =>
  Object.fromEntries(flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? '']] : [])));
