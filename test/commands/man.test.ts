import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands/index.ts';
import { exitCodes } from '../../src/core/errors.ts';
import { topicNames } from '../../src/cli/help/topic-names.ts';
import { commandStage } from './stage.ts';

const stage = commandStage();
const installed = (program: string): boolean => spawnSync('/bin/sh', ['-c', `command -v ${program}`]).status === 0;

describe('the man page', () => {
  it('has every verb, exit code and section', async () => {
    const page = (await stage.ok(['help', 'man'])).stdout;
    const plain = page.replaceAll('\\-', '-');
    for (const { path } of commands) expect(plain).toContain(`\n.SS imgctl ${path}\n`);
    for (const [code, number] of Object.entries(exitCodes)) expect(plain).toContain(`\n.B ${number} ${code}\n`);
    for (const section of ['NAME', 'OPTIONS', 'OUTPUT', 'PROFILES', 'ENVIRONMENT', 'EXIT STATUS', 'CONTINUOUS INTEGRATION'])
      expect(plain).toContain(`\n.SH ${section}\n`);
    // What is beyond ASCII is missing, or a warning, where the locale does not have it.
    expect(page.replace(/[\x20-\x7e\n]/g, '')).toBe('');
    expect(page).not.toContain(stage.file(''));
    expect((await stage.ok(['help', 'man'])).stdout).toBe(page);
  });

  it.skipIf(!installed('man') || !installed('groff'))(
    'is read by man without a warning, in every locale (SKIPPED where man or groff is not installed)',
    async () => {
      const file = stage.write('imgctl.1', (await stage.ok(['help', 'man'])).stdout);
      const shown = spawnSync('man', ['--warnings', '-E', 'UTF-8', '-P', 'cat', '-l', file], {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, MANWIDTH: '100' },
      });
      expect([shown.status, shown.stderr]).toEqual([0, '']);
      const plain = spawnSync('groff', ['-man', '-Tascii', '-ww', file], {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, LANG: 'C' },
      });
      expect([plain.status, plain.stderr]).toEqual([0, '']);
      expect(shown.stdout).toContain('imgctl upload disk.qcow2 --name web');
      expect(shown.stdout).toMatch(/id=\$\(imgctl upload/);
    },
  );
});

describe('topics', () => {
  it.each(topicNames)('%s is there, and named in the first help', async (topic) => {
    expect((await stage.ok(['help', topic])).stdout.length).toBeGreaterThan(200);
    expect((await stage.ok(['help'])).stdout).toContain(topic);
  });

  it('ci has recipes for GitHub and GitLab, in which a failed upload fails the job', async () => {
    const text = (await stage.ok(['help', 'ci'])).stdout;
    expect(text).toContain('GitHub Actions:');
    expect(text).toContain('GitLab CI');
    expect(text).not.toMatch(/echo .*\$\(imgctl/);
  });
});
