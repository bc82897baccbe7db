import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { exitCodes } from '../../src/core/errors.ts';
import { guestDisk } from '../support/disk-images.ts';
import { startFakeServer } from '../support/fake-server.ts';
import { startLinode } from '../clouds/linode/index.ts';
import { commandStage, errorOf, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
const escape = '\u001b[';

describe('results', () => {
  it('are drawn for people on a terminal, with colour unless it is not wanted', async () => {
    await stage.image('web');
    const terminal = { terminal: true, columns: 160, color: true };
    const shown = await stage.ok(['list'], terminal);
    expect(shown.stdout).toContain(escape);
    expect(shown.stdout).toContain('1.0 MiB');
    for (const args of [
      ['list', '--no-color'],
      ['--no-color', 'list'],
    ])
      expect((await stage.ok(args, terminal)).stdout).not.toContain(escape);
    expect((await stage.ok(['list', '--color'], { terminal: true, columns: 160 })).stdout).toContain(escape);
    expect((await stage.ok(['list', '-o', 'json'], terminal)).stdout).not.toContain(escape);
    const failed = await stage.run(['show', 'none', '--no-color'], terminal);
    expect(failed.stderr).not.toContain(escape);
  });

  it('never cut an id, however narrow the terminal', async () => {
    const id = await stage.queued('a-name-that-is-much-too-long-for-a-narrow-terminal');
    expect((await stage.ok(['list'], { terminal: true, columns: 50 })).stdout).toContain(id);
  });

  it('take their format from IMGCTL_OUTPUT, which an option overrules', async () => {
    const id = await stage.queued('web');
    const env = { IMGCTL_OUTPUT: 'id' };
    expect((await stage.ok(['list'], { env })).stdout).toBe(`${id}\n`);
    expect((await stage.ok(['list', '--json'], { env })).json()).toHaveLength(1);
    expect((await stage.ok(['list', '-ojson'], { env })).json()).toHaveLength(1);
    const odd = await stage.run(['list'], { env: { IMGCTL_OUTPUT: 'xml' } });
    expect([odd.exitCode, odd.stderr]).toEqual([
      2,
      'imgctl: IMGCTL_OUTPUT: "xml" is not one of table, wide, json, jsonl, yaml, csv, markdown, id\n',
    ]);
  });

  it('are the same whether global options stand before or behind the verb', async () => {
    await stage.queued('web');
    const behind = await stage.ok(['list', '-o', 'json', '-p', 'local']);
    const before = await stage.ok(['-o', 'json', '-p', 'local', 'list']);
    expect(before.stdout).toBe(behind.stdout);
    expect((await stage.ok(['-o', 'json', 'profile', 'list'])).json()).toMatchObject([{ name: 'local' }]);
  });
});

describe('errors', () => {
  it('are text with a hint, or one object of JSON, also where the arguments are wrong', async () => {
    const text = await stage.run(['lst']);
    expect([text.exitCode, text.stdout, text.stderr]).toEqual([
      2,
      '',
      'imgctl: unknown verb: lst\nDid you mean list or ls? List all verbs with: imgctl help\n',
    ]);
    for (const args of [
      ['lst', '-o', 'json'],
      ['lst', '--json'],
      ['--output=jsonl', 'lst'],
      ['-ojson', 'lst'],
    ]) {
      const json = await stage.run(args);
      expect(json.exitCode).toBe(2);
      expect(json.stderr.trimEnd().split('\n').length, args.join(' ')).toBe(1);
      expect(errorOf(json)).toMatchObject({ code: 'USAGE', message: 'unknown verb: lst', exitCode: 2 });
    }
    expect(errorOf(await stage.run(['lst'], { env: { IMGCTL_OUTPUT: 'json' } }))).toMatchObject({ code: 'USAGE' });
  });

  it.each([
    [['frobnicate'], 'unknown verb: frobnicate', 'List all verbs with: imgctl help'],
    [['profile', 'lst'], 'unknown verb: profile lst', expect.stringMatching(/^Did you mean profile list/)],
    [['profile', 'zzzzzz'], 'unknown verb: profile zzzzzz', 'List them with: imgctl help profile'],
    [['show', 'x', '--bogus'], 'unknown option: --bogus', undefined],
    [['list', '--sort'], '--sort requires a value', undefined],
    [['list', '--retries', 'many'], '--retries: "many" is not a whole number', undefined],
    [['list', '--timeout', '5'], '--timeout: invalid duration: 5', expect.stringContaining('30s')],
    [['list', '--progress', 'loud'], '--progress: "loud" is not one of auto, bar, plain, json, none', undefined],
    [['completion', 'csh'], 'unsupported shell: csh', expect.stringContaining('bash')],
    [['help', 'uplod'], 'no help topic: uplod', 'Did you mean upload?'],
    [['providers', 'lcoal'], 'no such provider: lcoal', 'Did you mean local?'],
  ])('%j says what is meant', async (args, message, hint) => {
    const result = await stage.run(['--json', ...args]);
    expect(errorOf(result)).toMatchObject({ message, ...(hint === undefined ? {} : { hint }) });
    expect([result.exitCode, result.stdout]).toEqual([errorOf(result).exitCode, '']);
  });

  it('carry status, request id, profile and provider of the answer', async () => {
    const server = await startFakeServer(() => ({
      status: 503,
      headers: { 'x-request-id': 'req-1' },
      body: { errors: [{ reason: 'down for a while' }] },
    }));
    try {
      const env = profileVariables('lin', 'linode', { token: 't', endpoint: server.origin });
      const failed = await stage.run(['show', 'lin:private/1', '--json', '--retries', '0'], { env });
      expect(errorOf(failed)).toMatchObject({
        code: 'PROVIDER',
        status: 503,
        requestId: 'req-1',
        profile: 'lin',
        provider: 'linode',
        exitCode: 10,
      });
      expect(errorOf(failed).message).toContain('down for a while');
      const text = await stage.run(['show', 'lin:private/1', '--retries', '0'], { env });
      expect(text.stderr).toContain('request id: req-1');
    } finally {
      await server.stop();
    }
  });

  it.each([
    [401, 'AUTH'],
    [403, 'AUTH'],
    [404, 'NOT_FOUND'],
    [409, 'CONFLICT'],
    [429, 'LIMIT'],
    [500, 'PROVIDER'],
    [400, 'USAGE'],
  ] as const)('an answer %i ends with what %s has', async (status, code) => {
    const server = await startFakeServer(() => ({ status, body: { errors: [{ reason: 'no' }] } }));
    try {
      const env = profileVariables('lin', 'linode', { token: 't', endpoint: server.origin });
      const failed = await stage.run(['show', 'lin:private/1', '--json', '--retries', '0'], { env });
      expect([failed.exitCode, errorOf(failed).code]).toEqual([exitCodes[code], code]);
    } finally {
      await server.stop();
    }
  });

  it('have a stack and causes only with --debug', async () => {
    const plain = await stage.run(['show', 'none']);
    expect(plain.stderr).not.toContain('    at ');
    const debug = await stage.run(['show', 'none', '--debug']);
    expect(debug.stderr).toContain('    at ');
    expect(errorOf(await stage.run(['show', 'none', '--debug', '--json']))).toHaveProperty('stack');
  });
});

describe('what is said besides', () => {
  it('is on stderr: warnings, notes and retries, and not with -q', async () => {
    const cloud = await startLinode();
    try {
      const env = profileVariables('lin', 'linode', cloud.values);
      cloud.fail({ kind: 'answer', status: 503, body: '{}' });
      const retried = await stage.ok(['list', '-p', 'lin', '-o', 'json'], { env });
      expect([retried.stdout, retried.stderr]).toEqual(['[]\n', expect.stringMatching(/^retrying in [\d.]+ s: .*503.*\n$/)]);
      const insecure = await stage.ok(['list', '-p', 'lin', '--insecure'], { env });
      expect(insecure.stderr).toBe('warning: certificates are not checked (insecure)\n');
      expect((await stage.ok(['list', '-p', 'lin', '--insecure', '-q'], { env })).stderr).toBe('');
      const two = { ...env, ...profileVariables('other', 'linode', { ...cloud.values, insecure: 'True' }) };
      expect((await stage.ok(['list', '-p', 'lin', '-p', 'other', '--insecure'], { env: two })).stderr).toBe(insecure.stderr);
      expect((await stage.ok(['list', '-p', 'lin', '-p', 'other'], { env: two })).stderr).toBe(
        'warning: certificates are not checked (insecure in profile other)\n',
      );
    } finally {
      await cloud.stop();
    }
  });

  it('is more with -v', async () => {
    const id = await stage.queued('web');
    expect((await stage.ok(['show', 'web'])).stderr).toBe('');
    expect((await stage.ok(['show', 'web', '-v'])).stderr).toMatch(new RegExp(`^profile local: .*\n"web" is ${id} in local\n$`));
  });

  it('is events of JSON with --progress json', async () => {
    const uploaded = await stage.ok(['upload', stage.write('d', smallDisk()), '--name', 'web', '--progress', 'json']);
    const events = uploaded.stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; task?: string });
    expect(events[0]).toMatchObject({ event: 'start', task: 'upload web' });
    expect(events.at(-1)).toMatchObject({ event: 'done', task: 'upload web' });
  });

  it.each([
    ['upload', ['disk.raw.gz', '--name', 'up', '--disk-format', 'qcow2']],
    ['copy', ['web', 'local:copy', '--disk-format', 'qcow2']],
    ['download', ['web', 'down.qcow2', '--disk-format', 'qcow2']],
    ['convert', ['disk.raw.gz', 'made.qcow2']],
    ['publish', ['simplestreams', 'tree', 'web']],
  ])(
    'counts no more bytes of a step than it has, also of a compressed disk that becomes another format: %s',
    async (verb, args) => {
      const disk = stage.write('disk.raw.gz', gzipSync(guestDisk(4 << 20, 1)));
      await stage.ok(['upload', disk, '--name', 'web']);
      const files = ['disk.raw.gz', 'down.qcow2', 'made.qcow2', 'tree'];
      const typed = args.map((word) => (files.includes(word) ? stage.file(word) : word));
      const { stderr } = await stage.ok([verb, ...typed, '--progress', 'json']);
      const events = [...stderr.matchAll(/^\{.*\}$/gm)].map(
        ([line]) => JSON.parse(line) as { bytes?: number; totalBytes?: number },
      );
      expect(events.some(({ totalBytes }) => totalBytes !== undefined)).toBe(true);
      for (const { bytes = 0, totalBytes = Infinity } of events) expect(bytes).toBeLessThanOrEqual(totalBytes);
    },
  );

  it('is the version with --version and nothing else', async () => {
    for (const flag of ['--version', '-V'])
      expect(await stage.run([flag])).toMatchObject({ stdout: 'imgctl 0.0.0-test\n', stderr: '', exitCode: 0 });
  });
});
