import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): unknown => JSON.parse(readFileSync(path.join(root, file), 'utf8'));

interface Package {
  readonly dependencies?: object;
  readonly optionalDependencies?: object;
  readonly peerDependencies?: object;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
}
interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
}
const own = read('package.json') as Package;
const locked = Object.entries((read('package-lock.json') as { packages: Record<string, Locked> }).packages).filter(
  ([at]) => at !== '',
);
const names = (wrong: (one: Locked) => boolean): readonly string[] => locked.filter(([, one]) => wrong(one)).map(([at]) => at);

describe('what the package brings with it', () => {
  it('is no other package, and nothing that runs when it is installed', () => {
    for (const kind of ['dependencies', 'optionalDependencies', 'peerDependencies'] as const)
      expect(own[kind], kind).toBeUndefined();
    const atInstall = ['preinstall', 'install', 'postinstall', 'preprepare', 'prepare', 'postprepare', 'dependencies'];
    expect(Object.keys(own.scripts).filter((name) => atInstall.includes(name))).toEqual([]);
  });
});

describe('what it is built with', () => {
  it('is named by exact versions', () => {
    expect(Object.entries(own.devDependencies).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
    expect(locked.length).toBeGreaterThan(100);
    for (const [name, version] of Object.entries(own.devDependencies))
      expect(locked.find(([at]) => at === `node_modules/${name}`)?.[1].version, name).toBe(version);
  });

  it('comes from the registry alone, and runs nothing when it is installed', () => {
    expect(names(({ resolved = '' }) => resolved !== '' && !resolved.startsWith('https://registry.npmjs.org/'))).toEqual([]);
    expect(names(({ link }) => link === true)).toEqual([]);
    expect(names(({ hasInstallScript }) => hasInstallScript === true)).toEqual([]);
  });

  it('is held to its digest on every system', () => {
    expect(names(({ integrity }) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? ''))).toEqual([]);
  });
});
