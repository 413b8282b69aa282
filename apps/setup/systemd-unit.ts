import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Configuration } from '#configuration/configuration.js';
import type { Environment } from '#configuration/environment.js';
import { run } from './command.js';
import { projectRoot } from './project-root.js';
import { readIfPresent, writeSecretFile } from './secret-file.js';

/** What `up` is started with after a reboot. */
export interface UnitSettings {
  readonly node: string;
  readonly program: string;
  readonly directory: string;
  readonly environmentFile: string;
}

type Installation = Pick<Configuration, 'home' | 'installation'>;

/** The same `up` as by hand, since it knows the order of the servers and waits for each. Its processes stay in the unit's group. */
export const renderUnit = ({ node, program, directory, environmentFile }: UnitSettings): string =>
  [
    '[Unit]',
    'Description=Holdfast, managed Redis databases',
    'Wants=network-online.target docker.service',
    'After=network-online.target docker.service',
    '',
    '[Service]',
    'Type=oneshot',
    'RemainAfterExit=yes',
    `EnvironmentFile=${escaped(environmentFile)}`,
    `WorkingDirectory=${escaped(directory)}`,
    `ExecStart=${argument(node)} --enable-source-maps ${argument(program)}`,
    'TimeoutStartSec=15min',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n');

/** The variables of `up` as it was last run by hand. They may hold passwords, which a unit would show to everybody. */
export const renderUnitEnvironment = (environment: Environment): string =>
  Object.entries(environment)
    .filter(([name, value]) => (name.startsWith('HOLDFAST_') || name === 'HOME' || name === 'PATH') && value)
    .map(([name, value]) => `${name}="${String(value).replace(/["\\`$]/g, '\\$&')}"\n`)
    .sort()
    .join('');

/** Lets Holdfast come back after a reboot, where systemd runs the machine and this user may tell it so. */
export const ensureUnit = async (
  installation: Installation,
  environment: Environment,
  signal: AbortSignal,
): Promise<void> => {
  if (!systemdObeys()) return;
  const environmentFile = join(installation.home, 'unit.env');
  const variables = renderUnitEnvironment(environment);
  if (readIfPresent(environmentFile) !== variables) writeSecretFile(environmentFile, variables);
  const program = join(projectRoot, 'dist/apps/setup/up.js');
  const unit = renderUnit({ node: process.execPath, program, directory: projectRoot, environmentFile });
  const file = unitFile(installation);
  if (readIfPresent(file) !== unit) writeFileSync(file, unit, { mode: 0o644 });
  await run('systemctl', ['enable', '--quiet', basename(file)], { signal });
};

/** What a person stopped does not come back by itself. */
export const removeUnit = async (installation: Installation, signal: AbortSignal): Promise<void> => {
  const file = unitFile(installation);
  if (!systemdObeys() || !existsSync(file)) return;
  await run('systemctl', ['disable', '--quiet', basename(file)], { signal });
  rmSync(file);
};

const systemdObeys = (): boolean => process.getuid?.() === 0 && existsSync('/run/systemd/system');

const unitFile = ({ installation }: Installation): string =>
  `/etc/systemd/system/${installation === 'holdfast' ? installation : `holdfast-${installation}`}.service`;

/** systemd fills in what follows a percent sign. */
const escaped = (path: string): string => path.replaceAll('%', '%%');

const argument = (path: string): string => `"${escaped(path).replace(/["\\]/g, '\\$&').replaceAll('$', '$$$$')}"`;
