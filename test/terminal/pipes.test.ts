import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startLinode, type RunningLinode } from '../clouds/linode/index.ts';
import { openDesk, type Desk } from './desk.ts';
import { isInstalled, openPane, type Pane } from './pane.ts';

const lacking = ['tmux', 'jq'].filter((program) => !isInstalled(program));
/** Longer than it takes until something is drawn. */
const slowMs = 600;

describe.skipIf(lacking.length > 0)(
  `output at a terminal${lacking.length > 0 ? ` (SKIPPED: ${lacking.join(', ')} is not installed)` : ''}`,
  () => {
    let desk: Desk;
    let cloud: RunningLinode;
    let slow: Server;
    let pane: Pane;

    beforeAll(async () => {
      cloud = await startLinode();
      await cloud.seed([{ name: 'web-1' }, { name: 'web-2' }, { name: 'web-3' }]);
      slow = createServer((request, response) => {
        void (async () => {
          await pause(slowMs);
          const { 'x-filter': filter, authorization } = request.headers;
          const headers = { ...(filter ? { 'x-filter': String(filter) } : {}), ...(authorization ? { authorization } : {}) };
          const answer = await fetch(`${cloud.origin}${request.url ?? ''}`, { headers });
          response.writeHead(answer.status, { 'content-type': 'application/json' });
          response.end(await answer.text());
        })();
      });
      await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
      desk = openDesk({ PS1: '@> ' });
      const { port } = slow.address() as AddressInfo;
      const values = { ...cloud.values, endpoint: `http://127.0.0.1:${port}` };
      const sets = Object.entries(values).flatMap(([field, value]) => ['--set', `${field}=${value}`]);
      desk.imgctl('profile', 'add', 'lin', '--provider', 'linode', ...sets);
      desk.imgctl('create', 'empty', '-q');
    });
    afterAll(async () => {
      slow.closeAllConnections();
      slow.close();
      desk.clear();
      await cloud.stop();
    });
    afterEach(() => pane.close());

    const open = async (columns = 100): Promise<void> => {
      pane = await openPane(['sh', '-i'], { env: desk.env, cwd: desk.folder, columns });
      await pane.until(/^@>/m);
    };
    const begin = async (command: string): Promise<void> => {
      await pane.type(`clear; ${command}; echo "=$?="`);
      await pane.press('Enter');
    };

    it.each(
      ['id', 'csv', 'jsonl', 'table'].flatMap((format) =>
        ['head -2', 'cat', 'sed -n 1,2p'].map((reader) => [format, reader] as const),
      ),
    )('in a pipe nothing that is drawn stands before a row: -o %s | %s', async (format, reader) => {
      await open();
      await begin(`imgctl list -p lin -o ${format} | ${reader}`);
      const shown = await pane.until(/^=\d+=$/m);
      const rows = shown.split('\n').filter((line) => /private|^id/.test(line));
      expect(rows.length).toBeGreaterThanOrEqual(2);
      const first = { id: /^private\/\d+$/, csv: /^id,name/, jsonl: /^\{"profile"/, table: /^id\s/ }[format];
      expect(rows[0]).toMatch(first ?? /^/);
      for (const row of rows) expect(row).not.toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
      expect(await pane.cursorIsShown()).toBe(true);
    });

    it('is whole JSON for jq', async () => {
      await open();
      await begin('imgctl list -p lin -o json | jq -r ".[0].name"');
      expect(await pane.until(/^=0=$/m)).toMatch(/^web-\d$/m);
    });

    it('a wait shows the state, the time so far and the limit while it lasts', async () => {
      await open();
      await begin('imgctl wait empty --wait-timeout 4s --poll-interval 300ms');
      expect(await pane.until(/queued, \d+ s of 4 s/)).toMatch(/wait for empty/);
      const over = await pane.until(/^=13=$/m);
      expect(over).toMatch(/^imgctl: timed out after 4 s: \S+ is still queued$/m);
      expect(over).toMatch(/No data was sent yet\. Fill it with: imgctl upload FILE --into local:/);
    });
  },
);
