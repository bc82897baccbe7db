import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startLinode, type RunningLinode } from '../clouds/linode/index.ts';
import { guestDisk, MiB } from '../support/disk-images/guest.ts';
import { openDesk, type Desk } from './desk.ts';
import { isInstalled, openPane, type Pane } from './pane.ts';

const lacking = ['tmux', 'jq'].filter((program) => !isInstalled(program));
const escape = '\u001b[';

describe.skipIf(lacking.length > 0)(
  `on a real terminal${lacking.length > 0 ? ` (SKIPPED: ${lacking.join(', ')} is not installed)` : ''}`,
  () => {
    let desk: Desk;
    let cloud: RunningLinode;
    let pane: Pane;
    let id: string;

    beforeAll(async () => {
      cloud = await startLinode();
      desk = openDesk({ PS1: '@> ' });
      // Bytes that do not compress: how long they take is known.
      desk.write('disk.raw', Buffer.concat([guestDisk(MiB, 1), randomBytes(7 * MiB)]));
      desk.imgctl(
        'profile',
        'add',
        'lin',
        '--provider',
        'linode',
        ...Object.entries(cloud.values).flatMap(([field, value]) => ['--set', `${field}=${value}`]),
      );
      desk.imgctl('profile', 'add', 'vault', '--provider', 'local', '--protected', '--set', `path=${desk.file('vault')}`);
      id = desk.imgctl('upload', 'disk.raw', '--name', 'web-日本', '-q', '-o', 'id').trim();
      desk.imgctl('create', 'an-image-whose-name-is-far-too-long-for-a-narrow-terminal-to-show-it-whole', '-q');
    });
    afterAll(async () => {
      desk.clear();
      await cloud.stop();
    });
    afterEach(() => pane.close());

    const open = async (
      settings: { readonly columns?: number; readonly env?: Readonly<Record<string, string>> } = {},
    ): Promise<void> => {
      pane = await openPane(['sh', '-i'], {
        env: { ...desk.env, ...settings.env },
        cwd: desk.folder,
        columns: settings.columns ?? 80,
      });
      await pane.until(/^@>/m);
    };
    /** Types a command on an empty screen; its exit status is shown behind it as `=STATUS=`. */
    const begin = async (command: string): Promise<void> => {
      await pane.type('clear');
      await pane.press('Enter');
      await pane.until(/^@>\s*$/);
      await pane.type(`${command}; echo "=$?="`);
      await pane.press('Enter');
    };
    const run = async (command: string): Promise<string> => {
      await begin(command);
      return pane.until(/^=\d+=$/m);
    };

    describe('a table', () => {
      it.each([40, 80, 200])('keeps to %i columns, and ids stay whole', async (columns) => {
        await open({ columns });
        const shown = await run('imgctl list --sort name:desc');
        expect(shown).toContain(id);
        expect(shown).toContain('=0=');
        // 40 columns hold an id and no name: only there a row goes on in the next line.
        expect(columns < 80 ? shown.replaceAll('\n', '') : shown).toContain('web-日本');
        const rows = shown.split('\n').filter((line) => line.trim() !== '').length;
        expect(rows).toBe(columns < 80 ? 10 : 6);
        if (columns === 200) expect(shown).toContain('narrow-terminal-to-show-it-whole');
      });

      it('is coloured, unless that is not wanted', async () => {
        await open({ columns: 120 });
        await run('imgctl list');
        const coloured = await pane.screen(true);
        expect(coloured).toContain(`${escape}32mactive`);
        for (const command of [
          'NO_COLOR=1 imgctl list',
          'TERM=dumb imgctl list',
          'imgctl --no-color list',
          'imgctl list | cat',
        ]) {
          await run(command);
          expect(await pane.screen(true), command).not.toContain(`${escape}32m`);
        }
        await run('FORCE_COLOR=1 imgctl list | cat -v');
        expect(await pane.screen()).toMatch(/\^\[\[32m|active/);
      });

      it('goes through pipes', async () => {
        await open({ columns: 120 });
        expect(await run('imgctl list | head -1')).toMatch(/^id\s+name\s+status/m);
        expect(await run('imgctl list -o json | jq -r ".[].name" | sort | tail -1')).toMatch(/^web-日本$/m);
        expect(await run('imgctl list -o jsonl | head -1 | jq -r .provider')).toMatch(/^local$/m);
        expect(await run('imgctl help | head -1')).toMatch(/^imgctl: /m);
      });
    });

    describe('a transfer', () => {
      const upload = 'imgctl upload disk.raw --name lin:slow --bwlimit';

      it('shows a bar with bytes, rate and time left, and takes it away', async () => {
        await open({ columns: 100 });
        await begin(`${upload} 3M -o id`);
        const drawn = await pane.until(/slow.*\d+ ?%.*iB\/s/);
        expect(drawn.split('\n').filter((line) => /\d ?%/.test(line)).length).toBe(1);
        expect(await pane.cursorIsShown()).toBe(false);
        const done = await pane.until(/^=0=$/m);
        expect(done).toMatch(/^private\/\d+$/m);
        expect(done).not.toMatch(/iB\/s/);
        expect(await pane.cursorIsShown()).toBe(true);
      });

      it('is stopped by Ctrl-C: 130, the cursor back, nothing left', async () => {
        await open({ columns: 100 });
        const before = [...cloud.account.images.keys()];
        await begin(`${upload} 1M --if-exists rename`);
        await pane.until(/slow.*\d+ ?%.*iB\/s/);
        await pane.press('C-c');
        const stopped = await pane.until(/^=\d+=$/m);
        expect(stopped).toMatch(/^=130=$/m);
        expect(stopped).toMatch(/^imgctl: /m);
        expect(stopped).not.toMatch(/at .*\(.*:\d+:\d+\)/);
        expect(await pane.cursorIsShown()).toBe(true);
        expect([...cloud.account.images.keys()]).toEqual(before);
      });

      it.each([
        ['TERM=dumb', 'TERM=dumb '],
        ['a log', ''],
      ])('draws nothing with %s', async (_name, environment) => {
        await open({ columns: 100 });
        const shown = await run(
          `${environment}imgctl upload disk.raw --name plain --if-exists rename -o id 2>err${environment === '' ? '' : '; cat err'}`,
        );
        expect(shown).toMatch(/^=0=$/m);
        expect(await pane.screen(true)).not.toContain(`${escape}?25`);
        expect(await run('grep -c "\\[?25" err')).toMatch(/^0$/m);
      });
    });

    describe('a question', () => {
      beforeEach(() => open({ columns: 100 }));

      it('is asked before anything is deleted; only yes is yes', async () => {
        desk.imgctl('create', 'doomed', '-q');
        await begin('imgctl delete doomed');
        await pane.until(/Delete this image from local\? .*\[y\/N\]: ?$/m);
        await pane.type('n');
        await pane.press('Enter');
        expect(await pane.until(/^=\d+=$/m)).toMatch(/cancelled; nothing was changed/);
        expect(desk.imgctl('show', 'doomed', '-o', 'id')).toBeTruthy();
        await begin('imgctl delete doomed');
        await pane.until(/\[y\/N\]/);
        await pane.press('C-c');
        expect(await pane.until(/^=\d+=$/m)).toMatch(/^=130=$/m);
        await begin('imgctl delete doomed');
        await pane.until(/\[y\/N\]/);
        await pane.type('y');
        await pane.press('Enter');
        expect(await pane.until(/^=\d+=$/m)).toMatch(/^=0=$/m);
        expect(() => desk.imgctl('show', 'doomed')).toThrow();
      });

      it('is about the name, in a protected profile', async () => {
        desk.imgctl('create', 'vault:jewel', '-q');
        await begin('imgctl delete vault:jewel');
        await pane.until(/Type the profile's name \(vault\) to confirm/);
        await pane.type('y');
        await pane.press('Enter');
        expect(await pane.until(/^=\d+=$/m)).toMatch(/nothing was changed/);
        await begin('imgctl delete vault:jewel');
        await pane.until(/Type the profile's name \(vault\) to confirm/);
        await pane.type('vault');
        await pane.press('Enter');
        expect(await pane.until(/^=\d+=$/m)).toMatch(/^=0=$/m);
      });

      it('shows nothing of a secret, and the terminal is itself again afterwards', async () => {
        await begin('imgctl profile add asked --provider linode');
        await pane.until(/how to sign in .*: ?$/m);
        await pane.press('Enter');
        await pane.until(/token .*: ?$/m);
        await pane.type('hush-hush');
        await pane.press('Enter');
        await pane.until(/region /);
        expect(await pane.screen()).not.toContain('hush');
        await pane.press('C-c');
        expect(await pane.until(/^=\d+=$/m)).toMatch(/^=130=$/m);
        expect(await run('echo seen')).toMatch(/^@> |^seen$/m);
        await pane.type('echo typed');
        await pane.until(/echo typed/);
      });
    });
  },
);
