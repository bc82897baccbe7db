import { it } from 'vitest';
import { readFileSync } from 'node:fs';
import * as m from '../../../src/drivers/aws/endpoints.ts';
import * as sv from '../../../src/drivers/aws/sigv4.ts';
import { Secret } from '../../../src/core/secret.ts';
it('x', () => {
  const e = JSON.parse(readFileSync('/work/shared/facts/aws/endpoints.json', 'utf8'));
  console.log(JSON.stringify(Object.entries(e.addresses).slice(0, 3)));
  let bad = 0;
  for (const [key, want] of Object.entries(e.addresses) as any) {
    const [r, s, v = ''] = key.split(' ');
    let got; try { got = m.addressOf(s, r, { fips: /fips|both/.test(v), dualstack: /dual|both/.test(v) }); } catch (x: any) { got = x.message; }
    if (got !== String(want).replace(/\/$/, '')) { bad++; if (bad < 30) console.log(key, got, want); }
  }
  console.log('bad', bad);
  const s = JSON.parse(readFileSync('/work/shared/facts/aws/sigv4.json', 'utf8'));
  for (const v of s) {
    const u = new URL(v.request.url); const hh: any = Object.fromEntries(Object.entries(v.request.headers).map(([k, x]) => [k.toLowerCase(), x]));
    const body = v.request.bodyText ?? Buffer.from(v.request.bodyBase64 ?? '', 'base64');
    const hash = v.canonicalRequest.split('\n').at(-1);
    const r = sv.sign({ method: v.request.method, url: u, headers: hh, bodySha256: hash }, { region: v.region, service: v.service }, { accessKeyId: v.accessKeyId, secretAccessKey: new Secret(v.secretAccessKey), ...(v.sessionToken ? { sessionToken: new Secret(v.sessionToken) } : {}) }, new Date(v.time));
    console.log(v.id, v.note, r.authorization === v.authorization, Object.keys(v.request)); if (r.authorization !== v.authorization) console.log(JSON.stringify(v.request).slice(0, 300), v.canonicalRequest, v.headersAdded, r);
  }
});
