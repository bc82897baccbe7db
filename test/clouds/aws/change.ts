import type { Caller } from './signature.ts';
import { type FakeImage, type FakeSnapshot, type Store } from './store.ts';
import { refuse } from './refusal.ts';
import { numbered, structures, type Form } from './parameters.ts';

/** An image that is there; one's own where it is to be changed. */
export function imageOf(store: Store, id: string, caller: Caller, isChanged = true): FakeImage {
  if (!/^ami-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id)) refuse('InvalidAMIID.Malformed', `Invalid id: "${id}" (expecting "ami-...")`);
  const image = store.images.get(id);
  if (store.gone.has(id) || image?.binnedAt)
    return refuse('InvalidAMIID.Unavailable', `The image ID '${id}' is no longer available`);
  const canSee = image && image.region === caller.region && (image.owner === caller.account || image.holders.size > 0);
  if (!canSee) return refuse('InvalidAMIID.NotFound', `The image id '[${id}]' does not exist`);
  if (isChanged && image.owner !== caller.account) refuse('AuthFailure', `Not authorized for image:${id}`);
  return image;
}

export function snapshotOf(store: Store, id: string, caller: Caller): FakeSnapshot {
  const snapshot = store.snapshots.get(id);
  if (!snapshot || snapshot.binnedAt || snapshot.region !== caller.region || snapshot.owner !== caller.account)
    return refuse('InvalidSnapshot.NotFound', `The snapshot '${id}' does not exist.`);
  return snapshot;
}

const checkTag = (key: string, value: string): void => {
  if (/^aws:/i.test(key)) refuse('InvalidParameterValue', "Tag keys starting with 'aws:' are reserved for internal use");
  if (key === '' || [...key].length > 128 || [...value].length > 256) refuse('InvalidParameterValue', `Tag ${key} is invalid`);
};

export function setTags(tags: Map<string, string>, given: readonly Form[]): void {
  for (const { Key: key = '', Value: value = '' } of given) {
    checkTag(key, value);
    tags.set(key, value);
  }
  if (tags.size > 50) refuse('TagLimitExceeded', 'The maximum number of tags has been reached');
}

/** Tags of what is made, of one kind. */
export function specifiedTags(form: Form, kind: string): Map<string, string> {
  const tags = new Map<string, string>();
  for (const specification of structures(form, 'TagSpecification'))
    if (specification.ResourceType === kind) setTags(tags, structures(specification, 'Tag'));
  return tags;
}

const tagsOfResource = (store: Store, id: string, caller: Caller): Map<string, string> =>
  id.startsWith('ami-') ? imageOf(store, id, caller).tags : new Map(Object.entries(snapshotOf(store, id, caller)));

export function createTags(store: Store, form: Form, caller: Caller): object {
  const given = structures(form, 'Tag');
  if (given.length === 0) refuse('MissingParameter', 'The request must contain the parameter Tag');
  for (const id of numbered(form, 'ResourceId')) setTags(tagsOfResource(store, id, caller), given);
  return { return: true };
}

/** Without tags all of them are taken away; one with a value only where it has that value. */
export function deleteTags(store: Store, form: Form, caller: Caller): object {
  const given = structures(form, 'Tag');
  for (const id of numbered(form, 'ResourceId')) {
    const tags = tagsOfResource(store, id, caller);
    if (given.length === 0) tags.clear();
    for (const { Key: key = '', Value: value } of given) if (value === undefined || tags.get(key) === value) tags.delete(key);
  }
  return { return: true };
}

function changeHolders(holders: Set<string>, form: Form, permission: string): void {
  for (const way of ['Add', 'Remove'])
    for (const holder of structures(form, `${permission}.${way}`)) {
      const [name = ''] = Object.values(holder);
      if (holder.UserId !== undefined && !/^\d{12}$/.test(name))
        refuse('InvalidAMIAttributeItemValue', `Invalid attribute item value "${name}" for userId item type.`);
      if (way === 'Add') holders.add(name);
      else holders.delete(name);
    }
}

