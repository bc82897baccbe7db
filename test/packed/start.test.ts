import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

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
  const report = `process.on('exit', () => require('node:fs').writeSync(3, JSON.stringify({ own: Object.keys(require.cache).length, node: process.moduleLoadList })))`;
  const { output, stderr } = run(report, args);
  if (output[3] === null || output[3] === undefined || output[3] === '') throw new Error(String(stderr));
  const { own, node } = JSON.parse(String(output[3])) as { own: number; node: string[] };
  return { own, node: node.map((name) => name.replace(/^\w+ /, '')) };
}

function run(report: string, args: readonly string[]): ReturnType<typeof spawnSync> {
  const bin = path.join(root, 'bin', 'imgctl.cjs');
  const script = `${report}; process.argv.splice(1, 0, ${JSON.stringify(bin)}); require(${JSON.stringify(bin)})`;
  return spawnSync(process.execPath, ['-e', script, '--', ...args], {
    env: { PATH: process.env.PATH, HOME: home, ...refusing },
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
    expect(own).toBeLessThanOrEqual(32);
    expect(
      node.filter((name) => ['http', 'https', 'tls', 'http2', 'worker_threads', 'internal/deps/undici/undici'].includes(name)),
    ).toEqual([]);
  });

  it('a list over HTTP loads neither HTTP/2 nor undici, nor what asks questions, starts programs or takes times', () => {
    const { own, node } = loadedBy('list', '-p', 'cow', '--retries', '0', '-o', 'json');
    expect(node).toContain('http');
    expect(own).toBeLessThanOrEqual(20);
    expect(
      node.filter((name) =>
        ['http2', 'internal/deps/undici/undici', 'readline', 'child_process', 'perf_hooks', 'v8'].includes(name),
      ),
    ).toEqual([]);
  });
});
