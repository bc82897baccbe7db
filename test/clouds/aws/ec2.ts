import {
  createTags,
  deleteSnapshot,
  deleteTags,
  deregister,
  imageOf,
  modifyImage,
  modifySnapshot,
  simple,
  snapshotOf,
} from './change.ts';
import { describeImages, describeSnapshots, paged } from './describe.ts';
import { copyImage, createImage, createSnapshot, registerImage } from './make.ts';
import { checkParameters, numbered, structures, type Form } from './parameters.ts';
import { refuse } from './refusal.ts';
import type { Caller } from './signature.ts';
import type { Store } from './store.ts';

/** What a record is made of before it is told. */
export type Retold = (record: Record<string, unknown>) => Record<string, unknown>;

type Act = (store: Store, form: Form, caller: Caller, retold: Retold) => object;

const holderOf = (name: string): object =>
  name === 'all' ? { group: name } : /^\d{12}$/.test(name) ? { userId: name } : { organizationArn: name };

const acts: Readonly<Record<string, Act>> = {
  DescribeImages: describeImages,
  DescribeSnapshots: describeSnapshots,
  RegisterImage: registerImage,
  CreateImage: createImage,
  CreateSnapshot: createSnapshot,
  CopyImage: copyImage,
  DeregisterImage: deregister,
  DeleteSnapshot: deleteSnapshot,
  ModifyImageAttribute: modifyImage,
  ModifySnapshotAttribute: modifySnapshot,
  CreateTags: createTags,
  DeleteTags: deleteTags,
  DescribeRegions({ settings }, form) {
    const all = settings.regions.map((regionName) => ({ regionName, optInStatus: 'opt-in-not-required' }));
    const out = settings.optedOut.map((regionName) => ({ regionName, optInStatus: 'not-opted-in' }));
    return { regionInfo: form.AllRegions === 'true' ? [...all, ...out] : all };
  },
  DescribeImageAttribute(store, form, caller) {
    const image = imageOf(store, form.ImageId ?? '', caller);
    if (form.Attribute !== 'launchPermission') refuse('InvalidRequest', 'The request received was invalid.');
    return { imageId: image.id, launchPermission: [...image.holders].map(holderOf) };
  },
  DescribeSnapshotAttribute(store, form, caller) {
    const snapshot = snapshotOf(store, form.SnapshotId ?? '', caller);
    return { snapshotId: snapshot.id, createVolumePermission: [...snapshot.holders].map(holderOf) };
  },
  DescribeImageReferences(store, form, caller) {
    if (form.MaxResults !== undefined && Number(form.MaxResults) < 5) refuse('InvalidParameterValue', 'MaxResults');
    const ids = numbered(form, 'ImageId');
    const rows = store.instances
      .filter(({ image }) => ids.includes(image))
      .map(({ id, image }) => ({
        imageId: image,
        resourceType: 'ec2:Instance',
        arn: `arn:aws:ec2:${caller.region}:${caller.account}:instance/${id}`,
      }));
    const { page, nextToken } = paged(store, form, rows);
    return { imageReferenceSet: page, nextToken };
  },
  DescribeInstances(store, form) {
    const [{ 'Value.1': image } = {} as Form] = structures(form, 'Filter');
    const rows = store.instances.filter((one) => one.image === image);
    return {
      reservationSet: rows.map(({ id }) => ({
        reservationId: `r-${id}`,
        instancesSet: [{ instanceId: id, instanceState: { name: 'running' } }],
      })),
    };
  },
  ListImagesInRecycleBin(store, form, caller) {
    const ids = numbered(form, 'ImageId');
    const rows = [...store.images.values()].filter(
      (one) => one.binnedAt && one.region === caller.region && (ids.length === 0 || ids.includes(one.id)),
    );
    return { imageSet: rows.map(({ id, name, binnedAt }) => ({ imageId: id, name, recycleBinEnterTime: binnedAt })) };
  },
  ListSnapshotsInRecycleBin(store, form, caller) {
    const rows = [...store.snapshots.values()].filter((one) => one.binnedAt && one.region === caller.region);
    const { page, nextToken } = paged(store, form, rows);
    return {
      snapshotSet: page.map(({ id, description, binnedAt }) => ({ snapshotId: id, description, recycleBinEnterTime: binnedAt })),
      nextToken,
    };
  },
  RestoreImageFromRecycleBin(store, form, caller) {
    const image = store.images.get(form.ImageId ?? '');
    if (!image?.binnedAt || image.region !== caller.region)
      return refuse('InvalidAMIID.NotFound', `The image id '[${form.ImageId ?? ''}]' does not exist in the Recycle Bin`);
    if (image.disks.some(({ snapshot }) => store.snapshots.get(snapshot)?.binnedAt !== undefined))
      refuse('OperationNotPermitted', 'The snapshots of the image are in the Recycle Bin');
    image.binnedAt = undefined;
    store.gone.delete(image.id);
    return { return: true };
  },
  RestoreSnapshotFromRecycleBin(store, form, caller) {
    const snapshot = store.snapshots.get(form.SnapshotId ?? '');
    if (!snapshot?.binnedAt || snapshot.region !== caller.region)
      return refuse('InvalidSnapshot.NotFound', `The snapshot '${form.SnapshotId ?? ''}' does not exist.`);
    snapshot.binnedAt = undefined;
    return { snapshotId: snapshot.id };
  },
};

/** Does an action. Throws what is refused, as AWS does. */
export function act(store: Store, form: Form, caller: Caller, retold: Retold): object {
  const action = form.Action ?? '';
  checkParameters(action, form);
  if (!store.settings.regions.includes(caller.region))
    refuse('AuthFailure', 'AWS was not able to validate the provided access credentials', 401);
  if (form.DryRun === 'true') refuse('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
  const one = simple[action];
  if (one) return one(imageOf(store, form.ImageId ?? '', caller), form, store);
  const known = acts[action] ?? refuse('InvalidAction', `The action ${action} is not valid for this web service.`);
  return known(store, form, caller, retold);
}

/** Whether an action changes nothing. */
export const isReading = (action: string): boolean => /^(Describe|Get|List)/.test(action);
