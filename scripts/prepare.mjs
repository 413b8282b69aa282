// What each script needs before it can do anything: Node, the packages of the lock file, and a build of the sources as they are.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';

export const root = join(import.meta.dirname, '..');

export const prepare = async () => {
  checkNode();
  if (!hasLockedPackages())
    await timed('Installing the packages of package-lock.json', () =>
      mustRun('npm', ['ci', '--no-audit', '--no-fund']),
    );
  if (!isBuilt()) await timed('Building', build);
  await import('./link-cli.mjs');
};

/** Resolves to the exit code of a program that writes to this terminal; one that takes longer than `longestMs` is killed. */
export const run = (command, args, environment = {}, longestMs = 0) =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, SCARF_ANALYTICS: 'false', ...environment };
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', env, timeout: longestMs, killSignal: 'SIGKILL' });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });

export const mustRun = async (command, args) => {
  const code = await run(command, args);
  if (code !== 0) throw new Error(`"${command} ${args.join(' ')}" ended with code ${code}`);
};

/** A compiled program of the set-up; its exit code becomes ours. */
export const runSetup = async (name, args) => {
  await prepare();
  process.exitCode = await run(process.execPath, ['--enable-source-maps', `dist/apps/setup/${name}.js`, ...args]);
};

export const timed = async (title, work) => {
  const startedAt = performance.now();
  console.log(`${title} ...`);
  const result = await work();
  console.log(`${title}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  return result;
};

const checkNode = () => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new Error(`Holdfast needs Node 20.19 or newer; this is ${process.version}`);
};

/** Compares what npm says it installed with the lock file; packages for other platforms are optional and may be missing. */
const hasLockedPackages = () => {
  const installedFile = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(locked).every(([path, { version, optional, devOptional, peer }]) => {
    if (path === '') return true;
    return installed[path] ? installed[path].version === version : Boolean(optional || devOptional || peer);
  });
};

const isBuilt = () => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stampOfSources();

const stampFile = join(root, 'dist/.build-stamp');

/** Into a folder of its own first, so that a file whose source is gone does not stay, and a failed build leaves the old one. */
const build = async () => {
  const stamp = stampOfSources();
  const [draft, old] = [join(root, 'dist.new'), join(root, 'dist.old')];
  rmSync(draft, { recursive: true, force: true });
  await mustRun(join(root, 'node_modules/.bin/swc'), ['apps', 'libs', '-d', draft, '--copy-files', '--quiet']);
  makeExecutable(join(draft, 'apps/cli/main.js'));
  writeFileSync(join(draft, '.build-stamp'), stamp);
  if (existsSync(join(root, 'dist'))) renameSync(join(root, 'dist'), old);
  renameSync(draft, join(root, 'dist'));
  rmSync(old, { recursive: true, force: true });
};

const makeExecutable = (file) => {
  if (existsSync(file)) chmodSync(file, 0o755);
};

const stampOfSources = () => {
  const hash = createHash('sha256').update(readFileSync(join(root, '.swcrc')));
  for (const folder of ['apps', 'libs']) {
    const files = readdirSync(join(root, folder), { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const paths = files.map((entry) => join(entry.parentPath ?? entry.path, entry.name)).sort();
    for (const path of paths) hash.update(`${path} ${statSync(path).size} ${statSync(path).mtimeMs}\n`);
  }
  return hash.digest('hex');
};
