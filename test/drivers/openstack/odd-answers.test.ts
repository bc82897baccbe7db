import { describe, expect, it } from 'vitest';
import { disk, useOpenstackCli } from '../../clouds/openstack/cli.ts';
import { glanceErrorBody } from '../../clouds/openstack/index.ts';
import { appCredential, projects } from '../../clouds/openstack/keystone.ts';

const cli = useOpenstackCli();
type Wire = Readonly<Record<string, unknown>>;
const shown = async (image: string): Promise<Wire> => (await cli.ok(['show', `demo:${image}`, '-o', 'json'])).json() as Wire;
const quick = ['--poll-interval', '1ms'];
const errorOf = ({ stderr }: { readonly stderr: string }): Wire => {
  const line = stderr.split('\n').find((text) => text.startsWith('{"error"')) ?? '{}';
  return (JSON.parse(line) as { error?: Wire }).error ?? {};
};

describe('a site that gives ids of its own', () => {
  const makers: readonly (readonly string[])[] = [
    ['upload', 'DISK', '--name', 'demo:own', '--disk-format', 'raw'],
    ['upload', 'DISK', '--name', 'demo:own', '--set', 'importMethod=glance-direct'],
    ['copy', 'demo:web', 'demo:own', '--relay'],
    ['import', 'demo:own', '--url', 'https://a.example/x', '--disk-format', 'raw'],
    ['create', 'demo:own', '--disk-format', 'raw'],
  ];
  const make = (maker: readonly string[], ...more: readonly string[]) => {
    const file = cli.write('disk.raw', disk());
    const waits = maker[0] === 'create' ? [] : quick;
    return cli.run([...maker.map((word) => (word === 'DISK' ? file : word)), ...waits, '-o', 'json', ...more]);
  };
  const own = () => cli.wires().filter(({ name }) => name === 'own');

  it.each(makers)('%s %s: the id of its answer is the image’s', async (...maker) => {
    cli.image('web');
    cli.cloud().one.site.ownIds = true;
    const made = await make(maker);
    expect(made.exitCode, made.stderr).toBe(0);
    expect(own().map(({ id }) => id)).toEqual([(made.json() as Wire).id]);
  });

  it.each(makers.slice(0, 3))('%s %s: what fails is removed, or named by that id', async (...maker) => {
    cli.image('web');
    cli.cloud().one.site.ownIds = true;
    const breaks = () =>
      cli.cloud().fail({ kind: 'answer', status: 400, on: ({ method }) => method === 'PUT', body: glanceErrorBody('no') });
    breaks();
    expect((await make(maker)).exitCode).toBe(2);
    expect(own()).toEqual([]);
    breaks();
    cli.cloud().fail({ kind: 'answer', status: 409, on: ({ method }) => method === 'DELETE', body: glanceErrorBody('busy') });
    expect(errorOf(await make(maker)).leftover).toBe(own()[0]?.id);
  });

  it('is told to who has chosen one', async () => {
    cli.cloud().one.site.ownIds = true;
    const asked = '12345678-0000-4000-8000-000000000000';
    expect((await make(['create', 'demo:own'], '--id', asked)).stderr).toContain(`instead of ${asked}`);
  });
});

describe('attributes of another type than is documented', () => {
  const typed = {
    hw_cpu_sockets: 2,
    hw_vif_multiqueue_enabled: true,
    block_device_mapping: [{ boot_index: 0 }],
    plain: 'x',
    gone: null,
  };
  const asText = {
    hw_cpu_sockets: '2',
    hw_vif_multiqueue_enabled: 'true',
    block_device_mapping: '[{"boot_index":0}]',
    plain: 'x',
  };

  it('are properties as JSON text: shown, found and copied', async () => {
    cli.image('typed', typed);
    expect((await shown('typed')).properties).toEqual(asText);
    for (const [name, value] of Object.entries(asText))
      expect(
        ((await cli.ok(['list', '-p', 'demo', '--property', `${name}=${value}`, '-o', 'json'])).json() as Wire[]).length,
        name,
      ).toBe(1);
    await cli.ok(['copy', 'demo:typed', 'demo:copied', '--relay']);
    expect((await shown('copied')).properties).toMatchObject(asText);
  });

  it('are read where numbers, truths and times are written in another way', async () => {
    const image = {
      size: '1048576',
      min_disk: '3',
      protected: 'True',

      created_at: '2026-01-01T00:00:00.000000',
      updated_at: '2026-01-01 00:00:00',
    };
    cli.image('texts', image);
    expect(await shown('texts')).toMatchObject({
      sizeBytes: 1048576,
      minDiskBytes: 3 * 2 ** 30,
      protected: true,
      createdAt: '2026-01-01T00:00:00.000000Z',
      updatedAt: '2026-01-01T00:00:00Z',
    });
  });
});

