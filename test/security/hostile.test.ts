import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Wire } from '../clouds/bed-cloud.ts';
import { makeBed, type Bed } from '../clouds/bed.ts';
import { stages } from '../clouds/index.ts';
import { hasTurn, inTurns } from '../support/sweep.ts';
import { hostileSigns, hostileTexts, strangeValues } from './hostile-records.ts';
import { costOfAsync } from '../support/cpu-time.ts';

describe.each(Object.entries(stages))('what %s says', (provider, { hostileRecord, wire }) => {
  const place = Object.keys(stages).indexOf(provider);
  let bed: Bed;
  let id: string;
  beforeAll(async () => {
    bed = await makeBed({ x: provider });
    id = await bed.cloud('x').seed('web');
  });
  afterAll(() => bed.stop());

  const tamper = (change: (record: Wire) => Wire): void => bed.cloud('x').retell(change);
  const tamperText = (change: (body: string) => string | Buffer): void =>
    bed
      .cloud('x')
      .proxy.plan(({ path: asked }) =>
        /image/i.test(asked) && !/schemas/.test(asked) ? { kind: 'tampered', change } : undefined,
      );

  const lines = (): readonly (readonly string[])[] => [
    ['list'],
    ['list', '-o', 'wide'],
    ['list', '-o', 'csv'],
    ['list', '-o', 'yaml'],
    ['list', '-o', 'jsonl', '--raw'],
    ['show', id],
    ['show', id, '-o', 'yaml', '--raw'],
    ['show', id, '-o', 'json', '--raw'],
    ['show', 'no-such-image'],
    ['resolve', '*', '--debug'],
  ];
  const looks = [{ terminal: true, columns: 100 }, { terminal: true, columns: 40, unicode: false }, {}];

  it.each(inTurns(Object.keys(hostileTexts), 3, place))('%s: is shown safely, and kept exactly', async (kind) => {
    const text = hostileTexts[kind] ?? '';
    tamper((image) => ({
      ...image,
      ...Object.fromEntries(hostileRecord.texts.map((field) => [field, text])),
      tags: [text],
    }));
    // Each text comes from one provider or another; in a whole sweep every line meets every look and every text.
    const turn = Object.keys(hostileTexts).indexOf(kind) + place;
    for (const [index, line] of lines().entries()) {
      if (!hasTurn(index + turn, 8)) continue;
      const look = looks[(index + turn) % looks.length];
      // What is drawn moves the cursor: that is no text of a provider's.
      const words = [...line, '-p', 'x', '--retries', '0', '--progress', 'plain'];
      const { stdout, stderr, exitCode } = await bed.home.run(words, { env: bed.env, ...look });
      expect(exitCode, stderr).not.toBe(1);
      for (const shown of [stdout, stderr])
        expect(hostileSigns.exec(shown.replaceAll(/\r\n|[\n\t]/g, ''))?.[0], line.join(' ')).toBeUndefined();
    }
    const isKept = hostileRecord.isName?.(text) ?? true;
    for (const [index, line] of (hostileRecord.isName ? [['list']] : [['show', id], ['list']]).entries()) {
      if (!hasTurn(index + turn, 4)) continue;
      const images = [(await bed.run(...line, '-o', 'json', '-p', 'x')).json()].flat() as readonly { readonly name: string }[];
      expect(images.map(({ name }) => name)).toEqual(isKept ? [hostileRecord.told?.(text) ?? text] : []);
    }
    // One image is one line, whatever is in its name.
    const rows = await bed.run('list', '--no-header', '-p', 'x');
    expect(rows.stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(rows.stdout.split('\t')).toHaveLength(isKept ? 7 : 1);
  });

  it('a name of a megabyte is no burden', async () => {
    const text = 'x\u001b'.repeat(512 * 1024);
    tamper((image) => ({ ...image, [hostileRecord.texts[0] ?? '']: text }));
    for (const [index, line] of [['list'], ['show', id], ['list', '-o', 'yaml'], ['show', 'x', '--debug']].entries()) {
      if (!hasTurn(index + place, 2)) continue;
      const { result, ms } = await costOfAsync(() => bed.run(...line, '-p', 'x', '--retries', '0'));
      expect(result.exitCode, result.stderr.slice(0, 500)).not.toBe(1);
      expect(ms).toBeLessThan(10_000);
    }
    const shown = await bed.run('show', id, '-o', 'json', '-p', 'x');
    if (hostileRecord.isName) expect([shown.exitCode, hostileRecord.isName(text)]).toEqual([5, false]);
    else expect((shown.json() as { name: string }).name === text).toBe(true);
  });

  it.each(inTurns(Object.keys(strangeValues), 3, place))(
    '%s in the place of anything else: no crash, nothing made up',
    async (kind) => {
      const value = strangeValues[kind];
      const turn = Object.keys(strangeValues).indexOf(kind);
      for (const [index, field] of hostileRecord.others.entries()) {
        if (!hasTurn(index + turn + place, 6)) continue;
        tamper((image) => ({ ...image, [field]: value }));
        const listing = index % 4 < 2 ? ['--sort', 'created:desc,size'] : ['--older-than', '1d', '--min-size', '1K'];
        for (const line of [...((index + turn) % 2 === 0 ? [['list', ...listing]] : []), ['show', id, '-o', 'json', '--raw']]) {
          const { stdout, stderr, exitCode } = await bed.home.run([...line, '-p', 'x', '--retries', '0'], {
            env: bed.env,
            terminal: true,
          });
          expect([0, 10, ...(hostileRecord.isName ? [5] : [])], `${field}: ${line.join(' ')}: ${stderr}`).toContain(exitCode);
          expect(stdout, field).not.toMatch(/NaN|Infinity|\[object Object\]|Invalid Date/);
          if (line[0] === 'show' && exitCode === 0) {
            const { raw, ...shown } = JSON.parse(stdout) as { raw: Wire; sizeBytes?: unknown; tags: unknown; name: unknown };
            const wanted = hostileRecord.told ? hostileRecord.told(value) : value;
            expect((hostileRecord.in?.(raw) ?? raw)[field] ?? null).toEqual(wanted ?? null);
            if (shown.sizeBytes !== undefined)
              expect(shown.sizeBytes, field).toSatisfy((size: number) => Number.isSafeInteger(size) && size >= 0);
            expect(typeof shown.name).toBe('string');
            expect(Array.isArray(shown.tags)).toBe(true);
          }
        }
      }
    },
  );

  it('keys that are names of the language are data', async () => {
    const before = Object.keys(Object.prototype);
    // Only a parser makes a key of this name; a literal would set the prototype.
    const keys = JSON.parse(
      '{"__proto__":"p-4711","constructor":"c-4711","toString":"t-4711","hasOwnProperty":"h-4711"}',
    ) as Wire;
    tamper((image) => ({ ...keys, ...image }));
    for (const line of [
      ['list'],
      ['show', id],
      ['list', '--property', '__proto__=p-4711'],
      ['list', '-c', 'id,properties.__proto__,raw.constructor'],
    ]) {
      const { stderr, exitCode } = await bed.run(...line, '-p', 'x', '--retries', '0');
      expect([0, 10], stderr).toContain(exitCode);
    }
    const { stdout } = await bed.run('show', id, '-p', 'x', '-o', 'json', '--raw');
    expect(stdout).toContain('"__proto__": "p-4711"');
    expect(stdout).toContain('"toString": "t-4711"');
    expect(Object.keys(Object.prototype)).toEqual(before);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  // What is named by its digest is seen to be something else: 11; what is named by its file is not there under another name: 5.
  if (wire)
    it.each([
      ['a hundred thousand levels', () => `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
      ['keys twice', (body: string) => body.replaceAll(/"(name|label)":\s*"/g, '"$1":"first","$1":"')],
      ['invalid UTF-8', (body: string) => Buffer.from(body.replaceAll('web', 'w\u00ff\u00feb'), 'latin1')],
      ['a byte order mark', (body: string) => `\ufeff${body}`],
      [
        'a number with a thousand digits',
        (body: string) => body.replaceAll(/"(size|name|label)":\s*[^,}]+/g, `"$1":${'9'.repeat(1000)}`),
      ],
      ['null', () => 'null'],
      ['a text', () => '"text"'],
      ['nothing but brackets', () => '['.repeat(1_000_000)],
    ] as readonly (readonly [string, (body: string) => string | Buffer])[])('%s: no crash', async (what, change) => {
      tamperText(change);
      const lines = [
        ['list'],
        ['show', id],
        ['list', '-o', 'json', '--raw'],
        ['show', id, '-o', 'yaml', '--raw'],
        ['show', id, '--raw', '--debug'],
      ];
      for (const [index, line] of lines.entries()) {
        if (!hasTurn(index + what.length + place, 4)) continue;
        const { stderr, exitCode } = await bed.run(...line, '-p', 'x', '--retries', '0', '--timeout', '5s');
        expect([0, 10, ...(wire.documents ? [11] : []), ...(hostileRecord.isName ? [5] : [])], stderr.slice(0, 500)).toContain(
          exitCode,
        );
      }
    });
});

describe('names never become paths', () => {
  it.each(Object.keys(hostileTexts))('%s: a download stays in its folder', async (kind) => {
    const bed = await makeBed({ x: 'openstack' });
    try {
      const id = await bed.cloud('x').seed(hostileTexts[kind] ?? '');
      const folder = path.join(bed.home.folder, 'deep', 'deeper', 'deepest');
      mkdirSync(folder, { recursive: true });
      for (const to of [folder, `${folder}/`]) {
        const { exitCode, stderr } = await bed.run('download', id, to, '-p', 'x', '--force');
        expect(exitCode, stderr).toBe(0);
      }
      const [only, ...others] = readdirSync(folder);
      expect(others).toEqual([]);
      expect(only).toMatch(/^[^.\-/\\][^/\\]*\.raw$/);
      expect(only, 'nor does its name act upon a terminal').not.toMatch(hostileSigns);
      expect(readdirSync(path.join(bed.home.folder, 'deep', 'deeper'))).toEqual(['deepest']);
      expect(readdirSync(path.join(bed.home.folder, 'deep'))).toEqual(['deeper']);
    } finally {
      await bed.stop();
    }
  });

  it('an existing file stays as it is without --force', async () => {
    const bed = await makeBed({ x: 'openstack' });
    try {
      const id = await bed.cloud('x').seed('web');
      const file = bed.file('there', Buffer.from('precious'));
      expect((await bed.run('download', id, file, '-p', 'x')).exitCode).toBe(6);
      expect(bed.read('there')?.toString()).toBe('precious');
    } finally {
      await bed.stop();
    }
  });
});

describe('data of another length than the record says', () => {
  it.each([{ kind: 'endless', lost: true }, { kind: 'doubled' }, { kind: 'short length' }, { kind: 'flip', at: 0.4 }] as const)(
    '$kind: is refused, and nothing of it stays',
    async (fault) => {
      const bed = await makeBed({ x: 'openstack', y: 'openstack' });
      try {
        const id = await bed.cloud('x').seed('web');
        bed.cloud('x').proxy.plan(({ path: asked }) => (asked.endsWith('/file') ? fault : undefined));
        const lines = [
          ['download', id, path.join(bed.home.folder, 'out.raw'), '-p', 'x'],
          ['download', id, '-', '-p', 'x'],
          ['copy', `x:${id}`, 'y:copied'],
        ];
        for (const line of lines) {
          // Not by a time limit, of which the shortest is 30 s and which would be another failure.
          const { exitCode, stderr } = await bed.run(...line, '--retries', '0');
          expect(exitCode, stderr).toBe(11);
        }
        expect(readdirSync(bed.home.folder).filter((name) => /out|part|imgctl-/.test(name))).toEqual([]);
        expect(bed.cloud('y').held()).toEqual([]);
      } finally {
        await bed.stop();
      }
    },
  );
});
