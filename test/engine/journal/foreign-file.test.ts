import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, linkSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { jobOf } from '../../../src/engine/journal/job-of.ts';
import { pruneJournal } from '../../../src/engine/journal/prune.ts';
import { runIdsIn } from '../../../src/engine/journal/journal-folder.ts';
import { commandStage, smallDisk } from '../../commands/stage.ts';
import { journalFiles, killedBehind } from '../../support/killed-run.ts';

const stage = commandStage();
/** Newer than all that a test makes: it is met first. */
const foreign = '20991128-000000-ffffff';

type Kind = readonly [what: string, put: (file: string) => void];
const kinds: readonly [Kind, ...Kind[]] = [
  ['a pipe', (file) => void spawnSync('mkfifo', [file])],
  ['a folder', (file) => void mkdirSync(file)],
  ['a link', (file) => symlinkSync(journalFiles(stage.file('')).at(-1) ?? '', file)],
  ['a file under another name too', (file) => linkSync(stage.write('other', ''), file)],
  ['a file that others may write', (file) => (writeFileSync(file, ''), chmodSync(file, 0o666))],
  ['a file that holds something else', (file) => writeFileSync(file, 'rubbish\n', { mode: 0o600 })],
];

const [anyKind] = kinds;

/** A run that was killed once its image was there, and what is not of the journal beside it. */
async function killedBeside(put: (file: string) => void): Promise<{ readonly id: string; readonly file: string }> {
  await stage.ok(['upload', stage.write('disk.raw', smallDisk()), '--name', 'local:web']);
  const id = killedBehind(stage.file(''), 'created');
  const file = path.join(path.dirname(journalFiles(stage.file('')).at(-1) ?? ''), `${foreign}.jsonl`);
  put(file);
  return { id, file };
}

/** Does it, and gives what it says. It must warn of the foreign file once. */
async function warned(...words: readonly string[]): Promise<string> {
  const { stderr, stdout } = await stage.ok(['ops', ...words, '-o', 'json']);
  expect(stderr.split(foreign), words.join(' ')).toHaveLength(2);
  return stdout;
}

describe('what is not of the journal and lies in its folder', () => {
  it.each(kinds)('is warned about by its name and kept, and the other runs are seen to: %s', async (_what, put) => {
    const { file, id } = await killedBeside(put);
    expect(await warned('list', '--all')).toContain(id);
    expect(await warned('show')).toContain(id);
    expect(await warned('undo', '--yes', '--force')).toContain('"removed"');
    expect(lstatSync(file)).toBeDefined();
  });

  it('keeps no run from being resumed', async () => {
    await killedBeside(anyKind[1]);
    expect(await warned('resume')).toContain('"active"');
  });

  it('keeps nobody from finding jobs, and no old runs from being forgotten', async () => {
    const { file, id } = await killedBeside(anyKind[1]);
    const began = [
      { kind: 'action', action: 9, account: 'k', verb: 'import', profile: 'p', provider: 'x' },
      { kind: 'began', action: 9, job: { verb: 'import', image: 'i' } },
    ];
    appendFileSync(file.replace(foreign, id), began.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    const context = { home: { env: {}, home: stage.file(''), platform: 'linux' }, detail: () => undefined } as never;
    expect(jobOf({ key: 'k', profile: 'p' }, 'i', context)).toMatchObject({ image: 'i' });
    await stage.ok(['create', 'local:done']);
    const folder = path.dirname(file);
    expect(runIdsIn(folder)).toHaveLength(3);
    pruneJournal(folder, Date.now(), { runs: 0, ageMs: 0 });
    expect(runIdsIn(folder)).toEqual([foreign, id]);
  });
});
