import { beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../../src/cli/commands/index.ts';
import { completionAnswer } from '../../../src/cli/completion/answer.ts';
import { complete, type OwnWords } from '../../../src/cli/completion/complete.ts';
import { bashWord, shellWords } from '../../../src/cli/completion/shell-words.ts';
import { completionTable, type CompletionTable } from '../../../src/cli/completion/table.ts';
import { driverList } from '../../../src/engine/driver-list.ts';
import { commandStage, profileVariables, smallDisk } from '../../commands/stage.ts';

let table: CompletionTable;
beforeAll(async () => {
  table = await completionTable(commands, driverList);
});

const images = [
  { id: 'id-1', name: 'web' },
  { id: 'id-2', name: 'twice' },
  { id: 'id-3', name: 'twice' },
  { id: 'id-4', name: '--yes' },
  { id: 'id-5', name: 'two\nlines' },
  { id: 'id-6', name: 'tab\there' },
  { id: 'id-7', name: '' },
  { id: 'id-8', name: 'a b' },
  { id: '$(x)\n', name: 'odd\u202e' },
];
const own: OwnWords = {
  profiles: [
    { name: 'lab', provider: 'local' },
    { name: 'lin', provider: 'linode' },
    { name: 'gone', provider: 'nobody' },
  ],
  sources: [{ name: 'ubuntu', provider: 'simplestreams' }],
  current: 'lab',
  runs: () => [{ text: '20261128-183000-a1b2c3', about: 'interrupted: upload web' }],
  names: async (profile) =>
    profile === 'lab'
      ? { images, channels: ['web@stable', 'db@beta', '-x@stable', 'b\u0007@beta'], places: ['second', '-x', 'b\u0007'] }
      : { images: [], channels: [], places: [] },
};
const words = async (line: string): Promise<readonly string[] | 'files'> => {
  const typed = line.split(' ');
  const found = await complete(typed.slice(0, -1), typed.at(-1) ?? '', table, own);
  return found === 'files' ? found : found.map(({ text }) => text);
};

it('a group is told by what it is for', async () => {
  const groups = new Set(commands.flatMap(({ path }) => (path.includes(' ') ? [path.split(' ')[0] ?? ''] : [])));
  const abouts = new Set<string>();
  for (const group of groups) {
    const found = await complete([], group, table, own);
    const about = found === 'files' ? '' : (found.find(({ text }) => text === group)?.about ?? '');
    expect(about, group).not.toBe('');
    abouts.add(about);
  }
  expect(abouts.size).toBe(groups.size);
});

describe('what can stand at the cursor', () => {
  it.each([
    ['up', ['upload']],
    ['upd', ['update']],
    ['profile s', ['show', 'set']],
    ['-p lab profile u', ['use']],
    ['list --vis', ['--visibility']],
    ['list --visibility p', ['public', 'private']],
    ['list --visibility=p', ['--visibility=public', '--visibility=private']],
    ['list --no-h', ['--no-header']],
    ['list -c id,na', ['id,name']],
    ['list -c name,na', []],
    ['list --limit ', []],
    ['list --limit --visib', []],
    ['list --quiet --qui', []],
    ['list --tag a --ta', ['--tag']],
    ['list -- --vis', []],
    ['publish sim', ['simplestreams']],
    ['policy ', ['check']],
    ['policy check --rules scs', ['scs-0102']],
    ['policy check --rules ', 'files'],
    ['policy check --rules ./scs', 'files'],
    ['inspect a.raw --rules=scs', ['--rules=scs-0102']],
    ['policy check -o j', ['json', 'jsonl', 'junit']],
    ['publish simplestreams t', 'files'],
    ['publish simplestreams tree w', ['web']],
    ['list -p l', ['lab', 'lin']],
    ['list -p u', ['ubuntu']],
    ['show u', ['ubuntu:']],
    ['profile use u', []],
    ['delete u', []],
    ['copy web u', []],
    ['sources u', ['ubuntu']],
    ['--profile=li', ['--profile=lin']],
    ['download -p l', ['lab']],
    ['copy web l', ['lab', 'lin']],
    ['copy l', ['lab:']],
    ['purge l', []],
    ['show we', ['web', 'web@stable']],
    ['show lab:we', ['lab:web', 'lab:web@stable']],
    ['list we', ['web']],
    ['list --name we', ['web']],
    ['upload disk.raw --into we', ['web', 'web@stable']],
    ['channel show ', ['web@stable', 'db@beta', 'lab:', 'lin:']],
    ['channel set w', ['web@stable']],
    ['channel rollback lab:d', ['lab:db@beta']],
    ['channel delete -p lab ', ['web@stable', 'db@beta']],
    ['show web a', ['a b']],
    ['share nothing more', []],
    ['show id-', ['id-1', 'id-2', 'id-3', 'id-4', 'id-5', 'id-6', 'id-7', 'id-8']],
    ['show tw', ['id-2', 'id-3', 'id-5']],
    ['replicate web --to ', ['second']],
    ['replicate web --to second,', []],
    ['profile set lin to', ['token=']],
    ['profile add x --provider linode --set re', ['region=']],
    ['profile add x --provider nobody --set ', []],
    ['providers op', ['openstack']],
    ['help ex', ['exit-codes']],
    ['completion z', ['zsh']],
    ['upload d', 'files'],
    ['list --ca-bundle /', 'files'],
    ['nonsense x', []],
    ['profile nonsense x', []],
  ])('%s', async (line, expected) => {
    expect(await words(line)).toEqual(expected);
  });

  it('never is a line end, a tab, an escape, or a word that would be an option', async () => {
    const all = await words('show ');
    expect(all).toContain('id-4');
    for (const word of all) expect(word).toMatch(/^[^\s-][^\t\n\u202e]*$/);
    expect(await words('replicate web --to -')).toEqual([]);
  });
});

describe("bash's line", () => {
  it.each([
    ['imgctl show "a b" c', ['imgctl', 'show', 'a b'], 'c'],
    [String.raw`imgctl show a\ b`, ['imgctl', 'show'], 'a b'],
    [`imgctl show 'a`, ['imgctl', 'show'], 'a'],
    [String.raw`imgctl "a\"b" ''`, ['imgctl', 'a"b'], ''],
    ['imgctl show ', ['imgctl', 'show'], ''],
    ['', [], ''],
    ['imgctl \\', ['imgctl'], ''],
  ])('%s is divided', (line, before, current) => {
    expect(shellWords(line)).toMatchObject({ before, current });
  });

  const breaks = ' \t\n"\'@><=;|&(:';
  it.each([
    ['show lab:w', 'lab:web', 'web'],
    ['list --output=j', '--output=json', 'json'],
    ['show me@h', 'me@home:x y', String.raw`home:x\ y`],
    ['show e', 'e$(x);`y`|&<>*?[]{}!"\'\\', String.raw`e\$\(x\)\;\`y\`\|\&\<\>\*\?\[\]\{\}\!\"\'\\`],
    ['show é', 'état', 'état'],
    ['show ', '~root', String.raw`\~root`],
    ['show ', '#1', String.raw`\#1`],
    ['show "a', 'a b', 'a b'],
    ['show lab:"a', 'lab:a b', 'a b'],
    ['show "a', 'a$b', undefined],
    ["show 'a", "a'b", undefined],
  ])('%s: %s goes in as %s', (line, text, expected) => {
    expect(bashWord(text, shellWords(line), breaks)).toBe(expected);
  });
});

describe('the answer to a shell', () => {
  const stage = commandStage();
  const home = () => ({
    env: { ...profileVariables('lab', 'local', {}), IMGCTL_PROFILE: 'lab' },
    home: stage.file(''),
    platform: 'linux' as const,
  });
  const ask = (question: readonly string[], now = Date.now()) => completionAnswer(question, table, home(), now);

  it('knows the names that a list on a terminal showed, for half an hour', async () => {
    const env = home().env;
    await stage.ok(['create', 'web'], { env });
    await stage.ok(['list'], { env });
    expect(await ask(['zsh', 'imgctl', 'show', 'w'])).toBe('words\n');
    const id =
      (await stage.ok(['list'], { env, terminal: true })) && (await stage.ok(['list', '-o', 'id'], { env })).stdout.trim();
    expect(await ask(['zsh', 'imgctl', 'show', 'w'])).toBe(`words\nweb\t${id}\n`);
    expect(await ask(['bash', ' :', 'imgctl show lab:w'])).toBe('words\nweb\n');
    expect(await ask(['zsh', 'imgctl', 'show', 'w'], Date.now() + 31 * 60_000)).toBe('words\n');
  });

  it('knows the channels that point to what a list showed, and no longer those that are deleted', async () => {
    const env = home().env;
    await stage.ok(['channel', 'set', 'web@stable', await stage.image('x'), '-p', 'local'], { env });
    const asked = async () => {
      await stage.ok(['list', '-p', 'local'], { env, terminal: true });
      return ask(['zsh', 'imgctl', 'channel', 'show', 'local:w']);
    };
    expect(await asked()).toBe('words\nlocal:web@stable\tchannel\n');
    await stage.ok(['channel', 'delete', 'local:web@stable', '--yes'], { env });
    expect(await asked()).toBe('words\n');
  });

  it('knows the channels that commands at a terminal have shown or made, without a list', async () => {
    const env = home().env;
    const at = { env, terminal: true };
    const offered = async () => (await ask(['bash', ' :', 'imgctl channel show local:'])).split('\n').slice(1, -1).toSorted();
    const x = await stage.image('x');
    await stage.ok(['channel', 'set', 'web@stable', x, '-p', 'local'], { env });
    await stage.ok(['channel', 'set', 'web@beta', x, '-p', 'local'], { env });
    expect(await offered()).toEqual([]);
    await stage.ok(['channel', 'show', 'local:web@beta'], at);
    expect(await offered()).toEqual(['web@beta']);
    await stage.ok(['channel', 'list', '-p', 'local'], at);
    expect(await offered()).toEqual(['web@beta', 'web@stable']);
    await stage.ok(['channel', 'delete', 'local:web@beta', '--yes'], at);
    await stage.ok(['channel', 'set', 'web@next', x, '-p', 'local', '--dry-run'], at);
    expect(await offered()).toEqual(['web@stable']);
    stage.write('disk.raw', smallDisk(1));
    const images = [{ name: 'db', source: './disk.raw', targets: ['local'], channel: 'gold' }];
    const file = stage.write('images.json', JSON.stringify({ manifest: 'fleet', images }));
    await stage.ok(['plan', '-f', file], at);
    expect(await offered()).toEqual(['web@stable']);
    await stage.ok(['apply', '-f', file, '--yes'], at);
    expect(await offered()).toEqual(['db@gold', 'web@stable']);
  });

  it('keeps what a filtered list did not show, and forgets what a whole list does not show any more', async () => {
    const env = home().env;
    await stage.ok(['create', 'wa'], { env });
    await stage.ok(['create', 'wb'], { env });
    const names = async () => (await ask(['zsh', 'imgctl', 'show', 'w'])).match(/^w\w(?=\t)/gm) ?? [];
    await stage.ok(['list'], { env, terminal: true });
    await stage.ok(['delete', 'wa', '--yes'], { env });
    await stage.ok(['list', '--name', 'wb'], { env, terminal: true });
    expect([...(await names())].sort()).toEqual(['wa', 'wb']);
    await stage.ok(['list'], { env, terminal: true });
    expect(await names()).toEqual(['wb']);
  });

  it('is made of a damaged cache as of none', async () => {
    const env = home().env;
    await stage.ok(['create', 'web'], { env });
    await stage.ok(['list'], { env, terminal: true });
    for (const text of [
      '',
      '{',
      'null',
      '{"at":1}',
      '{"at":"x","images":[],"channels":[],"places":[]}',
      `{"at":${Date.now()},"images":[["a","web"]],"places":[]}`,
      `{"at":${Date.now()},"images":[1,["a"],["w",2]],"channels":[1],"places":[3]}`,
    ]) {
      stage.write('.cache/imgctl/names/lab.json', text);
      expect(await ask(['zsh', 'imgctl', 'show', 'w'])).toBe('words\n');
    }
  });
});
