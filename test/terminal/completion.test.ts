import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDesk, type Desk } from './desk.ts';
import { isInstalled, openPane, type Pane } from './pane.ts';

const evil = 'evil$(touch pwned);`touch pwned`';
let desk: Desk;
let ids: Readonly<Record<string, string>>;

beforeAll(async () => {
  desk = openDesk({ PS1: '@> ' });
  desk.write('disk one.raw', 'x');
  desk.imgctl('profile', 'add', 'lab', '--provider', 'local', '--set', `path=${desk.file('lab')}`);
  desk.imgctl('profile', 'add', 'lin', '--provider', 'linode', '--set', 'token=env:NOTHING');
  const create = (name: string): string => desk.imgctl('create', `lab:${name}`, '-o', 'id').trim();
  ids = Object.fromEntries(
    ['web-1', 'my image', evil, "it's", '--yes', 'bad\u202ered', 'two:colons'].map((name) => [name, create(name)]),
  );
  // Only somebody at a terminal has a use for the names.
  desk.imgctl('list', '-p', 'lab');
  expect(existsSync(desk.file('.cache/imgctl/names'))).toBe(false);
  if (!isInstalled('tmux')) return;
  const pane = await openPane(['/bin/sh', '-c', 'imgctl list -A; sleep 60'], { env: desk.env, cwd: desk.folder, columns: 200 });
  await pane.until(/images in/);
  await pane.close();
});
afterAll(() => desk.clear());

const shells = {
  bash: { start: ['bash', '--norc', '--noprofile', '-i'], ready: 'source <(imgctl completion bash)', needs: ['bash'] },
  'bash with bash-completion': {
    start: ['bash', '--norc', '--noprofile', '-i'],
    ready: 'source /usr/share/bash-completion/bash_completion; source <(imgctl completion bash)',
    needs: ['bash', '[ -e /usr/share/bash-completion/bash_completion ] && echo'],
  },
  zsh: {
    start: ['zsh', '-f', '-i'],
    ready: "PS1='@> '; autoload -Uz compinit; compinit -u -d $HOME/.zcompdump; setopt no_beep; source <(imgctl completion zsh)",
    needs: ['zsh'],
  },
  fish: {
    start: ['fish', '--no-config', '-i'],
    ready:
      "function fish_prompt; printf '@> '; end; set -g fish_greeting; set -g fish_autosuggestion_enabled 0; imgctl completion fish | source",
    needs: ['fish'],
  },
};

