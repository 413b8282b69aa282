import type { paths } from '../generated/api.js';

type Method = 'get' | 'post' | 'put' | 'patch';
type Answer<Path extends keyof paths, Verb extends Method, Status extends number> = paths[Path] extends {
  [verb in Verb]: { responses: { [status in Status]: { content: { 'application/json': infer Body } } } };
}
  ? Body
  : never;

export type Database = Answer<'/v1/databases/{id}', 'get', 200>;
export type DatabaseStatus = Answer<'/v1/databases/{id}/status', 'get', 200>;
export type Operation = Answer<'/v1/operations/{id}', 'get', 200>;
export type Backup = Answer<'/v1/backups/{id}', 'get', 200>;
export type HeldBackup = Answer<'/v1/backups/{id}', 'patch', 200>;
/** What can be asked of a backup. */
export type BackupRequest = paths['/v1/backups/{id}/operations']['post']['requestBody']['content']['application/json'];
export type Import = Answer<'/v1/environments/{env}/imports', 'post', 202>;
export type Endpoint = Database['endpoints'][number];
/** What can be asked of a database. */
export type ChangeRequest =
  paths['/v1/databases/{id}/operations']['post']['requestBody']['content']['application/json'];
export type AuditEvent = Answer<'/v1/audit/events', 'get', 200>['items'][number];
export type OperationStep = Operation['steps'][number];
export type LogLine = Answer<'/v1/operations/{id}/log', 'get', 200>['items'][number];
export type Credential = Answer<'/v1/databases/{id}/credentials', 'get', 200>['items'][number];
export type Token = Answer<'/v1/tokens', 'get', 200>['items'][number];
export type Version = Answer<'/v1/versions', 'get', 200>['items'][number];
export type Forecast = Answer<'/v1/lifecycle/forecast', 'get', 200>;
export type Sweep = Answer<'/v1/sweeps/{id}', 'get', 200>;
export type BackupPolicy = Answer<'/v1/environments/{env}/backup-policy', 'get', 200>;
