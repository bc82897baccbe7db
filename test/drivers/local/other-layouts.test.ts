import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { commandStage, profileVariables, smallDisk } from '../../commands/stage.ts';

const stage = commandStage();
let folder: string;
let env: Readonly<Record<string, string>>;
beforeEach(() => {
  folder = stage.file('theirs');
  mkdirSync(folder);
  env = profileVariables('theirs', 'local', { path: folder });
});

const index = JSON.stringify({ schemaVersion: 2, manifests: [] });
/** What somebody else keeps in a folder. */
const folders: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'an index.json of another program': { 'index.json': '{"name":"npm","manifests":[]}' },
  'an index of another version': { 'index.json': '{"schemaVersion":3,"manifests":[]}' },
  'an index of the first version': { 'index.json': '{"schemaVersion":1,"manifests":[]}' },
  'a JSON without manifests': { 'index.json': '{"schemaVersion":2}' },
  'a layout of a version to come': { 'index.json': index, 'oci-layout': '{"imageLayoutVersion":"2.0.0"}' },
  'a layout of a version to come, without an index': { 'oci-layout': '{"imageLayoutVersion":"1.1.0"}' },
};
const verbs: Readonly<Record<string, () => readonly string[]>> = {
  list: () => ['list', '-p', 'theirs'],
  create: () => ['create', 'theirs:a'],
  upload: () => ['upload', stage.write('new.raw', smallDisk()), '--name', 'theirs:a'],
};

describe.each(Object.keys(folders))('%s', (what) => {
  it.each(Object.keys(verbs))('is no store of ours: %s is refused, and nothing is written', async (verb) => {
    for (const [name, text] of Object.entries(folders[what] ?? {})) writeFileSync(path.join(folder, name), text);
    const state = () =>
      readdirSync(folder, { recursive: true }).map((name) => [name, readFileSync(path.join(folder, String(name)), 'utf8')]);
    const before = state();
    const result = await stage.run(verbs[verb]?.() ?? [], { env });
    expect([result.exitCode, result.stdout], result.stderr).toEqual([10, '']);
    expect(state()).toEqual(before);
  });
});
