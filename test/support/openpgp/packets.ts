/** A packet with a head of the new format. */
export function packet(tag: number, body: Uint8Array): Buffer {
  const head = Buffer.from([0xc0 | tag, 0xff, 0, 0, 0, 0]);
  head.writeUInt32BE(body.length, 2);
  return Buffer.concat([head, body]);
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

/** A multiprecision integer. */
export function mpi(value: Uint8Array): Buffer {
  let at = 0;
  while (at < value.length && value[at] === 0) at++;
  const digits = value.subarray(at);
  const bits = digits.length === 0 ? 0 : digits.length * 8 - (Math.clz32(digits[0] ?? 0) - 24);
  return Buffer.concat([u16(bits), digits]);
}

export function armored(kind: string, bytes: Uint8Array, headers = ''): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN PGP ${kind}-----\n${headers}\n${lines.join('\n')}\n-----END PGP ${kind}-----\n`;
}
