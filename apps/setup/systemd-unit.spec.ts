import { describe, expect, it } from '@jest/globals';
import { renderUnit, renderUnitEnvironment } from './systemd-unit.js';

const settings = {
  node: '/usr/bin/node',
  program: '/root/holdfast/dist/apps/setup/up.js',
  directory: '/root/holdfast',
  environmentFile: '/var/lib/holdfast/unit.env',
};

describe('renderUnit', () => {
  it('runs "up" once the engine is there, and keeps what it started', () => {
    const lines = renderUnit(settings).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'After=network-online.target docker.service',
        'RemainAfterExit=yes',
        'EnvironmentFile=/var/lib/holdfast/unit.env',
        'ExecStart="/usr/bin/node" --enable-source-maps "/root/holdfast/dist/apps/setup/up.js"',
        'WantedBy=multi-user.target',
      ]),
    );
  });

  it('escapes what systemd would fill in', () => {
    const unit = renderUnit({ ...settings, program: '/a b/$HOME/100%/up.js' });
    expect(unit).toContain(' "/a b/$$HOME/100%%/up.js"\n');
  });
});

describe('renderUnitEnvironment', () => {
  it('has what "up" reads and nothing else, in one order', () => {
    const environment = { HOLDFAST_PORT: '7700', HOME: '/root', EDITOR: 'vi', HOLDFAST_HOME: '', PATH: '/bin' };
    expect(renderUnitEnvironment(environment)).toBe('HOLDFAST_PORT="7700"\nHOME="/root"\nPATH="/bin"\n');
  });

  it('keeps any value as it is', () => {
    expect(renderUnitEnvironment({ HOLDFAST_DATABASE_URL: 'postgres://a:"$\\@h' })).toBe(
      'HOLDFAST_DATABASE_URL="postgres://a:\\"\\$\\\\@h"\n',
    );
  });
});
