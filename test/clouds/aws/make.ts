import { imageOf, snapshotOf, specifiedTags } from './change.ts';
import type { Caller } from './signature.ts';
import { type FakeImage, type Store } from './store.ts';
import { refuse } from './refusal.ts';
import { structures, type Form } from './parameters.ts';

const goodName = /^[A-Za-z0-9()[\] ./\-'@_]{3,128}$/;

/** Names are taken by own images in any state, disabled ones among them. */
function checkName(store: Store, name: string, caller: Caller): void {
  if (!goodName.test(name)) refuse('InvalidAMIName.Malformed', 'AMI names must be between 3 and 128 characters long');
  const other = [...store.images.values()].find(
    (image) => image.name === name && image.region === caller.region && image.owner === caller.account && !image.binnedAt,
  );
  if (other) refuse('InvalidAMIName.Duplicate', `AMI name ${name} is already in use by AMI ${other.id}`);
}

/** The image is pending for some looks. */
function pending(image: FakeImage, looks: number): object {
  image.looks = looks;
  image.next = image.state;
  image.state = looks > 0 ? 'pending' : image.state;
  if (looks === 0) image.next = undefined;
  return { imageId: image.id };
}

function checkBoot(form: Form): void {
  const { Architecture: architecture = 'i386', BootMode: mode, TpmSupport: tpm, VirtualizationType: type = 'paravirtual' } = form;
  if (!['i386', 'x86_64', 'arm64', 'x86_64_mac', 'arm64_mac'].includes(architecture))
    refuse('InvalidParameterValue', architecture);
  if (type !== 'hvm') refuse('InvalidParameterCombination', 'this fake has no paravirtual images: say VirtualizationType=hvm');
  if (mode !== undefined && !['uefi', 'uefi-preferred', 'legacy-bios'].includes(mode)) refuse('InvalidParameterValue', mode);
  if (tpm !== undefined && mode !== 'uefi') refuse('InvalidParameterCombination', 'TpmSupport needs BootMode uefi');
  if (architecture === 'arm64' && mode !== undefined && mode !== 'uefi')
    refuse('InvalidParameterCombination', 'arm64 needs uefi');
}

export function registerImage(store: Store, form: Form, caller: Caller): object {
  checkName(store, form.Name ?? '', caller);
  checkBoot(form);
  const disks = structures(form, 'BlockDeviceMapping').map((row) => ({
    device: row.DeviceName ?? '',
    snapshot: row['Ebs.SnapshotId'] ?? '',
    gib: Number(row['Ebs.VolumeSize'] ?? '65536'),
  }));
  if (!disks.some(({ device }) => device === form.RootDeviceName))
    refuse('InvalidBlockDeviceMapping', 'The root device is not in the mapping');
  for (const disk of disks) {
    const snapshot = snapshotOf(store, disk.snapshot, caller);
    if (snapshot.status !== 'completed') refuse('IncorrectState', `The snapshot ${snapshot.id} is not completed`);
    if (disk.gib < snapshot.gib) refuse('InvalidBlockDeviceMapping', 'The volume is smaller than the snapshot');
  }
  const named = { Architecture: 'architecture', BootMode: 'bootMode', TpmSupport: 'tpmSupport', ImdsSupport: 'imdsSupport' };
  const image = store.addImage({
    region: caller.region,
    name: form.Name ?? '',
    description: form.Description,
    root: form.RootDeviceName ?? '',
    disks,
    tags: specifiedTags(form, 'image'),
    fields: {
      virtualizationType: form.VirtualizationType ?? '',
      rootDeviceType: 'ebs',
      enaSupport: form.EnaSupport ?? 'false',
      ...Object.fromEntries(
        Object.entries(named).flatMap(([from, to]) => (form[from] === undefined ? [] : [[to, form[from] ?? '']])),
      ),
    },
  });
  return pending(image, store.settings.imageLooks);
}

export function createImage(store: Store, form: Form, caller: Caller): object {
  checkName(store, form.Name ?? '', caller);
  if (!/^i-[0-9a-f]{8,17}$/.test(form.InstanceId ?? ''))
    refuse('InvalidInstanceID.Malformed', `Invalid id: "${form.InstanceId ?? ''}"`);
  const snapshot = store.addSnapshot({ region: caller.region, gib: 1, blocks: new Map([[0, Buffer.alloc(524_288, 1)]]) });
  const image = store.addImage({
    region: caller.region,
    name: form.Name ?? '',
    description: form.Description,
    disks: [{ device: '/dev/xvda', snapshot: snapshot.id }],
    tags: specifiedTags(form, 'image'),
    fields: { architecture: 'x86_64', rootDeviceType: 'ebs', sourceInstanceId: form.InstanceId ?? '' },
  });
  return pending(image, Math.max(1, store.settings.imageLooks));
}

export function createSnapshot(store: Store, form: Form, caller: Caller): object {
  if (!/^vol-[0-9a-f]{8,17}$/.test(form.VolumeId ?? ''))
    refuse('InvalidVolume.NotFound', `The volume '${form.VolumeId ?? ''}' does not exist.`);
  const looks = store.settings.snapshotLooks;
  const { id } = store.addSnapshot({
    region: caller.region,
    gib: 1,
    description: form.Description ?? '',
    status: 'pending',
    looks,
  });
  return { snapshotId: id, status: 'pending', volumeSize: 1 };
}

/** Copies have ids and snapshots of their own, no shares, and may bear the name of another one. */
export function copyImage(store: Store, form: Form, caller: Caller): object {
  if (!goodName.test(form.Name ?? '')) refuse('InvalidAMIName.Malformed', 'AMI names must be between 3 and 128 characters long');
  const token = `copy/${form.ClientToken ?? store.id('ami')}/${caller.region}`;
  const before = store.tokens.get(token);
  if (before)
    return before.asked === JSON.stringify(form)
      ? { imageId: before.id }
      : refuse('IdempotentParameterMismatch', 'another request');
  const from = { ...caller, region: form.SourceRegion ?? '' };
  if (!store.settings.regions.includes(from.region)) refuse('InvalidParameterValue', `Region ${from.region} is not valid`);
  const source = imageOf(store, form.SourceImageId ?? '', from, false);
  if (source.state !== 'available') refuse('InvalidAMIID.Unavailable', `The image ID '${source.id}' is not available`);
  const origin = store.snapshots.get(source.disks[0]?.snapshot ?? '');
  if (source.owner !== caller.account && !origin?.holders.has(caller.account))
    refuse('InvalidRequest', 'You do not have permission to access the storage of this ami');
  const copied = origin && store.addSnapshot({ region: caller.region, gib: origin.gib, blocks: new Map(origin.blocks) });
  const { copyFails } = store.settings;
  const image = store.addImage({
    region: caller.region,
    name: form.Name ?? '',
    description: form.Description,
    disks: copied ? [{ device: source.root, snapshot: copied.id }] : [],
    root: source.root,
    tags: form.CopyImageTags === 'true' && source.owner === caller.account ? new Map(source.tags) : new Map(),
    fields: { ...source.fields },
    source: { id: source.id, region: source.region },
    ...(copyFails === undefined ? {} : { state: 'failed', reason: copyFails }),
  });
  store.tokens.set(token, { asked: JSON.stringify(form), id: image.id });
  return pending(image, store.settings.copyLooks);
}
