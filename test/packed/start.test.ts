import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeLargeLayout } from '../drivers/local/large-layout.ts';

const root = path.resolve(import.meta.dirname, '../..');
const home = mkdtempSync(path.join(tmpdir(), 'imgctl-start-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** A profile whose cloud refuses every connection: enough to load all that a request needs. */
const refusing = {
  IMGCTL_PROFILE_COW_PROVIDER: 'rancher',
  IMGCTL_PROFILE_COW_URL: 'http://127.0.0.1:9/v1',
  IMGCTL_PROFILE_COW_ACCESS_KEY: 'key',
  IMGCTL_PROFILE_COW_SECRET_KEY: 'secret',
};

/** What a command of the built program has loaded when it ends: its own files, and the parts of Node. */
function loadedBy(...args: readonly string[]): { readonly own: number; readonly node: readonly string[] } {
  const { own, node } = loads(args);
  return { own: own.length, node };
}

interface Loads {
  /** Its own files, and whether V8 took kept code for them: null where there was none. */
  readonly own: readonly (readonly [file: string, accepted: boolean | null])[];
  readonly node: readonly string[];
}

function loads(args: readonly string[], env: Readonly<Record<string, string>> = {}): Loads {
  const report = `
    const vm = require('node:vm');
    const scripts = [];
    const { Script } = vm;
    vm.Script = class extends Script {
      constructor(code, options) {
        super(code, options);
        if (options?.filename) scripts.push([require('node:path').basename(options.filename), options.cachedData ? !this.cachedDataRejected : null]);
      }
    };
    process.on('exit', () => {
      const own = [...Object.keys(require.cache).map((file) => [file, null]), ...scripts];
      require('node:fs').writeSync(3, JSON.stringify({ own, node: process.moduleLoadList }));
    })`;
  const { output, stderr } = run(report, args, env);
  if (output[3] === null || output[3] === undefined || output[3] === '') throw new Error(String(stderr));
  const { own, node } = JSON.parse(String(output[3])) as Loads;
  return { own, node: node.map((name) => name.replace(/^\w+ /, '')) };
}

function run(report: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): ReturnType<typeof spawnSync> {
  const bin = path.join(root, 'bin', 'imgctl.cjs');
  const script = `${report}; process.argv.splice(1, 0, ${JSON.stringify(bin)}); require(${JSON.stringify(bin)})`;
  return spawnSync(process.execPath, ['-e', script, '--', ...args], {
    env: { PATH: process.env.PATH, HOME: home, ...refusing, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
}

// The budget counts modules, not milliseconds: that is the same on every machine.
describe('what a command loads', () => {
  it('--version and --help load nothing but the launcher', () => {
    for (const words of [['--version'], ['--help'], ['list', '--help'], ['help', 'upload']])
      expect(loadedBy(...words).own).toBeLessThanOrEqual(1);
  });

  it('a list of the local store loads neither HTTP nor a terminal library', () => {
    const { own, node } = loadedBy('list', '-p', 'local', '-o', 'json');
    expect(own).toBeLessThanOrEqual(20);
    expect(
      node.filter((name) => ['http', 'https', 'tls', 'http2', 'worker_threads', 'internal/deps/undici/undici'].includes(name)),
    ).toEqual([]);
  });

  it('a list over HTTP loads neither HTTP/2 nor undici, nor what asks questions, starts programs or takes times', () => {
    const { own, node } = loadedBy('list', '-p', 'cow', '--retries', '0', '-o', 'json');
    expect(node).toContain('http');
    expect(own).toBeGreaterThan(10);
    expect(own).toBeLessThanOrEqual(20);
    expect(
      node.filter((name) =>
        ['http2', 'internal/deps/undici/undici', 'readline', 'child_process', 'perf_hooks', 'v8'].includes(name),
      ),
    ).toEqual([]);
  });
});

describe('the code that V8 made in an earlier run', () => {
  const caches = (): string => mkdtempSync(path.join(home, 'cache-'));
  const accepted = (own: Loads['own'], what: RegExp) =>
    own.filter(([file]) => what.test(file)).map(([, wasAccepted]) => wasAccepted);
  const lasting = /-[\w-]{8}\.cjs$/;

  it('is taken for every file with a lasting name, and for no other', () => {
    const env = { XDG_CACHE_HOME: caches() };
    const list = ['list', '-p', 'local', '-o', 'json'];
    expect(new Set(accepted(loads(list, env).own, lasting))).toEqual(new Set([null]));
    const { own } = loads(list, env);
    expect(accepted(own, lasting).length).toBeGreaterThan(8);
    expect(new Set(accepted(own, lasting))).toEqual(new Set([true]));
    expect(accepted(own, /^main\.cjs$/)).toEqual([null]);
  });

  it('grows by what other verbs load, and stays for those before', () => {
    const env = { XDG_CACHE_HOME: caches() };
    loads(['list', '-p', 'local', '-o', 'json'], env);
    const more = () => accepted(loads(['providers', '-o', 'json'], env).own, lasting);
    expect(new Set(more())).toEqual(new Set([null, true]));
    expect(new Set(more())).toEqual(new Set([true]));
    expect(new Set(accepted(loads(['list', '-p', 'local', '-o', 'json'], env).own, lasting))).toEqual(new Set([true]));
  });

  it('is not kept by a run that failed, nor where Node is told to keep none', () => {
    const failing = { XDG_CACHE_HOME: caches() };
    loads(['list', '-p', 'cow', '--retries', '0'], failing);
    expect(existsSync(path.join(failing.XDG_CACHE_HOME, 'imgctl', 'code'))).toBe(false);
    const told = { XDG_CACHE_HOME: caches(), NODE_DISABLE_COMPILE_CACHE: '1' };
    loads(['list', '-p', 'local'], told);
    expect(readdirSync(told.XDG_CACHE_HOME)).toEqual([]);
  });

  it('is kept by a long list, which changes those flags, before it does', () => {
    const folder = path.join(home, 'many');
    writeLargeLayout(folder, 301);
    const env = { XDG_CACHE_HOME: caches(), IMGCTL_PROFILE_LONG_PROVIDER: 'local', IMGCTL_PROFILE_LONG_PATH: folder };
    const list = ['list', '-p', 'long', '-o', 'json'];
    loads(list, env);
    expect(new Set(accepted(loads(list, env).own, /^(usual|local|list)-/))).toEqual(new Set([true]));
  });
});
