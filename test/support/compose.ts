import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { randomInt } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureCatalogueOverride } from '../../apps/setup/catalogue-override.js';
import { run } from '../../apps/setup/command.js';
import { buildComposeImages } from '../../apps/setup/compose-images.js';
import { DockerCli } from '../../apps/setup/docker-cli.js';
import { ensureProgram } from '../../apps/setup/host-packages.js';
import { imageNames } from '../../apps/setup/images.js';
import { ensureHome } from '../../apps/setup/installation.js';
import { Progress } from '../../apps/setup/progress.js';
import { freePort, freePortRange } from './free-ports.js';
import { docker } from './host.js';
import { uniqueName } from './names.js';

interface ServiceState {
  readonly Running: boolean;
  readonly ExitCode: number;
  readonly Health?: { readonly Status: string };
}

/** docker-compose.yml as a person would bring it up, in a house of its own. */
export class Compose {
  private constructor(
    readonly name: string,
    readonly home: string,
    readonly url: string,
    private readonly environment: Readonly<Record<string, string>>,
    private readonly signal: AbortSignal,
  ) {}

  /** Makes the images and the settings; starts nothing. */
  static async prepare(signal: AbortSignal): Promise<Compose> {
    const engine = new DockerCli('/var/run/docker.sock');
    const progress = new Progress();
    await ensureProgram('docker-compose', ['docker-compose'], progress, signal);
    const images = await buildComposeImages(engine, progress, signal);
    const name = uniqueName('c');
    const home = await mkdtemp(join(tmpdir(), 'holdfast-compose-'));
    ensureHome(home);
    const port = String(await freePort());
    const doors = await freePortRange(100);
    const environment = {
      ...images,
      HOLDFAST_CATALOGUE_FILE: await ensureCatalogueOverride(engine, home, [imageNames.redis80], progress, signal),
      HOLDFAST_HOME: home,
      HOLDFAST_INSTALLATION: name,
      HOLDFAST_PORT: port,
      HOLDFAST_EDGE_PORTS: `${doors.first}-${doors.last}`,
      HOLDFAST_NETWORK_POOL: `10.${randomInt(128, 200)}.${randomInt(16) * 16}.0/20`,
      HOLDFAST_MEMORY_OVERCOMMIT: '100',
      POSTGRES_PORT: String(await freePort()),
      QUEUE_PORT: String(await freePort()),
    };
    return new Compose(name, home, `http://127.0.0.1:${port}`, environment, signal);
  }

  up(): Promise<string> {
    return this.command('docker-compose', '--project-name', this.name, 'up', '--detach', '--no-build');
  }

  /** Removes the services and their data; the databases and the edge go on. */
  down(): Promise<string> {
    return this.command('docker-compose', '--project-name', this.name, 'down', '--volumes', '--timeout', '30');
  }

  /** Removes what Holdfast itself made, and its files. */
  async purge(): Promise<void> {
    await this.command(process.execPath, 'dist/apps/setup/down.js', '--purge');
    await rm(this.home, { recursive: true, force: true });
  }

  async states(): Promise<Readonly<Record<string, ServiceState>>> {
    const found: Record<string, ServiceState> = {};
    for (const id of await this.containers()) {
      const format = '{{json .State}} {{index .Config.Labels "com.docker.compose.service"}}';
      const [, state = '', service = ''] = /^(.*) (\S+)$/.exec(await docker('inspect', '--format', format, id)) ?? [];
      found[service] = JSON.parse(state) as ServiceState;
    }
    return found;
  }

  /** Of the services, running or not. */
  async containers(...filters: readonly string[]): Promise<readonly string[]> {
    const labels = [`com.docker.compose.project=${this.name}`, ...filters];
    const ids = await docker('ps', '--all', '--quiet', ...labels.flatMap((label) => ['--filter', `label=${label}`]));
    return ids.split('\n').filter((id) => id !== '');
  }

  async containerOf(service: string): Promise<string> {
    const [id] = await this.containers(`com.docker.compose.service=${service}`);
    if (id === undefined) throw new Error(`${service} has no container`);
    return id;
  }

  ownerToken(): Promise<string> {
    return readFile(join(this.home, 'owner.token'), 'utf8').then((token) => token.trim());
  }

  /** Every password and key that the set-up made. */
  async secrets(): Promise<readonly string[]> {
    const names = ['postgres/postgres-password', 'queue-password'].map((name) => join(this.home, 'secrets', name));
    const key = (await readFile(join(this.home, 'master.key'), 'utf8')).trim().replace(/^1:/, '');
    return [...(await Promise.all(names.map((name) => readFile(name, 'utf8')))), await this.ownerToken(), key];
  }

  private command(program: string, ...args: readonly string[]): Promise<string> {
    const settings = Object.entries(this.environment).map(([name, value]) => `${name}=${value}`);
    return run('env', [...settings, program, ...args], {
      signal: this.signal,
      shownAs: `${program} ${args.join(' ')}`,
    });
  }
}
