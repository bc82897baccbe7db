import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, readdirSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { abortedError, networkError } from '../../../src/core/errors.ts';
import { Secret } from '../../../src/core/secret.ts';
import type { Entry } from '../../../src/engine/journal/entry.ts';
import { openRun, readRun, runIdsIn } from '../../../src/engine/journal/journal-folder.ts';
import { pruneJournal } from '../../../src/engine/journal/prune.ts';
import { runFrom, type Run } from '../../../src/engine/journal/run-state.ts';
import { runNamed, runsIn } from '../../../src/engine/journal/runs.ts';
import { createRedactor } from '../../../src/core/redact.ts';
import { account, imageOf, journalStage, type JournalStage } from './stage.ts';

let stage: JournalStage;
beforeEach(() => {
  stage = journalStage();
});
afterEach(() => stage.remove());

const now = Date.parse('2026-11-28T18:31:00Z');
const upload = { at: account, verb: 'upload', request: { description: { name: 'web' }, extras: {} } } as const;
const only = (): Run => {
  const [run] = runsIn(stage.home, now, () => undefined);
  if (!run) throw new Error('no run');
  return run;
};
const fileOf = (id: string): string => path.join(stage.folder, `${id}.jsonl`);
const leftIds = (run: Run): readonly (string | undefined)[] => run.left.map(({ id }) => id);

