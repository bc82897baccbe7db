import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keysGiven, knownKeys } from '../../../src/engine/trust/keyring.ts';
import { publisher } from '../../support/publisher.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'imgctl-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const put = async (name: string, content: string | Uint8Array): Promise<string> => {
  const file = path.join(folder, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
  return file;
};
const given = async (text: string): Promise<readonly string[]> =>
  (await keysGiven(text, 'keyring', { env: {}, home: folder, platform: 'linux' })).map((bytes) => Buffer.from(bytes).toString());

describe('keys that are given', () => {
  it('are a file, several files, files of the home folder, or armoured text', async () => {
    const a = await put('a.gpg', 'A');
    await put('b.gpg', 'B');
    expect(await given(a)).toEqual(['A']);
    expect(await given(`${a}, ~/b.gpg`)).toEqual(['A', 'B']);
    const text = '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nx\n-----END PGP PUBLIC KEY BLOCK-----\n';
    expect(await given(text)).toEqual([text]);
  });

  it('that cannot be read are a mistake of the settings, with path and reason', async () => {
    await put('empty.gpg', '');
    for (const [text, reason] of [
      ['missing.gpg', 'no such file'],
      ['.', 'it is a folder'],
      ['empty.gpg', 'is empty'],
    ] as const) {
      const error = await given(path.join(folder, text)).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'CONFIG' });
      expect(String(error)).toContain(reason);
      expect(String(error)).toContain(path.join(folder, text));
    }
    await expect(given(' , ')).rejects.toMatchObject({ code: 'CONFIG' });
  });
});

describe('keys that the machine knows', () => {
  it('are those of all well-known folders, and of the folders in them, without what is damaged, or too large to be a publisher’s', async () => {
    const [a, b] = [publisher('A').key, publisher('B').key];
    await put('one/a.asc', a);
    await put('one/damaged.gpg', 'neither');
    await put('two/deep/b.asc', b);
    await put('two/large.asc', b.padEnd(1024 * 1024 + 1, '\n'));
    const found = await knownKeys(['one', 'two', 'three'].map((name) => path.join(folder, name)));
    expect(found.map((bytes) => Buffer.from(bytes).toString())).toEqual([a, b]);
  });
});
