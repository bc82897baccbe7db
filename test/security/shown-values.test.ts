import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { create, createContext, importImage, openAccount, patch, upload } from '../../src/index.ts';
import { startOpenstack, type OpenstackCloud } from '../clouds/openstack/index.ts';
import { profileVariables, smallDisk } from '../commands/stage.ts';
import { cliHome, type CliHome } from '../support/run-cli.ts';

/** Values that are secrets, each for another reason: by the name of the property, or by what the value itself is. */
const properties: Readonly<Record<string, string>> = {
  password: 'planted-telling',
  adminPass: 'planted-admin',
  'os.auth-token': 'planted-dotted',
  link: 'see https://me:planted-user@h.example/x?v=1&sig=planted-signature',
  odd: 'registry+https://planted-lone-user@h.example/x',
  pem: '-----BEGIN PRIVATE KEY-----\nplanted-key\n-----END PRIVATE KEY-----',
};
const operations = [
  { op: 'add', path: '/properties/api_key', value: 'planted-by-path' },
  { op: 'add', path: '/properties/note', value: 'https://me:planted-in-patch@h.example' },
];

let cloud: OpenstackCloud;
let home: CliHome;
let image: string;
let env: Readonly<Record<string, string>>;
/** The properties, and one with a secret that goes over the wire. */
let planted: Readonly<Record<string, string>>;

beforeAll(async () => {
  cloud = await startOpenstack();
  home = cliHome();
  [image = ''] = await cloud.seed([{ name: 'web', data: smallDisk() }]);
  env = profileVariables('pcd', 'openstack', cloud.values);
  planted = { ...properties, known: `it is ${cloud.values.password ?? ''}` };
});
afterAll(async () => {
  await cloud.stop();
  home.remove();
});

function expectNoSecret(shown: string, what: string): void {
  expect(shown.match(/planted-[a-z-]+/g) ?? [], what).toEqual([]);
  expect(shown, what).not.toContain(cloud.values.password);
}

const labels = (values = planted): readonly string[] =>
  Object.entries(values).flatMap(([name, value]) => ['--property', `${name}=${value}`]);

function written(name: string, content: string | Uint8Array): string {
  const file = path.join(home.folder, name);
  writeFileSync(file, content);
  return file;
}

/** Command lines in which all of it is typed, or stands in a document. */
const commandLines = (): readonly (readonly string[])[] => {
  const patches = written('patch.json', JSON.stringify(operations));
  const merges = written('merge.json', JSON.stringify({ properties: planted }));
  const disk = written('disk.raw', smallDisk(3));
  return [
    ['patch', `pcd:${image}`, ...labels()],
    ['patch', `pcd:${image}`, '--json-patch', patches],
    ['patch', `pcd:${image}`, '--merge-patch', merges],
    ['create', 'pcd:made', '--description', planted.link ?? '', ...labels()],
    ['upload', disk, '--name', 'pcd:sent', ...labels()],
    ['import', 'pcd:fetched', '--url', 'https://h.example/x?sig=planted-signature', '--disk-format', 'raw', ...labels()],
    ['copy', `pcd:${image}`, 'pcd:copied', ...labels()],
    ['create', 'local:made', ...labels(properties)],
    ['upload', disk, '--name', 'local:sent', ...labels(properties)],
  ];
};

describe('a value that is a secret, whatever tells so,', () => {
  it.each(['table', 'wide', 'json', 'jsonl', 'yaml', 'csv', 'markdown'])('is in no dry run as %s', async (format) => {
    for (const line of commandLines()) {
      const { stdout, stderr, exitCode } = await home.run([...line, '-n', '-o', format], { env });
      expect([0, 12], `${line.join(' ')}: ${stderr}`).toContain(exitCode);
      expect(stdout.length, line.join(' ')).toBeGreaterThan(20);
      expectNoSecret(stdout + stderr, line.join(' '));
    }
  });

  it('is in no journal, and in nothing that ops shows of it', async () => {
    const done = await Promise.all(commandLines().map((line) => home.run([...line, '-q', '--no-wait'], { env })));
    expect(done.filter(({ exitCode }) => exitCode === 0).length).toBeGreaterThan(4);
    const folder = path.join(home.folder, '.local/share/imgctl/journal');
    const files = readdirSync(folder);
    expect(files.length).toBeGreaterThan(4);
    for (const file of files) expectNoSecret(readFileSync(path.join(folder, file), 'utf8'), file);
    for (const format of ['table', 'wide', 'json']) {
      expectNoSecret((await home.run(['ops', 'list', '-o', format])).stdout, format);
      for (const file of files)
        expectNoSecret((await home.run(['ops', 'show', path.basename(file, '.jsonl'), '-o', format], { env })).stdout, format);
    }
  });

  it('is in no journal of a program’s calls, and in nothing that ops shows of it', async () => {
    const own = cliHome();
    const context = await createContext({ configDir: path.join(own.folder, 'api'), env: { HOME: own.folder, ...env } });
    const pcd = await openAccount('pcd', context);
    const labels = { properties: planted, description: properties.link ?? '' };
    await create(pcd, { name: 'called', labels }, context);
    await patch(pcd, { image, changes: { properties: planted } }, context);
    await upload(pcd, { from: written('call.raw', smallDisk(5)), name: 'called too', labels }, context);
    const url = 'https://me:planted-user@h.example/x?sig=planted-signature';
    await importImage(pcd, { name: 'fetched too', url, labels: { diskFormat: 'raw', ...labels }, wait: false }, context);
    const folder = path.join(own.folder, '.local/share/imgctl/journal');
    expect(readdirSync(folder)).toHaveLength(4);
    for (const file of readdirSync(folder)) expectNoSecret(readFileSync(path.join(folder, file), 'utf8'), file);
    for (const file of readdirSync(folder))
      expectNoSecret((await own.run(['ops', 'show', path.basename(file, '.jsonl'), '-o', 'json'], { env })).stdout, file);
    await own.remove();
  });

  it('is in no plan of the programmatic API', async () => {
    const context = await createContext({ configDir: path.join(home.folder, 'api'), env: { HOME: home.folder, ...env } });
    const [fresh = ''] = await cloud.seed([{ name: 'fresh', data: smallDisk() }]);
    const [pcd, local] = await Promise.all([openAccount('pcd', context), openAccount('local', context)]);
    const own = { properties: planted, description: properties.link ?? '' };
    const plans = await Promise.all([
      patch.plan(pcd, { image: fresh, changes: { properties: planted } }, context),
      create.plan(pcd, { name: 'made', labels: own }, context),
      create.plan(local, { name: 'made', labels: own }, context),
      upload.plan(pcd, { from: written('api.raw', smallDisk(4)), name: 'newer', labels: own }, context),
      importImage.plan(
        pcd,
        { name: 'y', url: 'https://planted-user:p@h.example/x?sig=planted-signature', labels: { diskFormat: 'raw', ...own } },
        context,
      ),
    ]);
    for (const plan of plans) {
      expect(JSON.stringify(plan)).toContain('[secret]');
      expectNoSecret(JSON.stringify(plan), plan[0]?.verb ?? '');
    }
  });
});