describe('names that every object has', () => {
  it.each(['constructor', 'hasOwnProperty', 'toString', 'valueOf'])('%s is a property like any other', async (name) => {
    cli.image('web');
    await cli.ok(['patch', 'demo:web', '--property', `${name}=c`]);
    expect(Object.entries((await shown('web')).properties as object)).toEqual([[name, 'c']]);
    await cli.ok(['patch', 'demo:web', '--property', `${name}=d`]);
    const found = await cli.ok(['list', '-p', 'demo', '--property', `${name}=d`, '-o', 'id']);
    expect(found.stdout.trim()).toBe(cli.wires()[0]?.id);
    await cli.ok(['patch', 'demo:web', '--remove-property', name]);
    expect((await shown('web')).properties).toEqual({});
    await cli.ok(['patch', 'demo:web', '--tag', name]);
    expect((await shown('web')).tags).toEqual([name]);
    for (const args of [['--to', name], ['--set', `${name}=1`]])
      expect((await cli.run(['upload', cli.write('d.raw', disk()), '--name', `demo:x`, ...args])).exitCode, args.join(' ')).toBeGreaterThan(1);
  }); // prettier-ignore
});

describe('a token that Glance refuses after a sign-in that worked', () => {
  it.each([['list', '-p', 'x'], ['upload', 'DISK', '--name', 'x:web'], ['download', 'x:ID', '-']])('%s: is told apart from wrong credentials', async (...args) => {
    const id = String(cli.image('web').wire.id);
    const { authUrl = '', region = '' } = cli.cloud().values;
    const env = { IMGCTL_PROFILE_X_PROVIDER: 'openstack', IMGCTL_PROFILE_X_AUTH_URL: authUrl, IMGCTL_PROFILE_X_REGION: region, IMGCTL_PROFILE_X_APPLICATION_CREDENTIAL_ID: appCredential.id, IMGCTL_PROFILE_X_APPLICATION_CREDENTIAL_SECRET: appCredential.secret };
    cli.cloud().fail({ kind: 'answer', status: 401, times: 20, on: ({ path }) => path.startsWith('/image') && (args[0] !== 'download' || path.endsWith('/file')), body: '{"error":{"message":"The request you have made requires authentication."}}' });
    const file = cli.write('disk.raw', disk());
    const run = await cli.run(args.map((word) => (word === 'DISK' ? file : word.replace('ID', id))), { env });
    expect(run.exitCode, run.stderr).toBe(4);
    expect(run.stderr).toContain('signed in, but not allowed');
    expect(run.stderr).toContain('access rules of the application credential');
    expect(run.stderr).not.toContain('Secret comes from');
  }); // prettier-ignore
});

describe('an import whose tasks may not be read', () => {
  it.each([['import', 'demo:imp', '--url', 'https://missing.example/x', '--disk-format', 'raw'], ['upload', 'DISK', '--name', 'demo:imp', '--set', 'importMethod=glance-direct']])('%s: has failed at the provider, and leaves nothing', async (...args) => {
    Object.assign(cli.cloud().one.site, { secretTasks: true, broken: args[0] === 'upload' ? ['fast'] : [] });
    const file = cli.write('disk.raw', disk());
    const run = await cli.run([...args.map((word) => (word === 'DISK' ? file : word)), ...quick]);
    expect(run.exitCode, run.stderr).toBe(10);
    expect(run.stderr).toContain('its tasks cannot be read');
    expect(cli.wires()).toEqual([]);
  }); // prettier-ignore
});

