import type { ForecastItem } from './forecast.js';

const lineOctets = 75;

/** RFC 5545, section 3.3.11. */
const escaped = (text: string): string =>
  text
    .replace(/[\\;,]/g, (character) => `\\${character}`)
    .replace(/\r\n|\r|\n/g, '\\n')
    // No other control character may stand in a text (RFC 5545, section 3.1).
    .replace(/\p{Cc}/gu, ' ');

const octetsOf = (character: string): number => {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
};

/** RFC 5545, section 3.1: no line is longer than 75 octets, and none is cut inside a character. */
const folded = (line: string): string => {
  const parts: string[] = [];
  let [part, octets] = ['', 0];
  for (const character of line) {
    const more = octetsOf(character);
    if (octets + more > lineOctets) {
      parts.push(part);
      // The blank that a continued line begins with counts.
      [part, octets] = ['', 1];
    }
    part += character;
    octets += more;
  }
  return [...parts, part].join('\r\n ');
};

const lines = (...content: readonly string[]): string => content.map((line) => `${folded(line)}\r\n`).join('');

const compact = (day: string): string => day.replaceAll('-', '');

/**
 * A calendar has at least one component (RFC 5545, section 3.6), also when nothing is to come. The days are those of UTC; the events name no
 * hour, so no zone applies to them.
 */
export const calendarHead = lines(
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:-//Holdfast//Lifecycle forecast//EN',
  'CALSCALE:GREGORIAN',
  'METHOD:PUBLISH',
  'X-WR-CALNAME:Holdfast lifecycle',
  'BEGIN:VTIMEZONE',
  'TZID:Etc/UTC',
  'BEGIN:STANDARD',
  'DTSTART:19700101T000000',
  'TZOFFSETFROM:+0000',
  'TZOFFSETTO:+0000',
  'END:STANDARD',
  'END:VTIMEZONE',
);

export const calendarFoot = lines('END:VCALENDAR');

const verbs = { 'end-of-life': 'reaches its end of life', deprecated: 'is deprecated' } as const;

/** An event of a whole day, that on which the change takes effect. Its UID stays the same when the day moves, so that calendars move it. */
export const calendarEvent = (item: ForecastItem, now: Date): string => {
  const { databaseId, environment, handle, version, change, takesEffectOn } = item;
  const stamp = `${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  return lines(
    'BEGIN:VEVENT',
    `UID:${databaseId}-${change}-${item.because === 'version' ? version : item.because}@holdfast`,
    `DTSTAMP:${stamp}`,
    `DTSTART;VALUE=DATE:${compact(takesEffectOn)}`,
    `SUMMARY:${escaped(`${environment}/${handle}: Redis ${version} ${verbs[change]}`)}`,
    `DESCRIPTION:${escaped(descriptionOf(item))}`,
    `CATEGORIES:${escaped(change)}`,
    'TRANSP:TRANSPARENT',
    'END:VEVENT',
  );
};

const descriptionOf = ({ lastDay, exemption, exempted, because }: ForecastItem): string => {
  const sentences = [
    because === 'version'
      ? `The last day before is ${lastDay} (UTC).`
      : `The exemption of this database ends on ${lastDay} (UTC).`,
  ];
  if (exempted && exemption) sentences.push(`Exempted until ${exemption.endsOn}: ${exemption.reason}`);
  return sentences.join('\n');
};
