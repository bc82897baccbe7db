import { describe, expect, it } from 'vitest';
import { defineDriver } from '../../src/core/driver.ts';
import { Secret } from '../../src/core/secret.ts';
import { renderMany, renderOne, type RenderOptions } from '../../src/ui/render.ts';
import type { View } from '../../src/ui/view.ts';
import { imageView } from '../../src/ui/views/image.ts';
import { inspectionView } from '../../src/ui/views/inspection.ts';
import { memberView } from '../../src/ui/views/member.ts';
import { placeView } from '../../src/ui/views/place.ts';
import { profileView } from '../../src/ui/views/profile.ts';
import { providerSheet, providerView } from '../../src/ui/views/provider.ts';
import { resultView } from '../../src/ui/views/result.ts';
import { fakeIo, type FakeSettings } from '../support/fake-io.ts';
import { image, now } from './samples.ts';

async function many<T>(
  view: View<T>,
  items: T[],
  settings: FakeSettings = {},
  options: Partial<RenderOptions> = {},
): Promise<string> {
  const io = fakeIo({ terminal: true, columns: 200, now: () => now, ...settings });
  await renderMany(view, items, { format: 'table', header: true, raw: false, ...options }, io);
  return io.out;
}
async function one<T>(
  view: View<T>,
  item: T,
  settings: FakeSettings = {},
  options: Partial<RenderOptions> = {},
): Promise<string> {
  const io = fakeIo({ terminal: true, now: () => now, ...settings });
  await renderOne(view, item, { format: 'table', header: true, raw: false, ...options }, io);
  return io.out;
}

const nothing = async function* () {};
const acme = defineDriver({
  name: 'acme',
  title: 'Acme Cloud',
  docs: 'https://acme.example/api',
  profile: { token: { help: 'access token', secret: true, required: true }, zone: { help: 'zone', default: 'a' } },
  ids: /^\d+$/,
  example: 'imgctl profile add acme --provider acme',
  connect: () => undefined,
  operations: {
    list: { filters: ['name'], run: nothing },
    show: { run: async () => image() },
    upload: {
      accepts: [{ format: 'raw', compression: 'gzip', maxBytes: 5 * 1024 ** 3 }, { format: 'qcow2' }],
      fields: ['name'],
      into: false,
      digests: [],
      run: async () => image(),
    },
  },
  absent: { download: 'Acme keeps what it has.' },
});

describe('providers', () => {
  it('are a line each where the matrix fits', async () => {
    const out = await many(providerView, [acme]);
    expect(out.split('\n')[0]).toMatch(/^provider +list +show +create .* places +uses$/);
    expect(out.split('\n')[1]).toMatch(/^acme +✓ +✓ +– .* –$/);
  });

  it('are turned where it does not: no verb is ever left out', async () => {
    const out = await many(providerView, [acme], { columns: 80 });
    expect(out).toBe(
      `provider    acme\nlist        ✓\nshow        ✓\ncreate      –\npatch       –\ndeactivate  –\nreactivate  –\ndelete      –\nrestore     –\npurge       –\nreplicate   –\nupload      ✓\ndownload    –\nimport      –\nshare       –\nplaces      –\nuses        –\n`,
    );
  });

  it('do without signs beyond ASCII, and are true or false in a pipe', async () => {
    expect(await many(providerView, [acme], { unicode: false }, { columns: ['name', 'list', 'create'] })).toBe(
      'provider  list  create\nacme      yes   -\n',
    );
    expect(await many(providerView, [acme], { terminal: false }, { columns: ['name', 'list', 'create'] })).toBe(
      'name\tlist\tcreate\nacme\ttrue\tfalse\n',
    );
  });

  it('are told one by one with facts and reasons', async () => {
    const out = await one(providerSheet, acme);
    expect(out).toMatch(/^ {2}token +access token \(required, secret\)\n {2}zone +zone \(default a\)\n {2}caBundle +File with/m);
    expect(out).toMatch(/^ {2}upload +accepts raw, gzip-compressed \(to 5\.0 GiB\) \| qcow2; fields name$/m);
    expect(out).toMatch(/^ {2}download +Acme keeps what it has\.$/m);
  });
});

