import { describe, expect, it } from 'vitest';
import { commandStage } from '../../commands/stage.ts';
import { titled } from '../daemon.ts';
import { clientFolder, lab, products } from './lab.ts';
import { plant } from './real-cloud.ts';
import { missing } from './server.ts';

describe.skipIf(missing !== undefined)(titled('remotes of the official clients', missing), () => {
  const site = lab();
  const stage = commandStage();

  it.each(products)('%s: are taken over, and work, by name and as what the client would use', async (product) => {
    const server = site.server(product);
    await plant(server, { name: 'here' });
    const nowhere = stage.file('none');
    const none = { INCUS_CONF: nowhere, LXD_CONF: nowhere, INCUS_GLOBAL_CONF: nowhere, LXD_GLOBAL_CONF: nowhere };
    const env = { ...none, [product === 'incus' ? 'INCUS_CONF' : 'LXD_CONF']: clientFolder(server) };
    await stage.ok(['profile', 'import'], { env });
    for (const profile of ['lab', 'here', 'env:incus'])
      expect((await stage.ok(['list', '-p', profile, '-o', 'json'], { env })).stdout, profile).toContain('"here"');
    expect((await stage.ok(['profile', 'check', 'lab', '-o', 'json'], { env })).stdout).toContain(product);
  });
});
