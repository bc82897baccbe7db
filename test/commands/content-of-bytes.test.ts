import { describe, expect, it } from 'vitest';
import { disk, useOpenstackCli } from '../clouds/openstack/cli.ts';
import { qcow2Image } from '../support/disk-images.ts';

const cli = useOpenstackCli();
const forms = { raw: disk, qcow2: (seed: number) => qcow2Image(disk(seed)) } as const;

/** A snapshot that a cloud has made of a server of the image `web`, which is gone: other bytes with the properties of the image. */
async function snapshot(form: keyof typeof forms) {
  const file = cli.write('disk', forms[form](1));
  const made = (await cli.ok(['upload', file, '--name', 'demo:web', '-o', 'json'])).json() as {
    id: string;
    properties: Record<string, string>;
  };
  await cli.ok(['delete', `demo:${made.id}`, '--yes', '-q']);
  const other = cli.image('web', { ...made.properties, disk_format: form }, Buffer.from(forms[form](2)));
  return { file, id: String(other.wire.id) };
}

describe.each(['raw', 'qcow2'] as const)('a content id that a %s snapshot has got from its image', (form) => {
  it('is none of the bytes that are there: nothing is taken for the same', async () => {
    const { file, id } = await snapshot(form);
    const shown = (await cli.ok(['show', `demo:${id}`, '-o', 'json'])).json();
    expect(shown).not.toHaveProperty('contentId');
    const upload = await cli.run(['upload', file, '--name', 'demo:web', '--if-exists', 'skip']);
    expect([upload.exitCode, upload.stderr]).toEqual([6, expect.stringContaining('different (or unknown) content')]);
    await cli.ok(['upload', file, '--name', 'local:web', '-q']);
    const copy = await cli.run(['copy', 'local:web', 'demo', '--if-exists', 'skip']);
    expect(copy.exitCode, copy.stderr).toBe(6);
    const groups = (
      await cli.ok(['list', '-p', 'local', '-p', 'demo', '--name', 'web', '--group-by', 'name', '-o', 'json'])
    ).json() as {
      same: string[];
    }[];
    expect(groups[0]?.same).toHaveLength(1);
  });
});

it('an image that imgctl has sent keeps its content id, with the digest of its bytes', async () => {
  const file = cli.write('disk', disk(1));
  const made = (await cli.ok(['upload', file, '--name', 'demo:web', '-o', 'json'])).json();
  expect(made).toMatchObject({
    contentId: expect.any(String),
    properties: { 'imgctl.contentOf': expect.stringMatching(/^sha512:/) },
  });
  expect((await cli.ok(['upload', file, '--name', 'demo:web', '--if-exists', 'skip', '-o', 'json'])).exitCode).toBe(0);
});
