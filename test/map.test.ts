import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
const map = readFileSync(path.join(root, 'test/README.md'), 'utf8');

/** Folders below one of the root, as paths from there. */
const foldersOf = (folder: string): readonly string[] =>
  readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'));
const quoted = (text: string): readonly string[] => [...text.matchAll(/`([^`\s]+)`/g)].map(([, word = '']) => word);
const rows = map.split('\n').filter((line) => line.startsWith('| `'));
/** What stands in the first column of a row, and what the rest of the row names. */
const named = rows.map((row) => {
  const [, first = '', ...rest] = row.split('|');
  return { first: quoted(first), rest: quoted(rest.join('|')) };
});
const holdsTests = (folder: string): boolean =>
  existsSync(path.join(root, folder)) && readdirSync(path.join(root, folder)).some((name) => name.endsWith('.test.ts'));

describe('the map of the tests', () => {
  it.each(foldersOf('src'))('says where %s is tested, unless it is the folder of the same path', (folder) => {
    const mirrored = folder.replace(/^src/, 'test');
    const elsewhere = named.flatMap(({ first, rest }) =>
      first.some((source) => folder === source || folder.startsWith(`${source}/`)) ? rest : [],
    );
    const places = [mirrored, ...elsewhere.filter((place) => place.startsWith('test/'))];
    const isInside = foldersOf('src').some((inner) => inner.startsWith(`${folder}/`)) && existsSync(path.join(root, mirrored));
    expect(isInside || places.some(holdsTests), `tests of ${folder} in ${places.join(' or ')}`).toBe(true);
  });

  it('names every folder of tests', () => {
    const known = new Set(named.flatMap(({ first }) => first));
    const top = foldersOf('test').filter((folder) => folder.split('/').length === 2);
    expect(top.filter((folder) => !known.has(folder))).toEqual([]);
  });

  it('names only what there is', () => {
    const paths = quoted(map).filter((word) => /^(src|test|\.ci)\//.test(word) && !/[A-Z]{2}/.test(word.replace('README', '')));
    expect(paths.length).toBeGreaterThan(30);
    expect(paths.filter((word) => !existsSync(path.join(root, word)))).toEqual([]);
  });
});