for (const [shell, { start, ready, needs }] of Object.entries(shells)) {
  const lacking = ['tmux', ...needs].filter((program) => !isInstalled(program));
  describe.skipIf(lacking.length > 0)(
    `${shell}${lacking.length > 0 ? ` (SKIPPED: ${lacking.join(', ')} is not installed)` : ''}`,
    () => {
      let pane: Pane;

      beforeAll(async () => {
        pane = await openPane(start, { env: desk.env, cwd: desk.folder, columns: 150 });
        await pane.type(`${ready}; clear; echo ready`);
        await pane.press('Enter');
        await pane.until(/^ready\n@>$/m);
      });
      // Whatever the test before has left on the line.
      beforeEach(() => pane.press('C-e', 'C-u', 'C-l'));
      afterAll(() => pane.close());

      /** Types, presses the tab key, and waits for the line to be so. */
      const completes = async (typed: string, line: RegExp): Promise<void> => {
        await pane.press('C-u');
        await pane.type(typed);
        await pane.press('Tab');
        await pane.until(new RegExp(`^@> ${line.source}$`, 'm'));
      };
      /** What is offered where several words fit. */
      const offers = async (typed: string, all: RegExp): Promise<string> => {
        await pane.press('C-u', 'C-l');
        await pane.type(typed);
        await pane.press('Tab', 'Tab');
        return pane.until(all);
      };
      const enter = async (shown: RegExp): Promise<string> => {
        await pane.press('Enter');
        const screen = await pane.until(shown);
        // What is typed before the shell is back stands there twice.
        await pane.until(/^@>$/m);
        return screen;
      };

      it('verbs, groups, options and their values', async () => {
        await completes('imgctl upl', /imgctl upload ?/);
        await completes('imgctl profile ch', /imgctl profile check ?/);
        await completes('imgctl list --all-pr', /imgctl list --all-profiles ?/);
        await completes('imgctl list --output jsonl --no-head', /imgctl list --output jsonl --no-header ?/);
        await completes('imgctl list -o ya', /imgctl list -o yaml ?/);
        await completes('imgctl list --visibility=comm', /imgctl list --visibility=community ?/);
        await completes('imgctl list -c name,createdA', /imgctl list -c name,createdAt ?/);
        await completes('imgctl help exit', /imgctl help exit-codes ?/);
        await completes('imgctl profile set lab pat', /imgctl profile set lab path=/);
      });

      it('profiles that can do the verb, and no others', async () => {
        await completes('imgctl list -p la', /imgctl list -p lab ?/);
        const shown = await offers('imgctl download l', /lab:/);
        expect(shown).toContain('local:');
        expect(shown).not.toContain('lin:');
        expect(await offers('imgctl replicate l', /lin:/)).toContain('lab:');
      });

      it('images by the names of the last list', async () => {
        await completes('imgctl show lab:we', /imgctl show lab:web-1 ?/);
        await completes('imgctl show -p lab we', /imgctl show -p lab web-1 ?/);
        await completes('imgctl show lab:two:col', /imgctl show lab:two:colons ?/);
        await pane.type(' -o id');
        await enter(new RegExp(`^${ids['two:colons']}$`, 'm'));
        await completes(`imgctl show lab:${ids['web-1']?.slice(0, 12)}`, new RegExp(`imgctl show lab:${ids['web-1']} ?`));
      });

      it('names that need quotes, so that they mean themselves and nothing is run', async () => {
        for (const [typed, name] of [
          ['my', 'my image'],
          ['evil', evil],
          ['it', "it's"],
        ] as const) {
          await pane.press('C-u', 'C-l');
          await pane.type(`imgctl show lab:${typed}`);
          await pane.press('Tab');
          await pane.until(name === 'my image' ? /my.{1,2}image/ : name === evil ? /pwned.*pwned/ : /it\\?.?'.*s/);
          await pane.type(' -o id');
          await enter(new RegExp(`^${ids[name]}$`, 'm'));
        }
        expect(readdirSync(desk.folder)).not.toContain('pwned');
      });

      it('never shows what a terminal would act upon, nor a name that would be an option', async () => {
        const shown = await offers('imgctl show -p lab ', /web-1/);
        expect(shown).not.toMatch(/^--yes/m);
        expect(shown).toContain(ids['--yes']);
        expect(await pane.screen(true)).not.toContain('\u202ered');
        expect(shown).toContain(ids['bad\u202ered']);
      });

      it('files, where a file is meant', async () => {
        await completes('imgctl upload dis', /imgctl upload disk\\ one\.raw ?/);
      });
    },
  );
}

describe('what a shell is told', () => {
  const ask = (...words: readonly string[]) =>
    spawnSync(desk.file('.bin/imgctl'), ['__complete', ...words], { env: desk.env, cwd: desk.folder, encoding: 'utf8' });

  it('comes within 100 ms, where Node itself starts in 40: as long as Node needs two and a half times', () => {
    const timed = (work: () => { readonly status: number | null }): number => {
      const start = performance.now();
      expect(work().status).toBe(0);
      return performance.now() - start;
    };
    // Side by side, so that a slow or busy machine is one for both.
    const rounds = Array.from({ length: 8 }, () => ({
      bareMs: timed(() => spawnSync(process.execPath, ['-e', '0'])),
      toldMs: timed(() => ask('fish', 'imgctl', 'show', 'lab:')),
    }));
    const least = (of: 'bareMs' | 'toldMs'): number => Math.min(...rounds.map((round) => round[of]));
    expect(least('toldMs'), JSON.stringify(rounds)).toBeLessThan(2.5 * least('bareMs'));
  });

  it('is nothing, quietly, where the store is damaged or the words are odd', () => {
    const broken = { ...desk.env, IMGCTL_CONFIG_DIR: desk.file('broken') };
    spawnSync('mkdir', ['-p', desk.file('broken')]);
    desk.write('broken/config.json', '{');
    const result = spawnSync(desk.file('.bin/imgctl'), ['__complete', 'fish', 'imgctl', 'li'], { env: broken, encoding: 'utf8' });
    expect(result).toMatchObject({ status: 0, stdout: 'words\n', stderr: '' });
    for (const words of [[], ['tcsh'], ['bash'], ['fish', 'imgctl', '--set', '=', ''], ['zsh', 'imgctl', 'nope', 'x', '']])
      expect(ask(...words)).toMatchObject({ status: 0, stderr: '' });
  });

  it.skipIf(!isInstalled('tmux'))('is kept where only the user can read it', () => {
    const folder = desk.file('.cache/imgctl/names');
    expect(readdirSync(folder)).toContain('lab.json');
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder)) expect(statSync(path.join(folder, name)).mode & 0o777).toBe(0o600);
  });
});
