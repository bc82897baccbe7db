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
  'uses',
] as const;
export type OperationName = (typeof operationNames)[number];

/** Verbs that change nothing: they may work on what is others', and are done in a dry run too. */
export const readingVerbs: ReadonlySet<OperationName> = new Set(['list', 'show', 'download', 'places', 'uses']);