/** A run of a process that is no more, with these lines after the first. */
function dead(entries: readonly Partial<Entry>[]): string {
  const { pid } = spawnSync('true');
  const journal = stage.open();
  const file = fileOf(journal.id);
  const [first] = stage.entries();
  const mark = (first as { process: string }).process.replace(/-\d+-\d*$/, `-${pid}-1`);
  writeFileSync(file, [{ ...first, process: mark }, ...entries].map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  return journal.id;
}

const begun = (entries: readonly object[] = []): readonly Partial<Entry>[] => [
  { kind: 'action', action: 1, at: '', verb: 'upload', name: 'web', request: {}, ...account },
  ...(entries as Partial<Entry>[]),
];

describe('a file of the journal', () => {
  it('holds the action before it is done, what was made, and how it ended; only its user may read it', async () => {
    const journal = stage.open();
    const action = await journal.begin({ ...upload, source: { file: '/no/such/disk.raw' } });
    expect(stage.entries().map(({ kind }) => kind)).toEqual(['run', 'action']);
    action.note({ kind: 'intended', id: 'a1' });
    action.note({ kind: 'created', id: 'a1' });
    action.note({ kind: 'warning', message: 'not of interest' });
    action.done(imageOf('a1', 'active'));
    journal.end(0, []);
    expect(stage.entries()).toMatchObject([
      { kind: 'run', imgctl: '1.0.0', words: ['upload', 'disk.raw', '--name', 'web'], at: '2026-11-28T18:30:00.000Z' },
      { kind: 'action', action: 1, verb: 'upload', name: 'web', source: { file: '/no/such/disk.raw' }, ...account },
      { kind: 'intended', action: 1, id: 'a1' },
      { kind: 'created', action: 1, id: 'a1' },
      { kind: 'outcome', action: 1, result: 'done', image: 'a1', status: 'active' },
      { kind: 'settled', id: 'a1', status: 'active' },
      { kind: 'end', exitCode: 0 },
    ]);
    expect(statSync(fileOf(journal.id)).mode & 0o777).toBe(0o600);
    expect(statSync(stage.folder).mode & 0o777).toBe(0o700);
    expect(only().state).toBe('done');
  });

  it('that was cut in the middle of a line is read up to there, wherever it was cut, and can be added to', async () => {
    const journal = stage.open();
    const action = await journal.begin(upload);
    action.note({ kind: 'created', id: 'a1' });
    const whole = stage.text();
    const lastLine = whole.trimEnd().lastIndexOf('\n') + 1;
    for (let length = whole.length - 2; length > lastLine; length -= 1) {
      truncateSync(fileOf(journal.id), length);
      expect(runFrom(readRun(stage.folder, journal.id), false)).toMatchObject({ state: 'interrupted', left: [{}], unread: 0 });
    }
    const again = openRun(stage.folder, journal.id);
    again.add({ kind: 'undone', at: '', by: 'other', gone: [], actions: [1] });
    again.close();
    expect(runFrom(readRun(stage.folder, journal.id), false)).toMatchObject({ state: 'undone', left: [], unread: 1 });
  });

  it('with lines that nobody understands keeps them, counts them, and is read besides', () => {
    const id = dead(begun([{ kind: 'created', action: 1, id: 'a1' }]));
    appendFileSync(fileOf(id), 'rubbish\n{"kind":"from the future"}\n{"kind":"created"}\n');
    expect(only()).toMatchObject({ state: 'interrupted', unread: 3, left: [{ id: 'a1' }] });
  });

  it('without a first line is told of, and is no run', () => {
    mkdirSync(stage.folder, { recursive: true });
    writeFileSync(fileOf('20261128-183000-abcdef'), 'rubbish');
    const unreadable: string[] = [];
    expect([...runsIn(stage.home, now, (reason) => unreadable.push(reason))]).toEqual([]);
    expect(unreadable).toEqual(['no run is in the journal file of 20261128-183000-abcdef']);
  });

  it('that cannot be written is warned about once, and the work goes on', async () => {
    mkdirSync(path.dirname(stage.folder), { recursive: true });
    writeFileSync(stage.folder, 'no folder');
    const journal = stage.open();
    const action = await journal.begin(upload);
    action.note({ kind: 'created', id: 'a1' });
    action.done(imageOf('a1', 'active'));
    journal.end(0, []);
    expect(stage.warnings).toEqual([expect.stringMatching(/^the journal cannot be written \(.+\): imgctl ops will not know/)]);
  });

  it('in a folder that others may write to is not written', () => {
    mkdirSync(stage.folder, { recursive: true });
    chmodSync(stage.folder, 0o777);
    stage.open();
    expect(stage.warnings).toHaveLength(1);
    expect(readdirSync(stage.folder)).toEqual([]);
  });

  it('is one for each of many runs at once', () => {
    const ids = Array.from({ length: 50 }, () => stage.open().id);
    expect(new Set(ids).size).toBe(50);
    expect(runIdsIn(stage.folder)).toHaveLength(50);
  });

  it('that another run adds to gives no sign of life by that', () => {
    const id = dead(begun());
    utimesSync(fileOf(id), 1000, 1000);
    const file = openRun(stage.folder, id);
    file.add({ kind: 'undone', at: '', by: 'other', gone: [], actions: [] });
    file.close();
    expect(readRun(stage.folder, id)).toMatchObject({ writtenMs: 1_000_000, entries: [{}, {}, { kind: 'undone' }] });
  });

  it('takes lines of several processes at once whole', () => {
    const id = dead(begun());
    const files = Array.from({ length: 8 }, () => openRun(stage.folder, id));
    for (let round = 0; round < 50; round += 1)
      for (const file of files) file.add({ kind: 'undone', at: '', by: 'x'.repeat(2000), gone: [`${round}`], actions: [] });
    const { entries, unread } = readRun(stage.folder, id);
    expect([entries.length, unread]).toEqual([402, 0]);
  });
});

describe('a run', () => {
  it('whose process is there is running; one whose process is gone was interrupted', () => {
    stage.open();
    expect(only().state).toBe('running');
    dead(begun());
    expect([...runsIn(stage.home, now, () => undefined)].map(({ state }) => state).sort()).toEqual(['interrupted', 'running']);
  });

  it('of another machine is alive as long as it gives signs of life', () => {
    const id = dead(begun());
    const text = stage.text().replace(/"process":"[0-9a-f]{8}/, '"process":"00000000');
    writeFileSync(fileOf(id), text);
    const written = statSync(fileOf(id)).mtimeMs;
    const at = (ms: number): string | undefined => [...runsIn(stage.home, ms, () => undefined)][0]?.state;
    expect([at(written + 60_000), at(written + 3_600_000)]).toEqual(['running', 'interrupted']);
  });

  it('is found by its id, and by the beginning of it', () => {
    const id = dead(begun());
    expect(runNamed(id.slice(0, -2), stage.home, now).run.id).toBe(id);
    expect(() => runNamed('1999', stage.home, now)).toThrow(/no such run/);
    dead(begun());
    expect(() => runNamed('2026', stage.home, now)).toThrow(/beginning of several runs/);
  });

  const created = { kind: 'created', action: 1, id: 'a1' };
  const done = (status: string): object => ({ kind: 'outcome', action: 1, result: 'done', image: 'a1', status });
  const failed = (more: object): object => ({ kind: 'outcome', action: 1, result: 'failed', code: 'NETWORK', ...more });
  const end = (more: object): object => ({ kind: 'end', at: '', exitCode: 10, ...more });
  const cases: readonly (readonly [what: string, entries: readonly object[], left: readonly (string | undefined)[]])[] = [
    ['before anything was heard of it', [], [undefined]],
    ['with an id of its own', [{ kind: 'intended', action: 1, id: 'a1' }], ['a1']],
    ['to which the provider gave another id', [{ kind: 'intended', action: 1, id: 'mine' }, created], ['a1']],
    ['once it was made', [created], ['a1']],
    ['once it was removed again', [created, { kind: 'removed', action: 1, id: 'a1' }], []],
    ['while the provider works on it', [created, done('pending')], ['a1']],
    ['once it is whole', [created, done('active')], []],
    ['once it was seen whole', [created, done('pending'), { kind: 'settled', profile: 'pcd', id: 'a1', status: 'active' }], []],
    ['after a failure that left nothing', [created, failed({}), end({})], []],
    ['after a failure that left it', [created, failed({ leftover: 'a1' }), end({})], ['a1']],
    ['after a failure that may have made something', [failed({ isUncertain: true }), end({})], [undefined]],
    ['whose wait took too long', [created, done('pending'), end({ code: 'WAIT_TIMEOUT' })], ['a1']],
    ['whose data was not what was sent', [created, done('active'), end({ leftover: ['a1'] })], ['a1']],
    [
      'whose image a later verb of the run deleted',
      [
        created,
        done('pending'),
        { kind: 'action', action: 2, verb: 'delete', image: 'a1', request: {}, ...account },
        { kind: 'outcome', action: 2, result: 'done' },
        end({}),
      ],
      [],
    ],
    ['that is done', [created, done('pending'), end({ exitCode: 0 })], []],
    ['that was undone', [created, { kind: 'undone', at: '', by: 'x', gone: ['a1'], actions: [1] }], []],
    ['that was resumed', [created, { kind: 'resumed', at: '', by: 'x' }], []],
  ];
  it.each(cases)('leaves what it made, %s', (_what, entries, left) => {
    dead(begun(entries));
    expect(leftIds(only())).toEqual(left);
  });

  it('leaves the name of the upload in which its disk is on its way, and the job that was begun last', async () => {
    const journal = stage.open();
    const action = await journal.begin(upload);
    for (const ref of ['upload-1', 'upload-2']) action.note({ kind: 'sending', ref });
    action.note({ kind: 'began', job: { verb: 'upload', image: 'a1' } });
    expect(only().left).toMatchObject([{ ref: 'upload-2', job: { verb: 'upload', image: 'a1' } }]);
  });

  it('that replicates leaves the places where the image was neither before nor seen since', () => {
    const replicate = { kind: 'action', action: 1, at: '', verb: 'replicate', image: 'a1', ...account };
    dead([
      { ...replicate, request: { add: ['old', 'seen', 'open'] } } as Partial<Entry>,
      { kind: 'adding', action: 1, places: ['seen', 'open'] },
      { kind: 'settled', profile: 'pcd', id: 'a1', status: 'active', places: ['seen'] },
    ]);
    expect(only().left).toMatchObject([{ id: 'a1', places: ['open'] }]);
  });

  it('that was stopped by a signal is interrupted, one that failed has failed', async () => {
    const states = [abortedError('interrupted'), networkError('gone')].map((error) => {
      const journal = stage.open();
      journal.end(error.exitCode, [error]);
      return runNamed(journal.id, stage.home, now).state;
    });
    expect(states).toEqual(['interrupted', 'failed']);
  });
});

describe('old runs', () => {
  const put = (id: string, entries: readonly Partial<Entry>[]): void => {
    mkdirSync(stage.folder, { recursive: true });
    const run = { kind: 'run', version: 1, id, at: '', imgctl: '', words: [], folder: '', process: 'x' };
    writeFileSync(fileOf(id), [run, ...entries].map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  };
  const whole: Partial<Entry> = { kind: 'end', at: '', exitCode: 0 };

  it('are forgotten by age and by number, but never one that left something, or has lines that were not understood', () => {
    put('20260101-000000-aaaaaa', [whole]);
    put('20260102-000000-bbbbbb', begun([{ kind: 'created', action: 1, id: 'a1' }]));
    put('20260103-000000-cccccc', [whole]);
    appendFileSync(fileOf('20260103-000000-cccccc'), 'rubbish\n');
    for (const day of [26, 27, 28]) put(`202611${day}-000000-dddddd`, [whole]);
    pruneJournal(stage.folder, now, { runs: 2, ageMs: 90 * 86_400_000 });
    expect(runIdsIn(stage.folder)).toEqual([
      '20261128-000000-dddddd',
      '20261127-000000-dddddd',
      '20260103-000000-cccccc',
      '20260102-000000-bbbbbb',
    ]);
  });
});

describe('secrets', () => {
  it('of addresses, of telling names, of Secrets and those that went over the wire are in no line', async () => {
    const redactor = createRedactor();
    redactor.learn('hunter2-over-the-wire');
    const hidden = (number: number): string => `planted-secret-${number}`;
    const journal = stage.open({
      redactor,
      words: [
        'import',
        'web',
        '--url',
        `https://me:${hidden(1)}@h/disk?sig=${hidden(2)}#${hidden(3)}`,
        '--set',
        `token=${hidden(4)}`,
        `--set=apiKey=${hidden(5)}`,
        '--property',
        `db_password=${hidden(6)}`,
        '-----BEGIN PRIVATE KEY-----\nplanted-secret-7',
        'hunter2-over-the-wire',
      ],
    });
    const action = await journal.begin({
      at: account,
      verb: 'import',
      request: {
        url: `https://u:${hidden(8)}@h/x?X-Amz-Signature=${hidden(9)}`,
        description: { name: 'web', properties: { secretThing: hidden(10), os: 'linux' } },
        extras: { password: hidden(11) },
        key: new Secret(hidden(12)),
        handover: { realm: 'r', values: { token: hidden(13) } },
        content: { open: () => hidden(14) },
        data: Buffer.from(hidden(15)),
        judge: () => undefined,
      },
      source: { url: `ftp://a:${hidden(16)}@h/y?z=${hidden(17)}` },
    });
    action.failed(
      networkError(`no answer from https://h/x?sig=${hidden(18)}: hunter2-over-the-wire`, {
        hint: `try https://a:${hidden(19)}@h`,
      }),
    );
    journal.end(9, [networkError(`https://h/x?sig=${hidden(20)}`)]);
    expect(stage.text()).not.toMatch(/planted-secret|hunter2/);
    expect(stage.text()).toMatch(/"os":"linux"/);
    expect(only().run).toMatchObject({ isMasked: true, words: expect.arrayContaining(['https://h/disk', 'token=[secret]']) });
  });
});
