import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLinode } from '../clouds/linode/index.ts';
import { startOpenstack } from '../clouds/openstack/index.ts';
import { rancherCloud } from '../clouds/rancher/index.ts';
import { profileVariables } from '../commands/stage.ts';
import { diskBytes } from '../support/content.ts';
import { everyCall, imports } from './every-call.ts';

const root = path.resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'imgctl-api-'));
const file = (name: string): string => path.join(folder, name);
const disk = diskBytes('raw', 1024 * 1024);

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}

/** Makes a home for a script of the folder, with a disk and a manifest in it that wants that of a profile. */
function homeOf(script: string, profile: string): string {
  const home = file(`home-${script}`);
  mkdirSync(home, { recursive: true });
  writeFileSync(path.join(home, 'disk.raw'), disk);
  const images = [{ name: 'base', source: './disk.raw', targets: [profile] }];
  writeFileSync(path.join(home, 'images.json'), JSON.stringify({ manifest: 'fleet', images }));
  return home;
}

/** Runs a script of the folder in a home of its own. */
function ran(script: string): Ended {
  const home = homeOf(script, 'local');
  return spawnSync(process.execPath, [file(script)], {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home, TMPDIR: home },
    encoding: 'utf8',
  });
}

/** Compiles a file of the folder as strictly as there is, against the types that the package ships. */
function compiled(name: string, module: 'node16' | 'bundler'): Ended {
  const kind = module === 'bundler' ? ['--module', 'esnext', '--moduleResolution', 'bundler'] : ['--module', 'node16'];
  const options = ['--strict', '--exactOptionalPropertyTypes', '--target', 'es2023', '--lib', 'es2023,dom', '--types', ''];
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  return spawnSync(process.execPath, [tsc, ...kind, ...options, name], { cwd: folder, encoding: 'utf8' });
}

beforeAll(() => {
  const told = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ filename }] = JSON.parse(told.slice(told.indexOf('[\n'))) as [{ readonly filename: string }];
  writeFileSync(file('package.json'), '{"private":true}');
  execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', file(filename)], { cwd: folder, stdio: 'ignore' });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const said = 'declare const console: { log(...words: unknown[]): void; error(...words: unknown[]): void };\n';

const typed = `${said}
import {
  convert, copy, createContext, download, ImgctlError, inspect, list, openAccount, remove, show, upload,
  type Account, type Code, type Event, type Image,
} from 'imgctl';

const events: Event[] = [];
const context = await createContext({ tell: (event) => events.push(event), confirm: async ({ images }) => (await images()).length === 1 });
const at: Account = await openAccount(undefined, context);
const codeOf = async (work: Promise<unknown>): Promise<Code | undefined> => {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error instanceof ImgctlError ? error.code : undefined;
  }
};
const names = async (): Promise<readonly string[]> => {
  const found: string[] = [];
  for await (const { name } of list(at, { sort: [{ field: 'name', descending: false }] }, context)) found.push(name);
  return found;
};

const planned = await upload.plan(at, { from: 'disk.raw', name: 'web' }, context);
const before = await names();
const web: Image = await upload(at, { from: 'disk.raw', name: 'web' }, context);
await copy(at, { image: 'web', to: at, name: 'other' }, context);
const between = await names();
const removal = await remove.plan(at, { image: 'web' }, context);
const saved = await download(at, { image: 'web', to: 'back.raw' }, context);
const report = await inspect({ file: 'back.raw' }, context);
const converted = await convert({ from: 'back.raw', to: 'back.qcow2' }, context);
const dry = await createContext({ dryRun: true });
const stopping = new AbortController();
const stopped = await createContext({ signal: stopping.signal });
async function* slowly() {
  yield new Uint8Array(65536);
  stopping.abort();
  await new Promise(() => undefined);
}
const codes = {
  taken: await codeOf(upload(at, { from: 'disk.raw', name: 'web' }, context)),
  missing: await codeOf(show(at, { image: 'nope' }, context)),
  profile: await codeOf(openAccount('nope', context)),
  unasked: await codeOf(remove(at, { image: 'web' }, await createContext())),
  refused: await codeOf(remove(at, { image: 'web' }, await createContext({ confirm: () => false }))),
  dry: await codeOf(upload(await openAccount('local', dry), { from: 'disk.raw', name: 'new' }, dry)),
  stopped: await codeOf(upload(at, { from: slowly(), name: 'slow', format: 'raw' }, stopped)),
};
await remove(at, { image: web.id }, context);
console.log(JSON.stringify({
  planned, before, between, removal, saved, report, converted, codes, after: await names(),
  told: [...new Set(events.map(({ kind }) => kind))],
}));
`;

