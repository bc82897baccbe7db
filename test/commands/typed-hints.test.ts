import { afterEach, beforeEach, expect, it } from 'vitest';
import { startOpenstack, type OpenstackCloud } from '../clouds/openstack/index.ts';
import { commandStage, errorOf, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
let cloud: OpenstackCloud;
let env: Readonly<Record<string, string>>;
beforeEach(async () => {
  cloud = await startOpenstack();
  env = profileVariables('os', 'openstack', cloud.values);
});
afterEach(() => cloud.stop());

it.each([
  ['delete ID --yes', ['--protect'], 'patch ID --unprotect'],
  ['download ID -', [], 'upload FILE --into ID'],
  ['copy ID local:x', [], 'upload FILE --into ID'],
  ['share ID --with 0123456789abcdef0123456789abcdef', ['--visibility', 'private'], 'patch ID --visibility shared'],
])('%s: what is to be typed next names the profile', async (line, more, next) => {
  const made = await stage.ok(['create', 'os:web', '--disk-format', 'raw', ...more, '-o', 'json'], { env });
  const image = `os:${(made.json() as { id: string }).id}`;
  const refused = await stage.run([...line.replace('ID', image).split(' '), '--json'], { env });
  expect([refused.exitCode, errorOf(refused).hint]).toEqual([
    6,
    expect.stringContaining(`imgctl ${next.replaceAll('ID', image)}`),
  ]);
});

it.each(['download ID -', 'download ID web.raw', 'copy ID local:x'])(
  '%s: so does what is told of data only when it is read',
  async (line) => {
    const made = await stage.ok(['upload', stage.write('disk.raw', smallDisk()), '--name', 'os:web', '-o', 'id'], { env });
    const image = `os:${made.stdout.trim()}`;
    await stage.ok(['deactivate', image], { env });
    const refused = await stage.run(
      [...line.replace('ID', image).replace('web.raw', stage.file('web.raw')).split(' '), '--json'],
      {
        env,
      },
    );
    expect(refused.exitCode).not.toBe(0);
    expect(errorOf(refused)).toMatchObject({
      profile: 'os',
      provider: 'openstack',
      hint: expect.stringContaining(`imgctl reactivate ${image}`),
    });
  },
);
