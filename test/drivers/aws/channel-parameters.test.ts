import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startAws, type RunningAws } from '../../clouds/aws/index.ts';
import driver from '../../../src/drivers/aws/index.ts';
import { commandStage, profileVariables } from '../../commands/stage.ts';
import { testCall } from '../../conformance/stage.ts';
import { openSession } from '../../support/open-session.ts';

const stage = commandStage();
const name = '/imgctl/channels/web/stable';
let cloud: RunningAws;
let env: Readonly<Record<string, string>>;
let first = '';
let second = '';
beforeEach(async () => {
  cloud = await startAws();
  env = at({});
  [first = '', second = ''] = await cloud.seed([{ name: 'web-1' }, { name: 'web-2' }]);
});
afterEach(() => cloud.stop());

const at = (more: Readonly<Record<string, string>>) => profileVariables('aws', 'aws', { ...cloud.values, ...more });
const channel = (...args: readonly string[]) => stage.run(['channel', ...args, '-p', 'aws', '--yes'], { env });
async function ok(...args: readonly string[]) {
  const result = await channel(...args);
  expect(`${result.exitCode} ${result.stderr}`, args.join(' ')).toMatch(/^0 /);
  return result;
}
const set = (id: string) => ok('set', 'web@stable', id);
const shown = async (): Promise<unknown> => (await ok('show', 'web@stable', '-o', 'json')).json();
const parameter = (region = 'us-east-1') => cloud.store.parameters.get(`${region} ${name}`);
const held = (region?: string): string | undefined => parameter(region)?.value;
const puts = () => cloud.requests().filter(({ headers }) => /\.(Put|Delete)/.test(headers['x-amz-target'] ?? ''));
/** A parameter that nobody here has made. */
const foreign = (value = 'ami-0123456789abcdef0'): void =>
  void cloud.store.parameters.set(`us-east-1 ${name}`, {
    value,
    version: 1,
    last: 1,
    coming: undefined,
    looks: 0,
    tags: new Map(),
  });

describe('the parameter of a channel', () => {
  it('holds the id of the target as an image, is marked as the channel’s, and is shown with it', async () => {
    for (const id of [first, second]) {
      await set(id);
      expect(held()).toBe(id);
      expect(await shown()).toMatchObject({ id, projection: { kind: 'parameter', name, id } });
    }
    expect([...(parameter()?.tags ?? [])]).toEqual([['imgctl.channel', 'web@stable']]);
    const sent = puts().map(({ body }) => JSON.parse(body) as object);
    expect(sent).toEqual([
      {
        Name: name,
        Type: 'String',
        DataType: 'aws:ec2:image',
        Value: first,
        Tags: [{ Key: 'imgctl.channel', Value: 'web@stable' }],
      },
      { Name: name, Type: 'String', DataType: 'aws:ec2:image', Value: second, Overwrite: true },
    ]);
    await ok('delete', 'web@stable');
    expect([...cloud.store.parameters]).toEqual([]);
    cloud.forget();
    env = at({ channelParameter: '' });
    await set(first);
    expect([await shown(), cloud.requests().filter(({ headers }) => 'x-amz-target' in headers)]).toEqual([
      expect.not.objectContaining({ projection: expect.anything() as unknown }),
      [],
    ]);
  });

  it('is waited for: its value is taken behind the answer', async () => {
    cloud.store.settings.parameterLooks = 3;
    const { session } = openSession(driver, cloud.values);
    const image = await session.require('show').run({ id: first }, testCall());
    await session.projection?.point({ name: 'web', channel: 'stable' }, image, testCall());
    expect(held()).toBe(first);
  });

  it('is not waited for where another client has written it meanwhile', async () => {
    await set(first);
    const on = ({ path }: { readonly path: string }): boolean => {
      const parameter = cloud.store.parameters.get(`us-east-1 ${name}`);
      // Right behind the write comes another one.
      if (path.includes('GetParameter') && parameter?.coming?.value === second)
        parameter.coming = { value: first, version: (parameter.last += 1) };
      return false;
    };
    cloud.fail({ kind: 'drop', on, times: Infinity });
    const { session } = openSession(driver, cloud.values);
    const image = await session.require('show').run({ id: second }, testCall());
    await session.projection?.point({ name: 'web', channel: 'stable' }, image, testCall());
    expect(held()).toBe(first);
  });

  it('that is somebody else’s is neither written over nor deleted: the channel is not set', async () => {
    foreign();
    const refused = await channel('set', 'web@stable', first);
    expect([refused.exitCode, refused.stderr]).toEqual([6, expect.stringContaining('ami-0123456789abcdef0')]);
    expect(refused.stderr).toContain('channelParameter');
    cloud.store.parameters.clear();
    await set(first);
    foreign();
    expect(await shown()).toMatchObject({ id: first, projection: { lags: true } });
    expect((await channel('set', 'web@stable', second)).exitCode).toBe(6);
    await ok('delete', 'web@stable');
    expect(held()).toBe('ami-0123456789abcdef0');
  });

  it.each(['PutParameter', 'GetParameter', 'ListTagsForResource'])(
    'lags, with a warning, where %s is not allowed, and the channel moves all the same',
    async (operation) => {
      await set(first);
      cloud.store.settings.deniedParameters = [operation];
      expect((await set(second)).stderr).toMatch(/not authorized to perform/);
      expect(await shown()).toMatchObject({ id: second, projection: { lags: true } });
      cloud.store.settings.deniedParameters = [];
      await set(second);
      expect(held()).toBe(second);
    },
  );

  it('is in the region of the target, and in no other', async () => {
    env = at({ region: 'us-east-1,eu-west-1' });
    const far = cloud.put({ name: 'web-3' }, { region: 'eu-west-1' });
    await set(first);
    await set(far);
    expect([held(), held('eu-west-1')]).toEqual([undefined, far]);
    await set(first);
    expect([held(), held('eu-west-1')]).toEqual([first, undefined]);
  });

  it('has a name that AWS takes, or there is none', async () => {
    await ok('set', 'Web (1)@stable', first);
    expect([...cloud.store.parameters.keys()]).toEqual(['us-east-1 /imgctl/channels/Web-1-/stable']);
    await ok('set', 'веб@beta', second);
    expect(cloud.store.parameters.size).toBe(1);
    for (const wrong of ['/aws/x/{{channel}}', 'ssm/{{channel}}', '/a b/{{channel}}', '/imgctl/{{name}}', 'a/{{channel}}']) {
      env = at({ channelParameter: wrong });
      expect((await channel('list')).exitCode, wrong).toBe(3);
    }
  });
});
