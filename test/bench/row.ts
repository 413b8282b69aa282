/** One line of the table: a figure, and where there is one, the raw reference measured in the same run. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** What the value is compared with; null for a figure of its own. */
  readonly reference: number | null;
  /** value / reference */
  readonly ratio: number | null;
  readonly aim: string | null;
  readonly met: boolean | null;
}

type Aim = { readonly most: number } | { readonly least: number };

const holds = (value: number, aim: Aim): boolean => ('most' in aim ? value <= aim.most : value >= aim.least);
const inWords = (aim: Aim, suffix: string): string =>
  'most' in aim ? `≤ ${aim.most}${suffix}` : `≥ ${aim.least}${suffix}`;

/** A figure that is held against a raw reference. */
export const compared = (name: string, unit: string, value: number, reference: number, aim: Aim): Row => {
  const ratio = value / reference;
  return { name, unit, value, reference, ratio, aim: inWords(aim, '× raw'), met: holds(ratio, aim) };
};

/** A figure that is held against a number. */
export const measured = (
  name: string,
  unit: string,
  value: number,
  aim: Aim | null,
  reference: number | null = null,
): Row => ({
  name,
  unit,
  value,
  reference,
  ratio: reference === null ? null : value / reference,
  aim: aim && inWords(aim, ` ${unit}`),
  met: aim && holds(value, aim),
});

/** The value below which this share of the samples lies. */
export const quantile = (samples: readonly number[], share: number): number => {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
};

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);
