import { describe, expect, it } from 'vitest';
import { areOfOneProduct, compareSerials, provenanceIn, provenanceProperties } from '../../src/core/provenance.ts';

describe('what was proved of where an image comes from', () => {
  const proved = { url: 'https://publisher.test/20261120/disk.img', digest: 'sha256:00', signer: 'A1B2', serial: '20261120' };

  it('stands in properties, and is read from them again', () => {
    expect(provenanceIn({ ...provenanceProperties(proved), os_distro: 'ubuntu' })).toEqual(proved);
  });

  it('leaves out what was not proved', () => {
    expect(provenanceProperties({ url: proved.url, signer: undefined })).toEqual({ 'imgctl.source.url': proved.url });
    expect(provenanceIn({ 'imgctl.source.other': 'x' })).toEqual({});
  });
});

describe('serials', () => {
  it('are in the order of their bytes', () => {
    const sorted = ['20261120', '20261120.1', '20261120.10', '20261120.2', '20261120_07:42', '20261121'];
    expect(sorted.toReversed().sort(compareSerials)).toEqual(sorted);
  });
});

describe('two images are of one product', () => {
  const at = (serial: string, folder = 'noble') => ({
    ...provenanceProperties({ serial, url: `https://publisher.test/${folder}/${serial}/disk-${serial}.img` }),
  });
  it.each([
    ['by its name', { product_name: 'a' }, { product_name: 'a' }, true],
    ['not under two names', { product_name: 'a', ...at('1') }, { product_name: 'b', ...at('2') }, false],
    ['not with two systems', { os_distro: 'ubuntu', ...at('1') }, { os_distro: 'debian', ...at('2') }, false],
    [
      'by addresses that differ in the serial alone',
      { os_distro: 'Ubuntu', ...at('1') },
      { os_distro: 'ubuntu', ...at('2') },
      true,
    ],
    ['perhaps, from two folders', at('1'), at('2', 'jammy'), undefined],
    ['perhaps, where one says nothing', at('1'), {}, undefined],
  ])('%s', (_how, a, b, expected) => {
    expect([areOfOneProduct(a, b), areOfOneProduct(b, a)]).toEqual([expected, expected]);
  });
});
