import { pino, type DestinationStream, type Logger } from 'pino';

export type { Logger } from 'pino';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** Fields that hold a secret wherever they turn up, at the top of a line or one level below. */
const secretFields = [
  'authorization',
  'cookie',
  'password',
  'passwords',
  'secret',
  'token',
  'privateKey',
  'masterKey',
  'url',
  'databaseUrl',
  'queueUrl',
];

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Which process wrote the line. */
  readonly app: string;
}

/** JSON lines on standard output. Known secrets are redacted as a second guard: nothing logs them knowingly. */
export const createLogger = ({ level, app }: LoggerOptions, destination?: DestinationStream): Logger => {
  const options = {
    level,
    base: { app },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`]), censor: '[redacted]' },
  };
  return destination ? pino(options, destination) : pino(options);
};
