import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { Option } from 'commander';
import { answer } from '../api/client.js';
import type { Forecast } from '../api/documents.js';
import { given } from '../api/given.js';
import { itemsOf } from '../api/pages.js';
import { unbroken } from '../api/unbroken.js';
import { givenEnvironment } from '../databases/reference.js';
import { environmentOptions, wholeNumber, type EnvironmentOptions } from '../options.js';
import type { Session } from '../session.js';
import { fields, table } from '../text/columns.js';
import { defineVerb } from '../verb.js';

const formats = ['json', 'csv', 'ics'] as const;

interface Options extends EnvironmentOptions {
  readonly days: number;
  readonly asOf?: string;
  readonly format?: (typeof formats)[number];
}

export const verb = defineVerb<Options>({
  summary: 'List the databases whose version reaches its end of life or deprecation',
  options: [
    new Option('--days <count>', 'how far to look ahead').argParser(wholeNumber).default(180),
    new Option('--as-of <date>', 'look ahead from that day, YYYY-MM-DD'),
    new Option('--format <format>', 'a document for programs: JSON, a table, or a calendar').choices(formats),
    ...environmentOptions('all when not given'),
  ],
  notes: 'A day is the first one on which the change holds, in UTC. Exempted databases are listed, and said to be so.',
  examples: [
    'holdfast lifecycle:forecast',
    'holdfast lifecycle:forecast --days 30 --format csv > forecast.csv',
    'holdfast lifecycle:forecast --format ics > lifecycle.ics',
  ],
  async run(session, { days, asOf, format, ...options }) {
    const query = { days, ...given({ asOf, environment: givenEnvironment(options) }) };
    if (format === 'csv' || format === 'ics') return writeDocument(session, `/v1/lifecycle/forecast.${format}`, query);
    const forecast = await wholeForecast(session, query);
    const lines = format === 'json' ? [JSON.stringify(forecast, null, 2)] : describe(forecast);
    session.terminal.print(forecast, lines);
  },
});

interface Query {
  readonly days: number;
  readonly asOf?: string;
  readonly environment?: string;
}

const wholeForecast = async ({ api }: Session, query: Query): Promise<Forecast> => {
  let head: Forecast | undefined;
  const items = await itemsOf(async (page) => {
    const part = await answer(api.GET('/v1/lifecycle/forecast', { params: { query: { ...query, ...page } } }));
    head ??= part;
    return part;
  });
  if (!head) throw new Error('A list has a first page');
  return { ...head, items, nextCursor: null };
};

const writeDocument = async (
  { patientApi, terminal }: Session,
  path: '/v1/lifecycle/forecast.csv' | '/v1/lifecycle/forecast.ics',
  query: Query,
): Promise<void> => {
  const body = await answer(patientApi.GET(path, { params: { query }, parseAs: 'stream' }));
  const bytes = Readable.fromWeb(body as ReadableStream<Uint8Array>);
  for await (const chunk of unbroken(bytes)) await terminal.write(chunk as Uint8Array);
};

const describe = ({ windows, items }: Forecast): string[] => [
  ...fields(Object.fromEntries(windows.map(({ withinDays, databases }) => [`within ${withinDays} days`, databases]))),
  ...table(
    ['day', 'in days', 'database', 'version', 'becomes', ''],
    items.map(({ takesEffectOn, inDays, environment, handle, version, change, because, exemption, exempted }) => [
      ...[takesEffectOn, String(inDays), `${environment}/${handle}`, version, change],
      exempted && exemption
        ? `exempted until ${exemption.endsOn}: ${exemption.reason}`
        : because === 'exemption-ends'
          ? 'its exemption ends'
          : '',
    ]),
  ),
];
