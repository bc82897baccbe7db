import { describe, expect, it } from 'vitest';
import { ImgctlError } from '../../../src/core/errors.ts';
import type { Bytes } from '../../../src/core/http.ts';
import { boundaryOf, collected, partsOf } from '../../../src/drivers/incus/multipart.ts';

const boundary = 'b0undary';
const mark = `\r\n--${boundary}`;
/** It holds what looks like the beginning of a mark, at its end too. */
const disk = Buffer.from(`disk\r\n--b0und\r\r\n--${boundary.slice(0, -1)}\r\n-`);
const body = Buffer.concat([
  Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="metadata"; filename="m.tar"\r\n\r\nabc`),
  Buffer.from(`${mark}\r\nContent-Disposition: form-data; name="rootfs.img"; filename="d.qcow2"\r\n\r\n`),
  disk,
  Buffer.from(`${mark}--\r\n`),
]);

/** In pieces that come in the same memory: what was given before is overwritten. */
async function* inPieces(bytes: Buffer, lengths: readonly number[]): Bytes {
  const memory = Buffer.alloc(bytes.length);
  let at = 0;
  for (const length of [...lengths, bytes.length]) {
    memory.fill('\r');
    const copied = bytes.copy(memory, 0, at, at + length);
    at += copied;
    if (copied > 0) yield memory.subarray(0, copied);
  }
}

async function read(bytes: Bytes): Promise<readonly string[]> {
  const parts: string[] = [];
  for await (const part of partsOf(bytes, boundary))
    parts.push(part.name, part.fileName, Buffer.concat(await collected(part.bytes, 1000)).toString());
  return parts;
}
const whole = ['metadata', 'm.tar', 'abc', 'rootfs.img', 'd.qcow2', disk.toString()];

describe('the parts of a body', () => {
  it('are the same wherever it is cut', async () => {
    for (let at = 1; at < body.length; at += 1) expect(await read(inPieces(body, [at])), `cut at ${at}`).toEqual(whole);
    for (const step of [1, 2, 3, 7]) {
      const steps = Array.from({ length: body.length }, () => step);
      expect(await read(inPieces(body, steps)), `pieces of ${step}`).toEqual(whole);
    }
  });

  it('of one that ends before its end are told to be broken, wherever that is', async () => {
    const end = body.indexOf(`${mark}--`) + `${mark}--`.length;
    for (let at = 0; at < body.length; at += 1) {
      const said = await read(inPieces(body.subarray(0, at), [40])).catch((error: unknown) => error);
      if (at < end) expect([at, said instanceof ImgctlError && said.code]).toEqual([at, 'INTEGRITY']);
      else expect(said).toEqual(whole);
    }
  });

  it('whose heads have no end are none', async () => {
    const endless = Buffer.concat([Buffer.from(`--${boundary}\r\n`), Buffer.alloc(40_000, 'x')]);
    await expect(read(inPieces(endless, [1000]))).rejects.toMatchObject({ code: 'PROVIDER' });
  });

  it('that pass whole are not copied', async () => {
    const chunk = Buffer.alloc(1 << 16, 'x');
    async function* chunks(): Bytes {
      yield body.subarray(0, body.indexOf('disk'));
      yield chunk;
      yield Buffer.from(`${mark}--\r\n`);
    }
    const buffers = new Set<ArrayBufferLike>();
    for await (const part of partsOf(chunks(), boundary)) for await (const bytes of part.bytes) buffers.add(bytes.buffer);
    expect(buffers.has(chunk.buffer)).toBe(true);
  });
});

it('a boundary is what the content type of such a body names', () => {
  expect(boundaryOf('multipart/form-data; boundary=abc')).toBe('abc');
  expect(boundaryOf('multipart/form-data; charset=x; boundary="a b"; more=y')).toBe('a b');
  expect(boundaryOf('application/octet-stream')).toBeUndefined();
  expect(boundaryOf(undefined)).toBeUndefined();
});
