import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandStage, errorOf, profileVariables } from '../commands/stage.ts';
import { missing as noPublishers, startPublishers, type Publishers } from './published/bed.ts';
import { valuesFor } from './real-cloud.ts';
import { missing as noRegistry, startRegistry, type Registry } from './registry/bed.ts';
import { valuesFor as registryValues } from './registry/cloud.ts';
import { bed, missing as noGlance, unique } from './site.ts';

const stage = commandStage();
const lacking = noPublishers ?? noRegistry ?? noGlance;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

interface Shown {
  readonly id: string;
  readonly visibility?: string;
  readonly properties: Readonly<Record<string, string>>;
}

describe.skipIf(lacking !== undefined)(
  lacking === undefined ? 'a signed image, copied every night' : `a signed image, copied every night (not run: ${lacking})`,
  () => {
    let publishers: Publishers;
    let registry: Registry;
    beforeAll(async () => {
      publishers = await startPublishers();
      registry = await startRegistry();
    });
    afterAll(async () => {
      await registry.stop();
      publishers.stop();
    });

    const source = (path: string) => ({ url: `${publishers.at.URL ?? ''}${path}`, keyring: publishers.at.KEYRING ?? '' });
    const env = (): Readonly<Record<string, string>> => ({
      ...profileVariables('ubuntu', 'simplestreams', source('/ubuntu/releases/')),
      ...profileVariables('rollback', 'simplestreams', source('/x/rollback/ubuntu/releases/')),
      ...profileVariables('lag', 'simplestreams', source('/x/lag/ubuntu/releases/')),
      ...profileVariables('wrong', 'simplestreams', source('/x/wrong/ubuntu/releases/')),
      ...profileVariables('glance', 'openstack', valuesFor(bed, 'demo')),
      ...profileVariables('registry', 'oci', registryValues(registry)),
    });
    const run = (...args: readonly string[]) =>
      stage.run([...args, '-o', 'json', ...(args[0] === 'copy' ? ['--poll-interval', '100ms'] : [])], { env: env() });
    const made = async (...args: readonly string[]): Promise<Shown> => {
      const result = await run(...args);
      expect(`${result.exitCode} ${result.stderr}`, args.join(' ')).toMatch(/^0 /);
      return result.json() as Shown;
    };
    const images = (): number => publishers.requests().filter(({ url }) => url.endsWith('.img')).length;

    it.each(['glance', 'registry'])(
      'moves no byte to a real %s the second night, and is never replaced by an older one',
      async (to) => {
        const name = unique('noble');
        const first = await made('copy', 'ubuntu:noble', `${to}:${name}`);
        expect(first.properties).toMatchObject({
          'imgctl.source.signer': expect.stringMatching(/^[0-9A-F]{40}$/),
          'imgctl.source.serial': '20261120',
          'imgctl.source.digest': expect.stringMatching(/^sha256:/),
        });
        const before = images();
        for (const how of ['skip', 'replace'])
          expect((await made('copy', 'ubuntu:noble', `${to}:${name}`, '--if-exists', how, '--yes')).id).toBe(first.id);
        expect(images(), 'requests for the file').toBe(before);

        const older = await run('copy', 'rollback:noble', `${to}:${name}`, '--if-exists', 'replace', '--yes');
        expect([older.exitCode, errorOf(older).message], older.stderr).toEqual([6, expect.stringMatching(/20261120.*20261101/)]);
        expect(images(), 'requests for the file').toBe(before);

        const file = stage.file('back.img');
        await stage.ok(['download', `${to}:${first.id}`, file, '--force'], { env: env() });
        expect(`sha256:${sha256(readFileSync(file))}`).toBe(first.properties['imgctl.source.digest']);
        const { exitCode, stderr } = await run('inspect', '--provenance', `${to}:${first.id}`);
        expect([exitCode, stderr]).toEqual([0, '']);
      },
    );

    it.each(['glance', 'registry'])('leaves nothing at a real %s where the file is not there, or another one', async (to) => {
      const name = unique('bad');
      expect((await run('copy', 'lag:noble', `${to}:${name}`)).exitCode).toBe(5);
      expect((await run('copy', 'wrong:noble', `${to}:${name}`)).exitCode).toBe(11);
      expect((await run('list', '-p', to, '--name', name)).json()).toEqual([]);
    });
  },
);
