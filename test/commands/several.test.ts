import { beforeEach, describe, expect, it } from 'vitest';
import { commandStage, errorOf } from './stage.ts';

const stage = commandStage();
let locked: string;
let plain: string;
beforeEach(async () => {
  locked = await stage.queued('locked', '--protect');
  plain = await stage.queued('plain');
});

/** Verbs of several images, and what is typed of one image that fails. */
const verbs: Readonly<Record<string, readonly string[]>> = {
  delete: ['delete', '--yes'],
  patch: ['patch', '--tag', 't'],
  deactivate: ['deactivate'],
  reactivate: ['reactivate'],
  wait: ['wait', '--wait-timeout', '20ms', '--poll-interval', '10ms'],
  show: ['show'],
  replicate: ['replicate', '--to', 'nowhere'],
};
const squeezed = (text: string): string => text.replace(/\s+/g, ' ');

describe.each(Object.entries(verbs))('%s of several images', (verb, [name = '', ...options]) => {
  const failing = verb === 'delete' ? 'locked' : 'nothing-of-this-long-name';

  it.each([40, 60, 100])('tells each failure whole, with its hint, at %i columns', async (columns) => {
    const alone = await stage.run([name, failing, ...options], { terminal: true, columns });
    const both = await stage.run([name, failing, 'nope', ...options], { terminal: true, columns });
    expect(both.exitCode).toBe(12);
    const seen = squeezed(both.stderr);
    for (const line of alone.stderr.trim().split('\n')) expect(seen).toContain(squeezed(line.replace(/^imgctl: /, '')).trim());
    expect(both.stdout).not.toContain('{"');
  });

  it.each(['json', 'jsonl'])('ends with the exit code that its last error says, as %s', async (format) => {
    const all = await stage.run([name, failing, 'nope', ...options, '-o', format]);
    expect(errorOf(all)).toMatchObject({ code: 'PARTIAL', exitCode: all.exitCode });
    expect(all.exitCode).toBe(12);
    const codes = all.stderr
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { error: { code: string } }).error.code);
    expect(codes).toHaveLength(3);
  });

  it('prints ids of what was done, and nothing else', async () => {
    const known = [locked, plain];
    const mixed = await stage.run([name, plain, 'nope', failing, ...options, '-o', 'id']);
    for (const line of mixed.stdout.split('\n').filter(Boolean)) expect(known).toContain(line);
  });
});

describe('a dry run of several images', () => {
  it('has a row for each, with its id and what would happen, and no JSON in a cell', async () => {
    const second = await stage.queued('second');
    for (const [verb, done] of [
      ['delete', 'would delete'],
      ['patch', 'would patch'],
    ] as const) {
      const options = verb === 'patch' ? ['--tag', 't'] : [];
      const planned = await stage.run([verb, plain, second, ...options, '--dry-run', '-o', 'json']);
      const rows = planned.json() as readonly { id?: string; result: string; message: string; plan?: object }[];
      expect(rows.map(({ id }) => id)).toEqual([plain, second]);
      expect(rows[0]).toMatchObject({ result: 'planned', message: done, plan: { dryRun: true } });
      const table = await stage.run([verb, plain, second, ...options, '--dry-run'], { terminal: true, columns: 100 });
      expect(table.stdout).not.toContain('{"');
      expect(table.stdout).toContain(plain);
      expect((await stage.run([verb, plain, second, ...options, '--dry-run'])).stdout).not.toContain('{"');
    }
    expect(await stage.names()).toEqual(['locked', 'plain', 'second']);
  });
});

