/*
 * The YAML of OSISM's image manager (OIM). What its manager reads, and what only its other programs do, is known; anything else is told.
 */

/** The tag by which its manager knows its own images. */
export const oimTag = 'managed_by_osism';

/** The version that stands for whatever is at the address just now. */
export const pointerVersion = 'latest';

export const imageKeys: readonly string[] = [
  'enable',
  'format',
  'keep',
  'latest_checksum_url',
  'latest_url',
  'login',
  'meta',
  'min_disk',
  'min_ram',
  'multi',
  'name',
  'password',
  'separator',
  'shortname',
  'status',
  'tags',
  'versions',
  'visibility',
];

export const versionKeys: readonly string[] = [
  'build_date',
  'checksum',
  'checksum_url',
  'checksums_url',
  'hidden',
  'id',
  'image_description',
  'meta',
  'mirror_url',
  'os_version',
  'source',
  'url',
  'version',
  'visibility',
];

/** Properties that its schema, or its manager, has a word for. Others are properties too. */
export const metaKeys: readonly string[] = [
  'architecture',
  'hotfix_hours',
  'hw_cdrom_bus',
  'hw_disk_bus',
  'hw_firmware_type',
  'hw_machine_type',
  'hw_qemu_guest_agent',
  'hw_rng_model',
  'hw_scsi_model',
  'hw_vif_multiqueue_enabled',
  'hw_watchdog_action',
  'hypervisor_type',
  'image_build_date',
  'image_description',
  'image_name',
  'image_original_user',
  'image_source',
  'os_admin_user',
  'os_distro',
  'os_purpose',
  'os_type',
  'os_version',
  'patchlevel',
  'provided_until',
  'replace_frequency',
  'uuid_validity',
];
