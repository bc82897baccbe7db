import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { publishedTree, type PublishedImage } from './published-tree.ts';
import { commandStage, errorOf, smallDisk } from './stage.ts';

const stage = commandStage();
const { tree, published, stateOfTree } = publishedTree(stage);
const publish = (...more: readonly string[]) => stage.ok(['publish', 'simplestreams', tree(), ...more]);

interface Products {
  readonly [key: string]: unknown;
  readonly products: Record<string, { versions: Record<string, object> }>;
}
const products = (): Products => JSON.parse(readFileSync(tree('streams/v1/images.json'), 'utf8')) as Products;
const serials = (product = 'web:amd64'): readonly string[] =>
  Object.keys(products().products[product]?.versions ?? {})
    .map((serial) => serial.replace(/_12:00$/, ''))
    .sort();
const disks = (): readonly string[] =>
  readdirSync(tree(), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.qcow2'))
    .sort();
/** Publishes one version of an image, of that day. Gives what became of it. */
async function version(day: string, name = 'web', ...more: readonly string[]): Promise<PublishedImage> {
  const file = stage.write('version.raw', smallDisk(Number(day)));
  vi.setSystemTime(`2026-11-${day}T12:00:00Z`);
  await stage.ok(['upload', file, '--name', name, '--if-exists', 'replace', '--yes']);
  vi.setSystemTime('2026-11-29T12:00:00Z');
  const [row] = await published(name, ...more);
  if (!row) throw new Error('nothing was published');
  return row;
}

/** A home with three versions in its tree, made once. */
const made = mkdtempSync(path.join(tmpdir(), 'imgctl-three-versions-'));
let paths: readonly string[] = [];
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  if (paths.length > 0) return cpSync(made, stage.file(''), { recursive: true });
  const rows = [await version('01'), await version('02'), await version('03')];
  paths = rows.map((row) => row.path);
  cpSync(stage.file(''), made, { recursive: true });
});
afterEach(() => void vi.useRealTimers());
afterAll(() => rmSync(made, { recursive: true }));

describe('publish --keep-last', () => {
  it('keeps so many versions of each product in the index, and every file', async () => {
    await version('01', 'db');
    await publish('--keep-last', '2');
    expect([serials(), serials('db:amd64')]).toEqual([['20261102', '20261103'], ['20261101']]);
    expect(paths.every((name) => existsSync(tree(name)))).toBe(true);
    const before = stateOfTree();
    await publish('--keep-last', '2');
    expect(stateOfTree()).toEqual(before);
  });

  it('counts what is new', async () => {
    expect((await version('04', 'web', '--keep-last', '1')).result).toBe('published');
    expect(serials()).toEqual(['20261104']);
  });

  it('passes over an image that is older than those', async () => {
    await publish('--keep-last', '1');
    const before = stateOfTree();
    expect(await version('02', 'web', '--keep-last', '1')).toMatchObject({ result: 'skipped' });
    expect(stateOfTree()).toEqual(before);
  });

  it('leaves versions of other tools in the index', async () => {
    const body = products();
    Object.assign(body.products['web:amd64']?.versions ?? {}, { '20200101': { items: {} } });
    Object.assign(body.products, { other: { versions: { '20200101': {}, '20200102': {} } }, odd: 'a text' });
    writeFileSync(tree('streams/v1/images.json'), JSON.stringify(body));
    await publish('--keep-last', '1');
    expect([serials(), serials('other')]).toEqual([
      ['20200101', '20261103'],
      ['20200101', '20200102'],
    ]);
  });

  it.skipIf(process.platform === 'win32').each(['streams/v1/index.json', 'streams/v1/images.json', 'other.json'])(
    'waits for no pipe that lies there: %s',
    async (name) => {
      await publish('--keep-last', '1');
      const file = tree(name);
      rmSync(file, { force: true });
      execFileSync('mkfifo', [file]);
      const failed = await stage.run(['publish', 'simplestreams', tree(), '--keep-last', '1', '--prune', '--yes', '-o', 'json']);
      expect([failed.exitCode, errorOf(failed).message]).toEqual([14, `cannot read ${file}: it is not a regular file`]);
    },
  );

  it('keeps one at least', async () => {
    expect((await stage.run(['publish', 'simplestreams', tree(), '--keep-last', '0'])).exitCode).toBe(2);
    expect(serials()).toHaveLength(3);
  });
});

