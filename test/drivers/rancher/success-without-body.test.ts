import { afterEach, describe, expect, it } from 'vitest';
import { rancherCloud, type RancherOptions, type RunningRancher } from '../../clouds/rancher/index.ts';
import { commandStage, errorOf, profileVariables } from '../../commands/stage.ts';

const stage = commandStage();
const running: RunningRancher[] = [];
afterEach(async () => void (await Promise.all(running.splice(0).map((cloud) => cloud.stop()))));

async function onRancher(options: RancherOptions = {}): Promise<{
  readonly cloud: RunningRancher;
  readonly imgctl: (...args: readonly string[]) => ReturnType<typeof stage.run>;
}> {
  const cloud = await rancherCloud(options).start();
  running.push(cloud);
  const env = { ...profileVariables('cow', 'rancher', cloud.values), IMGCTL_PROFILE: 'cow' };
  return { cloud, imgctl: (...args) => stage.run([...args, '-o', 'json'], { env }) };
}

const verbs = {
  deactivate: { from: 'active', to: 'inactive', process: 'deactivate', key: 'project' },
  reactivate: { from: 'inactive', to: 'active', process: 'activate', key: 'project' },
  delete: { from: 'inactive', to: 'removed', process: 'remove', key: 'project' },
  purge: { from: 'removed', to: 'purged', process: 'purge', key: 'project' },
  restore: { from: 'removed', to: 'inactive', process: 'restore', key: 'project' },
} as const;

describe.each(Object.entries(verbs))('%s that is accepted without a body', (verb, { from, to, process }) => {
  it.each([200, 202, 204])('by %i is done', async (status) => {
    const { cloud, imgctl } = await onRancher({ version: '1.5' });
    const id = cloud.put({ name: 'web', state: from });
    cloud.fail({
      kind: 'answer',
      status,
      body: '',
      on({ method }) {
        if (method === 'GET') return false;
        cloud.start(id, process);
        return true;
      },
    });
    const result = await imgctl(verb, id, ...(verb === 'delete' || verb === 'purge' ? ['--yes'] : []), '--poll-interval', '20ms');
    expect(`${result.exitCode} ${result.stderr}`).toBe('0 ');
    expect(cloud.row(id).state).toBe(to);
  });

  it('is a failure where it was refused, or where somebody else answered', async () => {
    const { cloud, imgctl } = await onRancher({ version: '1.5' });
    const yes = verb === 'delete' || verb === 'purge' ? ['--yes'] : [];
    for (const [status, body] of [
      [500, ''],
      [200, '<html><title>Sign in</title></html>'],
    ] as const) {
      const id = cloud.put({ state: from });
      cloud.fail({
        kind: 'answer',
        status,
        body,
        headers: { 'content-type': 'text/html' },
        times: 9,
        on: ({ method }) => method !== 'GET',
      });
      const failed = await imgctl(verb, id, ...yes, '--retries', '0');
      expect([failed.exitCode, errorOf(failed).code], String(status)).toEqual([10, 'PROVIDER']);
    }
  });
});

describe('what is so already', () => {
  it.each([
    ['deactivate', 'inactive'],
    ['reactivate', 'active'],
    ['delete', 'removed'],
    ['purge', 'purged'],
  ] as const)('%s of what is %s is done, and nothing is sent', async (verb, state) => {
    const { cloud, imgctl } = await onRancher({ version: '1.5' });
    const id = cloud.put({ state });
    const result = await imgctl(verb, id, ...(verb === 'delete' || verb === 'purge' ? ['--yes'] : []));
    expect(`${result.exitCode} ${result.stderr}`).toBe('0 ');
    expect(cloud.requests().filter(({ method }) => method !== 'GET')).toEqual([]);
  });
});

describe('changes of the record that are accepted without a body', () => {
  it('patch reads the image', async () => {
    const { cloud, imgctl } = await onRancher({ key: 'superadmin' });
    const id = cloud.put({ name: 'web' });
    cloud.fail({
      kind: 'answer',
      status: 204,
      body: '',
      on({ method }) {
        if (method !== 'PUT') return false;
        cloud.row(id).description = 'new';
        return true;
      },
    });
    expect((await imgctl('patch', id, '--description', 'new')).json()).toMatchObject({ description: 'new' });
  });

  it('create goes where the answer points, and else says that it may be there', async () => {
    const { cloud, imgctl } = await onRancher({ key: 'superadmin' });
    const id = cloud.put({ name: 'made' });
    const collection = `${cloud.values.url ?? ''}/images`;
    const post = (headers: Readonly<Record<string, string>>): void =>
      cloud.fail({ kind: 'answer', status: 201, body: '', headers, on: ({ method }) => method === 'POST' });
    post({ location: `${collection}/${id}` });
    expect((await imgctl('create', 'made', '--no-wait')).json()).toMatchObject({ id, name: 'made' });
    post({});
    const lost = await imgctl('create', 'made-2');
    expect([lost.exitCode, errorOf(lost).hint]).toEqual([10, 'Find it with: imgctl list -p cow --sort created:desc']);
  });
});

describe('ids that are numbers', () => {
  it('are text, are found by name, and can be changed', async () => {
    const { cloud, imgctl } = await onRancher({ tricks: { numericIds: true } });
    cloud.put({ number: 7, name: 'web' });
    expect((await imgctl('list')).json()).toMatchObject([{ id: '7', name: 'web' }]);
    expect((await imgctl('deactivate', 'web', '--poll-interval', '20ms')).json()).toMatchObject({ id: '7', status: 'inactive' });
    expect((await imgctl('show', '7')).json()).toMatchObject({ id: '7', name: 'web' });
  });
});
