import { describe, expect, it } from '@jest/globals';
import { defaultDoorSettings } from '#domain/database/door-settings.js';
import { doorMap, parseDoors, renderDoors } from './door-map.js';

const doors = [
  { port: 24_001, address: '10.224.0.3', targetPort: 6380, settings: defaultDoorSettings },
  { port: 24_000, address: '10.224.0.2', targetPort: 6379, settings: defaultDoorSettings },
];
const file = '24000 10.224.0.2:6379\n24001 10.224.0.3:6380\n';

describe('the map of doors', () => {
  it('is written in the order of the ports and read back', () => {
    expect(renderDoors(doorMap(doors))).toBe(file);
    expect(parseDoors(file)).toEqual(doorMap(doors));
    expect(parseDoors('')).toEqual(doorMap([]));
  });

  it('reads what HAProxy shows', () => {
    expect(parseDoors('0x7fd043c29540 24000 10.224.0.2:6379\n\n')).toEqual(doorMap(doors.slice(1)));
  });

  it('has one way for each port: the one that was given last', () => {
    const moved = { port: 24_000, address: '10.224.0.9', targetPort: 6379, settings: defaultDoorSettings };
    expect(doorMap([...doors, moved]).get(24_000)).toEqual(moved);
  });

  it.each(['24000', '24000 10.224.0.2', '24000 db:6379', 'x 10.224.0.2:6379'])('refuses the line "%s"', (line) => {
    expect(() => parseDoors(line)).toThrow(/internal_error/);
  });

  it.each(['db.example', '::1', '10.0.0.1\n20000 10.0.0.2', ''])('refuses the address %j', (address) => {
    expect(() => doorMap([{ port: 24_000, address, targetPort: 6379, settings: defaultDoorSettings }])).toThrow(
      /internal_error/,
    );
  });
});
