import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { networkError } from '../../src/core/errors.ts';
import { saveTo } from '../../src/transfer/save.ts';
import type { Interruption } from '../support/interrupted-files.ts';
import { remote, stage } from './sources.ts';

const interruption = vi.hoisted((): Interruption => ({}));
vi.mock('node:fs/promises', async (original) => {
  const { interrupted } = await import('../support/interrupted-files.ts');
  return interrupted(await original(), interruption);
});

const place = stage();
const disk = Buffer.alloc(70_000, 7);

/** Saves where nothing can be removed. Gives what was warned of, and how it failed. */
async function saved(open?: () => AsyncGenerator<Uint8Array>) {
  const warnings: string[] = [];
  const { source } = remote(disk);
  interruption.before = async (name) => {
    if (name === 'rm') throw Object.assign(new Error('EACCES'), { code: 'EACCES', syscall: 'rm' });
  };
  const saving = { force: false, resume: false, progress: () => undefined, warn: (message: string) => warnings.push(message) };
  const work = saveTo(path.join(place.folder(), 'out.raw'), open ? { ...source, open } : source, saving);
  const [result] = await Promise.allSettled([work]);
  interruption.before = undefined;
  const parts = readdirSync(place.folder()).filter((name) => name.endsWith('-part'));
  return { warnings, parts, failure: result.status === 'rejected' ? (result.reason as Error) : undefined };
}

describe('a temporary file that cannot be removed', () => {
  it('is named where the file itself is there and whole', async () => {
    const { warnings, parts, failure } = await saved();
    expect(failure).toBeUndefined();
    expect(readFileSync(path.join(place.folder(), 'out.raw')).equals(disk)).toBe(true);
    expect(parts).toHaveLength(1);
    expect(warnings.join()).toMatch(`could not remove ${path.join(place.folder(), parts[0] ?? '')}: `);
  });

  it('is named, and not said to be gone, where the transfer failed', async () => {
    const { warnings, parts, failure } = await saved(async function* () {
      yield disk.subarray(0, 10_000);
      throw networkError('cut');
    });
    expect(parts).toHaveLength(1);
    expect(warnings.join()).toContain(parts[0]);
    expect(JSON.stringify(failure)).not.toContain('Removed');
  });
});
