import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createContext,
  copy,
  download,
  list,
  openAccount,
  resolve,
  show,
  upload,
  type Account,
  type Context,
} from '../../../src/index.ts';
import { profileVariables, smallDisk } from '../../commands/stage.ts';
import { startSignedStreams, type SignedStreams } from '../../support/signed-streams.ts';

const home = mkdtempSync(path.join(tmpdir(), 'imgctl-api-publishers-'));
const disk = smallDisk();
const file = (name: string): string => path.join(home, name);
let server: SignedStreams;
let context: Context;
let ubuntu: Account;
beforeAll(async () => {
  server = await startSignedStreams([{ arch: 'amd64', serial: '20260102', data: disk }]);
  const env = { HOME: home, ...server.env('ubuntu'), ...profileVariables('here', 'local', { path: file('store') }) };
  context = await createContext({ configDir: file('config'), env });
  ubuntu = await openAccount('ubuntu', context);
});
afterAll(async () => {
  await server.stop();
  rmSync(home, { recursive: true, force: true });
});

describe('a publisher that is known by name, in a program', () => {
  it('is an account: its images are listed, shown, resolved, downloaded and copied, and who signed them is told', async () => {
    const names: string[] = [];
    for await (const { name } of list(ubuntu, {}, context)) names.push(name);
    expect(names).toEqual(['noble-amd64-20260102']);
    const { id, profile, properties } = await show(ubuntu, { image: 'noble' }, context);
    expect([profile, properties['imgctl.source.signer']]).toEqual(['ubuntu', server.by.fingerprint]);
    expect((await resolve(ubuntu, { image: 'lts' }, context)).id).toBe(id);
    await download(ubuntu, { image: 'noble', to: file('noble.img') }, context);
    expect(readFileSync(file('noble.img')).equals(disk)).toBe(true);
    const here = await openAccount('here', context);
    const copied = await copy(ubuntu, { image: 'noble', to: here, name: 'web' }, context);
    expect(copied.image).toMatchObject({ name: 'web', properties: { 'imgctl.source.signer': server.by.fingerprint } });
  });

  it('changes nothing, and is nobody by default', async () => {
    const input = { from: file('noble.img'), name: 'x' };
    await expect(upload(ubuntu, input, context)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await expect(openAccount('ubunut', context)).rejects.toMatchObject({ code: 'CONFIG' });
  });
});
