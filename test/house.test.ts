import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { commands } from '../src/cli/commands/index.ts';
import { codeMeanings, exitCodes } from '../src/core/errors.ts';
import { imageFields } from '../src/core/image.ts';
import { operationNames } from '../src/core/operation.ts';
import { drivers, usualDriver } from '../src/drivers/index.ts';
import { driverList } from '../src/engine/driver-list.ts';
import { gaps, papersOf } from './clouds/gaps.ts';
import { stageOf } from './clouds/index.ts';

const root = path.resolve(import.meta.dirname, '..');
const src = path.join(root, 'src');

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const file = path.join(folder, name);
    return statSync(file).isDirectory() ? filesBelow(file) : [file];
  });
}

interface SourceFile {
  /** Path below `src`, such as `cli/program/run.ts`. */
  readonly name: string;
  readonly text: string;
  /** Paths below `src`, or names of packages. */
  readonly imports: readonly string[];
}

/** As it stands in an import, on Windows too. */
const below = (from: string, to: string): string => path.relative(from, to).replaceAll(path.sep, '/');

const importPattern = /(?:from\s*|import\s*\(\s*|import\s+)'([^']+)'/g;

const files: readonly SourceFile[] = filesBelow(src)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => {
    const text = readFileSync(file, 'utf8');
    const imports = [...text.matchAll(importPattern)].map(([, from = '']) =>
      from.startsWith('.') ? below(src, path.resolve(path.dirname(file), from)) : from,
    );
    return { name: below(src, file), text, imports };
  });

const providers = Object.keys(drivers);
/** Parts that several drivers share. */
const sharedParts = ['drivers/_metadata', 'drivers/_oci', 'drivers/_published'];

/** Where a file lives: `drivers/linode`, or the first folder, or the file itself at the top. */
function roomOf(name: string): string {
  const [first = '', second = ''] = name.split('/');
  return first === 'drivers' && second !== 'index.ts' ? `drivers/${second}` : first === 'drivers' ? 'drivers/index' : first;
}