describe('publish --prune', () => {
  it('removes what an earlier run took out of the index, and nothing else', async () => {
    await publish('--keep-last', '1', '--prune');
    expect(disks()).toHaveLength(3);
    writeFileSync(tree(`${path.dirname(paths[1] ?? '')}/notes.txt`), 'mine');
    // However the folder is spelled.
    const { stderr } = await stage.ok(['publish', 'simplestreams', `${tree()}/./`, '--prune']);
    expect(stderr).toContain(paths[0]);
    expect(disks()).toEqual([paths[2]]);
    expect(existsSync(tree(path.dirname(paths[0] ?? '')))).toBe(false);
    expect(readdirSync(tree(path.dirname(paths[1] ?? '')))).toEqual(['notes.txt']);
    expect(products()).not.toHaveProperty('imgctl.retired');
    const before = stateOfTree();
    await publish('--keep-last', '1', '--prune');
    expect(stateOfTree()).toEqual(before);
  });

  it('without it nothing is ever removed', async () => {
    await publish('--keep-last', '1');
    await publish('--keep-last', '1');
    expect(disks()).toHaveLength(3);
  });

  it('removes no file that is named again', async () => {
    await publish('--keep-last', '2');
    expect(serials()).toHaveLength(2);
    expect((await version('01')).result).toBe('published');
    await publish('--prune');
    expect(existsSync(tree(paths[0]))).toBe(true);
    expect(serials()).toHaveLength(3);
  });

  it.each<readonly [string, (file: string, name: string) => void]>([
    ['is named by another index', (_file, name) => writeFileSync(tree('streams/v1/theirs.json'), JSON.stringify({ path: name }))],
    [
      'is named by another index, in other spelling',
      (_file, name) => {
        mkdirSync(tree('other/streams'), { recursive: true });
        writeFileSync(tree('other/streams/x.sjson'), `-----BEGIN\n{"path":"${name.replaceAll('/', '\\/')}"}`);
      },
    ],
    ['has another size', (file) => writeFileSync(file, 'other')],
    [
      'is a link',
      (file) => {
        renameSync(file, stage.file('elsewhere'));
        symlinkSync(stage.file('elsewhere'), file);
      },
    ],
    [
      'is reached by a link',
      (file) => {
        renameSync(path.dirname(file), stage.file('folder'));
        symlinkSync(stage.file('folder'), path.dirname(file));
      },
    ],
  ])('keeps a file that %s, and says so', async (_what, change) => {
    await publish('--keep-last', '2');
    const [name = ''] = paths;
    change(tree(name), name);
    const { stderr } = await publish('--prune');
    expect(stderr).toMatch(new RegExp(`warning: ${name.replaceAll('.', '\\.')} is kept: `));
    expect(existsSync(tree(name))).toBe(true);
  });

  it('removes nothing that was not published, whoever wrote that it was', async () => {
    const digest = 'a'.repeat(64);
    const names = [
      '../outside',
      'streams/v1/index.json',
      `images/../../disk-${digest.slice(0, 12)}.qcow2`,
      `images/a/../b/disk-${digest.slice(0, 12)}.qcow2`,
      'images/a/b/c/disk-bbbbbbbbbbbb.qcow2',
      'images/a/b/c/mine.qcow2',
      paths[2] ?? '',
    ];
    mkdirSync(tree('images/a/b/c'), { recursive: true });
    mkdirSync(tree('images/b'));
    for (const name of names.filter((each) => !existsSync(tree(each)))) writeFileSync(tree(name), 'mine');
    const retired = names.map((name) => ({ path: name, size: statSync(tree(name)).size, sha256: digest }));
    writeFileSync(
      tree('streams/v1/images.json'),
      JSON.stringify({ ...products(), 'imgctl.retired': [...retired, 7, { path: 7 }] }),
    );
    await publish('--prune');
    for (const name of names) expect(existsSync(tree(name)), name).toBe(true);
  });

  it('removes nothing where a document cannot be read', async () => {
    await publish('--keep-last', '1');
    symlinkSync('loop.json', tree('loop.json'));
    const { exitCode, stderr } = await stage.run(['publish', 'simplestreams', tree(), '--prune']);
    expect([exitCode, stderr, disks().length]).toEqual([14, expect.stringContaining(`cannot read ${tree('loop.json')}`), 3]);
  });

  it('says what it would do, and does none of it', async () => {
    await publish('--keep-last', '2');
    rmSync(stage.file('version.raw'));
    const before = stateOfTree();
    const plan = (await publish('--keep-last', '1', '--prune', '--dry-run', '-o', 'json')).json() as readonly {
      readonly risk: string;
      readonly image: string;
    }[];
    expect(plan.slice(1).map(({ risk, image }) => [risk, image])).toEqual([
      ['hide', 'web:amd64 20261102_12:00'],
      ['delete', paths[0]],
      ['delete', expect.stringMatching(/^images\/web\/amd64\/20261101_1200\/metadata-/)],
    ]);
    expect(stateOfTree()).toEqual(before);
  });
});
