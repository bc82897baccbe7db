import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ciHelp } from '../../src/cli/help/ci.ts';
import { commandStage } from './stage.ts';

const stage = commandStage();

const examples = new URL('../../src/cli/commands/', import.meta.url);
const texts = [
  readFileSync(new URL('../../README.md', import.meta.url), 'utf8'),
  ciHelp(),
  ...readdirSync(examples)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(new URL(file, examples), 'utf8')),
];
// Run by real shells, in more worlds: test/terminal/recipes.test.ts.
const recipes = texts.flatMap((text) =>
  text.split('\n').filter((line) => /imgctl list .*xargs.* (delete|purge|deactivate) /.test(line)),
);

const prunes = texts
  .flatMap((text) => text.split('\n').map((line) => /(?:run: |^ {4})(imgctl prune .*--yes)/.exec(line)?.[1] ?? ''))
  .filter((line) => line !== '' && !line.includes('--older-than'));

it('every printed recipe that deletes is found', () => expect([recipes.length, prunes.length]).toEqual([2, 4]));

it.each(recipes)('leaves the only usable image, whatever is newer: %s', async (recipe) => {
  const good = await stage.image('web-1');
  for (const name of ['web-2', 'web-3', 'web-4']) await stage.queued(name);
  const [, options = '', kept = '1'] = /imgctl list (.*?)\) && echo "\$ids" \| (?:tail -n \+(\d+) \| )?xargs/.exec(recipe) ?? [];
  const words = (options.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll(/["']/g, ''));
  const typed = words.map((word) => (word.endsWith('-*') ? 'web-*' : /^(pcd|lin)$/.test(word) ? 'local' : word));
  const listed = (await stage.ok(['list', ...typed])).stdout.split('\n').filter(Boolean);
  expect(listed).toEqual([String(good)]);
  expect(listed.slice(Number(kept) - 1)).toEqual([]);
});

it.each(prunes)('takes nothing away but of managed ones, of which the newest stay: %s', async (recipe) => {
  const ids: string[] = [];
  for (const name of ['web-1', 'web-2', 'web-3', 'web-4']) ids.push(await stage.image(name));
  await stage.ok(['patch', ...ids, '--manage']);
  const words = recipe
    .split(' ')
    .slice(2)
    .map((word) => (word.includes('-*') ? 'local:web-*' : word));
  const action = (rows: unknown): readonly string[] =>
    (rows as { name: string; action: string }[]).map(({ name, action: to }) => `${name} ${to}`).sort();
  // A folder does not know what is in use.
  const kept = (await stage.ok(['prune', ...words, '-o', 'json'])).json();
  expect(action(kept)).toEqual(['web-1 keep', 'web-2 keep', 'web-3 keep', 'web-4 keep']);
  const retired = (await stage.ok(['prune', ...words, '--unused', '-o', 'json'])).json();
  expect(action(retired)).toEqual(['web-1 retire', 'web-2 keep', 'web-3 keep', 'web-4 keep']);
});
