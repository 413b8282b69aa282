import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

export type AppName = 'standalone' | 'api' | 'scheduler' | 'lifecycle-worker' | 'backup-worker' | 'sweep-worker';

/** npm and jest both run in the project's root. */
const root = process.cwd();
const startDeadlineMs = 60_000;

/** One of Holdfast's own processes, as `npm run build` made it. */
export class AppProcess {
  /** Everything that it wrote. */
  output = '';
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  private constructor(private readonly child: ChildProcess) {
    const take = (chunk: Buffer): void => void (this.output += chunk.toString());
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    this.exited = once(child, 'exit').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }));
  }

  /** Resolves once it says that it has started. */
  static async start(app: AppName, environment: Readonly<Record<string, string>>): Promise<AppProcess> {
    const child = spawn(process.execPath, ['--enable-source-maps', `dist/apps/${app}/main.js`], {
      cwd: root,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const started = new AppProcess(child);
    await started.said('"msg":"started"');
    return started;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Waits until a text stands in its output. */
  async said(text: string): Promise<void> {
    const deadline = AbortSignal.timeout(startDeadlineMs);
    while (!this.output.includes(text)) {
      const end = this.child.exitCode ?? this.child.signalCode;
      if (end !== null) throw new Error(`The process ended with ${end}:\n${this.output}`);
      if (!this.child.stdout) throw new Error('The process has no output');
      await Promise.race([once(this.child.stdout, 'data', { signal: deadline }), this.exited]);
    }
  }

  /** Whether SIGSTOP holds it, by the state that the kernel shows. */
  get isStopped(): boolean {
    return /^State:\s+T/m.test(readFileSync(`/proc/${String(this.pid)}/status`, 'utf8'));
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** In good order, by SIGTERM, also when it stands still; nothing when it has ended already. */
  async end(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.kill('SIGTERM');
      this.kill('SIGCONT');
    }
    await this.exited;
  }
}
