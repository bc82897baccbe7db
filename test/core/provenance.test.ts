import { describe, expect, it } from 'vitest';
import { provenanceIn, provenanceProperties } from '../../src/core/provenance.ts';

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
