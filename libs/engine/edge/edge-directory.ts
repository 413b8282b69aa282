import { chmod, chown, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { allowedLines, type AllowLists } from './allow-lists.js';
import { writeFileAtomically } from './atomic-file.js';
import { doorMap, parseDoors, renderDoors, type DoorMap } from './door-map.js';

export interface EdgeUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The edge's files on the host: `conf/` (read-only to the edge; mounted as a directory, since a mounted file would stay
 * the old one when it is replaced), `run/` with the socket that only the edge's user and root can reach, and the writers' lock.
 */
export class EdgeDirectory {
  readonly configurationDirectory: string;
  readonly runDirectory: string;
  readonly socketFile: string;
  readonly lockFile: string;
  private readonly doorsFile: string;
  private readonly allowedFile: string;

  constructor(private readonly root: string) {
    this.configurationDirectory = join(root, 'conf');
    this.runDirectory = join(root, 'run');
    this.socketFile = join(this.runDirectory, 'admin.sock');
    this.lockFile = join(root, 'lock');
    this.doorsFile = join(this.configurationDirectory, 'doors.map');
    this.allowedFile = join(this.configurationDirectory, 'allowed.map');
  }

  async prepare(user: EdgeUser): Promise<void> {
    await mkdir(this.configurationDirectory, { recursive: true });
    await mkdir(this.runDirectory, { recursive: true });
    await chmod(this.configurationDirectory, 0o755);
    await chmod(this.runDirectory, 0o700);
    await chown(this.runDirectory, user.uid, user.gid);
  }

  writeConfiguration(text: string): Promise<void> {
    return writeFileAtomically(join(this.configurationDirectory, 'haproxy.cfg'), text, 0o644);
  }

  /** The recorded doors; none when nothing was recorded yet. */
  async readDoors(): Promise<DoorMap> {
    try {
      return parseDoors(await readFile(this.doorsFile, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return doorMap([]);
      throw error;
    }
  }

  /** What is read back with readDoors. The allow lists of these doors have to be written before. */
  writeDoors(doors: DoorMap): Promise<void> {
    return writeFileAtomically(this.doorsFile, renderDoors(doors), 0o644);
  }

  writeAllowLists(lists: AllowLists): Promise<void> {
    const text = allowedLines(lists).map((line) => `${line}\n`);
    return writeFileAtomically(this.allowedFile, text.join(''), 0o644);
  }
}
