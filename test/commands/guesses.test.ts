import { beforeEach, describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands/index.ts';
import { flagName, type Options } from '../../src/cli/program/option.ts';
import { parseArguments } from '../../src/cli/program/parse.ts';
import { globalOptions } from '../../src/cli/program/settings.ts';
import { argumentOptions, optionSynonyms, profileSynonyms, verbSynonyms } from '../../src/cli/program/synonyms.ts';
import { usageLine } from '../../src/cli/program/usage-line.ts';
import { commandStage, errorOf } from './stage.ts';

const stage = commandStage();
const loaded = await Promise.all(commands.map(async (entry) => ({ entry, command: await entry.load() })));
const parserWords = /too many arguments|missing required argument|unknown option '|argument missing|^error: |Expected \d/;

/** Arguments that a verb takes, without the first `missing`. */
const argumentsFor = (args: object, missing = 0): string[] =>
  Object.keys(args)
    .slice(missing)
    .map(() => 'x');

describe('what is typed by habit of other tools', () => {
  beforeEach(async () => {
    await stage.image('web-1');
    stage.write('disk.raw', Buffer.alloc(1024));
  });

  it.each([
    ['push web', 'imgctl upload FILE --name NAME'],
    ['pull web', 'imgctl download IMAGE FILE'],
    ['rename web web2', 'imgctl patch IMAGE --name NEW-NAME'],
    ['mv web web2', 'imgctl patch IMAGE --name NEW-NAME'],
    ['tag web prod', 'imgctl patch IMAGE --tag TAG'],
    ['images', 'imgctl list'],
    ['info web', 'imgctl show IMAGE'],
    ['describe web', 'imgctl show IMAGE'],
    ['sync a b', 'imgctl copy FROM TO --if-exists skip'],
    ['cleanup', "imgctl prune 'GLOB' --keep 3"],
    ['remove web', 'imgctl delete IMAGE'],
    ['image list', 'imgctl list'],
    ['image describe web', 'imgctl show IMAGE'],
    ['image rm web', 'imgctl rm'],
    ['lsit', 'Did you mean list'],
    ['profile rename a b', 'profile add NEW-NAME'],
    ['profile current', 'imgctl profile list'],
    ['profile edit a', 'imgctl profile set NAME FIELD=VALUE'],
    ['profile chekc', 'Did you mean profile check'],
    ['list --color=never', '--no-color'],
    ['list --json=yes', 'Use --json alone.'],
    ['--os-cloud x list', '-p PROFILE'],
    ['list --os-cloud x', '-p PROFILE'],
    ['--tag x list', 'imgctl VERB --tag'],
    ['upload --file disk.raw', 'FILE is an argument'],
    ['upload disk.raw d:web', '--name d:web'],
    ['import web https://x/y', '--url https://x/y'],
    ['share web-1 demo', '--with demo'],
    ['show web-1 --format json', '--output'],
    ['show web-1 -f json', '--output'],
    ['delete web-1 --force', '--yes'],
    ['create x --public', '--visibility public'],
    ['list --protected', '--property'],
    ['copy a local --overwrite', '--if-exists replace'],
    ['list --nam x', 'Did you mean --name?'],
  ])('%s', async (line, hint) => {
    const result = await stage.run(line.split(' '));
    expect([result.exitCode, result.stdout]).toEqual([2, '']);
    expect(result.stderr).toContain(hint);
    expect(result.stderr).not.toMatch(parserWords);
  });

  it('a file where an image belongs, an image where a file belongs', async () => {
    const file = stage.file('disk.raw');
    const copied = await stage.run(['copy', file, 'local']);
    expect([copied.exitCode, errorOf(await stage.run(['copy', file, 'local', '--json'])).hint]).toEqual([
      2,
      `Upload it with: imgctl upload ${file} --name local:disk`,
    ]);
    const saved = errorOf(await stage.run(['copy', 'local:web-1', './web.raw', '--json']));
    expect([saved.exitCode, saved.hint]).toEqual([2, 'Download it with: imgctl download local:web-1 ./web.raw']);
    const shown = errorOf(await stage.run(['inspect', 'web', '-p', 'local', '--json']));
    expect(shown.hint).toBe('Show an image with: imgctl show web -p local');
    const globbed = errorOf(await stage.run(['delete', 'web-*', '--yes', '--json']));
    expect(globbed.hint).toContain("imgctl list 'web-*' -p local");
    expect(await stage.names()).toEqual(['web-1']);
  });

  it('is answered with lines that work as typed, whatever the name', async () => {
    stage.write("it's a disk.raw", Buffer.alloc(1024));
    const file = stage.file("it's a disk.raw");
    const hintOf = async (...args: string[]): Promise<string> => errorOf(await stage.run([...args, '--json'])).hint ?? '';
    const quoted = String.raw`it'\''s a disk`;
    for (const hint of [
      await hintOf('copy', file, 'local'),
      await hintOf('copy', "local:it's a disk", "./it's a disk.raw"),
      await hintOf('unshare', "it's a disk"),
      await hintOf('upload', file, "it's a disk"),
      await hintOf('delete', "it's a disk*", '--yes'),
    ])
      expect(hint).toContain(quoted);
    for (const word of ['constructor', '__proto__', 'toString'])
      expect(await hintOf('image', word, 'x')).toBe('Omit image. List all verbs with: imgctl help');
  });

  it('list takes globs as arguments, in the profile before the colon too', async () => {
    await stage.image('web-2');
    await stage.image('db');
    const named = async (...args: string[]): Promise<string[]> =>
      (await stage.ok(['list', ...args, '--sort', 'name', '-c', 'name', '--no-header'])).stdout
        .trim()
        .split('\n')
        .filter(Boolean);
    expect(await named('web-*')).toEqual(['web-1', 'web-2']);
    expect(await named('web-1', 'd?')).toEqual(['db', 'web-1']);
    expect(await named('local:web-*')).toEqual(['web-1', 'web-2']);
    expect(await named('a,db')).toEqual([]);
    expect((await stage.run(['list', 'web-*', '--name', 'x'])).exitCode).toBe(2);
  });

  it('version is a verb, and profile delete is remove', async () => {
    expect((await stage.ok(['version'])).stdout).toBe('imgctl 0.0.0-test\n');
    expect((await stage.ok(['version', '-o', 'json'])).json()).toEqual({ version: '0.0.0-test' });
    await stage.ok(['profile', 'add', 'lab', '--provider', 'local', '--set', `path=${stage.file('lab')}`]);
    await stage.ok(['profile', 'delete', 'lab', '--yes']);
  });
});

describe('a usage error', () => {
  it.each(loaded.map((one) => [one.entry.path, one] as const))(
    'of %s ends with how it is typed, in no words of the parser',
    async (_, chosen) => {
      const { entry, command } = chosen;
      const path = entry.path.split(' ');
      const takesAny = Object.values(command.args).some(({ takes }) => takes === 'any' || takes === 'many');
      const needed = Object.values(command.args).filter(({ takes }) => takes === 'required' || takes === 'many').length;
      const valued = Object.entries({ ...command.options, ...globalOptions } as Options).find(([, { kind }]) => kind === 'text');
      const wrong = [
        [...argumentsFor(command.args), '--bogus'],
        [...argumentsFor(command.args), '-Z'],
        [...argumentsFor(command.args), `--${flagName(valued?.[0] ?? '')}`],
        ...(takesAny ? [] : [[...argumentsFor(command.args), 'more']]),
        ...(needed > 0 ? [argumentsFor(command.args, Object.keys(command.args).length)] : []),
      ];
      for (const args of wrong) {
        const result = await stage.run([...path, ...args]);
        expect([result.exitCode, result.stdout], result.stderr).toEqual([2, '']);
        expect(result.stderr).not.toMatch(parserWords);
        expect(result.stderr.trimEnd().split('\n').at(-1), args.join(' ')).toBe(`usage: ${usageLine(chosen)}`);
      }
    },
  );

  it('shows no value of an option that there is not, and none of a field', async () => {
    for (const args of [
      ['list', '--pasword=hunter2'],
      ['profile', 'add', 'x', 'password=hunter2'],
    ])
      expect((await stage.run(args)).stderr).not.toContain('hunter2');
  });
});

describe('synonyms', () => {
  it('lead to verbs and options that there are', async () => {
    for (const typed of [...Object.values(verbSynonyms), ...Object.values(profileSynonyms)]) {
      const [first = ''] = typed.split(/, then /);
      const words = (first.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll("'", ''));
      expect((await parseArguments(words, commands)).chosen, typed).toBeDefined();
    }
    const flags = new Set(
      [globalOptions, ...loaded.map(({ command }) => command.options)].flatMap((options: Options) =>
        Object.entries(options).flatMap(([key, { kind }]) => [
          `--${flagName(key)}`,
          ...(kind === 'switch' ? [`--no-${flagName(key)}`] : []),
        ]),
      ),
    );
    for (const meant of Object.values(optionSynonyms).flat()) expect(flags, meant).toContain(meant.split(' ')[0]);
    const args = new Set(loaded.flatMap(({ command }) => Object.keys(command.args)));
    for (const name of Object.values(argumentOptions).flat()) expect(args, name).toContain(name);
  });

  it('are no verbs', () => {
    for (const { entry } of loaded)
      for (const word of [entry.path, ...entry.aliases.map((alias) => entry.path.replace(/\S+$/, alias))]) {
        expect(Object.keys(verbSynonyms), word).not.toContain(word);
        expect(
          Object.keys(profileSynonyms).map((one) => `profile ${one}`),
          word,
        ).not.toContain(word);
      }
  });
});

describe('options without a verb', () => {
  const valued = Object.entries(globalOptions as Options).filter(([, { kind }]) => kind !== 'flag' && kind !== 'switch');
  it.each(valued)('--%s that took the verb says so', async (key, { short }) => {
    for (const flag of [`--${flagName(key)}`, ...(short === undefined ? [] : [`-${short}`])]) {
      const result = await stage.run([flag, 'list']);
      expect([result.exitCode, result.stdout]).toEqual([2, '']);
      expect(result.stderr).toContain(`${flag} took "list" as its value`);
    }
  });

  it.each(Object.entries(globalOptions as Options))('--%s alone is no command', async (key, { kind }) => {
    const values: Partial<Record<typeof kind, string>> = { size: '1MiB', duration: '1s', count: '2' };
    const value = key === 'output' ? 'json' : key === 'progress' ? 'none' : (values[kind] ?? 'x');
    const result = await stage.run([`--${flagName(key)}`, ...(kind === 'flag' || kind === 'switch' ? [] : [value])]);
    expect([result.exitCode, result.stdout]).toEqual([2, '']);
    expect(result.stderr).toContain('a verb is required');
  });

  it('nothing at all, and --help, are help', async () => {
    expect((await stage.ok([])).stdout).toContain('Verbs:');
    expect((await stage.ok(['--help'])).stdout).toContain('Verbs:');
    expect((await stage.ok(['-p', 'local', '--help'])).stdout).toContain('Verbs:');
    expect((await stage.ok(['profile'])).stdout).toContain('profile add');
  });
});