/** Rooms that each room may import from, besides itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: [],
  host: ['core'],
  http: ['core', 'host'],
  profiles: ['core', 'host'],
  transfer: ['core', 'host'],
  ui: ['core', 'host'],
  'drivers/index': ['core', 'drivers/publishers', ...providers.map((name) => `drivers/${name}`)],
  engine: ['core', 'host', 'http', 'profiles', 'transfer', 'drivers/index'],
  cli: ['engine', 'core', 'host', 'profiles', 'ui'],
  'index.ts': ['engine', 'core', '..'],
  'start.ts': ['host', 'main.ts'],
  'main.ts': ['engine', 'core', 'host', 'http', 'profiles', 'transfer', 'ui', 'drivers/index', 'cli', '..'],
};

const mayImport = (room: string): readonly string[] =>
  allowed[room] ?? (room.startsWith('drivers/') ? ['core', ...sharedParts] : []);

const isOwn = (from: string): boolean => files.some((file) => file.name === from) || from.startsWith('..');
const violations = (check: (file: SourceFile) => readonly string[]): string[] =>
  files.flatMap((file) => check(file).map((what) => `${file.name}: ${what}`));

describe('the house', () => {
  it('imports go in the directions of the map', () => {
    expect(
      violations(({ name, imports }) => {
        const room = roomOf(name);
        return imports.filter((from) => isOwn(from) && roomOf(from) !== room && !mayImport(room).includes(roomOf(from)));
      }),
    ).toEqual([]);
  });

  it('core uses no module of Node; of the drivers only the one that works on files does', () => {
    const usesNode = violations(({ name, imports }) =>
      /^(core|drivers)\//.test(name) ? imports.filter((from) => from.startsWith('node:')) : [],
    );
    expect(usesNode.filter((line) => !line.startsWith('drivers/local/') && !line.endsWith(': node:crypto'))).toEqual([]);
  });

  it('a driver waits by the call that it is handed, with the pauses and the limit of all waiting', () => {
    const mayWait = [
      // It keeps requests apart, and looks at nothing.
      'drivers/linode/rate-limit.ts',
      // Another program is writing the file in this very moment.
      'drivers/local/index-file.ts',
    ];
    expect(
      violations(({ name, text }) =>
        name.startsWith('drivers/') && !mayWait.includes(name) ? (text.match(/\b(setTimeout|sleep)\(/g) ?? []) : [],
      ),
    ).toEqual([]);
  });

  it('no file imports itself over others, types included', () => {
    const graph = new Map(
      files.map((file) => [file.name, file.imports.filter((from) => files.some((other) => other.name === from))]),
    );
    const cycles: string[] = [];
    const done = new Set<string>();
    const visit = (name: string, trail: readonly string[]): void => {
      if (trail.includes(name)) return void cycles.push([...trail.slice(trail.indexOf(name)), name].join(' > '));
      if (done.has(name)) return;
      for (const next of graph.get(name) ?? []) visit(next, [...trail, name]);
      done.add(name);
    };
    for (const name of graph.keys()) visit(name, []);
    expect(cycles).toEqual([]);
  });

  it('what is typed for an image is split in one place, so that it means the same to every verb', () => {
    expect(violations(({ text }) => (/\bparseReference\b/.test(text) ? ['splits it'] : []))).toEqual([
      'core/reference.ts: splits it',
      'engine/account/registry.ts: splits it',
    ]);
  });

  it('each package has one door', () => {
    const doors = new Map<string, Set<string>>();
    for (const { name, imports } of files)
      for (const from of imports)
        if (!isOwn(from) && !from.startsWith('node:') && !from.startsWith('.'))
          (doors.get(from) ?? doors.set(from, new Set()).get(from))?.add(name);
    expect([...doors].filter(([, at]) => at.size > 1).map(([from, at]) => `${from}: ${[...at].join(', ')}`)).toEqual([]);
  });

  it('modules of Node are never imported dynamically: that loads all of undici', () => {
    expect(violations(({ text }) => text.match(/import\(\s*'node:[^']+'\s*\)/g) ?? [])).toEqual([]);
  });

  it('the list of drivers, their folders and their names are the same', async () => {
    const folders = readdirSync(path.join(src, 'drivers')).filter(
      (name) => statSync(path.join(src, 'drivers', name)).isDirectory() && !name.startsWith('_') && name !== 'publishers',
    );
    expect(folders.sort()).toEqual([...providers].sort());
    for (const name of providers) expect((await driverList.load(name))?.name).toBe(name);
  });

  it('one job has one name in every driver', () => {
    const jobs: Readonly<Record<string, RegExp>> = {
      'index.ts': /^export default defineDriver\(/m,
      'client.ts': /^export (function connect|class \w+Client)\b/m,
      'record.ts': /^export (async )?(function|const) recordFrom\b/m,
      'errors.ts': /^export (async )?(function|const) errorFrom\b/m,
    };
    const odd = providers.flatMap((provider) =>
      Object.entries(jobs)
        .filter(([file, job]) => !job.test(files.find(({ name }) => name === `drivers/${provider}/${file}`)?.text ?? ''))
        .map(([file]) => `${provider}/${file}`),
    );
    expect(odd).toEqual([]);
    const pages = files.filter(({ name }) => /^drivers\/[^/]+\/pages\.ts$/.test(name));
    expect(pages.filter(({ text }) => !/^export (async )?function\*? pagesOf\b/m.test(text)).map(({ name }) => name)).toEqual([]);
  });

  it("no provider's name stands outside its driver", () => {
    // What this machine keeps is local wherever it is spoken of, and every image has checksums.
    const words: readonly string[] = [usualDriver, ...imageFields];
    const names = new RegExp(
      `\\b(${[...providers.filter((name) => !words.includes(name)), 'glance', 'keystone', 'cattle', 'akamai'].join('|')})\\b`,
      'i',
    );
    expect(
      violations(({ name, text }) => (name.startsWith('drivers/') ? [] : text.split('\n').filter((line) => names.test(line)))),
    ).toEqual([]);
  });

  it('what to type next is data where a failure is raised: the command is written out once the profile is known', () => {
    const words = [...new Set(commands.flatMap(({ path: verb, aliases }) => [verb, ...aliases]))].join('|');
    const written = new RegExp(`imgctl (?:(?:${words})\\b|\\$).*`, 'g');
    expect(
      violations(({ name, text }) =>
        /^(drivers|engine|core|transfer)\//.test(name) ? (text.replace(/^\s*(?:\*|\/[/*]).*$/gm, '').match(written) ?? []) : [],
      ),
    ).toEqual([]);
  });

  it('only main, and what a program imports, touch the process', () => {
    const banned = /\bconsole\.|process\.(exit|env|stdout|stderr|stdin|argv)\b|\bfetch\(/;
    expect(
      violations(({ name, text }) =>
        ['main.ts', 'index.ts'].includes(name)
          ? []
          : text.split('\n').filter((line) => banned.test(line) && !/^\s*(\*|\/\/|\/\*)/.test(line)),
      ),
    ).toEqual([]);
  });

  it('types are not switched off', () => {
    const banned = /:\s*any\b(?!\.)|<any>|\bas any\b|@ts-ignore|@ts-expect-error|\bas unknown as\b/;
    const mayCast = ['core/driver.ts', 'cli/program/command.ts'];
    expect(
      violations(({ name, text }) => (mayCast.includes(name) ? [] : text.split('\n').filter((line) => banned.test(line)))),
    ).toEqual([]);
  });

  it('files are small, and their folders and names say what is in them', () => {
    expect(violations(({ text }) => (text.split('\n').length > 250 ? [`${text.split('\n').length} lines`] : []))).toEqual([]);
    expect(violations(({ name }) => name.match(/(^|\/)(utils?|helpers?|common|misc|shared|lib)(\/|\.ts$)/g) ?? [])).toEqual([]);
    expect(violations(({ name }) => (/^[a-z0-9/_.-]+$/.test(name) ? [] : ['not kebab-case']))).toEqual([]);
  });

  it('every driver says why a verb is absent, and nothing of one that is there', async () => {
    for (const name of providers) {
      const driver = await driverList.load(name);
      for (const verb of operationNames)
        expect(
          `${name} ${verb} ${driver?.facts[verb] ? driver.absent[verb] === undefined : (driver?.absent[verb] ?? '') !== ''}`,
        ).toBe(`${name} ${verb} true`);
    }
  });
});

describe('every driver', () => {
  it.each(providers)(
    '%s has a conformance test, a fake, verb lines, planted secrets, a hostile record and its facts in the README',
    async (name) => {
      const driver = await driverList.load(name);
      expect(driver && gaps(driver, stageOf(name), papersOf(root))).toEqual([]);
    },
  );
});

describe('README', () => {
  const readme = readFileSync(path.join(root, 'README.md'), 'utf8');

  it('has the table of exit codes that the code has', () => {
    for (const [code, number] of Object.entries(exitCodes))
      expect(readme).toContain(`| ${number} | ${code} | ${codeMeanings[code as keyof typeof codeMeanings]} |`);
  });

  it('has the capability table that the drivers have', async () => {
    const all = await Promise.all(providers.map((name) => driverList.load(name)));
    for (const verb of operationNames)
      expect(readme).toContain(`| ${verb} | ${all.map((driver) => (driver?.facts[verb] ? '✓' : '–')).join(' | ')} |`);
  });
});

describe('the documents', () => {
  const skipped = ['node_modules', 'dist', '.git'];
  const documents = readdirSync(root, { withFileTypes: true })
    .filter(({ name }) => !skipped.includes(name))
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(path.join(root, entry.name)) : [path.join(root, entry.name)]))
    .filter((file) => file.endsWith('.md'))
    .map((file) => ({ name: below(root, file), folder: path.dirname(file), text: readFileSync(file, 'utf8') }));
  const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

  /** Files and folders of ours in backticks; names with a placeholder (`NAME`, `acme`) stand for one that is yet to be made. */
  const mentioned = (text: string): readonly string[] =>
    [...text.matchAll(/`([\w.-]+(?:\/[\w.*-]+)+)\/?`/g)]
      .map(([, file = '']) => file)
      .filter((file) => /^(src|test|\.ci|\.github)\/|\.(ts|mjs|md|yml)$/.test(file))
      .filter((file) => !/\b(NAME|acme)\b|^(dist|actions)\//.test(file));

  it('name only files that there are', () => {
    const isThere = (file: string, folder: string): boolean =>
      [root, src, path.join(root, 'test'), folder].some((from) => {
        const [fixed = ''] = file.split('*');
        if (fixed === file) return existsSync(path.join(from, file));
        const within = path.join(from, path.posix.dirname(`${fixed}x`));
        return (
          existsSync(within) && readdirSync(within).some((name) => name.startsWith(path.posix.basename(`${fixed}x`).slice(0, -1)))
        );
      });
    expect(documents.flatMap(({ text }) => mentioned(text)).length).toBeGreaterThan(40);
    expect(
      documents.flatMap(({ name, folder, text }) =>
        mentioned(text)
          .filter((file) => !isThere(file, folder))
          .map((file) => `${name}: ${file}`),
      ),
    ).toEqual([]);
  });

  it('name only scripts that there are', () => {
    const named = documents.flatMap(({ name, text }) =>
      [...text.matchAll(/npm run ([a-z:]+)/g)].map(([, script = '']) => ({ name, script })),
    );
    expect(named.filter(({ script }) => scripts[script] === undefined)).toEqual([]);
  });

  it('link only to files that there are', () => {
    expect(
      documents.flatMap(({ name, folder, text }) =>
        [...text.matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)]
          .filter(([, file = '']) => !existsSync(path.join(folder, file)))
          .map(([, file = '']) => `${name}: ${file}`),
      ),
    ).toEqual([]);
  });
});
