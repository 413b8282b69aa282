/** `redis.conf` → setting → value, as `CONFIG GET` shows it. Several `save` lines make one value. */
export const parseRedisConfiguration = (text: string): Map<string, string> => {
  const settings = new Map<string, string>();
  for (const line of text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))) {
    const [name = '', ...words] = line.trim().split(/\s+/);
    const value = words.join(' ').replace(/^"(.*)"$/, '$1');
    const before = name === 'save' ? settings.get(name) : undefined;
    settings.set(name, before ? `${before} ${value}` : bytes(value));
  }
  return settings;
};

/** Redis shows sizes in bytes however they were written. */
export const bytes = (value: string): string => {
  const [, number, unit] = /^(\d+)(kb|mb|gb)$/i.exec(value) ?? [];
  return number === undefined
    ? value
    : String(Number(number) * 1024 ** (['kb', 'mb', 'gb'].indexOf(unit!.toLowerCase()) + 1));
};
