import { describe, expect, it } from 'vitest';
import { disk, useOpenstackCli } from '../../clouds/openstack/cli.ts';

const cli = useOpenstackCli();
type Asked = { readonly method: string; readonly path: string };
type Wire = Readonly<Record<string, unknown>>;
const onImages =
  (method: string, path = /\/v2\/images/) =>
  (asked: Asked): boolean =>
    asked.method === method && path.test(asked.path);

/** One answer in the place of Glance's own, which does nothing. */
function lie(method: string, status: number, body: unknown, path?: RegExp): void {
  const text = body === undefined ? '' : JSON.stringify(body);
  cli
    .cloud()
    .fail({ kind: 'answer', status, on: onImages(method, path), headers: { 'content-type': 'application/json' }, body: text });
}
const wire = (name: string): Wire => {
  const found = cli.wires().find((one) => one.name === name);
  if (!found) throw new Error(`no ${name}`);
  return found;
};
/** Makes an image, and gives its id. */
const image = (name: string): string => {
  cli.image(name);
  return String(wire(name).id);
};
const names = (): readonly unknown[] =>
  cli
    .wires()
    .map(({ name }) => name)
    .sort();

describe('a success of the image service that was none', () => {
  it('a delete after which the image is still there is 10', async () => {
    const id = image('web');
    lie('DELETE', 204, undefined);
    const { exitCode, stdout, stderr } = await cli.run(['delete', `demo:${id}`, '--yes']);
    expect([exitCode, stdout, stderr]).toEqual([10, '', expect.stringContaining('still there')]);
    expect(names()).toEqual(['web']);
  });

  it('replacing by such a delete is no success, and both are named', async () => {
    const id = image('web');
    lie('DELETE', 204, undefined);
    const file = cli.write('disk.raw', disk());
    const { exitCode, stderr } = await cli.run(['upload', file, '--name', 'demo:web', '--if-exists', 'replace', '--yes']);
    expect([exitCode, stderr]).toEqual([10, expect.stringContaining(id)]);
  });

  it.each([
    [['--name', 'zz'], 'name'],
    [['--description', 'd'], 'description'],
    [['--protect'], 'protected'],
    [['--visibility', 'shared'], 'visibility'],
    [['--tag', 't'], 'tags'],
    [['--property', 'k=v'], 'property k'],
    [['--min-disk', '5GiB'], 'minDiskBytes'],
  ])('a change %j that is not in the answer is 10, with the field', async (change, field) => {
    const id = image('web');
    lie('PATCH', 200, wire('web'));
    const { exitCode, stdout, stderr } = await cli.run(['patch', `demo:${id}`, ...change]);
    expect([exitCode, stdout, stderr]).toEqual([10, '', expect.stringContaining(field)]);
  });
});

describe('another image than was asked for', () => {
  it('is not shown, downloaded, or told as the one that was changed: 10', async () => {
    const id = image('web');
    image('other');
    const lines = [
      ['show', `demo:${id}`],
      ['download', `demo:${id}`, cli.write('out', disk()), '--force'],
    ];
    for (const line of lines) {
      lie('GET', 200, wire('other'), new RegExp(`/v2/images/${id}$`));
      const { exitCode, stdout } = await cli.run(line);
      expect([exitCode, stdout], line[0]).toEqual([10, '']);
    }
    lie('PATCH', 200, wire('other'));
    expect((await cli.run(['patch', `demo:${id}`, '--description', 'd'])).exitCode).toBe(10);
  });

  it.each([
    ['upload', 'DISK', '--name', 'demo:new'],
    ['create', 'demo:new'],
    ['import', 'demo:new', '--url', 'https://a.example/x', '--disk-format', 'raw'],
  ])('is not filled, and not removed: %s %s', async (...line) => {
    image('other');
    lie('POST', 201, wire('other'), /\/v2\/images(?:\?|$)/);
    const file = cli.write('disk.raw', disk());
    const { exitCode, stdout } = await cli.run(line.map((word) => (word === 'DISK' ? file : word)));
    expect([exitCode, stdout]).toEqual([10, '']);
    expect(names()).toEqual(['other']);
    expect(cli.cloud().requests().filter(onImages('PUT'))).toEqual([]);
  });

  it('and one without an id ends a list with 10; a number is one', async () => {
    image('web');
    const listed = async (id: unknown) => {
      lie('GET', 200, { images: [{ ...wire('web'), id }] }, /\/v2\/images(?:\?|$)/);
      return cli.run(['list', '-p', 'demo', '-o', 'id']);
    };
    for (const id of [null, '', undefined, 'a\nb']) {
      const { exitCode, stdout } = await listed(id);
      expect([exitCode, stdout], String(id)).toEqual([10, '']);
    }
    expect((await listed(5)).stdout).toBe('5\n');
  });
});
