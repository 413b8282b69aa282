/** `redis.conf` → setting → value, as `CONFIG GET` shows it. Several `save` lines make one value. */
export const parseRedisConfiguration = (text: string): Map<string, string> => {
  const settings = new Map<string, string>();
  for (const line of text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))) {
    const [name = '', ...words] = line.trim().split(/\s+/);
    const value = words.join(' ').replace(/^"(.*)"$/, '$1');
    if (name === 'client-output-buffer-limit') {
      settings.set(name, mergedLimits(value, settings.get(name)));
      continue;
    }
    const before = name === 'save' ? settings.get(name) : undefined;
    settings.set(name, before ? `${before} ${value}` : bytes(value));
  }
  return settings;
};

const usualLimits = 'normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60';

/** The limits of the classes that are named take the place of those that there were; Redis shows all of them. */
export const mergedLimits = (text: string, before = usualLimits): string => {
  const groupsIn = (limits: string): (readonly [string, string])[] =>
    [...limits.matchAll(/(\w+) (\w+) (\w+) (\w+)/g)].map(([, name = '', hard = '', soft = '', seconds = '']) => [
      name === 'replica' ? 'slave' : name,
      [hard, soft, seconds].map(bytes).join(' '),
    ]);
  return [...new Map([...groupsIn(before), ...groupsIn(text)])].map((group) => group.join(' ')).join(' ');
};

/** Redis shows sizes in bytes however they were written. */
export const bytes = (value: string): string => {
  const [, number, unit] = /^(\d+)(kb|mb|gb)$/i.exec(value) ?? [];
  return number === undefined
    ? value
    : String(Number(number) * 1024 ** (['kb', 'mb', 'gb'].indexOf(unit!.toLowerCase()) + 1));
};
