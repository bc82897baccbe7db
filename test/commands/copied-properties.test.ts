import { beforeEach, describe, expect, it } from 'vitest';
import { stageOf } from '../clouds/index.ts';
import { startOpenstack } from '../clouds/openstack/index.ts';
import { commandStage, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
let env: Readonly<Record<string, string>>;
beforeEach(() => {
  env = {
    ...profileVariables('aa', 'local', { path: stage.file('aa'), places: `second=${stage.file('second')}` }),
    ...profileVariables('bb', 'local', { path: stage.file('bb') }),
  };
});

/** What a user may call a property of his; some of these names mean something to one provider. */
const properties = {
  stores: '3',
  locations: 'fra',
  os_hash_note: 'x',
  os_glance_note: 'y',
  'owner_specified.rack': '7',
  keep: '1',
};
const upload = () => {
  const given = Object.entries(properties).flatMap(([key, value]) => ['--property', `${key}=${value}`]);
  return stage.ok(['upload', stage.write('seed', smallDisk()), '--name', 'aa:p', ...given], { env });
};

describe('properties of a copied image', () => {
  it('go along between folders, whatever they are called', async () => {
    await upload();
    const copied = await stage.ok(['copy', 'aa:p', 'bb', '-o', 'json'], { env });
    expect(copied.json()).toMatchObject({ properties });
    expect(copied.stderr).not.toContain('not copied');
  });

  it('that the target reserves stay behind, which is said; what it says of its own copy comes to nobody else', async () => {
    const openstack = await startOpenstack();
    try {
      env = { ...env, ...profileVariables('pcd', 'openstack', openstack.values) };
      await upload();
      const copied = await stage.ok(['copy', 'aa:p', 'pcd', '-o', 'json'], { env });
      expect(copied.json()).toMatchObject({ properties: { os_hash_note: 'x', 'owner_specified.rack': '7', keep: '1' } });
      expect(copied.stderr).toContain('not copied, reserved by openstack: properties locations, os_glance_note, stores');
      const back = await stage.ok(['copy', 'pcd:p', 'bb', '-o', 'json'], { env });
      const {
        'imgctl.contentId': _id,
        'imgctl.contentOf': _of,
        ...kept
      } = (back.json() as { properties: Record<string, string> }).properties;
      expect(kept).toEqual({ os_hash_note: 'x', 'owner_specified.rack': '7', keep: '1' });
    } finally {
      await openstack.stop();
    }
  });
});

it('an image that is shared with others is shared with nobody where accounts are named, and a folder keeps the word for the way back', async () => {
  const openstack = await startOpenstack();
  const aws = await stageOf('aws').cloud.start();
  try {
    const clouds = { ...profileVariables('pcd', 'openstack', openstack.values), ...profileVariables('amz', 'aws', aws.values) };
    await stage.ok(['upload', stage.write('seed', smallDisk()), '--name', 'pcd:web', '--visibility', 'shared'], { env: clouds });
    for (const [to, visibility] of [
      ['amz', 'private'],
      ['bb', 'shared'],
    ] as const) {
      const copied = await stage.ok(['copy', 'pcd:web', to, '-o', 'json'], { env: { ...env, ...clouds } });
      expect([copied.json(), copied.stderr]).toEqual([
        expect.objectContaining({ visibility }),
        expect.not.stringContaining('visibility'),
      ]);
    }
  } finally {
    await Promise.all([openstack.stop(), aws.stop()]);
  }
});

describe('a dry run at a folder', () => {
  it.each([
    ['patch', ['patch', 'aa:p', '--json-patch', '-'], { body: { name: 'q' } }],
    ['patch by options', ['patch', 'aa:p', '--protect'], { body: { protected: true } }],
    ['delete', ['delete', 'aa:p', '--yes'], {}],
    ['deactivate', ['deactivate', 'aa:p'], {}],
    ['create', ['create', 'aa:new', '--tag', 'x'], { body: { description: { name: 'new', tags: ['x'] } } }],
    ['upload', ['upload', '-', '--name', 'aa:new'], {}],
    ['replicate', ['replicate', 'aa:p', '--to', 'second'], { body: { add: ['second'], remove: [] } }],
  ])('of %s says what would change, and nothing of how it was made up', async (_verb, args, planned) => {
    await upload();
    const before = (await stage.ok(['show', 'aa:p', '-o', 'json'], { env })).stdout;
    const stdin = args.includes('--json-patch') ? '[{"op":"replace","path":"/name","value":"q"}]' : smallDisk();
    const result = await stage.ok([...args, '-n', '-o', 'json'], { env, stdin });
    expect(result.json()).toMatchObject({ dryRun: true, ...planned });
    expect(result.stdout).not.toMatch(/"(basis|extras|content|original|changes)"/);
    expect((await stage.ok(['show', 'aa:p', '-o', 'json'], { env })).stdout).toBe(before);
  });
});

describe('a file that is named after an image', () => {
  it.each([
    ['web.raw', 'web.raw'],
    ['WEB.RAW', 'WEB.RAW'],
    ['plain', 'plain.raw'],
    ['raw', 'raw.raw'],
    ['web.qcow2', 'web.qcow2.raw'],
  ])('(%s) has its ending once: %s', async (name, file) => {
    const made = await stage.ok(['upload', stage.write('seed', smallDisk()), '--name', `aa:${name}`, '-o', 'json', '--raw'], {
      env,
    });
    expect(made.stdout).toContain(`"org.opencontainers.image.title":"${file}"`.replaceAll(':"', ': "'));
    await stage.ok(['download', `aa:${name}`, `${stage.file('.')}/`], { env });
    expect(stage.read(file).equals(smallDisk())).toBe(true);
  });
});

describe('what is so already', () => {
  it('is no failure, at whatever verb', async () => {
    await upload();
    for (const verb of ['deactivate', 'deactivate', 'reactivate', 'reactivate']) await stage.ok([verb, 'aa:p'], { env });
    await stage.ok(['replicate', 'aa:p', '--to', 'home'], { env });
    await stage.ok(['patch', 'aa:p', '--name', 'p'], { env });
  });
});

it('a property that refers to what is in the cloud of the source stays behind, which is said, unless it stays in that cloud', async () => {
  const openstack = await startOpenstack();
  try {
    env = { ...env, ...profileVariables('pcd', 'openstack', openstack.values) };
    const references = [
      'kernel_id',
      'ramdisk_id',
      'base_image_ref',
      'instance_uuid',
      'cinder_encryption_key_id',
      'img_signature_uuid',
    ];
    const given = [...references, 'os_distro'].flatMap((name) => ['--property', `${name}=0a1b2c3d-0000-4000-8000-000000000001`]);
    await stage.ok(['upload', stage.write('seed', smallDisk()), '--name', 'pcd:p', ...given], { env });
    const copied = await stage.ok(['copy', 'pcd:p', 'aa', '--property', 'kernel_id=mine', '-o', 'json'], { env });
    const { properties: there } = copied.json() as { properties: Record<string, string> };
    expect(Object.keys(there).filter((name) => !name.startsWith('imgctl.'))).toEqual(['kernel_id', 'os_distro']);
    expect(there.kernel_id).toBe('mine');
    const behind = references.filter((name) => name !== 'kernel_id').sort();
    expect(copied.stderr).toContain(`not copied, meant for pcd only: properties ${behind.join(', ')}`);
    const again = await stage.ok(['copy', 'pcd:p', 'pcd:q', '-o', 'json'], { env });
    expect(Object.keys((again.json() as { properties: object }).properties)).toEqual(expect.arrayContaining(references));
  } finally {
    await openstack.stop();
  }
});
