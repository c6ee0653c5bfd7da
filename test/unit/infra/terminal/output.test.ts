import { describe, expect, it } from 'vitest';
import { outputFor, refuseBanner } from '#infra/terminal/output.ts';

function streams() {
  const written = { out: '', error: '' };
  return {
    written,
    out: (text: string) => {
      written.out += text;
    },
    error: (text: string) => {
      written.error += text;
    },
  };
}

describe('what a command found', () => {
  it('goes to standard output line by line for a person', () => {
    const to = streams();
    const { print, document } = outputFor(false, to, true);
    print('Stage prod');
    expect(document).toBeUndefined();
    expect(to.written).toEqual({ out: 'Stage prod\n', error: '' });
  });

  it('is the only thing on standard output for a program', () => {
    const to = streams();
    const { print, document } = outputFor(true, to, true);
    print('Stage prod');
    document?.({ emails: [] });
    expect(JSON.parse(to.written.out)).toEqual({ emails: [] });
    expect(to.written.error).toBe('Stage prod\n');
  });

  it('does not follow lines that npm wrote before it', () => {
    expect(() => refuseBanner({ npm_lifecycle_event: 'emails' })).toThrow(
      'Run it with "npm run -s emails -- …".',
    );
    const silent = { npm_lifecycle_event: 'emails', npm_config_loglevel: 'silent' };
    expect(() => refuseBanner(silent)).not.toThrow();
    expect(() => refuseBanner({})).not.toThrow();
  });
});