/** Runs a program of the folder against clouds of its own. Gives what it printed, and the runs that are in the journal then. */
async function ranAtClouds(
  script: string,
): Promise<{ readonly told: unknown; readonly runs: readonly { readonly verb: string }[] }> {
  const clouds = await Promise.all([
    startOpenstack(),
    startLinode({ listsPerMinute: 1_000_000 }),
    rancherCloud({ version: '1.5', transitionMs: 5 }).start(),
  ]);
  const [os, lin, ran] = clouds;
  const home = homeOf(script, 'os');
  try {
    const [web = ''] = await os.seed([{ name: 'web', data: disk }]);
    Object.assign(os.stored?.(web) ?? {}, { visibility: 'shared' });
    await lin.seed([{ name: 'near' }]);
    const [gone] = await ran.seed([{ name: 'gone', status: 'removed' }]);
    const env = {
      PATH: process.env.PATH,
      HOME: home,
      TMPDIR: home,
      GONE: gone,
      ...profileVariables('os', 'openstack', os.values),
      ...profileVariables('lin', 'linode', lin.values),
      ...profileVariables('ran', 'rancher', ran.values),
    };
    const node = (...words: readonly string[]): Promise<string> =>
      promisify(execFile)(process.execPath, words, { cwd: home, env }).then(({ stdout }) => stdout);
    const told: unknown = JSON.parse(await node(file(script)));
    const runs = await node(file('node_modules/imgctl/bin/imgctl.cjs'), 'ops', 'list', '--all', '-o', 'json');
    return { told, runs: JSON.parse(runs) as readonly { readonly verb: string }[] };
  } finally {
    await Promise.all(clouds.map((cloud) => cloud.stop()));
  }
}

