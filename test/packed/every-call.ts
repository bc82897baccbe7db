/** Where the program below finds the package: as a module, and as CommonJS. */
export const imports = {
  mts: "import * as imgctl from 'imgctl';",
  cts: "import imgctl = require('imgctl');",
} as const;

/**
 * A program that calls everything the package exports, each change with its plan first, and prints what came of it. What is exported
 * and not called stands under `uncalled`. Profiles: `os` holds an active image `web` that is shared, `lin` `near`; GONE in the
 * environment is the id of an image of `ran` that was removed.
 */
export const everyCall = `
declare const console: { log(...words: unknown[]): void };
declare const process: { readonly env: Readonly<Record<string, string | undefined>> };
const called = new Set<string>();
const api = new Proxy({ ...imgctl }, {
  get(all: Record<string, unknown>, name: string) {
    called.add(name);
    return all[name];
  },
}) as unknown as typeof imgctl;
const quick = { pollMs: 1 };
const friend = '0123456789abcdef0123456789abcdef';

async function changed<Input, Result>(
  call: imgctl.ChangingCall<Input, Result>,
  at: imgctl.Account,
  input: Input,
  context: imgctl.Context,
): Promise<{ readonly plan: string | undefined; readonly made: Result }> {
  const [plan] = await call.plan(at, input, context);
  return { plan: plan?.verb, made: await call(at, input, context) };
}

async function main(): Promise<void> {
  const told: imgctl.Event['kind'][] = [];
  const context: imgctl.Context = await api.createContext({ confirm: () => true, tell: ({ kind }) => told.push(kind) });
  const at = await api.openAccount('os', context);
  const [near, far] = [await api.openAccount('lin', context), await api.openAccount('ran', context)];
  const checked: imgctl.ProfileCheck = await api.check(at, context);
  const report: imgctl.InspectionReport = await api.inspect({ file: 'disk.raw' }, context);
  const input: imgctl.ConvertWishes = { from: 'disk.raw', to: 'disk.qcow2' };
  const planned: readonly imgctl.Action[] = await api.convert.plan(input, context);
  const converted: imgctl.Converted = await api.convert(input, context);
  const uploaded = await changed(api.upload, at, { from: 'disk.raw', name: 'up', manage: true, ...quick }, context);
  const image: imgctl.Image = uploaded.made;
  const made = {
    uploaded,
    imported: await changed(api.importImage, at, { url: 'https://site.example/disk', name: 'fetched', format: 'raw', verify: 'none', ...quick }, context),
    copied: await changed(api.copy, at, { image: 'web', to: at, name: 'copy', relay: true, verify: 'none', allowDowngrade: false, ...quick }, context),
    saved: await changed(api.download, at, { image: 'up', to: 'back.raw', verify: 'none' }, context),
    published: await changed(api.publish, at, { format: 'simplestreams', folder: 'tree', images: ['up'] }, context),
    created: await changed(api.create, at, { name: 'empty' }, context),
    patched: await changed(api.patch, at, { image: 'empty', changes: { addTags: ['x'] } }, context),
    off: await changed(api.deactivate, at, { image: 'up' }, context),
    on: await changed(api.reactivate, at, { image: 'up' }, context),
    given: await changed(api.share, at, { image: 'web', with: [friend] }, context),
  };
  for (const name of ['pruned-1', 'pruned-2'])
    await api.upload(at, { from: 'disk.raw', name, manage: true, ...quick }, context);
  const members: readonly imgctl.Member[] = await api.members(at, { image: 'web' }, context);
  const more = {
    taken: await changed(api.unshare, at, { image: 'web', with: [friend] }, context),
    spread: await changed(api.replicate, near, { image: 'near', add: ['us-iad'], ...quick }, context),
    back: await changed(api.restore, far, { image: process.env.GONE ?? '', ...quick }, context),
    pruned: await changed(api.prune, at, { images: ['pruned-*'], keep: 1, unused: true, pollMs: 1 }, context),
    removed: await changed(api.remove, at, { image: 'copy' }, context),
    first: await changed(api.setChannel, at, { channel: 'up@stable', image: 'up', reason: 'passed' }, context),
    second: await changed(api.setChannel, at, { channel: 'up@stable', image: 'fetched' }, context),
    wentBack: await changed(api.rollbackChannel, at, { channel: 'up@stable' }, context),
  };
  const wanted: imgctl.ManifestInput = { manifest: 'images.json' };
  const differences: readonly imgctl.DesiredRow[] = await api.plan({ ...wanted, out: 'plan.json' }, context);
  const steps: readonly imgctl.Action[] = await api.apply.plan(wanted, context);
  const document: imgctl.ManifestDocument = { manifest: 'fleet', images: [] };
  await api.plan({ manifest: document }, context);
  await api.plan({ manifestText: JSON.stringify(document) }, context);
  const applied: readonly imgctl.AppliedRow[] = await api.apply({ plan: 'plan.json', pollMs: 1 }, context);
  const channels: readonly imgctl.ChannelRow[] = await api.channels(at, {}, context);
  const history: readonly imgctl.ChannelHistoryRow[] = await api.channelHistory(at, { channel: 'up@stable' }, context);
  const places: readonly imgctl.Place[] = await api.places(near, context);
  const waited: imgctl.Image | undefined = await api.wait(at, { image: 'up', ...quick }, context);
  const used = await api.uses(at, { image: 'up' }, context);
  const findings: imgctl.PolicyFindings = await api.policyCheck(at, { rules: 'scs-0102' }, context);
  const resolved = await api.resolve(at, { image: 'u*', pick: 'latest' }, context);
  const shown = await api.show(at, { image: resolved.id }, context);
  const names: string[] = [];
  for await (const { name } of api.list(at, {}, context)) names.push(name);
  const code: imgctl.Code = await api.show(at, { image: 'nope' }, context).then(
    () => 'INTERNAL',
    (error: unknown) => (error instanceof api.ImgctlError && api.exitCodes[error.code] === error.exitCode ? error.code : 'INTERNAL'),
  );
  const deleted = await changed(api.deleteChannel, at, { channel: 'up@stable' }, context);
  const revoked = await changed(api.revoke, at, { image: 'fetched', reason: 'bad' }, context);
  const same = image.id === shown.id && waited?.id === image.id;
  const uncalled = Object.keys(imgctl).filter((name) => !called.has(name));
  const results = { ...made, ...more, differences, steps, applied, channels, history, deleted, revoked, members, used, names, findings, code, same, report, converted, planned };
  console.log(JSON.stringify({ uncalled, ...results, verbs: checked.verbs, places: places.length, told: [...new Set(told)] }));
}

void main();
`;