export function modifyImage(store: Store, form: Form, caller: Caller): object {
  const image = imageOf(store, form.ImageId ?? '', caller);
  const isShared = Object.keys(form).some((name) => name.startsWith('LaunchPermission.'));
  const wanted = [form['Description.Value'] !== undefined, form['ImdsSupport.Value'] !== undefined, isShared].filter(Boolean);
  if (wanted.length !== 1) refuse('InvalidParameterCombination', 'Exactly one attribute can be changed at a time');
  if (isShared && image.state !== 'available') refuse('InvalidAMIID.Unavailable', `The image ID '${image.id}' is not available`);
  if (isShared) changeHolders(image.holders, form, 'LaunchPermission');
  if (form['Description.Value'] !== undefined) image.description = form['Description.Value'];
  if (form['ImdsSupport.Value'] !== undefined) image.fields.imdsSupport = form['ImdsSupport.Value'];
  return { return: true };
}

export function modifySnapshot(store: Store, form: Form, caller: Caller): object {
  const snapshot = snapshotOf(store, form.SnapshotId ?? '', caller);
  if (snapshot.kmsKey?.includes('alias/aws/ebs'))
    refuse('OperationNotPermitted', 'Encrypted snapshots with EBS default key cannot be shared');
  changeHolders(snapshot.holders, form, 'CreateVolumePermission');
  return { return: true };
}

export function deregister(store: Store, form: Form, caller: Caller): object {
  const image = imageOf(store, form.ImageId ?? '', caller);
  if (image.protection !== 'disabled')
    refuse('OperationNotPermitted', `The image ${image.id} has deregistration protection (${image.protection})`);
  if (store.settings.hasBin) image.binnedAt = store.now().toISOString();
  else store.images.delete(image.id);
  store.gone.add(image.id);
  if (form.DeleteAssociatedSnapshots !== 'true') return { return: true };
  const results = image.disks.map(({ snapshot: id }) => {
    const snapshot = store.snapshots.get(id);
    if (store.usersOf(id).length > 0) return { snapshotId: id, returnCode: 'skipped' };
    if (snapshot) store.dropSnapshot(snapshot);
    return { snapshotId: id, returnCode: 'success' };
  });
  return { return: true, deleteSnapshotResultSet: results };
}

export function deleteSnapshot(store: Store, form: Form, caller: Caller): object {
  const snapshot = snapshotOf(store, form.SnapshotId ?? '', caller);
  const [user] = store.usersOf(snapshot.id);
  if (user) refuse('InvalidSnapshot.InUse', `The snapshot ${snapshot.id} is currently in use by ${user.id}`);
  store.dropSnapshot(snapshot);
  return { return: true };
}

/** The simple ones: what each makes of an image. */
export const simple: Readonly<Record<string, (image: FakeImage, form: Form, store: Store) => object>> = {
  DisableImage(image) {
    if (image.state === 'pending') refuse('IncorrectState', 'The image is pending');
    image.state = 'disabled';
    image.holders.clear();
    return { return: true };
  },
  EnableImage(image) {
    if (image.state === 'disabled') image.state = 'available';
    return { return: true };
  },
  EnableImageDeprecation(image, { DeprecateAt: at = '' }, store) {
    if (!(Date.parse(at) > store.now().getTime())) refuse('InvalidParameterValue', 'DeprecateAt must not be in the past');
    image.deprecation = at;
    return { return: true };
  },
  DisableImageDeprecation(image) {
    image.deprecation = undefined;
    return { return: true };
  },
  EnableImageDeregistrationProtection(image, form) {
    image.protection = form.WithCooldown === 'true' ? 'enabled-with-cooldown' : 'enabled-without-cooldown';
    return { return: image.protection };
  },
  DisableImageDeregistrationProtection(image, _form, store) {
    const later = new Date(store.now().getTime() + 86_400_000).toISOString();
    image.protection = image.protection === 'enabled-with-cooldown' ? `disabled after ${later}` : 'disabled';
    return { return: image.protection };
  },
};
