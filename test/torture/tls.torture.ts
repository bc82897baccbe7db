import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasOpenssl } from '../support/certificates.ts';
import { diskBytes } from '../support/content.ts';
import type { Identity } from '../support/fault-proxy.ts';
import { makeBed } from '../clouds/bed.ts';
import { complaints, dice, isShort, seed, tally } from './scale.ts';
import { verbLines } from '../clouds/index.ts';
import type { VerbLine } from '../clouds/verb-line.ts';
import { makeWrongCertificates, type WrongCertificates } from './wrong-certificates.ts';

/** How a service proves who it is. `trusted`: its authority is given with --ca-bundle. */
interface Proof {
  readonly name: string;
  readonly trusted: boolean;
  identity(all: WrongCertificates): Identity;
  /** Words of the message, and of what to type next. Absent: nothing is wrong about it. */
  readonly told?: readonly [message: RegExp, hint: RegExp];
}

const proofs: readonly Proof[] = [
  { name: 'a good certificate', trusted: true, identity: ({ good }) => good },
  {
    name: 'a wrong name',
    trusted: true,
    identity: ({ other }) => other,
    told: [/certificate for another name/, /Check the host name/],
  },
  {
    name: 'an expired certificate',
    trusted: true,
    identity: ({ expired }) => expired,
    told: [/certificate that has expired/, /Check the clock/],
  },
  {
    name: 'a certificate that is not valid yet',
    trusted: true,
    identity: ({ early }) => early,
    told: [/certificate that is not valid yet/, /Check the clock/],
  },
  {
    name: 'a self-signed certificate',
    trusted: false,
    identity: ({ self }) => self,
    told: [/self-signed certificate/, /--ca-bundle FILE/],
  },
  {
    name: 'an unknown authority',
    trusted: false,
    identity: ({ good }) => good,
    told: [/certificate of an unknown authority/, /--ca-bundle FILE/],
  },
  {
    name: 'an expired certificate of an unknown authority',
    trusted: false,
    identity: ({ expired }) => expired,
    told: [/certificate/, /--ca-bundle FILE|Check the clock/],
  },
];

let all: WrongCertificates;

async function tryOut(line: VerbLine, proof: Proof): Promise<readonly string[]> {
  const identity = proof.identity(all);
  const bed = await makeBed({ x: line.cloud ?? line.provider }, () => identity);
  const { proxy } = bed.cloud('x');
  try {
    const id = await bed.cloud('x').seed('web', line.status ?? 'active');
    const trust = proof.trusted ? ['--ca-bundle', all.authorityFile] : [];
    const typed = [...line.args(id, bed), '-p', 'x', '--timeout', '20s', '--retries', '2', ...trust];
    const result = await bed.feed(line.stdin, ...typed);
    const { exitCode, stderr, stdout } = result;
    const wrong: string[] = [];
    if (!proof.told) {
      if (exitCode !== 0) wrong.push(`exit ${exitCode}: ${stderr}`);
      else if (line.done && !(await line.done(bed.cloud('x'), id, bed, result))) wrong.push('exit 0, and it was not done');
      if (proxy.seen().length === 0) wrong.push('nothing was asked');
      return wrong.map((what) => `${line.provider} ${line.verb}, ${proof.name}: ${what}`);
    }
    const [message, hint] = proof.told;
    if (exitCode !== 9) wrong.push(`exit ${exitCode}: ${stderr}`);
    if (!message.test(stderr) || !hint.test(stderr)) wrong.push(`it says ${stderr}`);
    // A list prints what it got, which is nothing.
    if (!['', '[]\n'].includes(stdout)) wrong.push(`stdout is ${stdout.slice(0, 100)}`);
    if (proxy.seen().length > 0) wrong.push(`${proxy.seen().length} requests went over`);
    // The next try would meet the same certificate.
    if (proxy.connections() !== 1) wrong.push(`${proxy.connections()} connections`);
    return wrong.map((what) => `${line.provider} ${line.verb}, ${proof.name}: ${what}`);
  } catch (error) {
    return [`${line.provider} ${line.verb}, ${proof.name}: ${String(error)}`];
  } finally {
    await bed.stop();
  }
}

describe.skipIf(!hasOpenssl)(
  `TLS${hasOpenssl ? '' : ' (SKIPPED: openssl is not installed, no certificates can be made)'}`,
  () => {
    beforeAll(() => void (all = makeWrongCertificates()));
    afterAll(() => all.remove());

    it('no verb says anything to a service whose certificate is wrong', async () => {
      const roll = dice(seed);
      const cases = verbLines
        // What has to be got ready goes over the same wire, on which nothing is right from the beginning.
        .filter(({ before }) => before === undefined)
        .flatMap((line) => proofs.map((proof) => ({ line, proof })))
        // The short run has every proof with one verb of each provider.
        .filter(({ line }) => !isShort || line.verb === 'show' || roll() < 0.05);
      const wrong = await complaints(cases, ({ line, proof }) => tryOut(line, proof));
      tally(`TLS: ${new Set(cases.map(({ line }) => line)).size} verbs with ${proofs.length} certificates`, cases.length, wrong);
      expect(wrong).toEqual([]);
    });

    it('an upload whose data goes to another service than the record judges that one too', async () => {
      const wrong: string[] = [];
      const judged = proofs.filter(({ trusted, told }) => trusted && told);
      for (const proof of judged) {
        // The first service is the API, the second takes the data.
        const bed = await makeBed({ x: 'linode' }, (at) => (at === 0 ? all.good : proof.identity(all)));
        const file = bed.file('disk.raw', diskBytes('raw', 100_352));
        const typed = ['upload', file, '--name', 'new', '-p', 'x', '--timeout', '20s', '--ca-bundle', all.authorityFile];
        const { exitCode, stderr } = await bed.run(...typed);
        if (exitCode !== 9 || !proof.told?.[0].test(stderr)) wrong.push(`${proof.name}: exit ${exitCode}: ${stderr}`);
        const sent = bed
          .cloud('x')
          .proxy.seen()
          .filter(({ headers }) => /octet-stream/.test(headers['content-type'] ?? ''));
        if (sent.length > 0) wrong.push(`${proof.name}: the data was sent`);
        const left = bed.cloud('x').held();
        if (left.some(({ id }) => !stderr.includes(id))) wrong.push(`${proof.name}: a record is left over, unnamed`);
        await bed.stop();
      }
      tally('TLS: the data of an upload', judged.length, wrong);
      expect(wrong).toEqual([]);
    });
  },
);
