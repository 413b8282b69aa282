import { fields } from '../text/columns.js';
import type { BackupPolicy } from '../api/documents.js';

export const policyLines = (policy: BackupPolicy): string[] =>
  fields({
    daily: policy.daily,
    monthly: policy.monthly,
    yearly: policy.yearly,
    'make copy': policy.makeCopy,
    'keep final': policy.keepFinal,
    schedule: `${policy.schedule} (${policy.timeZone})`,
    store: policy.store ?? 'the default one',
    'copy store': policy.copyStore,
    'alert after': `${policy.maximumAgeHours} h without a verified backup`,
  });
