import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diskBytes } from '../support/content.ts';

const root = path.resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'imgctl-packed-'));
const home = path.join(folder, 'home');
const bin = path.join(folder, 'node_modules', '.bin', 'imgctl');

interface Packed {
  readonly filename: string;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}
let packed: Packed;

function imgctl(args: readonly string[], input?: string): { stdout: string; stderr: string; status: number | null } {
  const env = { PATH: process.env.PATH, HOME: home, LANG: 'C.UTF-8' };
  return spawnSync(bin, args, { env, encoding: 'utf8', cwd: folder, input });
}

beforeAll(() => {
  const told = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  // The build that packing runs first may print lines of its own.
  [packed] = JSON.parse(told.slice(told.indexOf('[\n'))) as [Packed];
  writeFileSync(path.join(folder, 'package.json'), '{"private":true}');
  execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', path.join(folder, packed.filename)], {
    cwd: folder,
    stdio: 'ignore',
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the packed package', () => {
  it('holds the program, the schema and the papers, and nothing else', () => {
    const strange = packed.files
      .map((file) => file.path)
      .filter(
        (name) => !/^(bin\/imgctl\.cjs|dist\/(help\/)?[\w.-]+|schema\/[\w.-]+|README\.md|LICENSE|package\.json)$/.test(name),
      );
    expect(strange).toEqual([]);
  });

  it('is what the registries and their tools expect', async () => {
    const { messages } = await publint({ pkgDir: path.join(folder, 'node_modules', 'imgctl'), pack: false });
    expect(messages.filter((message) => message.type !== 'suggestion').map((message) => message.code)).toEqual([]);
  });

  it('has a bill of materials with a digest of each package, and with the C code in two of them', () => {
    interface Component {
      readonly name: string;
      readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
      readonly components?: readonly { readonly name: string }[];
    }
    const file = path.join(folder, 'node_modules', 'imgctl', 'dist', 'sbom.cdx.json');
    const { components } = JSON.parse(readFileSync(file, 'utf8')) as { components: readonly Component[] };
    expect(components.length).toBeGreaterThan(20);
    const unheld = components.filter(
      ({ hashes }) => !/^[0-9a-f]{128}$/.test(hashes?.find(({ alg }) => alg === 'SHA-512')?.content ?? ''),
    );
    expect(unheld.map(({ name }) => name)).toEqual([]);
    expect(components.flatMap((one) => one.components ?? []).map(({ name }) => name)).toEqual(['xz-embedded', 'zstd']);
  });

  it('has the notice of each of them, and the terms that most of them have once', () => {
    const read = (name: string): string => readFileSync(path.join(folder, 'node_modules', 'imgctl', 'dist', name), 'utf8');
    const { components } = JSON.parse(read('sbom.cdx.json')) as {
      readonly components: readonly { readonly name: string; readonly version: string }[];
    };
    const texts = read('THIRD_PARTY_LICENSES.txt');
    expect(components.filter(({ name, version }) => !texts.includes(`${name} ${version} (`))).toEqual([]);
    expect(texts.split('Permission is hereby granted, free of charge').length).toBeLessThan(components.length / 4);
  });

  it('holds no secrets, no paths of the machine that built it, and no way back to its sources', () => {
    const telling =
      /-----BEGIN [A-Z ]*PRIVATE KEY|_authToken|npm_[A-Za-z0-9]{36}|gh[pousr]_[A-Za-z0-9]{36}|AKIA[0-9A-Z]{16}|eyJhbGciOi|sourceMappingURL=/;
    for (const { path: name } of packed.files) {
      const text = readFileSync(path.join(folder, 'node_modules', 'imgctl', name), 'latin1');
      expect(telling.exec(text)?.[0], name).toBeUndefined();
      for (const place of [root, homedir(), folder])
        if (place.length > 5) expect(text.includes(place), `${name}: ${place}`).toBe(false);
    }
  });

  it('runs nothing when it is installed', () => {
    const installed = JSON.parse(readFileSync(path.join(folder, 'node_modules', 'imgctl', 'package.json'), 'utf8')) as {
      readonly scripts?: Readonly<Record<string, string>>;
      readonly dependencies?: object;
    };
    expect(Object.keys(installed.scripts ?? {}).filter((name) => /install|^prepare$/.test(name))).toEqual([]);
    expect(installed.dependencies).toBeUndefined();
  });

  it('is at most 2.25 MB', () => expect(packed.unpackedSize).toBeLessThan(2_250_000));

  it('installs no other package', () => {
    expect(readdirSync(path.join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['imgctl']);
  });

  it('runs: version, help, a list, an upload and a download in an empty home', () => {
    const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
    expect(imgctl(['--version']).stdout).toBe(`imgctl ${version}\n`);
    expect(imgctl(['help']).stdout).toContain('imgctl list');
    expect(imgctl(['list', '-o', 'json'])).toMatchObject({ stdout: '[]\n', status: 0 });
    const disk = diskBytes('raw', 1024 * 1024);
    writeFileSync(path.join(folder, 'disk.raw'), disk);
    expect(imgctl(['upload', 'disk.raw', '--name', 'web', '-q']).status).toBe(0);
    expect(imgctl(['download', 'web', 'back.raw', '-q']).status).toBe(0);
    expect(readFileSync(path.join(folder, 'back.raw')).equals(disk)).toBe(true);
  });

  it('holds the keys of publishers', () => {
    const told = imgctl(['sources', '-o', 'json']);
    expect(told.status, told.stderr).toBe(0);
    const shipped = (JSON.parse(told.stdout) as { keyring?: string; keys: readonly object[] }[]).filter(
      ({ keyring }) => keyring === 'shipped',
    );
    expect(shipped.length).toBeGreaterThan(8);
    for (const { keys } of shipped) expect(keys.length).toBeGreaterThan(0);
  });

  it('does not take a full disk behind stdout for a reader that has left', () => {
    const run = (command: string) =>
      spawnSync('/bin/bash', ['-c', command], { env: { PATH: process.env.PATH, HOME: home }, encoding: 'utf8' });
    expect(run(`"${bin}" download web - -q > /dev/full`)).toMatchObject({ status: 14 });
    // A list is a report, and a disk is data: who leaves has not got all of it.
    expect(run(`"${bin}" list | head -c 10 > /dev/null; exit \${PIPESTATUS[0]}`)).toMatchObject({ status: 0, stderr: '' });
    expect(run(`"${bin}" download web - -q | head -c 10 > /dev/null; exit \${PIPESTATUS[0]}`)).toMatchObject({ status: 14 });
  });

  it('names its failures on stderr and in the exit status', () => {
    const result = imgctl(['show', 'nope', '-o', 'json']);
    expect(result.status).toBe(5);
    expect(result.stdout).toBe('');
    expect(JSON.parse(result.stderr)).toMatchObject({ error: { code: 'NOT_FOUND', exitCode: 5 } });
  });

  it('ends quietly when nobody reads its output', () => {
    const result = spawnSync('/bin/bash', ['-c', `set -o pipefail; "${bin}" help | head -1`], {
      env: { PATH: process.env.PATH, HOME: home },
      encoding: 'utf8',
    });
    expect(result).toMatchObject({ status: 0, stderr: '' });
  });
});
