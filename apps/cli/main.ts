#!/usr/bin/env node
import { processEnvironment } from '#configuration/environment.js';
import { runCli } from './run.js';

const interruption = new AbortController();
// Once: a second Ctrl-C ends the process at once, whatever it waits for.
process.once('SIGINT', () => interruption.abort());
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader of a pipe, such as `head`, has seen enough.
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await runCli(process.argv.slice(2), {
  environment: processEnvironment(),
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
  interrupted: interruption.signal,
});
