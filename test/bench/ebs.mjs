// Uploads to a service that takes blocks (EBS direct) and keeps nothing, beside a bare program that does the same with node:http.
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { sh } from './disk.mjs';
import { bareEnv, bin, inTurn, peakMemory } from './measure.mjs';
import { figure, row } from './row.mjs';

const own = fileURLToPath(import.meta.url);
const gib = 4;

const tags = new Map();
const keepTags = (form) => {
  for (const [name, key] of form) if (/Tag\.\d+\.Key$/.test(name)) tags.set(key, form.get(name.replace(/Key$/, 'Value')));
};
const tagSet = () => [...tags].map(([key, value]) => `<item><key>${key}</key><value>${value}</value></item>`).join('');

const image = (name) =>
  `<item><imageId>ami-0123456789abcdef0</imageId><name>${name}</name><imageState>available</imageState><architecture>x86_64</architecture>` +
  '<rootDeviceName>/dev/xvda</rootDeviceName><blockDeviceMapping><item><deviceName>/dev/xvda</deviceName><ebs><snapshotId>snap-0123456789abcdef0' +
  `</snapshotId><volumeSize>${gib}</volumeSize></ebs></item></blockDeviceMapping><tagSet>${tagSet()}</tagSet></item>`;

/** What EC2 says, as far as an upload asks. */
const answers = {
  DescribeImages: (isMade) => `<imagesSet>${isMade ? image('web') : ''}</imagesSet>`,
  DescribeSnapshots: () =>
    `<snapshotSet><item><snapshotId>snap-0123456789abcdef0</snapshotId><status>completed</status><progress>100%</progress><volumeSize>${gib}</volumeSize></item></snapshotSet>`,
  RegisterImage: () => '<imageId>ami-0123456789abcdef0</imageId>',
  DescribeImageAttribute: () => '<launchPermission/>',
};

function serve() {
  const server = createServer((request, response) => {
    const parts = [];
    request.on('data', (chunk) => request.method === 'POST' && parts.push(chunk));
    request.on('end', () => {
      if (request.method === 'PUT') return response.writeHead(201, { 'content-length': 2 }).end('{}');
      if (request.url === '/snapshots')
        return response
          .writeHead(201, { 'content-type': 'application/json' })
          .end(JSON.stringify({ SnapshotId: 'snap-0123456789abcdef0', BlockSize: 524_288, Status: 'pending', VolumeSize: gib }));
      if (request.url.startsWith('/snapshots/completion')) return response.writeHead(202).end('{"Status":"pending"}');
      const form = new URLSearchParams(Buffer.concat(parts).toString());
      const action = form.get('Action');
      const isById = form.has('ImageId.1');
      keepTags(form);
      response
        .writeHead(200, { 'content-type': 'text/xml' })
        .end(`<${action}Response>${answers[action]?.(isById) ?? '<return>true</return>'}</${action}Response>`);
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
}

/** 64 workers, each of which reads a block, hashes it, signs and sends it. */
async function bare(file, origin) {
  const [{ open }, { Agent, request }, { createHash, createHmac }] = await Promise.all([
    import('node:fs/promises'),
    import('node:http'),
    import('node:crypto'),
  ]);
  const hmac = (key, text) => createHmac('sha256', key).update(text).digest();
  const key = ['20261129', 'us-east-1', 'ebs', 'aws4_request'].reduce(hmac, 'AWS4secret');
  const handle = await open(file);
  const blocks = Math.ceil((await handle.stat()).size / 524_288);
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  let next = 0;
  const worker = async () => {
    const buffer = Buffer.allocUnsafe(524_288);
    while (next < blocks) {
      const index = next++;
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, index * buffer.length);
      const body = buffer.fill(0, bytesRead);
      const digest = createHash('sha256').update(body).digest();
      const text = `PUT\n/snapshots/snap-0123456789abcdef0/blocks/${index}\n${digest.toString('hex')}`;
      const headers = {
        'content-length': body.length,
        'x-amz-checksum': digest.toString('base64'),
        'x-amz-content-sha256': digest.toString('hex'),
        authorization: `AWS4-HMAC-SHA256 Signature=${hmac(key, createHash('sha256').update(text).digest('hex')).toString('hex')}`,
      };
      await new Promise((resolve, reject) => {
        const sent = request(`${origin}/snapshots/snap-0123456789abcdef0/blocks/${index}`, { method: 'PUT', agent, headers });
        sent.on('response', (response) => response.resume().on('end', resolve));
        sent.on('error', reject).end(body);
      });
    }
  };
  await Promise.all(Array.from({ length: 64 }, worker));
  agent.destroy();
}

export const ebs = {
  name: 'ebs',
  async run({ folder }) {
    const child = spawn(process.execPath, [own, 'serve'], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const origin = await new Promise((resolve) => child.stdout.once('data', (chunk) => resolve(String(chunk).trim())));
      const file = path.join(folder, 'ebs.raw');
      sh(`head -c ${gib}G /dev/urandom > ${file}`);
      const env = bareEnv({
        IMGCTL_CONFIG_DIR: path.join(folder, 'ebs'),
        IMGCTL_PROFILE_X_PROVIDER: 'aws',
        IMGCTL_PROFILE_X_ENDPOINT: origin,
        IMGCTL_PROFILE_X_REGION: 'us-east-1',
        IMGCTL_PROFILE_X_ACCESS_KEY_ID: 'AKIDEXAMPLE',
        IMGCTL_PROFILE_X_SECRET_ACCESS_KEY: 'secret',
      });
      const args = ['upload', file, '--name', 'web', '-p', 'x', '-q'];
      const [ours, theirs] = await inTurn(
        [`${process.execPath} ${bin} ${args.join(' ')}`, `${process.execPath} ${own} bare ${file} ${origin}`],
        3,
        { env },
      );
      return [
        row(
          `upload of ${gib} GiB in blocks (EBS direct), contentId on the way`,
          '64 workers over `node:http`',
          ours,
          theirs,
          '≤ 1.25 ×',
        ),
        figure('peak memory of that upload', `${peakMemory(args, { env })} MiB`, '≤ 160 MB'),
      ];
    } finally {
      child.kill();
    }
  },
};

if (process.argv[1] === own && process.argv[2] === 'serve') serve();
if (process.argv[1] === own && process.argv[2] === 'bare') await bare(process.argv[3], process.argv[4]);
