import { describe, expect, it } from 'vitest';
import { useOpenstackCli } from '../clouds/openstack/cli.ts';
import { projects } from '../clouds/openstack/keystone.ts';

const cli = useOpenstackCli();

describe('projects by their names', () => {
  it('a project is named by its name where Keystone tells whose that is, and refused before anything is done where not', async () => {
    const kept = cli.image('web', { visibility: 'shared' });
    const id = String(kept.wire.id);
    const members = () => [...kept.members.keys()];
    const shared = await cli.ok(['share', `root:${id}`, '--with', 'admin']);
    expect(members()).toEqual([projects.admin]);
    expect(shared.stderr).toContain(`admin is the project ${projects.admin ?? ''}`);
    const unknown = await cli.run(['share', 'demo:web', '--with', `${projects.alt ?? ''},admin`]);
    expect([unknown.exitCode, members()]).toEqual([2, [projects.admin]]);
    cli.cloud().keystone.namesakes = [['admin', 'e'.repeat(32)]];
    const several = await cli.run(['unshare', `root:${id}`, '--with', 'admin']);
    expect([several.exitCode, members()]).toEqual([6, [projects.admin]]);
    expect(several.stderr).toContain(`${projects.admin ?? ''}, ${'e'.repeat(32)}`);
    cli.cloud().keystone.namesakes = [];
    await cli.ok(['unshare', `root:${id}`, '--with', 'admin']);
    expect(members()).toEqual([]);
  });

  it('an owner is named by the name of his project where Keystone tells', async () => {
    const kept = cli.image('web');
    const found = await cli.ok(['list', '-p', 'root', '--owner', 'demo', '-o', 'id']);
    expect(found.stdout.trim()).toBe(String(kept.wire.id));
    expect((await cli.run(['list', '-p', 'demo', '--owner', 'admin'])).exitCode).toBe(5);
  });
});
