import { describe, expect, it } from 'vitest';
import openstack from '../../src/drivers/openstack/index.ts';
import { overNetwork, stageOf } from '../clouds/index.ts';
import { startOpenstack } from '../clouds/openstack/index.ts';
import { allOf, everything, failureOf, testCall } from '../conformance/stage.ts';
import { openSession } from '../support/open-session.ts';

const oidc = { authType: 'v3oidcpassword', identityProvider: 'i', protocol: 'p' };

const addresses = overNetwork.flatMap(([, { driver }]) =>
  Object.keys(driver.profile)
    .filter((field) => /url$|endpoint$|^host$|^registry$/i.test(field))
    .map((field) => [driver.name, field, driver] as const),
);
const broken = ['http://h:99999', 'https://[', 'http://', 'https://h h'];

describe('an address that is none', () => {
  it.each(addresses)(
    '%s %s: is CONFIG that names the field and what is in it, and nothing is asked',
    async (name, field, driver) => {
      for (const address of broken) {
        const more = /^(discovery|accessToken)/.test(field) ? oidc : {};
        const { samples, wire } = stageOf(name);
        const usual: Readonly<Record<string, string>> =
          field === 'host' || !wire ? {} : { [wire.address.field]: wire.address.written('http://127.0.0.1:1') };
        const values: Readonly<Record<string, string>> = { ...samples.account, ...usual, ...more, [field]: address };
        const given: Readonly<Record<string, string>> = Object.fromEntries(
          Object.entries(values).filter(([, value]) => value !== ''),
        );
        const list = async () => allOf(openSession(driver, given).session.require('list').run(everything, testCall()));
        const { message } = await failureOf(list(), 'CONFIG');
        expect(message).toContain(field);
        expect(message).toContain(address);
      }
    },
  );

  it.each(broken)('openstack: %s in the catalogue is CONFIG that says where it stands', async (address) => {
    const cloud = await startOpenstack();
    cloud.keystone.imageUrl = address;
    const { session } = openSession(openstack, cloud.values);
    const error = await failureOf(allOf(session.require('list').run(everything, testCall())), 'CONFIG');
    expect(error.message).toContain(`the catalogue gives ${address} for images`);
    expect(error.circumstances.hint).toContain('imageEndpoint');
    await cloud.stop();
  });
});
