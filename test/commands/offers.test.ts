import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startAws } from '../clouds/aws/index.ts';
import { startOpenstack, type OpenstackCloud } from '../clouds/openstack/index.ts';
import { projects } from '../clouds/openstack/keystone.ts';
import { commandStage, profileVariables } from './stage.ts';

const stage = commandStage();
let cloud: OpenstackCloud;
let elsewhere: OpenstackCloud;
let env: Readonly<Record<string, string>>;
let id: string;
beforeEach(async () => {
  [cloud, elsewhere] = [await startOpenstack(), await startOpenstack()];
  env = {
    ...profileVariables('mine', 'openstack', cloud.values),
    ...profileVariables('theirs', 'openstack', cloud.valuesFor('alt')),
    ...profileVariables('far', 'openstack', elsewhere.values),
  };
  [id = ''] = await cloud.seed([{ name: 'golden' }]);
  await stage.ok(['patch', `mine:${id}`, '--visibility', 'shared'], { env });
});
afterEach(() => Promise.all([cloud.stop(), elsewhere.stop()]));
const members = async () => (await stage.ok(['share', `mine:${id}`, '-o', 'json'], { env })).json();

describe('an offer to another project', () => {
  it.each([
    ['a profile', 'theirs'],
    ['an id', projects.alt ?? ''],
  ])('is made to %s, and taken by typing what is printed', async (_by, who) => {
    const given = await stage.ok(['share', 'mine:golden', '--with', who], { env });
    expect(await members()).toMatchObject([{ with: projects.alt, state: 'pending' }]);
    const typed = /accepts with: imgctl (.*)/.exec(given.stderr)?.[1] ?? '';
    await stage.ok([...typed.split(' '), '-p', 'theirs'], { env });
    expect(await members()).toMatchObject([{ with: projects.alt, state: 'accepted' }]);
    expect((await stage.ok(['show', 'theirs:golden', '-o', 'json'], { env })).json()).toMatchObject({ id });
    await stage.ok(['unshare', 'mine:golden', '--with', who], { env });
    expect(await members()).toEqual([]);
  });

  it.each([
    ['show'],
    ['wait'],
    ['download'],
    ['resolve'],
    ['share', '--accept'],
    ['copy'],
    ['patch', '--tag', 'x'],
    ['delete', '--yes'],
  ])('is told, with its id, to whoever names it: %s %s', async (verb, ...options) => {
    await stage.ok(['share', 'mine:golden', '--with', 'theirs'], { env });
    const more = verb === 'copy' ? ['local:x'] : verb === 'download' ? [stage.file('out')] : [];
    const missed = await stage.run([verb, 'theirs:golden', ...more, ...options], { env });
    expect(missed.exitCode).toBe(5);
    expect(missed.stderr).toContain('is an offer that is not accepted');
    expect(missed.stderr).toContain(`${id}  ${projects.demo}`);
    const typed = /imgctl (share .*)/.exec(missed.stderr)?.[1]?.replace('ID', id) ?? '';
    await stage.ok(typed.split(' '), { env });
    expect(await members()).toMatchObject([{ state: 'accepted' }]);
  });

  it.each([['share'], ['unshare'], ['share', '--accept']])(
    'to what is no project known here is refused, and nothing is sent: %s %s',
    async (verb, ...more) => {
      for (const who of ['alt', 'somebody', 'far', 'local']) {
        cloud.forget();
        const refused = await stage.run([verb, `mine:${id}`, '--with', `${projects.admin},${who}`, ...more], { env });
        expect([refused.exitCode, refused.stdout], who).toEqual([2, '']);
        expect(refused.stderr).toContain(who);
        expect(cloud.requests().filter(({ method, path }) => method !== 'GET' && !path.endsWith('/auth/tokens'))).toEqual([]);
      }
      expect(await members()).toEqual([]);
    },
  );
});

it('an image that can be used as soon as it is shared need not be accepted, and nobody is told to', async () => {
  const aws = await startAws();
  const at = { env: profileVariables('ec2', 'aws', aws.values) };
  const [image = ''] = await aws.seed([{ name: 'golden' }]);
  const given = await stage.ok(['share', `ec2:${image}`, '--with', '444455556666'], at);
  expect([given.stdout, given.stderr]).toEqual([expect.stringMatching(/444455556666\taccepted/), '']);
  const refused = await stage.run(['share', `ec2:${image}`, '--with', 'somebody'], at);
  expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining('"somebody" is no account id, no profile')]);
  await aws.stop();
});