describe('the question before images go', () => {
  it.each([60, 80, 120])('shows id, name and age of each, and first what cannot be done, at %i columns', async (columns) => {
    const second = await stage.queued('second');
    const no = await stage.run(['delete', 'plain', second, 'nope'], { terminal: true, columns, answers: ['n'] });
    const [before = ''] = no.stderr.split('Delete these 2 images from local? [y/N]');
    expect(before).not.toBe(no.stderr);
    for (const part of [plain, second, 'plain', 'second', 's ago']) expect(before).toContain(part);
    expect(before.indexOf('nope')).toBeGreaterThanOrEqual(0);
    expect(before.indexOf('nope')).toBeLessThan(before.indexOf(plain));
    expect(await stage.names()).toEqual(['locked', 'plain', 'second']);
  });

  it('names what an id stands for, and what is replaced', async () => {
    const one = await stage.run(['delete', plain], { terminal: true, answers: ['n'] });
    expect(one.stderr).toMatch(new RegExp(`${plain} +plain +queued[^]*Delete this image from local\\? \\[y/N\\]`));
    const image = await stage.image('web');
    const file = stage.write('other.raw', Buffer.alloc(1 << 20, 7));
    const replaced = await stage.run(['upload', file, '--name', 'web', '--if-exists', 'replace'], {
      terminal: true,
      answers: ['n'],
    });
    expect(replaced.stderr).toMatch(new RegExp(`${image} +web +active[^]*Replace this image from local\\?`));
    expect((await stage.ok(['show', 'web', '-o', 'id'])).stdout).toBe(`${image}\n`);
  });
});

describe('--ignore-missing', () => {
  it.each([
    [['nope'], 0],
    [['nope', 'nope-2'], 0],
    [['plain', 'nope'], 0],
    [['locked', 'nope'], 12],
    [['locked'], 6],
    [['00000000-0000-4000-8000-000000000000'], 0],
  ])('delete %j ends with %i', async (images, exitCode) => {
    const result = await stage.run(['delete', ...images, '--yes', '--ignore-missing', '-o', 'id']);
    expect(result.exitCode, result.stderr).toBe(exitCode);
    expect(result.stdout.split('\n').filter(Boolean)).toEqual(images.includes('plain') ? [plain] : []);
  });

  it('is no answer to a name that several bear, nor to a look that failed', async () => {
    await stage.queued('plain');
    expect((await stage.run(['delete', 'plain', '--yes', '--ignore-missing'])).exitCode).toBe(6);
    const dead = await stage.run(['delete', 'cow:1i1', '--yes', '--ignore-missing', '--retries', '0'], {
      env: { IMGCTL_PROFILE_COW_PROVIDER: 'rancher', IMGCTL_PROFILE_COW_URL: 'http://127.0.0.1:9/v1' },
    });
    expect(dead.exitCode).toBe(9);
  });
});

const lines: readonly (readonly string[])[] = [
  ['show'],
  ['delete', '--yes'],
  ['patch', '--tag', 'x'],
  ['deactivate'],
  ['reactivate'],
];

describe.each(lines)('%s of several images, one of which fails', (verb, ...more) => {
  const typed = (...images: string[]) => [verb, ...images, ...more];

  it('tells the failure whole on stderr, as for one image, and a short word in the table', async () => {
    await stage.image('web');
    const alone = await stage.run(typed('wep'));
    const both = await stage.run(typed('web', 'wep'));
    expect([alone.exitCode, both.exitCode]).toEqual([5, 12]);
    expect(both.stderr).toContain(alone.stderr.trim());
    // What shows images has rows of images only.
    if (verb !== 'show') expect(both.stdout).toContain('not found');
    expect(both.stdout).not.toContain('no such image');
  });

  it('ends with a JSON error that has the exit code of the process, after the single ones', async () => {
    await stage.image('web');
    for (const images of [
      ['web', 'wep'],
      ['wep', 'nope'],
    ]) {
      const result = await stage.run([...typed(...images), '-o', 'json']);
      expect(errorOf(result).exitCode).toBe(result.exitCode);
      expect(result.stderr).toContain('"code":"NOT_FOUND"');
      if (verb === 'show') continue;
      const failed = (result.json() as { result: string }[]).find((row) => row.result === 'failed');
      expect(failed).toMatchObject({ code: 'NOT_FOUND', message: expect.any(String), hint: expect.any(String) });
    }
  });

  it('gives with -o id what was done only', async () => {
    const id = await stage.image('web');
    const result = await stage.run([...typed('wep', 'web'), '-o', 'id']);
    expect(result.stdout).toBe(`${String(id)}\n`);
  });
});

it('copy to a profile that there is not ends with 3', async () => {
  await stage.image('web');
  for (const to of ['nosuch', 'nosuch:web']) {
    const result = await stage.run(['copy', 'web', to, '--json']);
    expect([result.exitCode, errorOf(result).message]).toEqual([3, expect.stringContaining('nosuch')]);
  }
});
