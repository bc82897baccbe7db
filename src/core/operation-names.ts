/** Every verb that a driver may have, in the order in which they are listed. */
export const operationNames = [
  'list',
  'show',
  'create',
  'patch',
  'deactivate',
  'reactivate',
  'delete',
  'restore',
  'purge',
  'replicate',
  'upload',
  'download',
  'import',
  'share',
  'places',
] as const;
export type OperationName = (typeof operationNames)[number];
