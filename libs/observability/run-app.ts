import { ConfigurationError } from '#configuration/configuration-error.js';
import { loadConfiguration, type Configuration } from '#configuration/configuration.js';
import { processEnvironment } from '#configuration/environment.js';
import { armFault } from './fault-points.js';
import { letHeapGrow } from './heap-growth.js';
import { createLogger, type Logger } from './logger.js';

export interface RunningApp {
  close(): Promise<void>;
}

/** A process that does not end by itself within this time is ended; its operations are taken back when their leases run out. */
const closeDeadlineMs = 20_000;

/**
 * The main function of every app: reads the configuration, starts, and on SIGTERM or SIGINT closes in good order.
 * Exit codes: 0 closed, 1 could not start or close, 2 wrong configuration.
 */
export const runApp = async (
  app: string,
  start: (configuration: Configuration, logger: Logger) => Promise<RunningApp>,
): Promise<void> => {
  letHeapGrow();
  const configuration = readConfiguration();
  const logger = createLogger({ level: configuration.logLevel, app });
  if (configuration.fault !== null) armFault(configuration.fault);
  process.on('unhandledRejection', (error) => logger.error({ err: error }, 'a promise was rejected and nobody looked'));
  try {
    const running = await start(configuration, logger);
    logger.info('started');
    closeOnSignal(running, logger);
  } catch (error) {
    endIfMisconfigured(error);
    logger.fatal({ err: error }, 'could not start');
    process.exit(1);
  }
};

const readConfiguration = (): Configuration => {
  try {
    return loadConfiguration(processEnvironment());
  } catch (error) {
    endIfMisconfigured(error);
    throw error;
  }
};

const endIfMisconfigured = (error: unknown): void => {
  if (!(error instanceof ConfigurationError)) return;
  process.stderr.write(`${error.detail}\n`);
  process.exit(2);
};

const closeOnSignal = (running: RunningApp, logger: Logger): void => {
  let closing = false;
  const close = async (signal: NodeJS.Signals): Promise<void> => {
    if (closing) return;
    closing = true;
    logger.info({ signal }, 'closing');
    const overdue = setTimeout(() => {
      logger.error('did not close in time');
      process.exit(1);
    }, closeDeadlineMs);
    try {
      await running.close();
      clearTimeout(overdue);
      logger.info('closed');
      process.exit(0);
    } catch (error) {
      logger.error({ err: error }, 'did not close in good order');
      process.exit(1);
    }
  };
  process.on('SIGTERM', (signal) => void close(signal));
  process.on('SIGINT', (signal) => void close(signal));
};
