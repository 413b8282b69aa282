import { Histogram, type Registry } from 'prom-client';

export interface HttpObservation {
  readonly method: string;
  /** The template, never the path: ids would make a series for each database. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
}

export type ObserveHttp = (observation: HttpObservation) => void;

export const httpMetrics = (registry: Registry): ObserveHttp => {
  const durations = new Histogram({
    name: 'holdfast_http_request_duration_seconds',
    help: 'Time until an HTTP request was answered, by route.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  });
  return ({ method, route, status, durationMs }) =>
    durations.observe({ method, route, status: String(status) }, durationMs / 1000);
};
