import rancher from '../../../src/drivers/rancher/index.ts';
import { rancherCloud } from '../../clouds/rancher/index.ts';
import { versions, type Version } from '../../clouds/rancher/versions.ts';
import { conformance } from '../../conformance/suite.ts';

const noRestore = 'Rancher 1.6 has no restore; rancher-cases R17 has the refusal';

const exceptions: Readonly<Record<Version, Readonly<Record<string, string>>>> = {
  '1.1': {},
  '1.5': {},
  '1.6': { 'brings a removed image back': noRestore, 'does not bring back an id that never was': noRestore },
};

/** The suite makes and changes images, which only a superadmin's key may. */
const common = {
  missingId: '1i999999',
  errorBody: (words: string) =>
    JSON.stringify({
      id: 'made-up',
      type: 'error',
      links: {},
      actions: {},
      status: 0,
      code: 'Refused',
      message: words,
      detail: null,
    }),
};

for (const version of versions)
  conformance(rancher, {
    ...common,
    title: `rancher keeps the contract on ${version}`,
    cloud: rancherCloud({ version, key: 'superadmin', tricks: { mostRows: 20 } }),
    exceptions: exceptions[version],
    ...(version === '1.6' ? { idle: { restore: noRestore } } : {}),
  });

conformance(rancher, {
  ...common,
  title: 'rancher keeps the contract as an administrator without a project',
  cloud: rancherCloud({ version: '1.5', key: 'superadmin', path: '/v1', tricks: { mostRows: 20 } }),
  seesEverybody: true,
});