describe('profiles', () => {
  const lab = {
    name: 'lab',
    provider: 'acme',
    current: true,
    fields: { token: { value: new Secret('hunter2'), from: 'profile' }, zone: { value: 'b', from: 'environment (ZONE)' } },
  };

  it('are listed', async () => {
    expect(await many(profileView, [lab, { ...lab, name: 'prod', current: false }])).toBe(
      'name  provider  current  built in  address  user\nlab   acme      ✓\nprod  acme      –\n',
    );
  });

  it('tell where each value came from', async () => {
    expect(await one(profileView, lab)).toBe(
      'name      lab\nprovider  acme\ncurrent   ✓\nfields\n  token   ••• (profile)\n  zone    b (environment (ZONE))\n',
    );
  });

  it.each(['table', 'wide', 'json', 'jsonl', 'yaml', 'csv', 'markdown', 'id'] as const)(
    'never show a secret: %s',
    async (format) => {
      for (const terminal of [true, false]) {
        const out =
          (await one(profileView, lab, { terminal }, { format })) +
          (await many(profileView, [lab], { terminal }, { format, columns: ['name', 'fields'] }));
        expect(out).not.toContain('hunter2');
        expect(out).toContain('lab');
      }
    },
  );

  it('have the mask in JSON', async () => {
    expect(JSON.parse(await one(profileView, lab, {}, { format: 'json' }))).toMatchObject({
      fields: { token: { value: '•••', from: 'profile' } },
    });
  });
});

describe('other values', () => {
  it('results', async () => {
    const rows = [
      { image: 'a', profile: 'lab', id: '1', name: 'a', result: 'ok', exitCode: 0 },
      { image: 'b', profile: 'lab', result: 'failed', message: 'no such\nimage', code: 'NOT_FOUND', exitCode: 5 },
    ] as const;
    expect(await many(resultView, [...rows])).toBe(
      'profile  image  id  status  result  reason\nlab      a      1           ok\nlab      b                  failed  not found\n',
    );
    expect(await many(resultView, [...rows], {}, { format: 'id' })).toBe('1\n');
  });

  it('members and places', async () => {
    expect(await many(memberView, [{ with: 'p1', state: 'accepted', since: '2026-11-21T11:59:20Z' }])).toBe(
      'with  state     since\np1    accepted  40 s ago\n',
    );
    expect(await many(placeView, [{ name: 'us-ord', title: 'Chicago', usable: 'yes', isDefault: true }])).toBe(
      'name    title    usable  default  note\nus-ord  Chicago  yes     ✓\n',
    );
  });

  it('copies with the id that each has, where it has its own', async () => {
    const places = [
      { name: 'east', status: 'active' },
      { name: 'west', id: 'i-west', status: 'pending', providerStatus: 'copying' },
    ] as const;
    const sheet = await one(imageView, image({ places }));
    expect(sheet).toMatch(/east +active\n/);
    expect(sheet).toMatch(/west +i-west pending \(copying\)\n/);
  });

  it('inspections', async () => {
    const report = {
      file: './disk.qcow2',
      format: 'qcow2',
      fileBytes: 1536,
      safe: false,
      findings: [{ level: 'reject', code: 'backing-file', message: 'it names /etc/passwd\u001b as its backing file' }],
      providers: [
        { name: 'acme', takes: 'converted', note: 'to raw, gzip-compressed' },
        { name: 'other', takes: 'no' },
      ],
    } as const;
    expect(await one(inspectionView, report)).toBe(`file            ./disk.qcow2
format          qcow2
fileBytes       1.5 KiB (1536 bytes)
safe            no
findings
  backing-file  reject: it names /etc/passwd\\u001b as its backing file
providers
  acme          converted to raw, gzip-compressed
  other         no
`);
    expect(JSON.parse(await one(inspectionView, report, {}, { format: 'json' }))).toEqual(report);
  });
});
