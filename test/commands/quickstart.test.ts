import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { commandStage } from './stage.ts';

const stage = commandStage();
const script = path.resolve(import.meta.dirname, '../quickstart.mjs');

it('the quickstart ends with three commands to type, and they work where nothing is set up', async () => {
  const [, ending = ''] = readFileSync(script, 'utf8').split('What next');
  const typed = [...ending.matchAll(/^ *node bin\/imgctl\.cjs ([^#\n]*\S) *#/gm)].map(([, line = '']) => line.split(' '));
  expect(typed).toHaveLength(3);
  for (const line of typed) await stage.ok(line);
});
