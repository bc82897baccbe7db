import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conflictError } from '../../src/core/errors.ts';
import { commandLine, hintWith } from '../../src/core/hint.ts';

describe('a command that leads on', () => {
  it('names the image with its profile, and the profile where that is meant', () => {
    expect(commandLine({ command: 'imgctl patch IMAGE --unprotect', image: 'i-1' }, 'prod')).toBe(
      'imgctl patch prod:i-1 --unprotect',
    );
    expect(commandLine({ command: 'imgctl profile set PROFILE region=us-ord' }, 'lin')).toBe(
      'imgctl profile set lin region=us-ord',
    );
    expect(commandLine({ command: 'imgctl wait IMAGE', image: 'private/1' }, 'env:linode')).toBe(
      'imgctl wait env:linode:private/1',
    );
  });

  it('stands behind a hint that ends in a colon, and on a line of its own behind any other', () => {
    const next = [{ command: 'imgctl wait IMAGE', image: '1' }];
    expect(hintWith('Wait for it with:', next, 'p')).toBe('Wait for it with: imgctl wait p:1');
    expect(hintWith('It is busy.', next, 'p')).toBe('It is busy.\nimgctl wait p:1');
    expect(hintWith(undefined, [...next, { command: 'imgctl show IMAGE', image: '1' }], 'p')).toBe(
      'Try: imgctl wait p:1 or imgctl show p:1',
    );
  });

  it('is written out once the profile is known, and not before', () => {
    const error = conflictError('busy', { hint: 'Try:', next: [{ command: 'imgctl show IMAGE', image: 'x' }] });
    expect(error.circumstances.hint).toBe('Try:');
    const placed = error.inProfile('p', 'local');
    expect(placed.circumstances).toMatchObject({ profile: 'p', provider: 'local', hint: 'Try: imgctl show p:x' });
    expect(placed.circumstances.next).toBeUndefined();
    expect(placed.inProfile('q', 'oci').circumstances).toMatchObject({ profile: 'p', hint: 'Try: imgctl show p:x' });
  });

  it('is never written out by a driver, which does not know the profile', () => {
    const folder = new URL('../../src/drivers/', import.meta.url);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    expect(files.length).toBeGreaterThan(50);
    for (const file of files)
      expect(readFileSync(new URL(file, folder), 'utf8'), file).not.toMatch(/imgctl [a-z]+ [^'`]*\$\{[\w.]*\b[iI]d\}/);
  });

  it('is one argument for a shell whatever the id holds', () => {
    const ids = fc.sample(
      fc.string({ minLength: 1, unit: 'binary' }).filter((id) => !/[\0\n]/.test(id)),
      30,
    );
    const script = ids.map((image) => commandLine({ command: `printf '%s\\0' IMAGE`, image }, 'p')).join('\n');
    const told = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
    expect(told).toEqual(ids.map((id) => `p:${id}`));
  });
});
