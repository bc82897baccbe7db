import rancher from '../../src/drivers/rancher/index.ts';
import { rancherCloud } from '../clouds/rancher/index.ts';
import { versions, type Version } from '../clouds/rancher/versions.ts';
import { conformance } from '../conformance/suite.ts';

const activeStays =
  'an active image cannot be removed on this provider; rancher-cases has removal, purge and restore of deactivated ones';
const noRestore = 'Rancher 1.6 has no restore; rancher-cases R17 has the refusal';

const always = {
  'removes an image, and only that': activeStays,
  'brings a removed image back': activeStays,
  'removes a removed image for good': activeStays,
};
const skips: Readonly<Record<Version, Readonly<Record<string, string>>>> = {
  '1.1': always,
  '1.5': always,
  '1.6': { ...always, 'brings a removed image back': noRestore, 'does not bring back an id that never was': noRestore },
};

/** The suite makes and changes images, which only a superadmin's key may. */
for (const version of versions)
  conformance(rancher, {
    title: `rancher keeps the contract on ${version}`,
    cloud: rancherCloud({ version, key: 'superadmin', tricks: { mostRows: 20 } }),
    missingId: '1i999999',
    errorBody: (words) =>
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
    skips: skips[version],
  });
