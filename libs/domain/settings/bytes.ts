const units: Readonly<Record<string, number>> = {
  b: 1,
  k: 1000,
  kb: 1024,
  m: 1000 ** 2,
  mb: 1024 ** 2,
  g: 1000 ** 3,
  gb: 1024 ** 3,
};

/** As Redis reads sizes (`64mb` and `64m` differ); NaN for what is none. */
export const parseBytes = (text: string): number => {
  const [, digits = '', unit = 'b'] = /^(\d{1,15})([kmg]?b?)$/i.exec(text) ?? [];
  return digits === '' ? NaN : Number(digits) * (units[unit.toLowerCase() || 'b'] ?? NaN);
};
