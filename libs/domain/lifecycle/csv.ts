import type { ForecastItem } from './forecast.js';

const columns: Readonly<Record<string, (item: ForecastItem) => string>> = {
  database_id: ({ databaseId }) => databaseId,
  environment: ({ environment }) => environment,
  handle: ({ handle }) => handle,
  version: ({ version }) => version,
  change: ({ change }) => change,
  because: ({ because }) => because,
  last_day: ({ lastDay }) => lastDay,
  takes_effect_on: ({ takesEffectOn }) => takesEffectOn,
  in_days: ({ inDays }) => String(inDays),
  within_days: ({ within }) => (within === null ? '' : String(within)),
  exempted: ({ exempted }) => (exempted ? 'yes' : 'no'),
  exempt_until: ({ exemption }) => exemption?.endsOn ?? '',
  exemption_reason: ({ exemption }) => exemption?.reason ?? '',
};

/** A spreadsheet would take a text that begins so for a formula, and carry it out. */
const formula = /^[=+\-@\t\r]/;

/** RFC 4180, section 2. */
const field = (text: string): string => {
  const harmless = formula.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
};

const record = (fields: readonly string[]): string => `${fields.map(field).join(',')}\r\n`;

export const csvHead = record(Object.keys(columns));

export const csvRecord = (item: ForecastItem): string => record(Object.values(columns).map((column) => column(item)));