describe('what Glance refuses', () => {
  it('repeats a value at most once, and says what is wrong with it', async () => {
    const long = 'n'.repeat(256);
    cli.image('web');
    const file = cli.write('disk.raw', disk());
    for (const args of [['create', `demo:${long}`], ['upload', file, '--name', `demo:${long}`], ['patch', 'demo:web', '--name', long]]) {
      const run = await cli.run(args);
      expect(run.exitCode).toBe(2);
      expect(run.stderr.split(long).length, run.stderr).toBeLessThanOrEqual(2);
      expect(run.stderr).toContain('name is too long: 256 characters, at most 255');
      expect(run.stderr).not.toContain('Failed validating');
    }
  }); // prettier-ignore

  it('as content that is not what its format says is INTEGRITY, and leaves nothing', async () => {
    cli.cloud().fail({ kind: 'answer', status: 415, on: ({ method }) => method === 'PUT', body: glanceErrorBody('Image content does not match disk_format') });
    const run = await cli.run(['upload', cli.write('disk.raw', disk()), '--name', 'demo:x']);
    expect(run.exitCode, run.stderr).toBe(11);
    expect(cli.wires()).toEqual([]);
  }); // prettier-ignore

  it('by its default policies has a hint for a member', async () => {
    const id = String(cli.image('web', { visibility: 'shared' }).wire.id);
    const acts: readonly (readonly [readonly string[], RegExp])[] = [
      [['patch', 'demo:web', '--visibility', 'public'], /only administrators make images public/],
      [['upload', cli.write('disk.raw', disk()), '--name', 'demo:new', '--visibility', 'public'], /only administrators make images public/],
      [['replicate', 'demo:web', '--to', 'cheap'], /only administrators copy an image to another store/],
      [['patch', 'demo:web', '--owner', 'somebody'], /Only administrators give images to others/],
      [['share', `demo:${id}`, '--accept', '--with', projects.alt ?? ''], /only administrators answer for another/],
    ];
    await cli.ok(['share', 'demo:web', '--with', projects.alt ?? '']);
    for (const [args, hint] of acts) {
      const run = await cli.run(args);
      expect(run.exitCode, args.join(' ')).toBe(4);
      expect(run.stderr, args.join(' ')).toMatch(hint);
    }
    const words = ['deactivate', 'reactivate', 'communitize_image', 'get_tasks_api_access', 'set_image_location', 'a_new_one'];
    for (const action of words) {
      cli.cloud().fail({ kind: 'answer', status: 403, on: ({ method }) => method === 'PATCH', body: glanceErrorBody(`You are not authorized to complete ${action} action.`) });
      expect(errorOf(await cli.run(['patch', 'demo:web', '--tag', 't', '-o', 'json'])).hint, action).toBeDefined();
    }
  }); // prettier-ignore
});

describe('stores and members', () => {
  it('an upload goes to the store that is named, and nowhere else; an unknown one is named with those there are', async () => {
    const file = cli.write('disk.raw', disk());
    for (const set of [[], ['--set', 'importMethod=glance-direct']]) {
      const made = (await cli.ok(['upload', file, '--name', 'demo:x', '--if-exists', 'rename', '--to', 'cheap', '-o', 'json', ...quick, ...set])).json();
      expect((made as Wire).places).toEqual([{ name: 'cheap', status: 'active' }]);
    }
    const before = cli.wires().length;
    const unknown = await cli.run(['upload', file, '--name', 'demo:y', '--to', 'nowhere']);
    expect([unknown.exitCode, unknown.stderr]).toEqual([5, expect.stringContaining('fast, cheap, frozen')]);
    expect(cli.wires().length).toBe(before);
    expect((await cli.run(['upload', file, '--name', 'local:y', '--to', 'nowhere'])).exitCode).toBeGreaterThan(0);
  }); // prettier-ignore

  it('several projects are named with a comma or one by one, and an administrator answers for one', async () => {
    const kept = cli.image('web', { visibility: 'shared' });
    const [a, b, c] = [projects.alt ?? '', projects.admin ?? '', 'c'.repeat(32)];
    await cli.ok(['share', 'demo:web', '--with', `${a},${b}`, '--with', c]);
    expect([...kept.members.keys()]).toEqual([a, b, c]);
    const id = String(kept.wire.id);
    for (const [answer, state] of [
      ['--accept', 'accepted'],
      ['--reject', 'rejected'],
      ['--pending', 'pending'],
    ] as const) {
      await cli.ok(['share', `root:${id}`, answer, '--with', a]);
      expect(kept.members.get(a)?.status).toBe(state);
      await cli.ok(['share', `alt:${id}`, '--accept']);
      expect(kept.members.get(a)?.status).toBe('accepted');
    }
    await cli.ok(['unshare', 'demo:web', '--with', `${b},${c}`]);
    expect([...kept.members.keys()]).toEqual([a]);
    expect((await cli.run(['share', `demo:${id}`, '--with', 'a/b'])).stderr).toContain('is no project id, no profile');
  });
});
