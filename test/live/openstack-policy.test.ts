import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliHome, type CliHome } from '../support/run-cli.ts';
import { profileVariables } from '../commands/stage.ts';
import { valuesFor } from './real-cloud.ts';
import { bed, missing, unique, uploaded } from './site.ts';

/** What SCS-0102 makes mandatory, as somebody would write it on an image. */
const complete = {
  os_distro: 'ubuntu',
  os_version: '24.04',
  os_purpose: 'generic',
  hw_disk_bus: 'scsi',
  hw_scsi_model: 'virtio-scsi',
  hw_rng_model: 'virtio',
  hypervisor_type: 'kvm',
  replace_frequency: 'never',
  provided_until: 'notice',
  uuid_validity: 'last-3',
  image_source: 'private',
  image_description: 'https://site.example',
  image_build_date: '2026-01-01 10:30',
  image_original_user: 'ubuntu',
};
const needs = { architecture: 'x86_64', minDiskBytes: 10 * 2 ** 30, minRamBytes: 512 * 2 ** 20 };

describe.skipIf(missing !== undefined)(
  missing === undefined ? 'rules for a real Glance' : `rules (no real Glance: ${missing})`,
  () => {
    let home: CliHome;
    beforeAll(() => {
      home = cliHome();
    });
    afterAll(() => home.remove());
    const checked = async (name: string): Promise<readonly [exitCode: number, rules: readonly string[]]> => {
      const { exitCode, json } = await home.run(['policy', 'check', name, '-p', 'site', '--rules', 'scs-0102', '-o', 'json'], {
        env: profileVariables('site', 'openstack', valuesFor(bed, 'demo')),
      });
      return [
        exitCode,
        (json() as readonly { readonly rule: string; readonly severity: string }[]).map(
          ({ rule, severity }) => `${severity} ${rule}`,
        ),
      ];
    };

    it('are kept by an image that has all of SCS-0102', async () => {
      const { name } = await uploaded({ name: unique('scs'), ...needs, properties: complete });
      expect(await checked(name)).toEqual([0, []]);
    });

    it('are broken by one that says nothing, or says it wrong', async () => {
      const { name } = await uploaded({
        name: unique('odd'),
        ...needs,
        properties: { ...complete, os_purpose: 'desktop', uuid_validity: 'last', hw_scsi_model: '' },
      });
      expect(await checked(name)).toEqual([
        15,
        ['error scs-0102/os_purpose', 'warning scs-0102/hw_scsi_model', 'error scs-0102/uuid_validity'],
      ]);
      const bare = await uploaded({ name: unique('bare') });
      const [exitCode, rules] = await checked(bare.name);
      expect([exitCode, rules.filter((one) => one.startsWith('error')).length]).toEqual([15, 14]);
    });
  },
);
