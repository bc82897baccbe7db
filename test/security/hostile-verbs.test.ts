import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands/index.ts';
import { completionAnswer } from '../../src/cli/completion/answer.ts';
import { completionTable } from '../../src/cli/completion/table.ts';
import { driverList } from '../../src/engine/driver-list.ts';
import { hostileSigns, hostileTexts } from './hostile-records.ts';
import { overNetwork } from '../clouds/index.ts';
import { hasTurn } from '../support/sweep.ts';
import { plant, type Planted } from './planted.ts';

const places: Planted[] = [];
beforeAll(async () => {
  for (const [provider] of overNetwork) places.push(await plant(provider));
});
afterAll(async () => void (await Promise.all(places.map((place) => place.stop()))));

/** What our own questions write to move the cursor. */
const ofReadline = /\u001b\[\d+G|\u001b\[0J/g;
const plain = (shown: string): string => shown.replaceAll(ofReadline, '').replaceAll(/\r\n|[\n\t]/g, '');

const waiting = ['--wait-timeout', '200ms', '--poll-interval', '20ms'];

/** Every place where a name of an image, of a file or of anything else can come to be shown. */
const lines = (text: string, id: string, file: string, folder: string): readonly (readonly string[])[] => [
  ['list', '-A', '--group-by', 'name'],
  ['list', '-A', '--group-by', 'disk', '-o', 'wide'],
  ['list', '-A', '-o', 'id'],
  ['list', '-A', '-o', 'csv'],
  ['list', '--tag', text, '--owner', text, '--property', `${text}=${text}`, '-v'],
  ['list', '--name', text, '--debug'],
  ['list', '-p', text],
  ['list', '-c', text],
  ['list', '--sort', text],
  ['list', '--filter', `${text}=x`],
  ['list', '--status', text, '-o', 'jsonl'],
  ['show', text],
  ['show', `${text}x`],
  ['resolve', '*'],
  ['resolve', text, '-v'],
  ['wait', id, '--for', 'active', '--progress', 'json', ...waiting],
  ['wait', id, '--for', text],
  ['patch', id, '--json-patch', '-'],
  ['patch', id, '--set', `${text}=x`],
  ['create', text, '--dry-run'],
  ['create', `${text}:x`, '--dry-run'],
  ['replicate', id, '--to', text, ...waiting],
  ['share', id, '--with', text],
  ['download', id, `${folder}/`, '--force', '--progress', 'json'],
  ['download', id, `${folder}/`, '-v'],
  ['copy', `x:${id}`, 'local', '--if-exists', 'rename', '--progress', 'plain', '-v'],
  ['copy', `x:${id}`, `local:${text}`, '--dry-run'],
  ['delete', id],
  ['delete', id, text],
  ['upload', file, '--name', text, '--dry-run'],
  ['upload', file, '--name', text, '--id', text, ...waiting],
  ['inspect', file],
  ['convert', file, path.join(folder, 'none', text)],
  ['import', text, '--url', `https://127.0.0.1:9/${encodeURIComponent(Buffer.from(text).toString())}`, '--dry-run'],
  ['import', text, '--url', text],
  ['profile', 'show', text],
  ['profile', 'add', text, '--provider', text],
  ['profile', 'set', 'x', `${text}=1`],
  ['providers', text],
  ['completion', text],
  ['help', text],
  [text],
  ['list', `--${text}`],
];

describe('hostile text', () => {
  it.each(Object.keys(hostileTexts))('%s: is shown safely wherever it is named', async (kind) => {
    const text = hostileTexts[kind] ?? '';
    const turn = Object.keys(hostileTexts).indexOf(kind);
    const place = places[turn % places.length];
    if (!place) throw new Error('no place');
    const [id = ''] = await place.cloud.seed([
      { name: text, description: text, tags: [text], properties: { [text.slice(0, 5)]: text }, data: Buffer.alloc(4096, 'x') },
      { name: text, status: 'queued' },
      { name: `${text}y` },
    ]);
    const folder = path.join(place.home.folder, `of-${turn}`);
    mkdirSync(path.join(folder, 'in'), { recursive: true });
    // A file may have any name but for these two signs.
    const file = path.join(folder, 'in', text.replaceAll(/[\0/]/g, '_').replace(/^\.*$/, '_').slice(0, 80));
    writeFileSync(file, Buffer.alloc(4096, 'x'));
    const looks = [
      { terminal: true, columns: 90, answers: ['no'] },
      {},
      { terminal: true, columns: 40, unicode: false, answers: ['no'] },
    ];
    const stdin = JSON.stringify([
      { op: 'test', path: '/description', value: `${text}?` },
      { op: 'replace', path: '/name', value: 'x' },
    ]);
    for (const [index, line] of lines(text, id, file, path.join(folder, 'in')).entries()) {
      if (!hasTurn(index + turn, 4)) continue;
      // A bar is drawn where a machine is slow, and moves the cursor itself.
      const drawn = line.includes('--progress') ? [] : ['--progress', 'plain'];
      const args = [...line, ...(line.includes('-p') ? [] : ['-p', 'x']), '--retries', '0', ...drawn];
      const { stdout, stderr, exitCode } = await place.run(line.length === 1 || line[0] === 'help' ? line : args, {
        stdin,
        ...looks[(index + turn) % 3],
      });
      expect(exitCode, `${JSON.stringify(line)}: ${stderr}`).not.toBe(1);
      for (const shown of [stdout, stderr])
        expect(hostileSigns.exec(plain(shown))?.[0], JSON.stringify([line, shown])).toBeUndefined();
    }
    expect(readdirSync(folder)).toEqual(['in']);
  });

  it.each(['bash', 'zsh', 'fish'])('is offered safely by the completion of %s', async (shell) => {
    const table = await completionTable(commands, driverList);
    for (const place of places) {
      await place.run(['list', '-p', 'x', '--all', '--hidden', '-o', 'json']);
      const home = { env: { ...place.env, IMGCTL_PROFILE: 'x' }, home: place.home.folder, platform: 'linux' as const };
      const offered: string[] = [];
      for (const begun of ['', 'x:', 'w', '-', '$', '"', '.', '..', '=', '/', '__', `x:$`]) {
        const words = shell === 'bash' ? [' \t\n"\'><=;|&(:', `imgctl show ${begun}`] : ['imgctl', 'show', begun];
        offered.push(...(await completionAnswer([shell, ...words], table, home, Date.now())).split('\n').slice(1));
      }
      expect(offered.length).toBeGreaterThan(10);
      for (const line of offered) expect(hostileSigns.exec(line)?.[0], JSON.stringify(line)).toBeUndefined();
      // What a shell puts on its line must not be run when the line is.
      if (shell === 'bash') for (const line of offered) expect(line.replaceAll(/\\./g, '')).not.toMatch(/[$`;|&<>()"']/);
      for (const line of offered) expect(line).not.toMatch(/^-(?!-help)/);
    }
  });
});