describe('the programmatic API of the packed package', () => {
  it.each(['mts', 'cts'] as const)(
    'has every call that it exports work in .%s, with a run in the journal for each change',
    async (kind) => {
      writeFileSync(file(`every.${kind}`), `${imports[kind]}\n${everyCall}`);
      expect(compiled(`every.${kind}`, 'node16')).toMatchObject({ stdout: '', status: 0 });
      const { told, runs } = await ranAtClouds(`every.${kind.replace('t', 'j')}`);
      expect(told).toMatchObject({
        uncalled: [],
        uploaded: { plan: 'upload', made: { name: 'up', status: 'active' } },
        imported: { plan: 'import', made: { name: 'fetched', status: 'active' } },
        copied: { plan: 'copy', made: { image: { name: 'copy', status: 'active' }, route: 'relay' } },
        saved: { plan: 'download', made: { path: 'back.raw', bytes: disk.length } },
        published: { plan: 'publish', made: [{ image: 'up', result: 'published' }] },
        created: { plan: 'create', made: { status: 'queued' } },
        patched: { plan: 'patch', made: { tags: ['x'] } },
        off: { plan: 'deactivate', made: { status: 'inactive' } },
        on: { plan: 'reactivate', made: { status: 'active' } },
        given: { plan: 'share', made: [{ state: 'pending' }] },
        taken: { plan: 'unshare', made: [] },
        spread: { plan: 'replicate', made: { name: 'near' } },
        back: { plan: 'restore', made: { name: 'gone' } },
        pruned: {
          plan: 'deactivate',
          made: expect.arrayContaining([expect.objectContaining({ action: 'retire', result: 'ok' })]),
        },
        removed: { plan: 'delete' },
        findings: { checked: expect.any(Number), violations: expect.arrayContaining([expect.objectContaining({ name: 'up' })]) },
        first: { plan: 'channel set', made: [{ channel: 'up@stable', name: 'up', result: 'ok' }] },
        second: { plan: 'channel set', made: [{ channel: 'up@stable', name: 'fetched', result: 'ok' }] },
        wentBack: { plan: 'channel rollback', made: [{ channel: 'up@stable', name: 'up', result: 'ok' }] },
        differences: [{ action: 'add', image: 'base', profile: 'os' }],
        steps: [{ verb: 'upload', risk: 'add', name: 'base', profile: 'os' }],
        applied: [{ action: 'add', name: 'base', result: 'ok' }],
        channels: [{ channel: 'up@stable', profile: 'os', name: 'up' }],
        history: [{ name: 'up', restores: 1, isTarget: true }, { name: 'fetched' }, { name: 'up', reason: 'passed' }],
        deleted: { plan: 'channel delete', made: [{ channel: 'up@stable', result: 'ok' }] },
        revoked: { plan: 'channel revoke' },
        members: [{ state: 'pending' }],
        used: { uses: [], unasked: [] },
        names: expect.arrayContaining(['web', 'up', 'fetched', 'empty']),
        code: 'NOT_FOUND',
        same: true,
        report: { format: 'raw', safe: true },
        converted: { path: 'disk.qcow2' },
        planned: [{ verb: 'convert' }],
        verbs: expect.arrayContaining(['upload', 'share']),
        told: expect.arrayContaining(['progress']),
      });
      expect(runs.map(({ verb }) => verb).sort()).toEqual([
        'apply',
        'channel delete',
        'channel revoke',
        'channel rollback',
        'channel set',
        'channel set',
        'copy',
        'create',
        'deactivate',
        'delete',
        'import',
        'patch',
        'prune',
        'reactivate',
        'replicate',
        'restore',
        'share',
        'unshare',
        'upload',
        'upload',
        'upload',
      ]);
    },
  );

  it('is typed for strict programs, and does what commands do: list, upload, show, download, copy, inspect, convert, delete', () => {
    writeFileSync(file('typed.mts'), typed);
    expect(compiled('typed.mts', 'bundler')).toMatchObject({ stdout: '', status: 0 });
    expect(compiled('typed.mts', 'node16')).toMatchObject({ stdout: '', status: 0 });
    const { stdout, stderr } = ran('typed.mjs');
    expect(stderr).toBe('');
    const told = JSON.parse(stdout) as { readonly told: readonly string[] };
    expect(told).toMatchObject({
      planned: [{ verb: 'upload', profile: 'local', image: 'web' }],
      before: [],
      between: ['other', 'web'],
      removal: [{ verb: 'delete', profile: 'local' }],
      saved: { path: 'back.raw', bytes: disk.length, profile: 'local' },
      report: { format: 'raw', safe: true, fileBytes: disk.length },
      converted: { path: 'back.qcow2' },
      codes: {
        taken: 'CONFLICT',
        missing: 'NOT_FOUND',
        profile: 'CONFIG',
        unasked: 'USAGE',
        refused: 'ABORTED',
        dry: 'USAGE',
        stopped: 'ABORTED',
      },
      after: ['other'],
    });
    expect(told.told).toContain('progress');
    expect(readFileSync(path.join(file('home-typed.mjs'), 'back.raw')).equals(disk)).toBe(true);
  });

  it('refuses by its types what a call does not take', () => {
    writeFileSync(
      file('wrong.mts'),
      `import { createContext, openAccount, upload } from 'imgctl';
       const context = await createContext();
       await upload(await openAccount('local', context), { from: 1, name: 'web' }, context);`,
    );
    expect(compiled('wrong.mts', 'node16').stdout).toMatch(/wrong\.mts\(3,\d+\): error TS2322: Type 'number' is not assignable/);
  });

  it('can be required', () => {
    writeFileSync(
      file('required.cjs'),
      `const { createContext, ImgctlError, list, openAccount, upload } = require('imgctl');
       (async () => {
         const context = await createContext();
         const at = await openAccount('local', context);
         await upload(at, { from: 'disk.raw', name: 'web' }, context);
         for await (const { name } of list(at, {}, context)) console.log(name);
         await openAccount('nope', context).catch((error) => console.log(error instanceof ImgctlError, error.code));
       })();`,
    );
    expect(ran('required.cjs')).toMatchObject({ stdout: 'web\ntrue CONFIG\n', stderr: '', status: 0 });
  });

  it('is typed for programs that require it too', () => {
    writeFileSync(file('required.cts'), "import imgctl = require('imgctl');\nvoid imgctl.createContext({ retries: 1 });\n");
    expect(compiled('required.cts', 'node16')).toMatchObject({ stdout: '', status: 0 });
  });

  it('is documented by examples that can be typed in, one after the other', () => {
    const readme = readFileSync(path.join(root, 'src/engine/README.md'), 'utf8');
    const examples = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);
    expect(examples.length).toBeGreaterThan(12);
    writeFileSync(file('readme.mts'), said + examples.join('\n'));
    expect(compiled('readme.mts', 'node16')).toMatchObject({ stdout: '', status: 0 });
    const { stdout, stderr, status } = ran('readme.mjs');
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toContain('NOT_FOUND 5');
  });

  it('has every call in its documentation, and nothing that there is not', () => {
    const readme = readFileSync(path.join(root, 'src/engine/README.md'), 'utf8');
    const named = readme.match(/^### .*$/gm)?.flatMap((line) => [...line.matchAll(/`([a-zA-Z]+)[(`]/g)].map(([, name]) => name));
    writeFileSync(
      file('names.mjs'),
      `import * as api from 'imgctl';
       console.log(JSON.stringify(Object.keys(api).filter((name) => /^[a-z]/.test(name) && typeof api[name] === 'function').sort()));`,
    );
    expect([...new Set(named)].sort()).toEqual(JSON.parse(ran('names.mjs').stdout));
  });
});
