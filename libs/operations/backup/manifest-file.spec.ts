import { describe, expect, it } from '@jest/globals';
import { SecretBox } from '../secrets/secret-box.js';
import { readManifest } from './manifest-file.js';

const secrets = new SecretBox([{ version: 1, key: Buffer.alloc(32, 7) }]);

describe('a manifest that was changed', () => {
  it.each(['', 'no JSON', '{}', '{"manifest":{"format":1},"envelope":"","mac":""}'])(
    '%j is refused in one sentence',
    (text) => {
      expect(() => readManifest(secrets, 'one', Buffer.from(text))).toThrow(
        expect.objectContaining({
          code: 'backup_corrupt',
          detail: 'The manifest of the backup one cannot be used: it is not written as a manifest is.',
        }),
      );
    },
  );
});
