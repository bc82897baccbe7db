import { describe, expect, it } from 'vitest';
import { ImgctlError } from '../../src/core/errors.ts';
import { ask, confirm, confirmName } from '../../src/ui/prompt.ts';
import { fakeIo, type FakeIo } from '../support/fake-io.ts';

/** Types the answers one by one, each when all has been said that is said before it. */
async function typing<T>(io: FakeIo, asked: Promise<T>, ...answers: string[]): Promise<T> {
  for (const answer of answers) {
    // What is typed comes and is answered in a few turns, with nothing in them that takes time.
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    io.stdin.write(answer);
  }
  return asked;
}
const terminal = (): FakeIo => fakeIo({ terminal: true });

describe('ask', () => {
  it('asks on stderr and trims the answer', async () => {
    const io = terminal();
    expect(await typing(io, ask('Name\u001b', {}, io), '  lab \r')).toBe('lab');
    expect(io.err).toContain('Name\\u001b: ');
    expect(io.out).toBe('');
  });

  it('takes the default for an empty answer, or nothing', async () => {
    const io = terminal();
    expect(await typing(io, ask('Zone', { default: 'a' }, io), '\r')).toBe('a');
    expect(io.err).toContain('Zone [a]: ');
    expect(await typing(io, ask('Zone', {}, io), '\r')).toBe('');
  });

  it('shows nothing of a secret, and keeps its blanks', async () => {
    const io = terminal();
    expect(await typing(io, ask('Password', { secret: true }, io), ' hun', 'ter2 \r')).toBe(' hunter2 ');
    expect(io.err).toBe('Password: \n');
  });

  it('shows nothing of a secret that is asked for after something else', async () => {
    const io = terminal();
    expect(await typing(io, ask('Name', {}, io), 'me\r')).toBe('me');
    const before = io.err.length;
    expect(await typing(io, ask('Password', { secret: true }, io), 'hunter2\r')).toBe('hunter2');
    expect(io.err.slice(before)).toBe('Password: \n');
    expect(io.stdin.listenerCount('keypress')).toBe(0);
  });

  it('takes a choice by word, number or beginning, and asks again for anything else', async () => {
    const choices = ['openstack', 'oci', 'local'];
    for (const [answers, chosen] of [
      [['oci\r'], 'oci'],
      [['3\r'], 'local'],
      [['op\r'], 'openstack'],
      [['o\r', '9\r', '\r', 'LOC\r'], 'local'],
    ] as const) {
      const io = terminal();
      expect(await typing(io, ask('Provider', { choices }, io), ...answers)).toBe(chosen);
      expect(io.err.split('Please answer one of openstack, oci, local.')).toHaveLength(answers.length);
    }
  });

  it.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('ends with ABORTED at %s', async (_name, key) => {
    const io = terminal();
    const failed = await typing(io, ask('Name', { secret: true }, io), 'ab', key === '\u0004' ? '\u0015\u0004' : key).catch(
      (error: unknown) => error,
    );
    expect(failed).toBeInstanceOf(ImgctlError);
    expect((failed as ImgctlError).code).toBe('ABORTED');
  });

  it('ends with ABORTED when the input does', async () => {
    const io = terminal();
    io.stdin.end();
    await expect(ask('Name', {}, io)).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('is a USAGE error without an input', async () => {
    await expect(ask('Name', {}, { ...terminal(), stdin: undefined })).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('confirm', () => {
  it.each([
    [['y\r'], true],
    [['YES\r'], true],
    [['n\r'], false],
    [['\r'], false],
    [['maybe\r', 'y\r'], true],
  ] as const)('%j: %s', async (answers, result) => {
    const io = terminal();
    expect(await typing(io, confirm('Delete 3 images?', io), ...answers)).toBe(result);
    expect(io.err).toContain('Delete 3 images? [y/N]: ');
  });

  it('by name takes exactly the name', async () => {
    for (const [answer, result] of [
      ['prod\r', true],
      ['Prod\r', false],
      ['y\r', false],
      ['\r', false],
    ] as const) {
      const io = terminal();
      expect(await typing(io, confirmName('This deletes images in prod.', 'prod', io), answer)).toBe(result);
    }
  });
});
