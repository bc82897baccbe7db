import { describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands/index.ts';
import { globalOptions } from '../../src/cli/program/settings.ts';
import { flagName } from '../../src/cli/program/option.ts';
import { parseArguments } from '../../src/cli/program/parse.ts';
import { codeMeanings, exitCodes } from '../../src/core/errors.ts';
import { imageFields } from '../../src/core/image.ts';
import { driverList } from '../../src/engine/driver-list.ts';
import { commandStage, errorOf, profileVariables } from './stage.ts';

const stage = commandStage();
const loaded = await Promise.all(commands.map(async (entry) => ({ entry, command: await entry.load() })));

/** The command lines of imgctl in a line of a shell: quotes are taken off, pipes and substitutions end one, xargs adds an id. */
function linesOf(shell: string): readonly (readonly string[])[] {
  const words =
    shell.replace(/xargs (?:-\w+ )*(imgctl .*)$/, '$1 ID').match(/(?:\w+=)?[$<]\(|[|)>]|(?:'[^']*'|"[^"]*"|[^\s'"|)>])+/g) ?? [];
  const lines: string[][] = [];
  let line: string[] | undefined;
  for (const word of words) {
    if (word === 'imgctl') lines.push((line = []));
    else if (/^(?:(?:\w+=)?[$<]\(|[|)>])$/.test(word)) line = undefined;
    else line?.push(word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'));
  }
  return lines;
}

describe('help of every verb', () => {
  it.each(loaded.map(({ entry, command }) => [entry.path, entry, command] as const))('%s', async (path, entry, command) => {
    const help = (await stage.ok([...path.split(' '), '--help'])).stdout;
    expect(help.startsWith(`${entry.summary}.\n\nUsage: imgctl ${path}`)).toBe(true);
    expect(help).toContain('\nExamples:\n');
    for (const alias of entry.aliases) expect(help).toMatch(new RegExp(`\nAlso: .*\\b${alias}\\b`));
    for (const [key, option] of Object.entries(command.options)) {
      expect(help, key).toContain(`${option.kind === 'switch' ? '--[no-]' : '--'}${flagName(key)}`);
      expect(option.summary, key).not.toBe('');
    }
    const ends = Object.values(command.needs).filter((verbs) => verbs.length > 0);
    expect(help.includes('\nSupported by: ')).toBe(ends.length > 0);
    const all = await Promise.all(driverList.names.map((name) => driverList.load(name)));
    for (const driver of all) {
      const able = ends.some((verbs) => verbs.every((verb) => driver?.facts[verb]));
      const told = /\nSupported by: (.*?)\n\n/s.exec(help)?.[1] ?? '';
      expect(told.includes(driver?.name ?? ''), driver?.name).toBe(able);
    }
    expect((await stage.ok(['help', ...path.split(' ')])).stdout).toBe(help);
    expect((await stage.ok([...path.split(' '), '-h'])).stdout).toBe(help);
  });

  it('has examples that can be typed', async () => {
    let count = 0;
    for (const { entry, command } of loaded) {
      expect(command.examples.length, entry.path).toBeGreaterThanOrEqual(2);
      for (const { type } of command.examples) {
        const lines = linesOf(type);
        expect(lines.length, type).toBeGreaterThan(0);
        for (const line of lines) {
          const { chosen } = await parseArguments(line, commands);
          expect(chosen, type).toBeDefined();
          count += 1;
        }
        expect(
          lines.some((line) => line.join(' ').includes(entry.path)),
          `${type} shows ${entry.path}`,
        ).toBe(true);
      }
    }
    expect(count).toBeGreaterThan(60);
    await expect(parseArguments(['list', '--nonsense'], commands), 'the check itself').rejects.toThrow('--nonsense');
  });

  it('names no option twice: a verb’s own would hide a global one', () => {
    const globals = Object.entries(globalOptions);
    const short = new Set<string>(globals.flatMap(([, option]) => ('short' in option ? [option.short] : [])));
    for (const { entry, command } of loaded)
      for (const [key, option] of Object.entries(command.options)) {
        expect(
          globals.some(([name]) => name === key),
          `${entry.path} --${flagName(key)}`,
        ).toBe(false);
        if (option.short) expect(short.has(option.short), `${entry.path} -${option.short}`).toBe(false);
      }
  });

  it('lists what only one provider has, for the profile that is named', async () => {
    const env = profileVariables('lin', 'linode', { token: 't' });
    const help = (await stage.ok(['upload', '--help', '-p', 'lin'], { env })).stdout;
    expect(help).toContain('Fields that only linode has:\n  --set cloudInit=true');
    expect((await stage.ok(['upload', '--help'], { env })).stdout).not.toContain('cloudInit=true');
  });
});

describe('help', () => {
  it('alone shows first steps and every verb', async () => {
    const first = (await stage.ok([])).stdout;
    for (const { path, summary } of commands)
      expect(first).toMatch(new RegExp(`^  ${path} +${summary.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`, 'm'));
    for (const args of [['help'], ['--help'], ['-h']]) expect((await stage.ok(args)).stdout).toBe(first);
    for (const line of first.split('\n').filter((text) => text.startsWith('  imgctl ')))
      for (const words of linesOf(line.trim().split(/ {2,}/)[0] ?? ''))
        expect((await parseArguments(words, commands)).chosen, line).toBeDefined();
  });

  it('of a group shows what is in it', async () => {
    const group = (await stage.ok(['help', 'profile'])).stdout;
    expect((await stage.ok(['profile'])).stdout).toBe(group);
    for (const { path } of commands.filter((entry) => entry.path.startsWith('profile ')))
      expect(group).toContain(`imgctl ${path} `);
  });

  it('knows an alias', async () => {
    expect((await stage.ok(['help', 'cp'])).stdout).toMatch(/Usage: imgctl copy FROM TO\.\.\. /);
  });

  it('on exit codes is the table of the code', async () => {
    const { stdout } = await stage.ok(['help', 'exit-codes']);
    for (const [code, number] of Object.entries(exitCodes))
      expect(stdout).toMatch(
        new RegExp(`^ *${number} +${code} +${codeMeanings[code as keyof typeof codeMeanings].replace(/[()]/g, '\\$&')}$`, 'm'),
      );
  });

  it('on output names every field and the schema', async () => {
    const { stdout } = await stage.ok(['help', 'output']);
    for (const field of imageFields) expect(stdout).toContain(field);
    expect(stdout).toContain('image.schema.json');
  });

  it('on profiles and on the environment speaks of every provider', async () => {
    const profiles = (await stage.ok(['help', 'profiles'])).stdout;
    const environment = (await stage.ok(['help', 'environment'])).stdout;
    for (const name of driverList.names) {
      expect(profiles).toContain(`imgctl profile add NAME --provider ${name} `);
      const driver = await driverList.load(name);
      for (const field of Object.values(driver?.profile ?? {}))
        for (const variable of field.env ?? []) expect(environment).toContain(variable);
    }
    for (const line of profiles.split('\n').filter((text) => text.startsWith('  imgctl profile add')))
      for (const words of linesOf(line)) expect((await parseArguments(words, commands)).chosen, line).toBeDefined();
    expect(profiles).toContain(stage.file('.config/imgctl/config.json'));
    expect(environment).toContain('IMGCTL_PROFILE_<NAME>_<FIELD>');
  });

  it('on options has every global one', async () => {
    const { stdout } = await stage.ok(['help', 'options']);
    for (const key of Object.keys(globalOptions)) expect(stdout).toMatch(new RegExp(`--(\\[no-\\])?${flagName(key)}\\b`));
  });
});

describe('providers', () => {
  it('are the capability matrix, and the facts of one', async () => {
    const all = (await stage.ok(['providers', '-o', 'json'])).json() as { name: string; verbs: Record<string, unknown> }[];
    expect(all.map(({ name }) => name)).toEqual(driverList.names);
    expect(all.find(({ name }) => name === 'local')?.verbs).toMatchObject({ list: expect.any(Object), share: false });
    expect((await stage.ok(['providers', '-o', 'id'])).stdout).toBe(driverList.names.map((name) => `${name}\n`).join(''));
    const one = (await stage.ok(['providers', 'linode', '-o', 'json'])).json();
    expect(one).toMatchObject({
      name: 'linode',
      absent: { download: expect.any(String) },
      fields: { token: { secret: true } },
      verbs: { upload: { accepts: [expect.objectContaining({ format: 'raw', compression: 'gzip' })] } },
    });
    const sheet = (await stage.ok(['providers', 'local'])).stdout;
    expect(sheet).toMatch(/share\t.*A folder has no users of its own/);
    const odd = await stage.run(['providers', 'linod', '--json']);
    expect(errorOf(odd)).toMatchObject({ code: 'CONFIG', hint: 'Did you mean linode?' });
  });
});

describe('completion', () => {
  it.each(['bash', 'zsh', 'fish'])('for %s is a script that names imgctl', async (shell) => {
    const { stdout, stderr } = await stage.ok(['completion', shell]);
    expect(stdout).toContain('imgctl');
    expect(stderr).toBe('');
  });
});
